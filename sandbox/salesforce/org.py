"""One org on one state: its schema, its tables, its users, its id counters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

import orjson

from sandbox.salesforce.ids import new_id, to_18
from sandbox.salesforce.rows.values import moment, stamp
from sandbox.salesforce.schema import (
    NUMBER_TYPES,
    TEXT_TYPES,
    Field,
    Object,
    Schema,
    parse_field,
    parse_object,
    raw_field,
    standard,
)
from sandbox.salesforce.setup.kept import Setup
from sandbox.salesforce.setup.lock import Locks
from sandbox.salesforce.setup.usage import Usage
from sandbox.state import State

ORGANIZATION: Final = to_18("00D5g00000TASUK")
INTEGRATION_USER: Final = to_18("0055g0001000001")
PERSON: Final = to_18("0055g0001000002")
PROFILE: Final = to_18("00e5g0001000001")
STANDARD_PRICEBOOK: Final = to_18("01s5g0001000001")
PURGED: Final = 2  # in IsDeleted: the row is gone for everybody, its place stays taken
_HIDDEN: Final = {"IsDeleted": "INTEGER NOT NULL DEFAULT 0", "SystemModstamp": "TEXT"}
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sf_counter (prefix TEXT PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS sf_deleted (
    object TEXT NOT NULL, Id TEXT NOT NULL, deleted_at TEXT NOT NULL,
    PRIMARY KEY (object, Id)
);
CREATE TABLE IF NOT EXISTS sf_torn (
    root TEXT NOT NULL, object TEXT NOT NULL, Id TEXT NOT NULL, field TEXT,
    PRIMARY KEY (root, Id, field)
);
CREATE INDEX IF NOT EXISTS sf_deleted_at ON sf_deleted (object, deleted_at);
CREATE TABLE IF NOT EXISTS sf_custom_field (
    object TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL,
    PRIMARY KEY (object, name)
);
"""


@dataclass(frozen=True, slots=True)
class Table:
    """Where an object's rows lie; every table has `IsDeleted` and `SystemModstamp`, told or not."""

    name: str
    columns: tuple[str, ...]

    @property
    def insert(self) -> str:
        """The statement that adds one row, named parameters."""
        marks = ", ".join(f":{name}" for name in self.columns)
        return f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({marks})"


class Org:
    """The Salesforce side of a state. Use `org_of`: one state has one org."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.setup = Setup(state)
        self.locks = Locks(self.setup)
        self.usage = Usage(state, self.setup)
        self.views: dict[tuple[str, str | None], Org] = {}
        self.tables: dict[str, Table] = {}
        self.stamped: str | None = None  # set while a late transaction commits: its own time
        self.schema: Schema = standard()
        state.install(_SCHEMA)
        for each in self.setup.of("object").values():
            self.schema = self.schema.with_object(parse_object(each))
        kept = state.db.execute("SELECT object, definition FROM sf_custom_field ORDER BY rowid")
        for object, definition in kept.fetchall():
            self.schema = self.schema.extended(object, parse_field(orjson.loads(definition)))
        for described in self.schema.objects.values():
            self._lay(described)
        self.schema_changed = moment(state.setting("sf_schema_changed") or self._note_schema())

    def _lay(self, object: Object) -> None:
        """Make the object's table, or give an older one the columns it lacks."""
        self.state.install(_ddl(object, indexes=False))
        found = self.state.db.execute(f"PRAGMA table_info(sf_{object.name})").fetchall()
        known = {row[1] for row in found}
        for each in object.stored:
            if each.name not in known:
                self.state.db.execute(f"ALTER TABLE sf_{object.name} ADD COLUMN {_column(each)}")
        self.state.install(_ddl(object))
        self.tables[object.name] = _table(object)

    def _note_schema(self) -> str:
        text = self.now()
        self.state.set_setting("sf_schema_changed", text)
        return text

    def now(self) -> str:
        """The org's time as a wire stamp."""
        return self.stamped or stamp(self.state.now())

    def next_ids(self, prefix: str, count: int) -> list[str]:
        """Fresh ids, never given before."""
        with self.state.transaction() as db:
            first = self._last(prefix) + 1
            values = (prefix, first + count - 1)
            db.execute("INSERT OR REPLACE INTO sf_counter VALUES (?, ?)", values)
        return [new_id(prefix, number) for number in range(first, first + count)]

    def keep_above(self, prefix: str, number: int) -> None:
        """Never hand out ids up to this number: a loader has used them."""
        with self.state.transaction() as db:
            if number > self._last(prefix):
                db.execute("INSERT OR REPLACE INTO sf_counter VALUES (?, ?)", (prefix, number))

    def _last(self, prefix: str) -> int:
        sql = "SELECT number FROM sf_counter WHERE prefix = ?"
        row = self.state.db.execute(sql, (prefix,)).fetchone()
        return 0 if row is None else int(row[0])

    def row(self, object: str, id: str) -> dict[str, Any] | None:
        """A stored row by its full id, deleted ones too, purged ones not."""
        table = self.tables[object]
        sql = f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE Id = ?"
        kept = f"{sql} AND IsDeleted < {PURGED}"
        found = self.state.db.execute(kept, (id,)).fetchone()
        return None if found is None else dict(zip(table.columns, found, strict=True))

    def rows(self, object: str) -> Iterator[dict[str, Any]]:
        """Every stored row of an object, deleted ones too, in the order of their ids."""
        table = self.tables[object]
        with self.state.lock:
            sql = f"SELECT {', '.join(table.columns)} FROM {table.name}"
            kept = f"{sql} WHERE IsDeleted < {PURGED} ORDER BY Id"
            found = self.state.db.execute(kept).fetchall()
        for row in found:
            yield dict(zip(table.columns, row, strict=True))

    def value(self, object: str, id: str | None, field: str) -> Any:
        """One value of one row, None when there is no such row."""
        if id is None:
            return None
        sql = f"SELECT {field} FROM {self.tables[object].name} WHERE Id = ?"
        found = self.state.db.execute(sql, (id,)).fetchone()
        return None if found is None else found[0]

    def add_field(self, object: str, definition: Mapping[str, Any]) -> None:
        """Install a field, as an admin would, or change what the definition names of a known one.

        Errors: MetadataError, KeyError for what the platform would not take.
        """
        known = self.schema.objects[object].fields.get(definition["name"])
        whole = {**(raw_field(known) if known else {}), **definition}
        schema = self.schema.extended(object, parse_field(whole))
        with self.state.transaction() as db:
            text = orjson.dumps(whole).decode()
            row = (object, definition["name"], text)
            db.execute("INSERT OR REPLACE INTO sf_custom_field VALUES (?, ?, ?)", row)
            self._change(schema, schema.objects[object])

    def add_object(self, definition: Mapping[str, Any]) -> None:
        """Install an object, as an admin would, or another one of the same name."""
        new = parse_object(definition)
        with self.state.transaction():
            self.setup.put("object", new.name, definition)
            self._change(self.schema.with_object(new), new)

    def _change(self, schema: Schema, object: Object) -> None:
        self._lay(object)
        self.schema = schema
        self.views.clear()
        self.schema_changed = moment(self._note_schema())

    def restrict(self, who: str, permission: Mapping[str, Any] | None) -> None:
        """Set what a profile, a user or everybody (`*`) may not see or write."""
        self.setup.put("permission", who, permission)
        self.views.clear()
        self.schema_changed = moment(self._note_schema())


_ORGS: WeakKeyDictionary[State, Org] = WeakKeyDictionary()


def org_of(state: State) -> Org:
    """The org of this state, opened at the first call."""
    found = _ORGS.get(state)
    if found is None:
        found = _ORGS[state] = Org(state)
    return found


def _table(object: Object) -> Table:
    names = [each.name for each in object.stored]
    hidden = [name for name in _HIDDEN if name not in object.fields]
    return Table(f"sf_{object.name}", (*names, *hidden))


def _ddl(object: Object, *, indexes: bool = True) -> str:
    columns = [_column(each) for each in object.stored]
    columns += [f"{name} {kind}" for name, kind in _HIDDEN.items() if name not in object.fields]
    table = f"sf_{object.name}"
    statements = [f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(columns)})"]
    statements += [
        f"CREATE INDEX IF NOT EXISTS {table}_{name} ON {table} ({keys})"
        for name, keys in (_indexes(object) if indexes else ())
    ]
    return ";\n".join(statements) + ";"


def _indexes(object: Object) -> list[tuple[str, str]]:
    found = [("walk", "SystemModstamp, Id, IsDeleted")]
    found += [(each.name, each.name) for each in object.stored if _indexed(each)]
    return found


def _indexed(field: Field) -> bool:
    if field.type == "reference":
        return "User" not in field.to
    return field.name != "Id" and bool(field.traits & {"external", "lookup", "unique"})


def _column(field: Field) -> str:
    if field.name == "Id":
        return "Id TEXT NOT NULL PRIMARY KEY"
    if field.type == "anyType":
        return field.name  # keeps numbers as numbers
    if field.type == "boolean":
        return f"{field.name} INTEGER NOT NULL DEFAULT {int(bool(field.default))}"
    if field.type in NUMBER_TYPES:
        return f"{field.name} {'INTEGER' if field.type == 'int' else 'REAL'}"
    return f"{field.name} TEXT{' COLLATE NOCASE' if field.type in TEXT_TYPES else ''}"
