"""What each linked record says of its entity, and what of it is worth hearing.

A cell that cannot be read says what it said before. A late page that brings back a value which the
record is known to have left since is stale: it says what had been agreed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Final

from sqlalchemy import Connection

from catalog.shape import Entity
from mappings.apply import Normalized, normalize
from mappings.spec import Mapping as RecordMapping
from mappings.spec import Rule, mapping_of
from mappings.values import Read, Writer, reader, to_json, writer
from staging import identities, records
from staging.history import agreed, edits
from staging.identities import Link
from staging.records import Staged
from sync.context import Tools
from sync.identity.pointers import resolve
from sync.merge.three_way import ABSENT, Candidate, Current, exactly, is_blank, same
from tasuki.values import Json, Ref

Older = Mapping[tuple[Ref, str], Sequence[Json]]
"""A record's platform field → values it is known to have left."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One linked record: what it says, what it said when both last agreed."""

    ref: Ref
    mapping: RecordMapping
    side: str
    values: Mapping[str, Any]
    base: Mapping[str, Json] | None
    staged: Staged
    before: Mapping[str, Json] | None = None
    """The base in the words it was agreed in, where the mapping was edited since."""


def voices_of(
    db: Connection, tools: Tools, entity: Entity, members: Mapping[str, Sequence[Link]]
) -> dict[str, list[Voice]]:
    """What each linked record says, read and normalized once per object."""
    refs = {link.ref: id_ for id_, links in members.items() for link in links}
    mine = [m for m in tools.mappings if m.entity.name == entity.name]
    found: dict[str, list[Voice]] = defaultdict(list)
    for (connection, object_), ids in identities.by_object(refs).items():
        home = mapping_of(mine, connection, object_)
        if home is None:
            continue
        for voice in _voices(db, home[0], home[1].name, (connection, object_), ids):
            found[refs[voice.ref]].append(_beside_itself(voice, entity, refs[voice.ref]))
    return found


def _beside_itself(voice: Voice, entity: Entity, id: str) -> Voice:
    """A record that points at its own entity (a site at its company) points nowhere."""
    own = {f.name for f in entity.refs() if f.to == entity.name and voice.values.get(f.name) == id}
    return replace(voice, values={**voice.values, **dict.fromkeys(own)}) if own else voice


def _voices(
    db: Connection, mapping: RecordMapping, side: str, of: tuple[str, str], ids: Sequence[str]
) -> Iterable[Voice]:
    staged = records.read(db, *of, ids)
    bases = agreed.of(db, *of, ids)
    said = {Ref(*of, i): normalize(mapping, side, r.payload, i) for i, r in staged.items()}
    pointed = resolve(db, mapping, {ref: n.links for ref, n in said.items()})
    for ref, n in said.items():
        base, row = bases.get(ref.id), staged[ref.id]
        old = base.values if base else None
        own = {name: to_json(value) for name, value in n.values.items()}
        own |= _unreadable(n, old or {})
        values = own | pointed[ref]
        if base is None or base.version == mapping.version or base.digest != row.digest:
            yield Voice(ref, mapping, side, values, old, row)
        else:  # nobody edited the record, only its mapping: it says the same in other words
            anew = {name: own.get(name, value) for name, value in base.values.items()}
            yield Voice(ref, mapping, side, values, anew, row, base.values)


def _unreadable(said: Normalized, base: Mapping[str, Json]) -> dict[str, Json]:
    return {r.field: base[r.field] for r in said.rejects if r.field in base}


def older_values(db: Connection, voices: Iterable[Voice]) -> Older:
    """What moved records are known to have left by a change newer than they are now."""
    moved = [v.ref for v in voices if v.base is not None and _moved(v.values, v.base)]
    found: dict[tuple[Ref, str], list[Json]] = defaultdict(list)
    for (connection, object_), ids in identities.by_object(moved).items():
        for id_, field, before in edits.overtaken(db, connection, object_, ids):
            found[Ref(connection, object_, id_), field].append(before)
    return found


def _moved(values: Mapping[str, Json], base: Mapping[str, Json]) -> bool:
    return any(name in base and value != base[name] for name, value in values.items())


def candidate(voice: Voice, name: str, older: Older, *, as_agreed: bool = False) -> Candidate:
    """What a record says of one field, beside what was agreed: with `as_agreed` in those words."""
    in_words = voice.before if as_agreed and voice.before is not None else voice.base
    value, was = voice.values[name], _base(voice, name, in_words)
    way = _way(voice.mapping, voice.side, name)
    found = Candidate(
        ref=str(voice.ref),
        side=voice.side,
        value=value,
        base=was,
        modified_at=voice.staged.modified_at,
        modified_by=voice.staged.modified_by,
        reads=partial(_shown, way, voice.staged.payload) if way else exactly,
    )
    if found.has_moved and _is_stale(voice, name, older):
        return Candidate(
            found.ref, found.side, was, was, found.modified_at, found.modified_by, stale=value
        )
    return found


def heard(
    candidates: Sequence[Candidate], voices: Iterable[Voice], name: str, decider: str
) -> Sequence[Candidate]:
    """Those whose word counts.

    Beside the mapping that decides, one that only fills blanks (an import of contacts) is silent
    where anybody else says something.
    """
    guests = {
        str(v.ref)
        for v in voices
        if v.mapping.name != decider
        and (rule := v.mapping.fields.get(name) or v.mapping.links.get(name)) is not None
        and rule.policy.rule is Rule.FILL_BLANK_ONLY
    }
    if not guests:
        return candidates
    hosts = [c for c in candidates if c.ref not in guests]
    return hosts if any(not is_blank(c.value) for c in hosts) else candidates


def reworded(current: Current, voices: Iterable[Voice], name: str) -> Current:
    """What an entity holds, in today's words of the record it has it from."""
    winner = next((v for v in voices if v.before is not None and str(v.ref) == current.ref), None)
    if winner is None or name not in winner.values:
        return current
    is_its_own = same(_base(winner, name, winner.before), current.value)
    return replace(current, value=winner.values[name]) if is_its_own else current


def _base(voice: Voice, name: str, was: Mapping[str, Json] | None) -> Any:
    """What was last agreed; under the field's name before where it was renamed since."""
    if was is None:
        return ABSENT
    rule = voice.mapping.fields.get(name)
    before = rule.renamed_from if rule else None
    return was.get(name, was.get(before, ABSENT) if before else ABSENT)


def _is_stale(voice: Voice, name: str, older: Older) -> bool:
    look = (
        voice.mapping.fields[name].sides.get(voice.side) if name in voice.mapping.fields else None
    )
    return look is not None and any(
        voice.staged.payload.get(source) in older.get((voice.ref, source), ())
        for source in look.names
    )


@lru_cache(maxsize=2048)
def _way(mapping: RecordMapping, side: str, name: str) -> tuple[str, Read, Writer] | None:
    """How a field is read from and written to a side, where that may tell less than the entity."""
    rule = mapping.fields.get(name)
    look = rule.sides.get(side) if rule else None
    if rule is None or look is None or len(look.names) != 1 or look.joined_with is not None:
        return None
    if not (look.transform or look.value_map or look.written_as or look.currency):
        return None
    return look.names[0], reader(rule, look, mapping.habits), writer(rule, look, mapping.habits)


def _shown(way: tuple[str, Read, Writer], record: Mapping[str, Json], value: Any) -> Any:
    """A value as this record would show it: written there and read back."""
    name, read, there = way
    try:
        return to_json(read({**record, name: there.sent(value, record, {})}))
    except (ValueError, ArithmeticError, TypeError):
        return _NEVER


_NEVER: Final = object()
"""Equals no value: the side cannot show this one."""
