"""Receipts: the answer to one write, opened before it is sent and settled once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, bindparam, or_, select, update

from staging.bulk import chunks, row_of, upsert
from staging.tables.writes import RECEIPT
from tasuki.values import Json

UNSETTLED: Final = ("open", "unknown")
"""Sent, or about to be: nobody knows yet whether it was written."""


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One write and what became of it."""

    id: str
    plan_id: str
    run_id: str
    connection: str
    object: str
    verb: str
    fields: dict[str, Json]
    before: dict[str, Json]
    record_id: str | None = None
    natural_key: list[str] | None = None
    links: list[list[str]] | None = None
    state: str = "open"
    """open | written | rejected | unknown | lost"""
    created: bool = False
    reason: str | None = None
    opened_at: str = ""
    settled_at: str | None = None
    exchange: dict[str, Json] | None = None
    """What went over the wire: call, status, request, answer, request_id; no secret, no value."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How one write ended."""

    id: str
    state: str
    record_id: str | None
    created: bool = False
    reason: str | None = None
    exchange: dict[str, Json] | None = None


def open_(db: Connection, rows: Iterable[ReceiptRow]) -> None:
    """Write down what is about to be sent; kill −9 after this leaves a trace to settle."""
    upsert(db, RECEIPT, map(row_of, rows))


def settle(db: Connection, endings: Iterable[Ending], now: str) -> None:
    """Write down how writes ended; a settled receipt stays as it is."""
    rows = [{f"its_{k}": v for k, v in row_of(each).items()} for each in endings]
    if rows:
        db.execute(_SETTLE.values(settled_at=now), rows)


def by_ids(db: Connection, ids: Iterable[str]) -> list[ReceiptRow]:
    """These receipts, in id order."""
    found: list[ReceiptRow] = []
    for chunk in chunks(ids):
        rows = db.execute(_RECEIPTS.where(RECEIPT.c.id.in_(chunk)))
        found.extend(_row(row) for row in rows)
    return sorted(found, key=lambda receipt: receipt.id)


def in_state(db: Connection, states: Sequence[str], run: str | None = None) -> list[ReceiptRow]:
    """Every receipt in these states (of one run), oldest first."""
    query = _RECEIPTS.where(RECEIPT.c.state.in_(states))
    if run:
        query = query.where(RECEIPT.c.run_id == run)
    return [_row(row) for row in db.execute(query.order_by(RECEIPT.c.opened_at, RECEIPT.c.id))]


def of_plans(db: Connection, states: Sequence[str], plans: Iterable[str]) -> list[ReceiptRow]:
    """Every receipt of these plans in these states, oldest first."""
    query = _RECEIPTS.where(RECEIPT.c.state.in_(states), RECEIPT.c.plan_id.in_(plans))
    return [_row(row) for row in db.execute(query.order_by(RECEIPT.c.opened_at, RECEIPT.c.id))]


def about(db: Connection, connection: str, object: str, record_id: str) -> list[ReceiptRow]:
    """Every write to one record, newest first."""
    query = _RECEIPTS.where(
        RECEIPT.c.connection == connection,
        RECEIPT.c.object == object,
        RECEIPT.c.record_id == record_id,
    )
    return [_row(row) for row in db.execute(query.order_by(RECEIPT.c.opened_at.desc()))]


_SETTLE: Final = (
    update(RECEIPT)
    .where(RECEIPT.c.id == bindparam("its_id"), or_(*(RECEIPT.c.state == x for x in UNSETTLED)))
    .values(
        state=bindparam("its_state"),
        record_id=bindparam("its_record_id"),
        created=bindparam("its_created"),
        reason=bindparam("its_reason"),
        exchange=bindparam("its_exchange"),
    )
)


_RECEIPTS: Final = select(*(RECEIPT.c[name] for name in ReceiptRow.__slots__))


def _row(row: Any) -> ReceiptRow:
    if row.fields is None or row.before is None:
        return replace(ReceiptRow(*row), fields=row.fields or {}, before=row.before or {})
    return ReceiptRow(*row)
