"""Visits (pure): the events between somebody's coming and leaving."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

from tasuki.values import instant

IDLE: Final = timedelta(minutes=30)
"""Whoever does nothing for so long has left, where the site names no session."""
LONGEST: Final = timedelta(days=3)
"""A session that its site goes on naming for longer is a new visit."""
_AGE: Final = attrgetter("began_at", "ended_at", "events")


@dataclass(frozen=True, slots=True)
class Seen:
    """What an event says about the visit it belongs to."""

    visitor: str | None
    session: str | None
    at: str
    view: str | None
    """Which page view it is, or belongs to; None where it is about no page."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay at a site."""

    session: str | None
    visitor: str | None
    """The first cookie; a browser may change it on the way."""
    began_at: str
    ended_at: str
    views: int
    events: int


def visits(
    events: Iterable[Seen], idle: timedelta = IDLE, longest: timedelta = LONGEST
) -> list[Visit]:
    """The visits with at least one page, oldest first.

    One per session the site names, however many cookies it had; else one per browser and absence.
    """
    found: list[Visit] = []
    for (session, _), group in groupby(sorted(events, key=_place), key=_whose):
        parts = _parted(list(group), None if session else idle, longest)
        found += map(_visit, parts)
    return sorted((visit for visit in found if visit.views), key=_AGE)


def _whose(event: Seen) -> tuple[str, str]:
    return event.session or "", "" if event.session else event.visitor or ""


def _place(event: Seen) -> tuple[str, ...]:
    return (*_whose(event), event.at, event.visitor or "", event.view or "")


def _parted(
    events: Sequence[Seen], idle: timedelta | None, longest: timedelta
) -> Iterator[Sequence[Seen]]:
    """The events of one session or browser, parted where somebody left or stayed too long."""
    begin = 0
    for place, event in enumerate(events):
        at, first = instant(event.at), instant(events[begin].at)
        before = instant(events[max(place - 1, begin)].at)
        if at - first > longest or (idle is not None and at - before > idle):
            yield events[begin:place]
            begin = place
    if events:
        yield events[begin:]


def _visit(part: Sequence[Seen]) -> Visit:
    views = {event.view for event in part if event.view}
    first, last = part[0], part[-1]
    return Visit(first.session, first.visitor, first.at, last.at, len(views), len(part))
