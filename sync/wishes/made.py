"""A record we made belongs to its entity at once, whether or not a later pull would find it by key.

Without this the next run would see an entity that still lacks a record, or a new record that shares
no key with anybody. The link stands above the rules, as a person's ruling does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

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


@dataclass(frozen=True, slots=True)
class Made:
    """A settled create: the record that it made, and the wish for it."""

    receipt: ReceiptRow
    wish: Intent
    home: tuple[RecordMapping, Side]

    @property
    def ref(self) -> Ref:
        """The record."""
        receipt = self.receipt
        return Ref(receipt.connection, receipt.object, str(receipt.record_id))

    @property
    def entity_id(self) -> str:
        """Whom it was made for."""
        return str(self.wish.entity_id)


def belong(db: Connection, tools: Tools, made: Iterable[ReceiptRow]) -> None:
    """Link the records of these settled creates to the entities they were made for."""
    by_entity: dict[str, dict[Ref, Made]] = defaultdict(dict)
    for each in _made(db, tools, made):
        by_entity[str(each.wish.entity)].setdefault(each.ref, each)
    for entity, ones in by_entity.items():
        _link(db, tools, entity, ones)


def _made(db: Connection, tools: Tools, made: Iterable[ReceiptRow]) -> Iterator[Made]:
    """Those that a mapping wished for, and reads."""
    rows = {receipt.id: receipt for receipt in made if receipt.record_id}
    wishes = dict(plans.wishes_of(db, rows))
    known = intent.by_ids(db, wishes.values())
    home = cache(partial(_home, tools))
    for write, receipt in rows.items():
        wanted = known.get(wishes.get(write, ""))
        if wanted is not None and wanted.origin.startswith(PREFIX) and wanted.entity_id:
            found = home(str(wanted.entity), receipt.connection, receipt.object)
            if found is not None:
                yield Made(receipt, wanted, found)


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


def _link(db: Connection, tools: Tools, entity: str, made: Mapping[Ref, Made]) -> None:
    """Records that were there before, and somebody's, are left: who is who decides."""
    there = identities.links_of(db, entity, made)
    new = [each for ref, each in made.items() if ref not in there]
    ids = sorted({each.entity_id for each in new})
    members = identities.members_of(db, entity, ids)
    _recognise(db, entity, new)
    identities.relink(db, entity, [], [_as_link(tools, each) for each in new], tools.now())
    _rule(db, tools, entity, _pairs(new, {id_: each[0].ref for id_, each in members.items()}))
    queue.mark(db, queue.MERGE, entity, ids)
    point_anew(db, tools, entity, ids)


def _pairs(new: Iterable[Made], source: dict[str, Ref]) -> Iterator[tuple[Ref, Ref]]:
    """Each record and one it was made from; the first of an entity that had none, and the next."""
    for each in new:
        first = source.setdefault(each.entity_id, each.ref)
        if first != each.ref:
            yield each.ref, first


def _home(
    tools: Tools, entity: str, connection: str, object: str
) -> tuple[RecordMapping, Side] | None:
    mappings = (mapping for mapping in tools.mappings if mapping.entity.name == entity)
    return mapping_of(mappings, connection, object)


def _recognise(db: Connection, entity: str, new: Iterable[Made]) -> None:
    """What they are known by and what was agreed, until a pull brings the records themselves."""
    known: dict[Ref, dict[str, frozenset[str]]] = {}
    bases: list[tuple[str, str, str, agreed.Agreed]] = []
    for each in new:
        ref, (mapping, side) = each.ref, each.home
        said = normalize(mapping, side.name, each.receipt.fields, ref.id)
        keys: dict[str, set[str]] = {"record": {str(ref)}}
        for key in said.keys:
            keys.setdefault(key.kind, set()).add(key.value)
        known[ref] = {kind: frozenset(values) for kind, values in keys.items()}
        sent = said.values.items()
        told = {n: to_json(v) for n, v in sent if _is_sent(mapping, side, n, each.receipt)}
        bases.append((ref.connection, ref.object, ref.id, agreed.Agreed(told, mapping.version)))
    identities.set_keys(db, entity, known)
    agreed.keep(db, bases)


def _is_sent(mapping: RecordMapping, side: Side, name: str, receipt: ReceiptRow) -> bool:
    names = mapping.fields[name].sides[side.name].names
    return bool(names) and names[0] in receipt.fields


def _as_link(tools: Tools, made: Made) -> Link:
    ref = made.ref
    return Link(
        connection=ref.connection,
        object=ref.object,
        id=ref.id,
        entity=str(made.wish.entity),
        entity_id=made.entity_id,
        rule=RULE,
        evidence=made.wish.id,
        confidence=1.0,
        valid_from=tools.now(),
        decided_by="rule",
    )


def _rule(db: Connection, tools: Tools, entity: str, pairs: Iterable[tuple[Ref, Ref]]) -> None:
    """The two of each pair are the same thing, whatever their keys come to say."""
    now = tools.now()
    sides = (sorted((str(made), str(source))) for made, source in pairs)
    upsert(
        db,
        RULING,
        (
            {
                "entity": entity,
                "left_ref": left,
                "right_ref": right,
                "verdict": "same",
                "by": "tasuki",
                "reason": "made from it",
                "at": now,
            }
            for left, right in sides
        ),
    )
