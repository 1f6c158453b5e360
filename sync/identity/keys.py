"""What each changed record can be recognised by, and what it points at."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from catalog.shape import Grain
from mappings.apply import Normalized, normalize
from mappings.links import STORED_ID
from mappings.spec import Mapping as RecordMapping
from mappings.spec import Side
from staging import aliases, identities, queue, records
from staging.erasure.purge import is_erased
from staging.records import Staged
from sync.context import Runner, Step, Tools
from sync.identity.pointers import reference_rows
from sync.identity.resolve import wake
from sync.pull import Stream, hand_on, stream
from sync.walk import by_kind
from tasuki.values import Json, Ref

_CHUNK: Final = 1_000
_ITSELF: Final = "record"


def read_keys(run: Runner) -> int:
    """Take every changed record of merged entities; how many."""
    return by_kind(run, WAITING, READ_KEYS, "identify")


def _keep_waiting(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    for mapping in tools.mappings:
        if _says_otherwise(db, tools, mapping):
            _look_at_all(db, tools, mapping)
    return {"kinds": queue.waiting(db, queue.MAP)}


def _says_otherwise(db: Connection, tools: Tools, mapping: RecordMapping) -> bool:
    """Whether a mapping is not what it was at the last run."""
    of = ("mappings", mapping.name, "read")
    return records.note_version(db, of, mapping.version, tools.run, tools.now())


def _look_at_all(db: Connection, tools: Tools, mapping: RecordMapping) -> None:
    """What was staged before is read again, and who is who decided again, by the new words."""
    for side in mapping.sides.values():
        each = stream(tools, f"{side.connection}/{side.object}")
        ids = list(records.living_ids(db, each.connection, each.object))
        hand_on(db, each, ids)
        if mapping.entity.grain is Grain.MERGED:
            refs = (str(Ref(each.connection, each.object, id_)) for id_ in ids)
            queue.mark(db, queue.IDENTIFY, mapping.entity.name, refs)


def _keep_read(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    ids = queue.take(db, queue.MAP, each.kind, _CHUNK)
    found = records.read(db, each.connection, each.object, ids)
    for mapping, side in each.readers:
        if mapping.entity.grain is Grain.MERGED:
            _note(db, tools, each, mapping, side, found)
    return {"taken": len(ids)}


def _note(
    db: Connection,
    tools: Tools,
    each: Stream,
    mapping: RecordMapping,
    side: Side,
    found: Mapping[str, Staged],
) -> None:
    said = said_by(each, mapping, side, found)
    absorbed = aliases.absorbed(db, each.connection, each.object, found)
    fresh = {
        ref: _keys(ref, n, absorbed.get(ref.id, ())) for ref, n in said.items() if n is not None
    }
    refs = list(said)
    entity = mapping.entity.name
    known = identities.keys_of(db, entity, refs)
    linked = identities.links_of(db, entity, refs)
    moved = [ref for ref in refs if known.get(ref, {}) != fresh.get(ref, {}) or ref not in linked]
    identities.set_keys(db, entity, {ref: fresh.get(ref, {}) for ref in moved})
    wake(db, tools, entity, {t for ref in moved for t in _turned(known.get(ref), fresh.get(ref))})
    links = {ref: n.links for ref, n in said.items() if n is not None}
    identities.set_references(db, refs, reference_rows(mapping, links))
    queue.mark(db, queue.IDENTIFY, entity, map(str, moved))
    queue.mark(db, queue.MERGE, entity, (linked[ref] for ref in refs if ref in linked))


def _turned(before: identities.Keys | None, after: identities.Keys | None) -> set[str]:
    """The keys a record lost or won: whoever points at one of them may mean another now."""
    was, is_ = (
        {f"key:{kind}={value}" for kind, values in (keys or {}).items() for value in values}
        for keys in (before, after)
    )
    return was ^ is_


def said_by(
    each: Stream, mapping: RecordMapping, side: Side, found: Mapping[str, Staged]
) -> dict[Ref, Normalized | None]:
    """What each record says in the business's words; None for a deleted one."""
    return {
        Ref(each.connection, each.object, id_): (
            None
            if row.deleted_at or is_erased(row.payload)
            else normalize(mapping, side.name, row.payload, id_)
        )
        for id_, row in found.items()
    }


def _keys(ref: Ref, said: Normalized, absorbed: Iterable[str]) -> identities.Keys:
    """What a record is recognised by; at the least by itself, so that nobody is left out.

    Who stores the id of a record that a platform merged into this one means this one.
    """
    kinds: dict[str, set[str]] = {_ITSELF: {str(ref)}}
    for id_ in absorbed:
        kinds.setdefault(STORED_ID, set()).add(str(replace(ref, id=id_)))
    for key in said.keys:
        kinds.setdefault(key.kind, set()).add(key.value)
    return {kind: frozenset(values) for kind, values in kinds.items()}


WAITING: Final = Step("identify.waiting", keep=_keep_waiting)
READ_KEYS: Final = Step("identify.keys", keep=_keep_read)
