"""A record we made belongs to its entity at once, whether or not a later pull would find it by key.

Without this the next run would see an entity that still lacks a record, or a new record that shares
no key with anybody. The link stands above the rules, as a person's ruling does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from mappings.apply import normalize
from mappings.spec import Mapping as RecordMapping
from mappings.spec import Side, mapping_of
from mappings.values import to_json
from staging import identities, queue, records
from staging.bulk import upsert
from staging.history import agreed
from staging.identities import Link
from staging.tables.identity import RULING
from staging.write import plans
from staging.write.receipts import ReceiptRow
from sync.context import Tools
from sync.wishes.creates import PREFIX
from sync.wishes.watch import point_anew
from sync.write import intent
from sync.write.intent import Intent
from tasuki.values import Ref

RULE = "created"
"""The rule that a link of a record we made names."""


def belong(db: Connection, tools: Tools, made: Iterable[ReceiptRow]) -> None:
    """Link the records of these settled creates to the entities they were made for."""
    rows = {receipt.id: receipt for receipt in made if receipt.record_id}
    wishes = {c.write_id: c.intent_id for c in plans.of_writes(db, rows) if c.intent_id}
    known = intent.by_ids(db, wishes.values())
    for write, receipt in rows.items():
        wanted = known.get(wishes.get(write, ""))
        if wanted is not None and wanted.origin.startswith(PREFIX) and wanted.entity_id:
            _link(db, tools, receipt, wanted)


def forget(db: Connection, tools: Tools, gone: Iterable[ReceiptRow]) -> None:
    """The records of these settled deletes are gone: whose they were is looked at again."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for receipt in gone:
        groups[receipt.connection, receipt.object].append(receipt.record_id or "")
    for at, ids in groups.items():
        records.mark_deleted(db, *at, ids, tools.now())
        if any(mapping.side_of(*at) for mapping in tools.mappings):
            queue.mark(db, queue.MAP, "/".join(at), ids)
            queue.mark(db, queue.COPY, "/".join(at), ids)
        known = records.read(db, *at, ids)
        _unlink(db, tools, at, [Ref(*at, id_) for id_ in ids if id_ not in known])


def _unlink(db: Connection, tools: Tools, at: tuple[str, str], refs: Sequence[Ref]) -> None:
    """Records we made and took back before any pull brought them: only their links tell of them."""
    for mapping in tools.mappings if refs else ():
        if mapping.side_of(*at) is not None:
            entity = mapping.entity.name
            linked = identities.links_of(db, entity, refs)
            identities.set_keys(db, entity, {ref: {} for ref in linked})
            identities.relink(db, entity, linked, [], tools.now())
            queue.mark(db, queue.MERGE, entity, linked.values())


def _link(db: Connection, tools: Tools, receipt: ReceiptRow, wanted: Intent) -> None:
    ref = Ref(receipt.connection, receipt.object, str(receipt.record_id))
    entity, id_ = str(wanted.entity), str(wanted.entity_id)
    home = mapping_of(_of(tools, entity), ref.connection, ref.object)
    if home is None or identities.links_of(db, entity, [ref]):
        return  # it was there before, and somebody's: who is who decides
    members = identities.members_of(db, entity, [id_]).get(id_, [])
    _recognise(db, home, ref, receipt, entity)
    identities.relink(db, entity, [], [_as_link(tools, ref, wanted)], tools.now())
    if members:
        _rule(db, tools, entity, ref, members[0].ref)
    queue.mark(db, queue.MERGE, entity, [id_])
    point_anew(db, tools, entity, [id_])


def _of(tools: Tools, entity: str) -> Iterator[RecordMapping]:
    return (mapping for mapping in tools.mappings if mapping.entity.name == entity)


def _recognise(
    db: Connection, home: tuple[RecordMapping, Side], ref: Ref, receipt: ReceiptRow, entity: str
) -> None:
    """What it is known by and what was agreed, until a pull brings the record itself."""
    mapping, side = home
    said = normalize(mapping, side.name, receipt.fields, ref.id)
    keys: dict[str, set[str]] = {"record": {str(ref)}}
    for key in said.keys:
        keys.setdefault(key.kind, set()).add(key.value)
    identities.set_keys(db, entity, {ref: {k: frozenset(v) for k, v in keys.items()}})
    sent = {n: to_json(v) for n, v in said.values.items() if _is_sent(mapping, side, n, receipt)}
    base = agreed.Agreed(sent, mapping.version)
    agreed.keep(db, [(ref.connection, ref.object, ref.id, base)])


def _is_sent(mapping: RecordMapping, side: Side, name: str, receipt: ReceiptRow) -> bool:
    names = mapping.fields[name].sides[side.name].names
    return bool(names) and names[0] in receipt.fields


def _as_link(tools: Tools, ref: Ref, wanted: Intent) -> Link:
    return Link(
        connection=ref.connection,
        object=ref.object,
        id=ref.id,
        entity=str(wanted.entity),
        entity_id=str(wanted.entity_id),
        rule=RULE,
        evidence=wanted.id,
        confidence=1.0,
        valid_from=tools.now(),
        decided_by="rule",
    )


def _rule(db: Connection, tools: Tools, entity: str, made: Ref, source: Ref) -> None:
    """The two are the same thing, whatever their keys come to say."""
    left, right = sorted((str(made), str(source)))
    row: Mapping[str, str] = {
        "entity": entity,
        "left_ref": left,
        "right_ref": right,
        "verdict": "same",
        "by": "tasuki",
        "reason": "made from it",
        "at": tools.now(),
    }
    upsert(db, RULING, [row])
