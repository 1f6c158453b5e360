"""What waits because it was refused or could not be read: by cause, tried again, or given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from staging.write import parking
from staging.write.parking import STATES, Standing, Waits, Which
from sync.context import Order
from sync.write import intent
from tasuki.errors import UnknownRecordError
from tasuki.service.accounts import audit
from tasuki.service.app import App, Runs
from tasuki.values import Json

_TOLD: Final = 20
"""So many dropped things the audit names; it counts the others."""


@dataclass(frozen=True, slots=True)
class ParkedView:
    """What waits, as people look at it."""

    standing: Standing
    causes: tuple[dict[str, Any], ...]
    """As `staging.write.parking.open_causes` tells them, most first."""
    records: tuple[Waits, ...] = ()
    """Each of them, if that was asked for; those that were given up or settled too."""


@dataclass(frozen=True, slots=True)
class Retried:
    """What a retry took up again, and what it did not."""

    writes: int
    """Refused writes opened again, and those that somebody was faster than."""
    cells: int
    """Values read again from what was pulled last."""
    rows: int
    """Rows of files: read again when their file changes."""
    undos: int
    """Refused undos: a person undoes again."""
    plan: str | None


def show(app: App, code: str = "", connection: str = "", *, every: bool = False) -> ParkedView:
    """What waits (for this reason, on this connection), by cause; `every` adds each record."""
    with app.store.reading() as db:
        which = Which(code=code, connection=connection)
        said = Which(code=code, connection=connection, states=STATES)
        records = tuple(parking.listed(db, said)) if every else ()
        causes = tuple(parking.open_causes(db, which))
        return ParkedView(parking.standing(db), causes, records)


def causes_of(app: App, run: str) -> tuple[dict[str, Any], ...]:
    """What was parked in a run and still waits, by cause, most first."""
    with app.store.reading() as db:
        return tuple(parking.open_causes(db, Which(run=run)))


def part(
    app: App, same_as: str, states: Sequence[str] = STATES, *, limit: int, skip: int = 0
) -> tuple[int, tuple[Waits, ...]]:
    """How many wait or waited for the same cause as this one, and some of them."""
    which = Which(same_as=same_as, states=states)
    with app.store.reading() as db:
        found = tuple(parking.part(db, which, limit=limit, skip=skip))
        return parking.count(db, which), found


def standing(app: App) -> Standing:
    """How much waits, how much of it was given up on, and when the next is tried again."""
    with app.store.reading() as db:
        return parking.standing(db)


def drop(
    app: App,
    by: str,
    ids: Sequence[str] = (),
    *,
    code: str = "",
    connection: str = "",
    same_as: str = "",
    reason: str = "",
) -> tuple[Waits, ...]:
    """Give up what waits, until its values change; what was given up. `retry` takes it back.

    Errors: UnknownRecordError when nothing that waits is meant.
    """
    with app.store.writing() as db:
        which = Which(ids=ids, code=code, connection=connection, same_as=same_as)
        found = parking.listed(db, which)
        intent.drop(db, (each.intent_id for each in found if each.intent_id))
        parking.settle(db, (each.id for each in found), "dropped", by, app.tools.now())
    if not found:
        raise _nothing(", ".join(ids) or code or connection or same_as)
    target = ", ".join(each.id for each in found[:_TOLD])
    audit(app, by, "parked.dropped", target, n=len(found), code=code, reason=reason)
    return tuple(found)


def _nothing(meant: str) -> UnknownRecordError:
    return UnknownRecordError(
        f"nothing is parked as {meant}",
        where="tasuki park drop",
        why="it is neither the id of something parked, nor a record, nor a cause",
        remedy="`tasuki park list --all` shows everything with its id.",
    )


def start_retry(
    runs: Runs,
    of: str = "",
    *,
    by: str = "operator",
    as_planned: bool = False,
    dropped: bool = False,
    same_as: str = "",
    trigger: str = "cli",
) -> str:
    """Make a plan of what failed in a run, or of everything parked; the run's id at once.

    With `same_as`, the id of something parked, only of what waits for the very same cause.
    """
    said: dict[str, Json] = {"of": of, "by": by, "as_planned": as_planned, "dropped": dropped}
    if same_as:
        said["same_as"] = same_as
    return runs.enqueue(Order("retry", said, trigger, by))


def retried(counts: dict[str, Json]) -> Retried:
    """What a finished retry took up, from the counts of its run."""
    n = {name: int(counts.get(name, 0)) for name in ("writes", "cells", "rows", "undos")}
    return Retried(n["writes"], n["cells"], n["rows"], n["undos"], counts.get("plan"))
