"""The numbers of accounts: what they bought, what is open with them, how they engage."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from playbook.measure.engaged import ENGAGED
from playbook.measure.windows import Windows
from staging.tables.entities import ENTITY_TABLES, METRIC_TABLES
from staging.tables.money import OWN_CUSTOM, total

_ACCOUNT: Final = ENTITY_TABLES["account"]
_SALE: Final = ENTITY_TABLES["sale"]
_CONTRACT: Final = ENTITY_TABLES["contract"]
_DEAL: Final = ENTITY_TABLES["opportunity"]
_CASE: Final = ENTITY_TABLES["case_"]
_PERSON: Final = ENTITY_TABLES["person"]
_EVENT: Final = ENTITY_TABLES["engagement"]
_ACTIVITY: Final = ENTITY_TABLES["activity"]

_COUNTS: Final = (
    "orders",
    "open_opportunities",
    "won_opportunities",
    "open_complaints",
    "people",
    "active_prospects",
    "page_views_30d",
    "pricing_views_30d",
    "forms_90d",
)
_AMOUNTS: Final = (
    "revenue_total",
    "revenue_365d",
    "revenue_90d",
    "revenue_prev_90d",
    "billed_total",
)

Row = dict[str, Any]


def measure(db: Connection, ids: Sequence[str], windows: Windows) -> list[Row]:
    """One row of metrics for each of these accounts."""
    sources = (_sales, _billed, _renewals, _deals, _complaints, _people, _engagement, _touches)
    marked = _marked(db, ids)
    found: dict[str, Row] = {id_: {} for id_ in marked}
    for source in sources:
        for id_, numbers in source(db, ids, windows).items():
            if id_ in found:
                found[id_] |= numbers
    return [_complete(id_, marked[id_], numbers, windows) for id_, numbers in sorted(found.items())]


def _marked(db: Connection, ids: Sequence[str]) -> dict[str, bool]:
    """The accounts that exist, and whether a CRM calls each of them a customer."""
    rows = db.execute(
        select(_ACCOUNT.c.id, _ACCOUNT.c.is_marked_customer).where(_ACCOUNT.c.id.in_(ids))
    )
    return {id_: bool(marked) for id_, marked in rows}


def _complete(id: str, marked: bool, numbers: Mapping[str, Any], windows: Windows) -> Row:  # noqa: FBT001
    row: Row = {column.name: None for column in METRIC_TABLES["account"].columns}
    row |= dict.fromkeys((*_COUNTS, *_AMOUNTS), 0)
    row |= {name: value for name, value in numbers.items() if value is not None}
    signs = (row["orders"], row["won_opportunities"], row.pop("has_contract", 0), marked)
    touched = (row["last_touched_at"] or "") >= windows.instant(30)
    return row | {
        "id": id,
        "is_customer": any(signs),
        "touched_30d": touched,
        "as_of": windows.at,
    }


def _sales(db: Connection, ids: Sequence[str], windows: Windows) -> dict[str, Row]:
    """Net amounts of its own custom, credit notes taken off; nothing dated ahead of today.

    A distributor's purchases for others are theirs: an account is the end user of its lines.
    """
    on, amount = _SALE.c.invoiced_on, _SALE.c.amount
    past = and_(on <= windows.today, OWN_CUSTOM)
    order = and_(amount > 0, past)
    return _grouped(
        db,
        _SALE.c.account_id,
        ids,
        {
            "revenue_total": _sum(amount, past),
            "revenue_365d": _sum(amount, past, on > windows.day(365)),
            "revenue_90d": _sum(amount, past, on > windows.day(90)),
            "revenue_prev_90d": _sum(amount, past, on > windows.day(180), on <= windows.day(90)),
            "orders": func.count(func.distinct(case((order, _SALE.c.invoice_no)))),
            "first_order_on": func.min(case((order, on))),
            "last_order_on": func.max(case((order, on))),
        },
        _SALE.join(_ACCOUNT, _ACCOUNT.c.id == _SALE.c.account_id),
    )


def _billed(db: Connection, ids: Sequence[str], windows: Windows) -> dict[str, Row]:
    """What was billed to it, for itself or for others."""
    billed = {"billed_total": _sum(_SALE.c.amount, _SALE.c.invoiced_on <= windows.today)}
    return _grouped(db, _SALE.c.billed_account_id, ids, billed)


def _renewals(db: Connection, ids: Sequence[str], windows: Windows) -> dict[str, Row]:
    """The next renewal among each product's latest contract: a renewed one no longer counts."""
    latest = (
        select(
            _CONTRACT.c.account_id,
            _CONTRACT.c.product,
            func.max(_CONTRACT.c.renews_on).label("renews_on"),
        )
        .where(_CONTRACT.c.account_id.in_(ids))
        .group_by(_CONTRACT.c.account_id, _CONTRACT.c.product)
        .subquery()
    )
    ahead = case((latest.c.renews_on >= windows.today, latest.c.renews_on))
    columns = {"next_renewal_on": func.min(ahead), "has_contract": func.count()}
    return _grouped(db, latest.c.account_id, ids, columns)


def _deals(db: Connection, ids: Sequence[str], _windows: Windows) -> dict[str, Row]:
    return _grouped(
        db,
        _DEAL.c.account_id,
        ids,
        {
            "open_opportunities": _count(_DEAL.c.is_closed.is_(False)),
            "won_opportunities": _count(_DEAL.c.is_won.is_(True)),
        },
    )


def _complaints(db: Connection, ids: Sequence[str], _windows: Windows) -> dict[str, Row]:
    complaint = and_(_CASE.c.is_closed.is_(False), func.lower(_CASE.c.kind) == "complaint")
    return _grouped(db, _CASE.c.account_id, ids, {"open_complaints": _count(complaint)})


def _people(db: Connection, ids: Sequence[str], _windows: Windows) -> dict[str, Row]:
    return _grouped(db, _PERSON.c.account_id, ids, {"people": func.count()})


def _engagement(db: Connection, ids: Sequence[str], windows: Windows) -> dict[str, Row]:
    at = _EVENT.c.occurred_at
    seen = and_(_EVENT.c.kind == "page_viewed", at > windows.instant(30))
    known = case((and_(_EVENT.c.visitor.is_not(None), at > windows.instant(90)), _PERSON.c.id))
    return _grouped(
        db,
        _PERSON.c.account_id,
        ids,
        {
            "page_views_30d": _count(seen),
            "pricing_views_30d": _count(and_(seen, _EVENT.c.interest_stage == "evaluation")),
            "forms_90d": _count(and_(_EVENT.c.kind == "form_submitted", at > windows.instant(90))),
            "last_engaged_at": func.max(at),
            "active_prospects": func.count(func.distinct(known)),
        },
        ENGAGED,
    )


def _touches(db: Connection, ids: Sequence[str], windows: Windows) -> dict[str, Row]:
    """What we did: tasks done and meetings held; written by Tasuki, a task counts once done."""
    when = func.coalesce(_ACTIVITY.c.due_at, _ACTIVITY.c.created_at)
    held = or_(_ACTIVITY.c.is_done.is_(True), _ACTIVITY.c.kind != "task")
    past = and_(when <= windows.at, held)
    return _grouped(
        db, _ACTIVITY.c.account_id, ids, {"last_touched_at": func.max(case((past, when)))}
    )


def _grouped(
    db: Connection,
    by: ColumnElement[Any],
    ids: Sequence[str],
    columns: Mapping[str, ColumnElement[Any]],
    source: Any = None,
) -> dict[str, Row]:
    query = select(by.label("id"), *(c.label(name) for name, c in columns.items()))
    if source is not None:
        query = query.select_from(source)
    rows = db.execute(query.where(by.in_(ids)).group_by(by))
    return {row.id: {name: getattr(row, name) for name in columns} for row in rows}


def _sum(amount: ColumnElement[Any], *when: ColumnElement[bool]) -> ColumnElement[Any]:
    return total(case((and_(*when), amount), else_=0))


def _count(when: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.count(case((when, 1)))
