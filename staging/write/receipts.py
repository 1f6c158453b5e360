"""Receipts: the answer to one write, opened before it is sent and settled once."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from staging.bulk import chunks, upsert
from staging.tables.writes import RECEIPT
from tasuki.values import Json


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
    created: bool = False
    reason: str | None = None
    opened_at: str = ""
    settled_at: str | None = None
    exchange: dict[str, Json] | None = None
    """What went over the wire: call, status, request, answer, request_id; no secret, no value."""


def open_(db: Connection, rows: Iterable[ReceiptRow]) -> None:
    """Write down what is about to be sent; kill −9 after this leaves a trace to settle."""
    upsert(db, RECEIPT, (asdict(row) for row in rows))


def settle(  # one statement per answer: each differs
    db: Connection,
    id: str,
    state: str,
    *,
    record_id: str | None,
    created: bool,
    reason: str | None,
    now: str,
) -> None:
    """Write down how one write ended; a settled receipt stays as it is."""
    db.execute(
        update(RECEIPT)
        .where(RECEIPT.c.id == id, RECEIPT.c.state.in_(("open", "unknown")))
        .values(state=state, record_id=record_id, created=created, reason=reason, settled_at=now)
    )


def by_ids(db: Connection, ids: Iterable[str]) -> list[ReceiptRow]:
    """These receipts, in id order."""
    found: list[ReceiptRow] = []
    for chunk in chunks(ids):
        rows = db.execute(select(RECEIPT).where(RECEIPT.c.id.in_(chunk)))
        found.extend(_row(row) for row in rows)
    return sorted(found, key=lambda receipt: receipt.id)


def in_state(db: Connection, states: Sequence[str], run: str | None = None) -> list[ReceiptRow]:
    """Every receipt in these states (of one run), oldest first."""
    query = select(RECEIPT).where(RECEIPT.c.state.in_(states))
    if run:
        query = query.where(RECEIPT.c.run_id == run)
    return [_row(row) for row in db.execute(query.order_by(RECEIPT.c.opened_at, RECEIPT.c.id))]


def of_plans(db: Connection, states: Sequence[str], plans: Iterable[str]) -> list[ReceiptRow]:
    """Every receipt of these plans in these states, oldest first."""
    query = select(RECEIPT).where(RECEIPT.c.state.in_(states), RECEIPT.c.plan_id.in_(plans))
    return [_row(row) for row in db.execute(query.order_by(RECEIPT.c.opened_at, RECEIPT.c.id))]


def about(db: Connection, connection: str, object: str, record_id: str) -> list[ReceiptRow]:
    """Every write to one record, newest first."""
    query = select(RECEIPT).where(
        RECEIPT.c.connection == connection,
        RECEIPT.c.object == object,
        RECEIPT.c.record_id == record_id,
    )
    return [_row(row) for row in db.execute(query.order_by(RECEIPT.c.opened_at.desc()))]


def _row(row: Row[Any]) -> ReceiptRow:
    values = row._asdict()
    return ReceiptRow(
        **{**values, "fields": values["fields"] or {}, "before": values["before"] or {}}
    )
