"""Records that become one row each: sales, activities, events; with what they point at resolved."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection

from catalog.shape import Grain
from mappings.apply import Normalized
from mappings.spec import Mapping as RecordMapping
from mappings.values import to_json
from staging import identities, queue, records, rows
from sync.context import Runner, Step, Tools
from sync.identity.pointers import reference_rows, resolve
from sync.identity.visitors import changed
from sync.reading.rejects import said_by
from sync.reading.stream import read_now, stream, streams
from sync.walk import by_kind
from tasuki.values import Json, Ref

_CHUNK: Final = 2_000
_EVENT: Final = "engagement"
_MEASURED: Final = ("account", "person", "opportunity")


def copy(run: Runner) -> int:
    """Copy every changed record of copied entities; how many."""
    return by_kind(run, WAITING, COPY, "copy")


def row_id(ref: Ref) -> str:
    """The id of the row that a record becomes."""
    return blake2b(str(ref).encode(), digest_size=12).hexdigest()


def _keep_waiting(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    if changed.reads_otherwise(db, tools):
        for each in streams(tools):
            if any(mapping.entity.name == _EVENT for mapping, _ in each.readers):
                ids = records.living_ids(db, each.connection, each.object)
                queue.mark(db, queue.COPY, each.kind, ids)
    return {"kinds": read_now(tools, queue.waiting(db, queue.COPY))}


def _keep_copy(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    ids = queue.take(db, queue.COPY, each.kind, _CHUNK)
    found = records.read(db, each.connection, each.object, ids)
    for mapping, side in each.readers:
        if mapping.entity.grain is Grain.COPIED:
            _copy(db, tools, mapping, said_by(db, tools, each, mapping, side, found))
    return {"taken": len(ids)}


def _copy(
    db: Connection,
    tools: Tools,
    mapping: RecordMapping,
    said: Mapping[Ref, Normalized | None],
) -> None:
    entity = mapping.entity.name
    before = rows.read(db, entity, map(row_id, said))
    living = {ref: n for ref, n in said.items() if n is not None}
    links = {ref: n.links for ref, n in living.items()}
    pointers = [*reference_rows(mapping, links), *_named(entity, living)]
    identities.set_references(db, said, pointers, mapping.name)
    pointed = resolve(db, mapping, links)
    now = tools.now()
    after = [_row(mapping, ref, n, pointed[ref], now) for ref, n in living.items()]
    if entity == _EVENT:
        after = [changed.noticed(tools.project.identity, row) for row in after]
        changed.mark(db, before, after)
    rows.write(db, entity, after)
    rows.drop(db, entity, (row_id(ref) for ref, n in said.items() if n is None))
    _hand_on(db, mapping, [*before.values(), *after])


def _named(entity: str, living: Mapping[Ref, Normalized]) -> Iterator[tuple[Ref, str, str, str]]:
    """An event that names an e-mail looks again when it changes hands, or becomes a colleague's."""
    if entity == _EVENT:
        for ref, said in living.items():
            for field in ("email", "recipient"):
                if email := said.values.get(field):
                    yield ref, "person", field, f"key:email={email}"
                    yield ref, "user_", f"{field}.ours", f"key:email={email}"


def _row(
    mapping: RecordMapping,
    ref: Ref,
    said: Normalized,
    pointed: Mapping[str, str | None],
    now: str,
) -> dict[str, Any]:
    values = {f.name: to_json(said.values.get(f.name)) for f in mapping.entity.fields}
    source = {"connection": ref.connection, "object": ref.object, "record_id": ref.id}
    return {"id": row_id(ref), **values, **pointed, **source, "updated_at": now}


def _hand_on(db: Connection, mapping: RecordMapping, touched: Iterable[Mapping[str, Any]]) -> None:
    """Whatever a row points at, before or now, is to be measured again."""
    touched = list(touched)
    for field in mapping.entity.refs():
        if field.to in _MEASURED:
            ids = {row[field.name] for row in touched if row[field.name]}
            queue.mark(db, queue.MEASURE, str(field.to), ids)


WAITING: Final = Step("copy.waiting", keep=_keep_waiting)
COPY: Final = Step("copy.rows", keep=_keep_copy)
