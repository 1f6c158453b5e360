"""What each changed record can be recognised by, and what it points at."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from catalog.shape import Grain
from mappings.apply import Normalized
from mappings.links import STORED_ID, value_keys
from mappings.spec import Mapping as RecordMapping
from mappings.spec import Side
from staging import aliases, identities, queue, records
from staging.records import Staged
from sync.context import Runner, Step, Tools
from sync.identity.cluster import HUB
from sync.identity.grouping.alike import BESIDE, folded
from sync.identity.grouping.neighbourhood import (
    ITSELF,
    joining_kinds,
    own_references,
    scoped_kinds,
)
from sync.identity.pointers import reference_rows, resolve, wake
from sync.reading.rejects import said_by
from sync.reading.stream import Stream, read_now, stream
from sync.walk import by_kind
from tasuki.values import Json, Ref

_CHUNK: Final = 1_000


def read_keys(run: Runner) -> int:
    """Take every changed record of merged entities; how many."""
    return by_kind(run, WAITING, READ_KEYS, "identify")


def _keep_waiting(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    return {"kinds": read_now(tools, queue.waiting(db, queue.MAP))}


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
    said = said_by(db, tools, each, mapping, side, found)
    absorbed = aliases.absorbed(db, each.connection, each.object, found)
    refs = list(said)
    entity = mapping.entity.name
    known = identities.keys_of(db, entity, refs)
    scoped = scoped_kinds(mapping.entity, mapping.keys)
    fresh = {
        ref: {**_only(known.get(ref, {}), scoped), **_keys(mapping, ref, n, absorbed)}
        for ref, n in said.items()
        if n is not None
    }
    linked = identities.links_of(db, entity, refs)
    moved = [ref for ref in refs if known.get(ref, {}) != fresh.get(ref, {}) or ref not in linked]
    _set_keys(db, tools, mapping, {ref: fresh.get(ref, {}) for ref in moved}, known)
    _point(db, mapping, said)
    queue.mark(db, queue.MERGE, entity, (linked[ref] for ref in refs if ref in linked))
    if scoped:
        queue.mark(db, queue.SCOPE, entity, map(str, refs))


def _only(keys: identities.Keys, kinds: Collection[str]) -> identities.Keys:
    return {kind: values for kind, values in keys.items() if kind in kinds}


def _set_keys(
    db: Connection,
    tools: Tools,
    mapping: RecordMapping,
    fresh: Mapping[Ref, identities.Keys],
    known: Mapping[Ref, identities.Keys],
) -> None:
    """Replace keys; whoever hangs on one that was lost or won is looked at again."""
    entity = mapping.entity.name
    turned = [key for ref, keys in fresh.items() for key in _turned(known.get(ref, {}), keys)]
    limited = joining_kinds(mapping.keys) - scoped_kinds(mapping.entity, mapping.keys)
    values: dict[str, set[str]] = {}
    for kind, value in turned:
        if kind in limited:
            values.setdefault(kind, set()).add(value)
    before = set(identities.crowded(db, entity, values, HUB))
    identities.set_keys(db, entity, fresh)
    crossed = before ^ set(identities.crowded(db, entity, values, HUB))
    queue.mark(db, queue.IDENTIFY, entity, {*map(str, fresh), *_holders(db, entity, crossed)})
    targets = {f"key:{kind}={value}" for kind, value in turned}
    wake(db, tools, entity, targets)
    if fields := own_references(mapping.entity):
        _doubt_kin(db, entity, fields, targets)


def _turned(before: identities.Keys, after: identities.Keys) -> set[tuple[str, str]]:
    """The keys a record lost or won."""
    was, is_ = (
        {(kind, value) for kind, values in keys.items() for value in values}
        for keys in (before, after)
    )
    return was ^ is_


def _holders(db: Connection, entity: str, keys: Iterable[tuple[str, str]]) -> set[str]:
    """Whoever has a key that just became, or ceased to be, one of too many."""
    wanted: dict[str, set[str]] = {}
    for kind, value in keys:
        wanted.setdefault(kind, set()).add(value)
    held = identities.holders(db, entity, wanted)
    return {str(ref) for refs in held.values() for ref in refs}


def _point(db: Connection, mapping: RecordMapping, said: Mapping[Ref, Normalized | None]) -> None:
    """Keep what these records point at; where a parent moved, who is whose kin is asked again."""
    entity, fields = mapping.entity.name, own_references(mapping.entity) & mapping.links.keys()
    before = identities.targets_of(db, entity, fields, said) if fields else {}
    links = {ref: n.links for ref, n in said.items() if n is not None}
    identities.set_references(db, said, reference_rows(mapping, links), mapping.name)
    if fields:
        after = identities.targets_of(db, entity, fields, said)
        moved = {ref for ref in said if before.get(ref) != after.get(ref)}
        queue.mark(db, queue.IDENTIFY, entity, map(str, moved))
        _doubt_kin(db, entity, fields, {f"ref:{ref}" for ref in moved})


def _doubt_kin(db: Connection, entity: str, fields: Iterable[str], targets: set[str]) -> None:
    """Whoever names one of these as a parent, directly or through others, is looked at again."""
    seen: set[str] = set()
    while targets := targets - seen:
        seen |= targets
        below = identities.referrers(db, entity, sorted(targets), fields)
        queue.mark(db, queue.IDENTIFY, entity, map(str, below))
        targets = {f"ref:{ref}" for ref in below}


def _keys(
    mapping: RecordMapping, ref: Ref, said: Normalized, absorbed: Mapping[str, Collection[str]]
) -> identities.Keys:
    """What a record is recognised by; at the least by itself, so that nobody is left out.

    Who stores the id of a record that a platform merged into this one means this one.
    """
    kinds: dict[str, set[str]] = {ITSELF: {str(ref)}}
    for id_ in absorbed.get(ref.id, ()):
        kinds.setdefault(STORED_ID, set()).add(str(replace(ref, id=id_)))
    for key in said.keys:
        kinds.setdefault(key.kind, set()).add(key.value)
    for rule in mapping.keys:
        for name in rule.compare:
            if (value := said.values.get(name)) is not None:
                kinds[f"{rule.kind}{BESIDE}{name}"] = {folded(value)}
    return {kind: frozenset(values) for kind, values in kinds.items()}


def read_scoped_keys(run: Runner, entity: str) -> None:
    """Read the keys that hold within another entity, now that it is known which that is."""
    if any(
        mapping.entity.name == entity and scoped_kinds(mapping.entity, mapping.keys)
        for mapping in run.tools.mappings
    ):
        while run.step(SCOPED_KEYS, entity=entity)["taken"]:
            pass


def _keep_scoped(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    entity = arguments["entity"]
    taken = queue.take(db, queue.SCOPE, entity, _CHUNK)
    for (connection, object_), ids in identities.by_object(map(Ref.parse, taken)).items():
        found = records.read(db, connection, object_, ids)
        each = stream(tools, f"{connection}/{object_}")
        for mapping, side in each.readers:
            if mapping.entity.name == entity:
                _scope(db, tools, mapping, said_by(db, tools, each, mapping, side, found))
    return {"taken": len(taken)}


def _scope(
    db: Connection,
    tools: Tools,
    mapping: RecordMapping,
    said: Mapping[Ref, Normalized | None],
) -> None:
    entity, scoped = mapping.entity.name, scoped_kinds(mapping.entity, mapping.keys)
    living = {ref: n for ref, n in said.items() if n is not None}
    pointed = resolve(db, mapping, {ref: n.links for ref, n in living.items()})
    known = identities.keys_of(db, entity, living)
    fresh: dict[Ref, identities.Keys] = {}
    for ref, n in living.items():
        kept = {kind: values for kind, values in known.get(ref, {}).items() if kind not in scoped}
        found = (find({**n.values, **pointed[ref]}) for find in value_keys(mapping))
        mine = {key.kind: frozenset({key.value}) for key in found if key and key.kind in scoped}
        fresh[ref] = kept | mine
    moved = {ref: keys for ref, keys in fresh.items() if keys != known.get(ref, {})}
    _set_keys(db, tools, mapping, moved, known)


WAITING: Final = Step("identify.waiting", keep=_keep_waiting)
READ_KEYS: Final = Step("identify.keys", keep=_keep_read)
SCOPED_KEYS: Final = Step("identify.scoped_keys", keep=_keep_scoped)
