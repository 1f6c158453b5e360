"""Rows of a query, by `(modified, id)` when the object declares a stamp, else all by id.

The stamp is the sales system's own, in whatever time zone and precision; so nothing is computed
from our clock but how long ago a stamp was first seen. A pull starts `overlap` before the newest
stamp, because a row stamped earlier may be committed later. Once a whole overlap has passed by our
clock and such a pull has found nothing newer, nothing late can come any more, and pulls start at
the newest stamp itself (its ties come again).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, String, Subquery, and_, cast, column, func, or_, select, text

from connectors.protocol import Broken, Filter, Ids, Page, Record
from connectors.sales_system.client import Client
from connectors.sales_system.faults import missing_column
from connectors.sales_system.read.cells import complaint, plain
from connectors.sales_system.read.scope import conditions
from connectors.sales_system.settings import TableSettings
from tasuki.values import dumps, instant, loads, stamp

_MOST_BROKEN: Final = 100
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a pull stands; the JSON of this is the cursor."""

    after: Any = None
    """(stamp, id) of the last row of a running pull, packed."""
    newest: Any = None
    """The newest stamp any pull saw, packed."""
    seen_at: str | None = None
    """When it was first seen, our clock."""
    begun: str | None = None
    """When the running pull began, our clock."""
    quiet: bool = False
    """Nothing late can come any more before `newest`."""


@dataclass(frozen=True, slots=True)
class Table:
    """One declared object: its query as something to select from."""

    client: Client
    where: str
    settings: TableSettings
    rows: Subquery
    names: Sequence[str]

    @property
    def id(self) -> ColumnElement[Any]:
        """The id column."""
        return self.rows.c[self.settings.id]

    @property
    def modified(self) -> ColumnElement[Any] | None:
        """The stamp column, where there is one."""
        name = self.settings.modified
        return self.rows.c[name] if name else None

    def ask(self, *conditions: ColumnElement[bool], limit: int | None = None) -> Sequence[Any]:
        """Whole rows in the order of the walk."""
        order = [each for each in (self.modified, self.id) if each is not None]
        statement = select(self.rows).where(*conditions).order_by(*order).limit(limit)
        _, rows = self.client.ask(statement, self.where)
        return [dict(zip(self.names, row, strict=True)) for row in rows]


def open_table(client: Client, object: str, settings: TableSettings) -> Table:
    """The object's table; its columns are asked for, and the declared ones must be among them."""
    where = client.where(object)
    probe = text(f"SELECT * FROM ({settings.query}) AS q WHERE 1 = 0")  # noqa: S608  # own file
    names, _ = client.ask(probe, where)
    for needed in (settings.id, settings.modified, *settings.types):
        if needed and needed not in names:
            raise missing_column(needed, names, where)
    rows = text(settings.query).columns(*(column(name) for name in names)).subquery("q")
    return Table(client, where, settings, rows, names)


def page(
    table: Table, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
) -> Page:
    """The next page of a pull; a row without id or stamp is broken, its neighbours come."""
    walk = Walk(**loads(cursor)) if cursor else Walk()
    walk = replace(walk, begun=walk.begun or stamp(table.client.clock.now()))
    size = table.client.settings.page_size
    only = conditions(table.rows, filter)
    rows = table.ask(*_complete(table), *_from(table, walk), *only, limit=size)
    records, broken = _read(table, fields, rows)
    if len(rows) == size:
        last = rows[-1]
        after = [_pack(last[name]) for name in _key(table)]
        cursor = dumps(asdict(replace(walk, after=after)))
        return Page(records, cursor, True, broken, reread=_places(table, records))
    done = _rest(table, walk, rows)
    broken += _incomplete(table)
    return Page(records, dumps(asdict(done)), False, broken, reread=_places(table, records))


def _places(table: Table, records: Iterable[Record]) -> tuple[str, ...]:
    return tuple(f"{table.where}/{record.id}" for record in records)


def _key(table: Table) -> list[str]:
    return [name for name in (table.settings.modified, table.settings.id) if name]


def _complete(table: Table) -> list[ColumnElement[bool]]:
    return [table.rows.c[name].is_not(None) for name in _key(table)]


def _from(table: Table, walk: Walk) -> list[ColumnElement[bool]]:
    """Where the next page begins."""
    modified = table.modified
    if walk.after is not None:
        *before, id = map(_unpack, walk.after)
        if modified is None:
            return [table.id > id]
        return [or_(modified > before[0], and_(modified == before[0], table.id > id))]
    if modified is None or walk.newest is None:
        return []
    newest = _unpack(walk.newest)
    back = timedelta(0) if walk.quiet else table.client.settings.overlap
    return [modified >= earlier(newest, back)]


def _rest(table: Table, walk: Walk, rows: Sequence[Any]) -> Walk:
    """The cursor after the last page: the newest stamp, since when, and whether it is quiet."""
    name = table.settings.modified
    if name is None:
        return Walk()
    newest = _pack(rows[-1][name]) if rows else (walk.after[0] if walk.after else walk.newest)
    if newest != walk.newest:
        return Walk(newest=newest, seen_at=walk.begun)
    waited = instant(str(walk.begun)) - instant(walk.seen_at or str(walk.begun))
    quiet = walk.quiet or waited > table.client.settings.overlap
    return Walk(newest=newest, seen_at=walk.seen_at, quiet=quiet)


def _read(
    table: Table, fields: Sequence[str], rows: Sequence[Any]
) -> tuple[tuple[Record, ...], tuple[Broken, ...]]:
    for name in fields:
        if name not in table.names:
            raise missing_column(name, table.names, table.where)
    records: list[Record] = []
    broken: list[Broken] = []
    for row in rows:
        if said := complaint(row, table.settings.types):
            broken.append(Broken(f"{table.where}/{row[table.settings.id]}", said))
        else:
            records.append(_record(table.settings, fields, row))
    return tuple(records), tuple(broken)


def _record(settings: TableSettings, fields: Sequence[str], row: Any) -> Record:
    changed = row[settings.modified] if settings.modified else None
    values = {name: plain(row[name]) for name in fields}
    return Record(str(row[settings.id]), values, _moment(changed))


def _incomplete(table: Table) -> tuple[Broken, ...]:
    """Rows that no pull can place, told once per pull."""
    missing = or_(*(table.rows.c[name].is_(None) for name in _key(table)))
    names = " and ".join(_key(table))
    rows = table.ask(missing, limit=_MOST_BROKEN)
    reason = f"it needs {names}"
    return tuple(Broken(f"{table.where}/{row[table.settings.id]}", reason) for row in rows)


def find(table: Table, key: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
    """Rows whose column, as text, equals one of the values."""
    if key not in table.names:
        raise missing_column(key, table.names, table.where)
    found: list[Record] = []
    for start in range(0, len(values), _CHUNK):
        among = cast(table.rows.c[key], String).in_(values[start : start + _CHUNK])
        found.extend(_read(table, fields, table.ask(among))[0])
    return found


def ids(table: Table, after: str | None) -> Ids:
    """A page of ids; `after` is the packed id, since text sorts numbers otherwise."""
    size = table.client.settings.page_size
    statement = select(table.id).where(table.id.is_not(None)).order_by(table.id).limit(size)
    if after is not None:
        statement = statement.where(table.id > _unpack(loads(after)))
    _, rows = table.client.ask(statement, table.where)
    last = dumps(_pack(rows[-1][0])) if len(rows) == size else None
    return Ids(tuple(str(row[0]) for row in rows), last)


def count(table: Table, filter: Filter | None = None) -> int:
    """How many rows have an id."""
    only = conditions(table.rows, filter)
    statement = select(func.count()).select_from(table.rows).where(table.id.is_not(None), *only)
    _, rows = table.client.ask(statement, table.where)
    return int(rows[0][0])


def earlier(value: Any, by: timedelta) -> Any:
    """A stamp some time earlier, in the value's own form; a number or unknown text as it is."""
    if isinstance(value, datetime):
        return value - by
    if isinstance(value, date):
        return value - by if by % timedelta(days=1) == timedelta(0) else value - timedelta(days=1)
    if not isinstance(value, str) or len(value) < len("2026-01-02T03:04:05"):
        return value
    try:
        moment = datetime.fromisoformat(value[:19]) - by
    except ValueError:
        return value
    return moment.isoformat(sep=value[10], timespec="seconds")


_FORMS: Final[Mapping[str, Callable[[str], Any]]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "num": Decimal,
}


def _pack(value: Any) -> Any:
    """A database value as JSON that remembers its type."""
    if isinstance(value, datetime):
        return ["datetime", value.isoformat()]
    if isinstance(value, date):
        return ["date", value.isoformat()]
    return ["num", str(value)] if isinstance(value, Decimal) else value


def _unpack(packed: Any) -> Any:
    return _FORMS[packed[0]](packed[1]) if isinstance(packed, list) else packed


def _moment(value: Any) -> datetime | None:
    """The stamp as an instant, where it is one; without a zone it is taken as UTC."""
    if isinstance(value, datetime):
        return instant(value.isoformat())
    if not isinstance(value, (str, date)):
        return None
    try:
        return instant(str(value))
    except ValueError:
        return None
