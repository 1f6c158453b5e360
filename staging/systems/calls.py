"""The calls of a connection: how many per day and lane, and how many in a moving window.

A window is kept as small slots. Whatever lies in the slots of one window and a bit counts, so that
never more than the rule's calls fall into any window of its length.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, func, or_, select

from staging.bulk import upsert
from staging.tables.operating import API_CALL_BUDGET, CALL_PACE

SLOTS: Final = 40
"""Slots per window: the price of counting in slots is 1/40 of the pace."""


@dataclass(frozen=True, slots=True)
class Granted:
    """Calls that may leave now; when there are none, how long to wait."""

    calls: int
    wait_seconds: float = 0.0


def take(
    db: Connection, connection: str, kind: str, wanted: int, limit: int, seconds: float, at: float
) -> Granted:
    """Take up to `wanted` calls out of a moving window of at most `limit` calls.

    Units:  `seconds` is the window's length, `at` the present moment in epoch seconds.
    Two takers of one connection must not run at once: see `states.locked`.
    """
    length = seconds / SLOTS
    slot = int(at / length)
    mine = (CALL_PACE.c.connection == connection, CALL_PACE.c.call_kind == kind)
    outside = or_(CALL_PACE.c.slot < slot - SLOTS, CALL_PACE.c.slot > slot + SLOTS)
    db.execute(delete(CALL_PACE).where(*mine, outside))  # a later slot: the clock was set back
    counted = select(CALL_PACE.c.slot, CALL_PACE.c.calls).where(*mine).order_by(CALL_PACE.c.slot)
    slots = {row.slot: row.calls for row in db.execute(counted)}
    free = limit - sum(slots.values())
    if free <= 0:
        return Granted(0, max(length, (min(slots) + SLOTS + 1) * length - at))
    granted = min(wanted, free)
    row = {"connection": connection, "call_kind": kind, "slot": slot}
    upsert(db, CALL_PACE, [{**row, "calls": slots.get(slot, 0) + granted}])
    return Granted(granted)


def note(db: Connection, connection: str, day: str, lane: str, calls: int) -> None:
    """Add calls to a day's ledger; a negative number gives calls back that were never made."""
    key = (
        API_CALL_BUDGET.c.connection == connection,
        API_CALL_BUDGET.c.day == day,
        API_CALL_BUDGET.c.lane == lane,
    )
    before = db.scalar(select(API_CALL_BUDGET.c.calls).where(*key)) or 0
    row = {"connection": connection, "day": day, "lane": lane, "calls": max(0, before + calls)}
    upsert(db, API_CALL_BUDGET, [row])


def of_day(db: Connection, connection: str, day: str) -> dict[str, int]:
    """The calls of a day, by lane."""
    query = select(API_CALL_BUDGET.c.lane, API_CALL_BUDGET.c.calls).where(
        API_CALL_BUDGET.c.connection == connection, API_CALL_BUDGET.c.day == day
    )
    return {row.lane: row.calls for row in db.execute(query)}


def history(db: Connection, connection: str, days: int) -> list[tuple[str, int]]:
    """The calls of the last days that had any, newest first."""
    query = (
        select(API_CALL_BUDGET.c.day, func.sum(API_CALL_BUDGET.c.calls))
        .where(API_CALL_BUDGET.c.connection == connection)
        .group_by(API_CALL_BUDGET.c.day)
        .order_by(API_CALL_BUDGET.c.day.desc())
        .limit(days)
    )
    return [(day, calls) for day, calls in db.execute(query)]
