"""What waits is opened again: when its time has come, or because a person says so."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from staging.write import parking, plans
from staging.write.parking import WAITING, Waits, Which
from sync.context import Runner, Step, Tools
from sync.reading.stream import hand_on, streams
from sync.write import intent
from tasuki.values import Json

DROPPED: Final = (*WAITING, "dropped")
"""What waits, and what a person gave up."""


def try_due(run: Runner) -> int:
    """Open the wishes whose next try has come, for this run's plan to have them; how many."""
    return int(run.step(DUE)["retried"])


def reopen(
    run: Runner, of: str, by: str, *, dropped: bool = False, same_as: str = ""
) -> dict[str, Json]:
    """Open what failed in a run (or everything parked) again; `wishes` are those to be planned.

    With `same_as`, the id of something parked, only what waits for the very same cause.

    `writes` wishes are sent again, `cells` are read again, `rows` of files are read when their file
    is, `undos` are undone again by a person. With `dropped` also what a person gave up.
    """
    return run.step(REOPEN, of=of, by=by, dropped=dropped, same_as=same_as)


def close(run: Runner) -> int:
    """Let nothing wait that nobody wants any more; how many were closed."""
    return int(run.step(CLOSE)["closed"])


def _keep_due(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    rung = parking.due(db, tools.now())
    _open(db, rung, None, tools.now())
    return {"retried": len(rung)}


def _keep_reopen(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    of, by = arguments["of"], arguments["by"]
    states = DROPPED if arguments["dropped"] else WAITING
    same_as = arguments.get("same_as") or ""
    found = parking.listed(db, Which(run=of, states=states, same_as=same_as))
    writes = [each for each in found if each.intent_id]
    cells = [each for each in found if not each.intent_id and _is_cell(each)]
    undos = [each for each in found if each.id.startswith(parking.UNDO)]
    _open(db, [*writes, *(each for each in cells if each.state == "dropped")], by, tools.now())
    _read_again(db, tools, cells)
    moved = plans.refused_in(db, of) if of and not same_as else set()
    wishes = {each.intent_id for each in writes} | moved | {_pushed(each) for each in cells}
    return {
        "wishes": sorted(wish for wish in wishes if wish),
        "writes": len(writes) + len(moved),
        "cells": len(cells),
        "undos": len(undos),
        "rows": len(found) - len(writes) - len(cells) - len(undos),
    }


def _open(db: Connection, which: Sequence[Waits], by: str | None, now: str) -> None:
    intent.reopen(db, (each.intent_id for each in which if each.intent_id))
    parking.settle(db, (each.id for each in which), "retried", by, now)


def _is_cell(each: Waits) -> bool:
    """Whether it is a value that was not read or not taken, of a record that is there."""
    return each.record_id is not None and not each.id.startswith(parking.UNDO)


def _pushed(each: Waits) -> str | None:
    """The wish that a value will belong to once its side takes it; None for one to be read."""
    wish = each.id.rpartition("#")[0]
    return wish if wish.startswith("mapping:") else None


def _read_again(db: Connection, tools: Tools, cells: Iterable[Waits]) -> None:
    """Hand their records on once more, to whoever reads them today."""
    known = {each.kind: each for each in streams(tools)}
    by_kind: dict[str, set[str]] = defaultdict(set)
    for each in cells:
        by_kind[f"{each.connection}/{each.object}"].add(each.record_id or "")
    for kind in sorted(by_kind.keys() & known.keys()):
        hand_on(db, known[kind], sorted(by_kind[kind]))


def _keep_close(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    return {"closed": parking.close_settled(db, tools.now())}


DUE: Final = Step("parked.due", keep=_keep_due)
REOPEN: Final = Step("parked.reopen", keep=_keep_reopen)
CLOSE: Final = Step("parked.close", keep=_keep_close)
