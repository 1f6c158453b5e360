"""Measure what is dirty and what time itself moved; hand what changed to the deciding rules."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from playbook.book import playbook_of
from playbook.measure import accounts, interests, opportunities, people
from playbook.measure.windows import Windows
from staging import queue
from staging.bulk import upsert
from staging.tables.entities import ENTITY_TABLES, METRIC_TABLES
from sync.context import Runner, Step, Tools
from sync.wishes.watch import note
from tasuki.values import Json

_CHUNK: Final = 400
_RULE: Final = "metrics"
_ORDER: Final = ("opportunity", "person", "account")

Measure = Callable[[Connection, Sequence[str], Windows], list[dict[str, Any]]]
_MEASURES: Final[dict[str, Measure]] = {
    "opportunity": opportunities.measure,
    "person": people.measure,
    "account": accounts.measure,
}


def measure(run: Runner) -> int:
    """Bring every metric up to date; how many entities were measured."""
    run.step(BEGIN)
    total = 0
    for entity in _ORDER:
        more = True
        while more:
            done = run.step(MEASURE, entity=entity)["measured"]
            total, more = total + done, done > 0
            run.tell("measure", total, None, entity)
    return total


def _keep_begin(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    tagged = interests.tag(db, tools, playbook_of(tools))
    woken = 0
    for entity in _ORDER:
        ids = queue.woken(db, entity, _RULE, tools.now())
        queue.mark(db, queue.MEASURE, entity, ids)
        woken += len(ids)
    return {"tagged": tagged, "woken": woken}


def _keep_measure(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    entity = arguments["entity"]
    ids = queue.take(db, queue.MEASURE, entity, _CHUNK)
    if not ids:
        return {"measured": 0}
    windows = Windows(tools.clock.now())
    rows = _MEASURES[entity](db, ids, windows)
    upsert(db, METRIC_TABLES[entity], rows)
    queue.mark(db, queue.DECIDE, entity, ids)
    note(db, tools, entity, ids)
    if entity != "account":
        queue.mark(db, queue.MEASURE, "account", _accounts_of(db, entity, ids))
    moving = [row["id"] for row in rows if _moves_with_time(entity, row, windows)]
    queue.wake_at(db, entity, _RULE, ((id_, windows.tomorrow()) for id_ in moving))
    return {"measured": len(ids)}


def _accounts_of(db: Connection, entity: str, ids: Sequence[str]) -> set[str]:
    table = ENTITY_TABLES[entity]
    found = db.scalars(select(table.c.account_id).where(table.c.id.in_(ids)))
    return {id_ for id_ in found if id_}


def _moves_with_time(entity: str, row: dict[str, Any], windows: Windows) -> bool:
    """Whether a window of this row will move by itself: something recent, or something ahead."""
    if entity == "opportunity":
        return row["idle_days"] is not None
    if (row["last_engaged_at"] or "") >= windows.instant(91):
        return True
    if entity == "person":
        return False
    bought = (row["last_order_on"] or "") >= windows.day(366)
    touched = (row["last_touched_at"] or "") >= windows.instant(31)
    return bought or touched or row["next_renewal_on"] is not None


BEGIN: Final = Step("measure.begin", keep=_keep_begin)
MEASURE: Final = Step("measure.entities", keep=_keep_measure)
