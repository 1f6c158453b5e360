"""What a merge wishes to write back: cells of a side that differ from the entity."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from catalog.shape import Entity
from connectors.budget import Lane
from connectors.protocol import Verb
from mappings.apply import Pushed, Reject, push, seen
from mappings.spec import MappedField, Rule
from mappings.spec import Mapping as RecordMapping
from mappings.values import to_json
from staging.labels import labels
from staging.write import conflicts, parking
from staging.write.parking import Parked
from sync.context import Tools
from sync.merge.protection import Cell, Held
from sync.merge.three_way import is_blank
from sync.merge.ties import tied_cells
from sync.merge.voices import Voice
from sync.wishes.ends import Ends, ends_of
from sync.wishes.watch import point_anew
from sync.write.intent import (
    HELD,
    PROTECTED,
    Intent,
    drop_unwanted,
    forget,
    open_ids,
    renew,
    wish,
    withdraw,
)
from tasuki.errors import RejectedError
from tasuki.values import Json, Ref

KEPT: Final = "kept:"
"""What the origin of a wish begins with that is kept back because a person edited its cells."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be written to one record, and what cannot be."""

    origin: str
    ref: Ref
    about: tuple[str, str]
    """Entity and id."""
    intent: Intent | None
    refused: tuple[Parked, ...]


Wanted: TypeAlias = Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any], Sequence[Voice]]]


def wish_back(
    db: Connection,
    tools: Tools,
    entity: Entity,
    merged: Wanted,
    held: Mapping[Cell, Held] = MappingProxyType({}),
) -> int:
    """Keep the wishes of these entities' mappings; withdraw those that are no longer wanted.

    Cells in `held` (record, entity field) are left alone for now: their edits are protected.
    """
    disputed = conflicts.open_fields(db, entity.name, merged)
    ends = _ends(db, merged)
    point_anew(db, tools, entity.name, _fresh(merged))
    offers = [
        _offer(entity, _writable(row, id_, disputed, voice.ref, held), provenance, voice, ends)
        for id_, (row, provenance, voices) in merged.items()
        for voice in first_of_each_side(voices)
    ]
    wanted = {offer.intent.id: offer.intent for offer in offers if offer.intent}
    kept = {each.id: each for each in _kept(entity, merged, disputed, held)}
    _park(db, tools, offers)
    for name in {mapping.name for mapping in tools.mappings if mapping.entity.name == entity.name}:
        stale = set(open_ids(db, f"mapping:{name}", merged)) - set(wanted)
        withdraw(db, stale)
        drop_unwanted(db, f"{KEPT}{name}", merged, kept)
    forget(db, {offer.origin for offer in offers} - set(wanted))
    renew(db, wanted)
    wish(db, kept.values(), tools.now())
    return wish(db, wanted.values(), tools.now())


def _kept(
    entity: Entity, merged: Wanted, disputed: set[tuple[str, str]], held: Mapping[Cell, Held]
) -> Iterator[Intent]:
    """What would be written were it not protected: written down for people, never sent."""
    mine = {ref for ref, _ in held}
    for id_, (row, _, voices) in merged.items():
        for voice in (v for v in first_of_each_side(voices) if v.ref in mine):
            there = {k: to_json(v) for k, v in _cells(voice).items()}
            cells = {
                rule.sides[voice.side].names[0]: _held_cell(rule, held[voice.ref, rule.name])
                for rule in voice.mapping.pushed(voice.side)
                if (voice.ref, rule.name) in held and (id_, rule.name) not in disputed
                if _wants(rule, row.get(rule.name), there.get(rule.name), _raw(voice, rule))
            }
            if cells:
                yield _as_kept(entity, id_, voice, cells)


def _held_cell(rule: MappedField, held: Held) -> dict[str, Json]:
    return {"field": rule.name, "by": held.by, "since": held.since, "until": held.until}


def _as_kept(entity: Entity, id: str, voice: Voice, cells: Mapping[str, Json]) -> Intent:
    origin = f"{KEPT}{voice.mapping.name}"
    return Intent(
        id=f"{origin}:{voice.ref}",
        origin=origin,
        lane=Lane.MAPPINGS,
        verb=Verb.UPDATE,
        connection=voice.ref.connection,
        object=voice.ref.object,
        record_id=voice.ref.id,
        fields={},
        entity=entity.name,
        entity_id=id,
        cause={"rule": voice.mapping.name, "cells": dict(cells)},
        state=f"{HELD}{PROTECTED}",
    )


def _ends(db: Connection, merged: Wanted) -> Ends:
    """The records at the ends of every link that one of these entities' mappings writes."""
    rows: dict[RecordMapping, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for id_, (row, _, voices) in merged.items():
        for voice in voices:
            rows[voice.mapping][id_] = row
    return {at: x for m, found in rows.items() for at, x in ends_of(db, m, found.values()).items()}


def _fresh(merged: Wanted) -> list[str]:
    """The entities that have a record they never had before."""
    return [id_ for id_, (_, _, voices) in merged.items() if any(v.base is None for v in voices)]


def _park(db: Connection, tools: Tools, offers: Sequence[Offer]) -> None:
    """Values that a side does not take wait for a person; those it takes by now wait no more."""
    refusing = [offer for offer in offers if offer.refused]
    by_object: dict[tuple[str, str], list[str]] = defaultdict(list)
    for offer in offers:
        by_object[offer.ref.connection, offer.ref.object].append(offer.ref.id)
    waiting: set[str] = set()
    for (connection, object_), ids in by_object.items():
        waiting |= parking.open_of(db, RejectedError.code, connection, object_, ids)
    origins = {offer.origin for offer in offers}
    refused = {parked.id for offer in refusing for parked in offer.refused}
    parking.unpark(db, [i for i in waiting - refused if i.rpartition("#")[0] in origins])
    names = labels(db, (offer.about for offer in refusing))
    parking.park_all(db, _named(refusing, names), tools.run, tools.now())


def _named(offers: Iterable[Offer], names: Mapping[tuple[str, str], str]) -> Iterator[Parked]:
    """What is refused, with what a person calls the record."""
    for offer in offers:
        for parked in offer.refused:
            yield replace(parked, label=names.get(offer.about) or parked.record_id)


def first_of_each_side(voices: Sequence[Voice]) -> Iterator[Voice]:
    """One record per side: duplicates on a platform are reported, never written alike."""
    seen_sides: set[str] = set()
    for voice in sorted(voices, key=lambda v: (len(v.ref.id), v.ref)):
        if voice.side not in seen_sides:
            seen_sides.add(voice.side)
            yield voice


def _writable(
    row: Mapping[str, Any],
    id: str,
    disputed: set[tuple[str, str]],
    ref: Ref,
    held: Collection[tuple[Ref, str]],
) -> dict[str, Any]:
    """The values that may be written: a disputed one waits for its person, a held one its time."""
    return {
        name: value
        for name, value in row.items()
        if (id, name) not in disputed and (ref, name) not in held
    }


def _offer(
    entity: Entity,
    row: Mapping[str, Any],
    provenance: Mapping[str, Any],
    voice: Voice,
    ends: Ends,
) -> Offer:
    mapping, key = voice.mapping, f"mapping:{voice.mapping.name}:{voice.ref}"
    there = {k: to_json(v) for k, v in _cells(voice).items()}
    wanted = {
        rule.name: row[rule.name]
        for rule in mapping.pushed(voice.side)
        if rule.name in row
        and _wants(rule, row[rule.name], there.get(rule.name), _raw(voice, rule))
    }
    pushed = (
        push(mapping, voice.side, wanted, record=voice.staged.payload) if wanted else Pushed({})
    )
    refused = tuple(_refused(key, voice, reject) for reject in pushed.rejects)
    about = (entity.name, str(row["id"]))
    tied = tied_cells(voice, row, ends)
    fields = {**pushed.fields, **{name: cell.id for name, cell in tied.items()}}
    if not fields:
        return Offer(key, voice.ref, about, None, refused)
    causes = _causes(mapping, voice.side, wanted, provenance) | {
        name: cell.cause(row, provenance) for name, cell in tied.items()
    }
    intent = Intent(
        id=key,
        origin=f"mapping:{mapping.name}",
        lane=Lane.MAPPINGS,
        verb=Verb.UPDATE,
        connection=voice.ref.connection,
        object=voice.ref.object,
        record_id=voice.ref.id,
        fields=fields,
        entity=entity.name,
        entity_id=row["id"],
        cause={"rule": mapping.name, "cells": causes},
    )
    return Offer(key, voice.ref, about, intent, refused)


def _refused(key: str, voice: Voice, reject: Reject) -> Parked:
    """A value that the mapping says this side does not take."""
    place = voice.mapping.fields[reject.field].place
    return Parked(
        id=f"{key}#{reject.field}",
        connection=voice.ref.connection,
        object=voice.ref.object,
        record_id=voice.ref.id,
        code=RejectedError.code,
        reason=reject.reason,
        fix=reject.remedy,
        place=str(place) if place else None,
    )


def _cells(voice: Voice) -> dict[str, Any]:
    return seen(voice.mapping, voice.side, voice.staged.payload, voice.ref.id)


def _raw(voice: Voice, rule: MappedField) -> Any:
    """What stands in the cell that would be written, as the system spells it."""
    return voice.staged.payload.get(rule.sides[voice.side].names[0])


def _wants(rule: MappedField, value: Any, there: Any, raw: Any) -> bool:
    """Whether a cell is to be written; what cannot be read as a value is no blank to be filled."""
    if rule.on_create_only or value == there:
        return False
    if is_blank(value):
        return rule.clear and not is_blank(there)
    return is_blank(raw) or rule.policy.rule is not Rule.FILL_BLANK_ONLY


def _causes(
    mapping: RecordMapping, side: str, wanted: Mapping[str, Any], provenance: Mapping[str, Any]
) -> dict[str, Json]:
    causes: dict[str, Json] = {}
    for name in wanted:
        rule = mapping.fields[name]
        trace = provenance.get(name) or {}
        causes[rule.sides[side].names[0]] = {
            "field": name,
            "place": str(rule.place) if rule.place else None,
            "policy": str(rule.policy),
            "from": trace.get("ref"),
            "why": trace.get("why"),
            **({"quiet": True} if name in mapping.quiet else {}),
        }
    return causes
