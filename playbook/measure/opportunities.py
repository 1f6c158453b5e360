"""The numbers of opportunities: when something last moved, what is planned, how long it is idle."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, case, func, or_, select

from playbook.measure.windows import Windows
from staging.tables.entities import ENTITY_TABLES
from tasuki.values import instant

_DEAL: Final = ENTITY_TABLES["opportunity"]
_STAGE: Final = ENTITY_TABLES["stage_change"]
_ACTIVITY: Final = ENTITY_TABLES["activity"]


def measure(db: Connection, ids: Sequence[str], windows: Windows) -> list[dict[str, Any]]:
    """One row of metrics for each of these opportunities."""
    deals = db.execute(
        select(_DEAL.c.id, _DEAL.c.created_at, _DEAL.c.is_closed)
        .where(_DEAL.c.id.in_(ids))
        .order_by(_DEAL.c.id)
    )
    moved = _stage_moves(db, ids)
    touched = _touches(db, ids, windows)
    return [
        _row(deal, moved.get(deal.id), touched.get(deal.id, (None, None)), windows)
        for deal in deals
    ]


def _row(
    deal: Any,
    moved: str | None,
    touched: tuple[str | None, str | None],
    windows: Windows,
) -> dict[str, Any]:
    last, planned = touched
    latest = max(filter(None, (deal.created_at, moved, last)), default=None)
    idles = latest is not None and not deal.is_closed
    return {
        "id": deal.id,
        "last_activity_at": last,
        "last_stage_change_at": moved,
        "next_activity_at": planned,
        "idle_days": _days(instant(latest), windows.now) if latest and idles else None,
        "as_of": windows.at,
    }


def _days(since: datetime, now: datetime) -> int:
    return max(0, (now - since).days)


def _stage_moves(db: Connection, ids: Sequence[str]) -> dict[str, str]:
    """When the stage last became another one (an edited amount writes history too)."""
    before = func.lag(_STAGE.c.stage).over(
        partition_by=_STAGE.c.opportunity_id, order_by=(_STAGE.c.changed_at, _STAGE.c.id)
    )
    history = (
        select(_STAGE.c.opportunity_id, _STAGE.c.changed_at, _STAGE.c.stage, before.label("before"))
        .where(_STAGE.c.opportunity_id.in_(ids))
        .subquery()
    )
    moves = or_(history.c.before.is_(None), history.c.before != history.c.stage)
    rows = db.execute(
        select(history.c.opportunity_id, func.max(history.c.changed_at))
        .where(moves)
        .group_by(history.c.opportunity_id)
    )
    return {row[0]: row[1] for row in rows}


def _touches(
    db: Connection, ids: Sequence[str], windows: Windows
) -> dict[str, tuple[str | None, str | None]]:
    """The last thing that was done (a task closed, a meeting held), and the next one planned.

    A task is planned through the whole day it is due; an overdue one is neither done nor planned.
    Tasks that Tasuki wrote and nobody did are no sign of life.
    """
    when = func.coalesce(_ACTIVITY.c.due_at, _ACTIVITY.c.created_at)
    is_task, is_done = _ACTIVITY.c.kind == "task", _ACTIVITY.c.is_done.is_(True)
    done = and_(when <= windows.at, or_(is_done, ~is_task))
    begins = case((is_task, windows.today), else_=windows.at)
    ours = and_(_ACTIVITY.c.tasuki_key.is_not(None), ~is_done)
    planned = and_(when >= begins, or_(_ACTIVITY.c.is_done.is_(None), ~_ACTIVITY.c.is_done))
    rows = db.execute(
        select(
            _ACTIVITY.c.opportunity_id,
            func.max(case((done, when))),
            func.min(case((and_(planned, ~ours), when))),
        )
        .where(_ACTIVITY.c.opportunity_id.in_(ids))
        .group_by(_ACTIVITY.c.opportunity_id)
    )
    return {id_: (last, planned) for id_, last, planned in rows}
