"""The account's records, and what they were until a minute ago: reads lag behind writes.

A change moves what was into `ae_past` with the moment until when it was true. A read as of a moment
sees present rows that are old enough, and past ones that were true then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from sandbox.account_engagement.faults import missing
from sandbox.account_engagement.model import OBJECTS
from sandbox.state import State

_COLUMNS: Final = "object, id, since, created, updated, deleted, fields"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS ae_row (
    object TEXT NOT NULL, id INTEGER NOT NULL, since REAL NOT NULL, created INTEGER NOT NULL,
    updated INTEGER NOT NULL, deleted INTEGER NOT NULL, fields TEXT NOT NULL,
    PRIMARY KEY (object, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ae_row_updated ON ae_row (object, updated);
CREATE INDEX IF NOT EXISTS ae_row_visitor ON ae_row (object, json_extract(fields, '$.visitorId'));
CREATE INDEX IF NOT EXISTS ae_row_email ON ae_row (object, json_extract(fields, '$.email'));
CREATE INDEX IF NOT EXISTS ae_row_lead ON ae_row (json_extract(fields, '$.salesforceLeadId'))
    WHERE object = 'prospects' AND json_extract(fields, '$.salesforceContactId') IS NULL
    AND json_extract(fields, '$.salesforceLeadId') IS NOT NULL;
CREATE TABLE IF NOT EXISTS ae_past (
    object TEXT NOT NULL, id INTEGER NOT NULL, since REAL NOT NULL, created INTEGER NOT NULL,
    updated INTEGER NOT NULL, deleted INTEGER NOT NULL, fields TEXT NOT NULL, until REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS ae_past_until ON ae_past (object, until);
CREATE TABLE IF NOT EXISTS ae_token (token TEXT PRIMARY KEY, made REAL NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ae_export (id INTEGER PRIMARY KEY, made REAL NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ae_usage (day TEXT PRIMARY KEY, calls INTEGER NOT NULL);
"""  # noqa: E501
_REMEMBERED_SECONDS: Final = 3600
VIEW: Final = f"""
    (SELECT {_COLUMNS} FROM ae_row WHERE object = :object AND since <= :at
     UNION ALL
     SELECT {_COLUMNS} FROM ae_past WHERE object = :object AND since <= :at AND until > :at)
"""
"""The rows of one object as they were at a moment."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record as it is stored."""

    object: str
    id: int
    created: int
    updated: int
    deleted: bool
    fields: Mapping[str, Any]

    def value(self, name: str) -> Any:
        """The value of a field; stamps are seconds since 1970."""
        own = {
            "id": self.id,
            "createdAt": self.created,
            "updatedAt": self.updated,
            "isDeleted": self.deleted,
        }
        return own[name] if name in own else self.fields.get(name)


def ready(state: State) -> State:
    """The state, with the account's tables."""
    state.install(_SCHEMA)
    return state


def row_of(found: tuple[Any, ...]) -> Row:
    """The row behind `object, id, created, updated, deleted, fields`."""
    object, id, created, updated, deleted, fields = found
    return Row(object, id, created, updated, bool(deleted), orjson.loads(fields))


def read(state: State, object: str, id: int, at: float | None = None) -> Row | None:
    """One record, deleted ones too: as it is, or as it was at a moment."""
    moment = state.now().timestamp() if at is None else at
    sql = f"SELECT object, id, created, updated, deleted, fields FROM {VIEW} WHERE id = :id"
    given = {"object": object, "at": moment, "id": id}
    found = state.db.execute(sql, given).fetchone()
    return None if found is None else row_of(found)


def insert(state: State, object: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Fill in records that have existed for long: `id`, `createdAt`, `updatedAt`, fields.

    Datetimes are aware; `updatedAt` may lack.
    """
    known = OBJECTS[object].fields
    with ready(state).transaction() as db:
        for row in rows:
            if unknown := set(row) - set(known):
                raise ValueError(f"{object} has no {', '.join(sorted(unknown))}")
            born = seconds(row["createdAt"])
            moved = seconds(row.get("updatedAt") or row["createdAt"])
            kept = _kept(row)
            deleted = bool(row.get("isDeleted"))
            db.execute(
                "INSERT INTO ae_row VALUES (?, ?, ?, ?, ?, ?, ?)",
                (object, int(row["id"]), moved, born, moved, deleted, kept),
            )


def create(state: State, object: str, fields: Mapping[str, Any]) -> int:
    """Make a record now; its id."""
    now = state.now().timestamp()
    with state.transaction() as db:
        sql = "SELECT coalesce(max(id), 0) + 1 FROM ae_row WHERE object = ?"
        id = int(db.execute(sql, (object,)).fetchone()[0])
        row = (object, id, now, int(now), int(now), False, _kept(fields))
        db.execute("INSERT INTO ae_row VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return id


def change(
    state: State,
    object: str,
    id: int,
    fields: Mapping[str, Any],
    *,
    deleted: bool | None = None,
    stamped: bool = True,
) -> None:
    """Change a record now; unstamped, its `updatedAt` stays as it was."""
    row = read(state, object, id)
    if row is None:
        raise missing(f"{object} {id}")
    now = state.now().timestamp()
    with state.transaction() as db:
        where = "WHERE object = ? AND id = ?"
        db.execute(
            f"INSERT INTO ae_past SELECT {_COLUMNS}, ? FROM ae_row {where}", (now, object, id)
        )
        db.execute("DELETE FROM ae_past WHERE until < ?", (now - _REMEMBERED_SECONDS,))
        moved = int(now) if stamped else row.updated
        gone = row.deleted if deleted is None else deleted
        kept = _kept({**row.fields, **fields})
        db.execute(
            f"UPDATE ae_row SET since = ?, updated = ?, deleted = ?, fields = ? {where}",
            (now, moved, gone, kept, object, id),
        )


def having(state: State, object: str, field: str, value: object) -> list[int]:
    """Ids of living records whose field has this value now, oldest first."""
    sql = (
        f"SELECT id FROM ae_row WHERE object = ? AND deleted = 0 "
        f"AND json_extract(fields, '$.{field}') = ? ORDER BY id"
    )
    return [row[0] for row in state.db.execute(sql, (object, value)).fetchall()]


def seconds(moment: datetime) -> int:
    """A stamp as it is stored: whole seconds since 1970."""
    return int(moment.timestamp())


_OWN: Final = frozenset({"id", "createdAt", "updatedAt", "isDeleted"})


def _kept(fields: Mapping[str, Any]) -> str:
    kept = {k: _plain(v) for k, v in fields.items() if k not in _OWN and v is not None}
    return orjson.dumps(kept).decode()


def _plain(value: Any) -> Any:
    return seconds(value.astimezone(UTC)) if isinstance(value, datetime) else value
