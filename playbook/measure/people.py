"""The numbers of people: how each of them engages."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from playbook.measure.engaged import COUNTS
from playbook.measure.windows import Windows
from staging.tables.entities import ENTITY_TABLES

_PERSON: Final = ENTITY_TABLES["person"]
_EVENT: Final = ENTITY_TABLES["engagement"]


def measure(db: Connection, ids: Sequence[str], windows: Windows) -> list[dict[str, Any]]:
    """One row of metrics for each of these people."""
    at = _EVENT.c.occurred_at
    seen = and_(_EVENT.c.kind == "page_viewed", at > windows.instant(30))
    lately = at > windows.instant(90)
    rows = db.execute(
        select(
            _PERSON.c.id,
            _count(seen).label("page_views_30d"),
            _count(and_(seen, _EVENT.c.interest_stage == "evaluation")).label("pricing_views_30d"),
            _count(and_(_EVENT.c.kind == "form_submitted", lately)).label("forms_90d"),
            _count(and_(_EVENT.c.kind == "email_clicked", lately)).label("email_clicks_90d"),
            func.max(at).label("last_engaged_at"),
            (func.count(_EVENT.c.visitor) > 0).label("has_cookie"),
        )
        .select_from(_PERSON.outerjoin(_EVENT, COUNTS))
        .where(_PERSON.c.id.in_(ids))
        .group_by(_PERSON.c.id)
        .order_by(_PERSON.c.id)
    )
    return [row._asdict() | {"as_of": windows.at} for row in rows]


def _count(when: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.count(case((when, 1)))
