"""What was written, by run, plan, scenario run or record: the receipts that an undo is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from staging.bulk import chunks
from staging.tables.writes import CHANGE, INTENT, PLAN, RECEIPT

_WRITTEN: Final = RECEIPT.c.state == "written"


@dataclass(frozen=True, slots=True)
class Piece:
    """One settled write, by its address."""

    id: str
    connection: str
    object: str
    record_id: str | None
    made: bool
    """It created the record."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What one write took along for one wish."""

    intent: str
    verb: str
    state: str
    """written, or open or unknown: nobody knows yet."""
    record_id: str | None
    fields: dict[str, Any]
    """The wish's own cells."""
    settled_at: str | None


def sent_for(db: Connection, intents: Iterable[str]) -> list[Sent]:
    """What was sent for these wishes and neither refused nor lost, oldest first."""
    cells: dict[str, dict[str, list[str]]] = {}
    for chunk in chunks(intents):
        query = select(CHANGE.c.write_id, CHANGE.c.intent_id, CHANGE.c.field)
        for write, intent, field in db.execute(query.where(CHANGE.c.intent_id.in_(chunk))):
            cells.setdefault(write, {}).setdefault(intent, []).append(field)
    rows: list[Any] = []
    for chunk in chunks(sorted(cells)):
        sent = RECEIPT.c.state.in_(("written", "open", "unknown"))
        rows += db.execute(select(RECEIPT).where(RECEIPT.c.id.in_(chunk), sent))
    return [
        Sent(intent, row.verb, row.state, row.record_id, _only(names, row.fields), row.settled_at)
        for row in sorted(rows, key=lambda each: (each.opened_at, each.id))
        for intent, names in cells[row.id].items()
    ]


def _only(names: Iterable[str], fields: dict[str, Any] | None) -> dict[str, Any]:
    return {name: fields[name] for name in names if fields and name in fields}


def deleted(db: Connection, connection: str, object: str, ids: Iterable[str]) -> set[str]:
    """Of these records, those that we deleted, whether or not a pull ever brought them."""
    found: set[str] = set()
    for chunk in chunks(ids):
        mine = (RECEIPT.c.connection == connection, RECEIPT.c.object == object)
        query = select(RECEIPT.c.record_id).where(
            *mine, RECEIPT.c.record_id.in_(chunk), RECEIPT.c.verb == "delete", _WRITTEN
        )
        found.update(db.scalars(query))
    return found


def plans_of_run(db: Connection, run: str) -> list[str]:
    """The plans of which a run wrote something."""
    query = select(RECEIPT.c.plan_id).where(RECEIPT.c.run_id == run, _WRITTEN).distinct()
    return sorted(db.scalars(query))


def of_plans(db: Connection, plans: Iterable[str]) -> list[Piece]:
    """What was written of these plans, whichever runs did it."""
    return [piece for plan in plans for piece in _pieces(db, _below(RECEIPT.c.id, f"{plan}/"))]


def of_intents(db: Connection, intents: Iterable[str]) -> list[Piece]:
    """What was written for these wishes."""
    writes: set[str] = set()
    for chunk in chunks(intents):
        writes.update(db.scalars(select(CHANGE.c.write_id).where(CHANGE.c.intent_id.in_(chunk))))
    return [p for chunk in chunks(sorted(writes)) for p in _pieces(db, (RECEIPT.c.id.in_(chunk),))]


def of_record(
    db: Connection, connection: str, object: str, record_id: str, since: str | None = None
) -> list[Piece]:
    """What was written to one record (from a moment on)."""
    mine = (
        RECEIPT.c.connection == connection,
        RECEIPT.c.object == object,
        RECEIPT.c.record_id == record_id,
    )
    return _pieces(db, (*mine, *((RECEIPT.c.opened_at >= since,) if since else ())))


def later(
    db: Connection, connection: str, object: str, ids: Iterable[str], after: str
) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What was written to these records after a moment: (write, run, record id, fields)."""
    found: list[tuple[str, str, str, dict[str, Any]]] = []
    for chunk in chunks(ids):
        query = select(RECEIPT.c.id, RECEIPT.c.run_id, RECEIPT.c.record_id, RECEIPT.c.fields).where(
            RECEIPT.c.connection == connection,
            RECEIPT.c.object == object,
            RECEIPT.c.record_id.in_(chunk),
            RECEIPT.c.opened_at > after,
            _WRITTEN,
        )
        rows = db.execute(query.order_by(RECEIPT.c.opened_at, RECEIPT.c.id))
        found += [(row.id, row.run_id, row.record_id, row.fields or {}) for row in rows]
    return found


def refused_deletes(db: Connection, connection: str, object: str, ids: Iterable[str]) -> set[str]:
    """The records that their system once refused to delete for us."""
    found: set[str] = set()
    for chunk in chunks(ids):
        query = select(RECEIPT.c.record_id).where(
            RECEIPT.c.connection == connection,
            RECEIPT.c.object == object,
            RECEIPT.c.record_id.in_(chunk),
            RECEIPT.c.verb == "delete",
            RECEIPT.c.state == "rejected",
        )
        found.update(db.scalars(query))
    return found


def unsettled(db: Connection, plans: Sequence[str]) -> int:
    """How many writes of these plans nobody knows the end of."""
    open_ = RECEIPT.c.state.in_(("open", "unknown"))
    found = (
        db.scalars(select(RECEIPT.c.id).where(*_below(RECEIPT.c.id, f"{p}/"), open_)) for p in plans
    )
    return sum(len(list(ids)) for ids in found)


def intents_of_scenario(db: Connection, scenario_run: str) -> list[str]:
    """The wishes of one push of a scenario."""
    return list(db.scalars(select(INTENT.c.id).where(*_below(INTENT.c.id, _origin(scenario_run)))))


def plans_of_scenario(db: Connection, scenario_run: str) -> list[str]:
    """The plans that one push of a scenario made."""
    origin = _origin(scenario_run).removesuffix(":")
    return list(db.scalars(select(PLAN.c.id).where(PLAN.c.origin == origin)))


def _origin(scenario_run: str) -> str:
    return f"scenario:{scenario_run}:"


def _pieces(db: Connection, where: Sequence[ColumnElement[bool]]) -> list[Piece]:
    columns = RECEIPT.c["id", "connection", "object", "record_id", "created"]
    rows = db.execute(select(*columns).where(*where, _WRITTEN).order_by(RECEIPT.c.id))
    return [Piece(*row) for row in rows]


def _below(column: Any, prefix: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The ids that begin so, by the order of code points: an index finds them."""
    return column >= prefix, column < prefix[:-1] + chr(ord(prefix[-1]) + 1)
