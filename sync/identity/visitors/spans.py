"""Whose browser it was, and when (pure): what its events tell, read in the order of their time.

A form tells who sits there. A click tells for whom its link was made, which is somebody else when
the mail was forwarded: where that is likely the click is quarantined and changes nobody's events.
The rules and their reasons: docs/cookies.md.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from tasuki.values import instant, stamp

ALWAYS: Final = "0001-01-01T00:00:00.000Z"
LINKED: Final = "linked"
UNKNOWN: Final = "unknown"
QUARANTINED: Final = "quarantined"
STAFF: Final = "staff"
BOT: Final = "bot"
NO_CONSENT: Final = "no_consent"
BROWSERS: Final = 2
"""So many browsers may one person open mails with, before a form tells whose they are."""
_SOON: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, order=True)
class Clue:
    """An event that names somebody: an address given in a form, or for whom a link was made."""

    at: str
    is_click: bool
    email: str


@dataclass(frozen=True, slots=True)
class Told:
    """What all events of one browser tell."""

    clues: tuple[Clue, ...] = ()
    refused_at: str | None = None
    """When consent was last refused or withdrawn."""
    renewed_at: str | None = None
    """When it was given after that."""
    state: str | None = None
    """What the whole browser is, whoever is named in it: a bot's, or one of our own."""

    def forms(self) -> Iterator[Clue]:
        """Where somebody gave an address."""
        return (clue for clue in self.clues if not clue.is_click)

    def clicks(self) -> Iterator[Clue]:
        """Where a link made for somebody was opened."""
        return (clue for clue in self.clues if clue.is_click)


@dataclass(frozen=True, slots=True)
class Who:
    """A person, or one of our own people, who may be no person of the store."""

    person: str | None
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """Who is behind the addresses."""

    ids: Mapping[str, str] = field(default_factory=dict)
    ours: Collection[str] = frozenset()

    def who(self, email: str) -> Who | None:
        """Whose address it is; None when it names nobody, or several."""
        if email in self.ours:
            return Who(self.ids.get(email), is_ours=True)
        person = self.ids.get(email)
        return None if person is None else Who(person)


@dataclass(frozen=True, slots=True)
class Opening:
    """That a browser in which nobody confirmed to be the recipient opened the recipient's link."""

    visitor: str
    at: str
    is_foreign: bool
    """Somebody with an address of another domain gave it there."""


Openings = Mapping[Who, Sequence[Opening]]


@dataclass(frozen=True, slots=True)
class Span:
    """From this instant until the next span; the first one reaches back to the beginning."""

    at: str
    person: str | None
    rule: str
    state: str = LINKED
    claimant: str | None = None
    """For whom a quarantined link was made."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a span does to an event."""

    person: str | None
    ignored: str | None
    is_known: bool = True
    """Else the platform's word counts."""


def openings(told: Mapping[str, Told], people: People) -> Openings:
    """Who opened whose links, as far as no form in the same browser confirms it."""
    found: dict[Who, list[Opening]] = {}
    for visitor, each in sorted(told.items()):
        forms = [(people.who(clue.email), _domain(clue.email)) for clue in each.forms()]
        for clue in each.clicks():
            who = people.who(clue.email)
            if who is None or any(who == giver for giver, _ in forms):
                continue
            foreign = any(giver and at != _domain(clue.email) for giver, at in forms)
            found.setdefault(who, []).append(Opening(visitor, clue.at, foreign))
    return found


def spans(told: Told, people: People, opened: Openings) -> tuple[Span, ...]:
    """Whose the browser was from when on, oldest first; nothing where nothing is known."""
    if told.state is not None:
        return (Span(ALWAYS, None, told.state, told.state),)
    if told.refused_at is None:
        return _handed_back(_walk(told.clues, people, opened))
    refused = Span(told.refused_at, None, "consent", NO_CONSENT)
    since = told.renewed_at
    if since is None:
        return (refused,)
    found = _handed_back(_walk((c for c in told.clues if c.at >= since), people, opened))
    if not found:
        return (refused, Span(since, None, "consent", UNKNOWN))
    first = () if found[0].at == since else (replace(found[0], at=since),)
    return (refused, *first, *found)


def _walk(clues: Iterable[Clue], people: People, opened: Openings) -> list[Span]:
    """One span per instant at which the browser changed hands or a link was quarantined."""
    told = [(clue, who) for clue in sorted(clues) if (who := people.who(clue.email))]
    givers = [(clue, who) for clue, who in told if not clue.is_click]
    found: dict[str, Span] = {}
    owner: Who | None = None
    claims: set[Who] = set()
    for clue, who in told:
        if who == owner:
            continue
        if _counts(clue, who, owner, givers, opened):
            found[clue.at] = _span(clue, who)
            owner, claims = who, set()
        elif who not in claims and not (owner and owner.is_ours):
            held = owner.person if owner else None
            span = Span(clue.at, held, "forwarded", QUARANTINED, who.person)
            found.setdefault(clue.at, span)
            claims.add(who)
    return list(found.values())


def _span(clue: Clue, who: Who) -> Span:
    rule = "email_click" if clue.is_click else "identify_moment"
    return Span(clue.at, who.person, rule, STAFF if who.is_ours else LINKED)


def _counts(
    clue: Clue,
    who: Who,
    owner: Who | None,
    givers: Sequence[tuple[Clue, Who]],
    opened: Openings,
) -> bool:
    """Whether the browser is in these hands from here on: always by a form, by a click if sure."""
    if not clue.is_click or any(who == giver for _, giver in givers):
        return True
    if owner is not None:
        return False
    following = next((form for form, _ in givers if form.at >= clue.at), None)
    if following is not None and following.at <= _shifted(clue.at, _SOON):
        return False
    return not _spread(clue, opened.get(who, ()))


def _spread(clue: Clue, opened: Sequence[Opening]) -> bool:
    """Whether links made for one person were opened in more browsers than one person has."""
    first, last = _shifted(clue.at, -_SOON), _shifted(clue.at, _SOON)
    near = [each for each in opened if first <= each.at <= last]
    browsers = len({each.visitor for each in near})
    return browsers > BROWSERS or (browsers > 1 and any(each.is_foreign for each in near))


def _handed_back(found: Sequence[Span]) -> tuple[Span, ...]:
    """What was quarantined before anybody was known belongs to the first who is."""
    sure = next((place for place, each in enumerate(found) if each.state != QUARANTINED), None)
    if sure is None or sure == 0:
        return tuple(found)
    first = found[sure]
    if first.state == STAFF:
        return tuple(found[sure:])
    return (*(replace(each, person=first.person) for each in found[:sure]), *found[sure:])


def effect(found: Sequence[Span], at: str | None) -> Effect:
    """What these spans do to an event of that instant; one without an instant is nobody's."""
    if not found:
        return Effect(None, None, is_known=False)
    place = bisect_right(found, at or "", key=lambda each: each.at)
    return _effect(found[max(place - 1, 0)]) if at else replace(_effect(found[0]), person=None)


def _effect(span: Span) -> Effect:
    if span.state == UNKNOWN:
        return Effect(None, None, is_known=False)
    if span.state == QUARANTINED:
        return Effect(span.person, None if span.person else QUARANTINED)
    return Effect(span.person, None if span.state == LINKED else span.state)


@dataclass(frozen=True, slots=True)
class Move:
    """Between two instants the events of a browser have another effect than before."""

    since: str
    until: str
    before: Effect
    after: Effect


def moves(before: Sequence[Span], after: Sequence[Span]) -> Iterator[Move]:
    """Where two readings of a browser differ; the ends are the beginning and the end of time."""
    edges = sorted({each.at for each in (*before, *after)})
    for since, until in zip(["", *edges], [*edges, "~"], strict=True):
        was, is_ = effect(before, since or ALWAYS), effect(after, since or ALWAYS)
        if was != is_:
            yield Move(since, until, was, is_)


def _domain(email: str) -> str:
    return email.rpartition("@")[2]


def _shifted(at: str, by: timedelta) -> str:
    return stamp(instant(at) + by)
