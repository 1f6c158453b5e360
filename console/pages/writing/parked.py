"""What waits because it was refused or could not be read: by cause, tried again, given up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from console.access.permission import May
from console.page import Action, Next, Page
from console.pages import paging
from console.pages.paging import Pages
from console.visit import Visit
from staging.write.parking import STATES, WAITING, Standing, Waits
from tasuki.errors import GuardError, UnknownRecordError
from tasuki.service import accounts
from tasuki.service.writing import parked

_SHOWN: Final = 50
_FACETS: Final = ("clock", "dead", "person")
"""Tried again by itself; refused too often; waits for a person or for new data."""
Cause = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parked:
    """Everything that waits, by cause, dead ones first, under the facets of the address."""

    standing: Standing
    causes: tuple[Cause, ...]
    """As `staging.write.parking.open_causes` tells them."""
    waits: str
    kinds: tuple[tuple[str, int], ...]
    """What it waits for, with how many causes."""
    connection: str
    connections: tuple[tuple[str, int], ...]
    """Each connection with how many causes."""
    tries: int
    """How often a refused write is sent before it is dead."""


@dataclass(frozen=True, slots=True)
class OneCause:
    """One cause with its records."""

    one: Waits
    state: str
    records: tuple[Waits, ...]
    pages: Pages
    waiting: int
    """How many of them still wait."""
    tries: int


def waits_for(cause: Cause) -> str:
    """What a cause waits for: `dead` a person only, `clock` its next try, `person` one or data."""
    if cause["dead"]:
        return "dead"
    return "clock" if cause["next_at"] else "person"


def dead_first(causes: Sequence[Cause]) -> tuple[Cause, ...]:
    """Those that wait for a person only, then the others, most records first."""
    return tuple(sorted(causes, key=lambda each: (not each["dead"], -each["count"])))


def tries(visit: Visit) -> int:
    """How often a refused write is sent before it is dead."""
    return visit.app.project.retries.times + 1


def _list(visit: Visit) -> Parked:
    found = parked.show(visit.app)
    waits, connection = visit.query.get("waits", ""), visit.query.get("connection", "")
    shown = [
        cause
        for cause in found.causes
        if connection in ("", cause["connection"]) and waits in ("", waits_for(cause))
    ]
    kinds = Counter(waits_for(cause) for cause in found.causes)
    return Parked(
        standing=found.standing,
        causes=dead_first(shown),
        waits=waits,
        kinds=tuple((kind, kinds[kind]) for kind in _FACETS if kinds[kind] or kind == waits),
        connection=connection,
        connections=tuple(sorted(Counter(c["connection"] for c in found.causes).items())),
        tries=tries(visit),
    )


def _cause(visit: Visit) -> OneCause:
    id_, number = visit.params["parked_id"], paging.wanted(visit, "page")
    state = "all" if visit.query.get("state") == "all" else ""
    states = STATES if state else WAITING
    skip = (number - 1) * _SHOWN
    total, records = parked.part(visit.app, id_, states, limit=_SHOWN, skip=skip)
    every, first = parked.part(visit.app, id_, STATES, limit=1)
    if not every:
        raise UnknownRecordError(f"Nothing is parked as {id_}", remedy="Look at what is parked.")
    waiting, _ = parked.part(visit.app, id_, WAITING, limit=1)
    pages = paging.asked(visit, "page", total, _SHOWN)
    return OneCause((records or first)[0], state, records, pages, waiting, tries(visit))


def _retry(visit: Visit) -> Next:
    who, cause = visit.who.login, visit.form.get("cause", "")
    run_id = parked.start_retry(visit.house.follow, by=who, same_as=cause, trigger="console")
    accounts.audit(visit.app, who, "parked.retried", cause, run=run_id)
    return Next(f"/runs/{run_id}")


def _drop(visit: Visit) -> Next:
    cause, id_ = visit.form.get("cause", ""), visit.form.get("id", "")
    reason = visit.form.get("reason", "").strip()
    if not (cause or id_):
        raise GuardError("Nothing is named that shall be given up", remedy="Go back, choose one.")
    if not reason:
        raise GuardError("Giving up needs a reason", remedy="Say what others should know.")
    ids = [id_] if id_ else []
    dropped = parked.drop(visit.app, visit.who.login, ids, same_as=cause, reason=reason)
    return Next(f"/parked?done=dropped&n={len(dropped)}")


PAGES = (
    Page("/parked", "parked.html", _list),
    Page("/parked/{parked_id:path}", "parked_cause.html", _cause),
)
ACTIONS = (
    Action("/parked/retry", _retry, May.RETRY),
    Action("/parked/drop", _drop, May.DROP),
)
