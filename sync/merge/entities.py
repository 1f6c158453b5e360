"""The step that merges what is dirty: one row per entity, with where each value came from."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from catalog.shape import Entity
from mappings.apply import Normalized, normalize
from mappings.spec import Mapping as RecordMapping
from mappings.spec import Policy, Rule, mapping_of
from mappings.values import to_json
from staging import identities, queue, records, rows
from staging.identities import Link
from staging.write import conflicts
from sync.context import Runner, Step, Tools
from sync.identity.pointers import resolve
from sync.merge.three_way import ABSENT, Candidate, Choice, Current, is_blank, merge_field
from sync.merge.wishes import Voice, wish_back
from tasuki.values import Json, Ref

_CHUNK: Final = 500
_ORDER: Final = ("user_", "account", "person", "opportunity")


@dataclass(frozen=True, slots=True)
class Merged:
    """An entity after its merge."""

    id: str
    row: dict[str, Any]
    provenance: dict[str, Json]
    in_conflict: dict[str, list[Candidate]]
    voices: list[Voice]


def merge(run: Runner) -> dict[str, Json]:
    """Merge every dirty entity; how many changed, in how many a person must decide."""
    changed = conflicts_ = wishes = 0
    for entity in _ORDER:
        more = True
        while more:
            done = run.step(MERGE, entity=entity)
            changed, conflicts_ = changed + done["changed"], conflicts_ + done["conflicts"]
            wishes, more = wishes + done["wishes"], done["more"]
            run.tell("merge", changed, None, entity)
    return {"entities": changed, "conflicts": conflicts_, "wishes": wishes}


def _keep_merge(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    entity = tools.entities[arguments["entity"]]
    ids = queue.take(db, queue.MERGE, entity.name, _CHUNK)
    if not ids:
        return {"changed": 0, "conflicts": 0, "wishes": 0, "more": False}
    members = identities.members_of(db, entity.name, ids)
    before = rows.read(db, entity.name, ids)
    voices = _voices(db, tools, entity, members)
    merged = [_merge_one(tools, entity, id_, voices[id_], before.get(id_)) for id_ in members]
    changed = [m for m in merged if _differs(m.row, before.get(m.id))]
    _write(db, tools, entity, merged, changed, before)
    _bury(db, entity, [id_ for id_ in ids if id_ not in members], before)
    wishes = wish_back(db, tools, entity, {m.id: (m.row, m.provenance, m.voices) for m in merged})
    disputed = sum(len(m.in_conflict) for m in merged)
    return {"changed": len(changed), "conflicts": disputed, "wishes": wishes, "more": True}


def _voices(
    db: Connection, tools: Tools, entity: Entity, members: Mapping[str, Sequence[Link]]
) -> dict[str, list[Voice]]:
    """What each linked record says, read and normalized once per object."""
    refs = {link.ref: id_ for id_, links in members.items() for link in links}
    found: dict[str, list[Voice]] = defaultdict(list)
    for (connection, object_), ids in identities.by_object(refs).items():
        home = _home(tools, entity, connection, object_)
        if home is None:
            continue
        mapping, side = home
        staged = records.read(db, connection, object_, ids)
        bases = records.bases(db, connection, object_, ids)
        said: dict[Ref, Normalized] = {
            Ref(connection, object_, id_): normalize(mapping, side, row.payload, id_)
            for id_, row in staged.items()
        }
        pointed = resolve(db, mapping, {ref: n.links for ref, n in said.items()})
        for ref, n in said.items():
            values = {name: to_json(value) for name, value in n.values.items()} | pointed[ref]
            voice = Voice(ref, mapping, side, values, bases.get(ref.id), staged[ref.id])
            found[refs[ref]].append(voice)
    return found


def _home(
    tools: Tools, entity: Entity, connection: str, object: str
) -> tuple[RecordMapping, str] | None:
    mine = [m for m in tools.mappings if m.entity.name == entity.name]
    found = mapping_of(mine, connection, object)
    return (found[0], found[1].name) if found else None


def _merge_one(
    tools: Tools,
    entity: Entity,
    id: str,
    voices: Sequence[Voice],
    before: Mapping[str, Any] | None,
) -> Merged:
    row: dict[str, Any] = {"id": id}
    provenance: dict[str, Json] = {}
    disputed: dict[str, list[Candidate]] = {}
    known: dict[str, Any] = (before or {}).get("provenance") or {}
    for field in entity.fields:
        candidates = _candidates(field.name, voices)
        current = _current(field.name, before, known)
        if field.to and candidates and all(c.value != current.value for c in candidates):
            current = Current()  # nobody points there any more: a blank is an answer
        policy, first, clear = _rules(tools, entity, field.name)
        choice = merge_field(candidates, current, policy, first, clear=clear)
        row[field.name] = choice.value
        if candidates:
            provenance[field.name] = _trace(choice, candidates, known.get(field.name), tools)
        if choice.in_conflict:
            disputed[field.name] = candidates
    return Merged(id, row, provenance, disputed, list(voices))


def _candidates(name: str, voices: Sequence[Voice]) -> list[Candidate]:
    return [
        Candidate(
            ref=str(voice.ref),
            side=voice.side,
            value=voice.values[name],
            base=ABSENT if voice.base is None else voice.base.get(name, ABSENT),
            modified_at=voice.staged.modified_at,
            modified_by=voice.staged.modified_by,
        )
        for voice in voices
        if name in voice.values
    ]


def _current(name: str, before: Mapping[str, Any] | None, known: Mapping[str, Any]) -> Current:
    if before is None:
        return Current()
    value = before.get(name)
    said = known.get(name) or {}
    return Current(to_json(value) if value is not None else None, said.get("ref"))


def _rules(tools: Tools, entity: Entity, name: str) -> tuple[Policy, Policy | None, bool]:
    """The policy of a field: its mapping's own; for references the order of the sides."""
    mine = [m for m in tools.mappings if m.entity.name == entity.name]
    for mapping in mine:
        if rule := mapping.fields.get(name):
            return rule.policy, mapping.first_sync, rule.clear
    order = tuple(side for mapping in mine for side in mapping.sides)
    return Policy(Rule.SIDE_WINS, order or ("",)), None, False


def _trace(
    choice: Choice, candidates: Sequence[Candidate], before: Any, tools: Tools
) -> dict[str, Json]:
    """Where a value came from and what lost; the moment it was decided stays until it changes."""
    winner = next((c for c in candidates if c.ref == choice.winner), None)
    losers = [
        {"ref": c.ref, "value": c.value, "at": c.modified_at}
        for c in candidates
        if c.value not in (None, choice.value)
    ]
    trace = {
        "ref": choice.winner,
        "at": winner.modified_at if winner else None,
        "by": winner.modified_by if winner else None,
        "why": choice.why,
        "losers": losers,
    }
    old = before or {}
    if choice.why == "unchanged" and old.get("ref") == trace["ref"]:
        trace |= {"why": old.get("why"), "run": old.get("run")}
        return trace
    return trace | {"run": tools.run}


def _differs(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    return before is None or any(
        value != (to_json(before[name]) if before[name] is not None else None)
        for name, value in row.items()
    )


def _write(
    db: Connection,
    tools: Tools,
    entity: Entity,
    merged: Sequence[Merged],
    changed: Sequence[Merged],
    before: Mapping[str, Mapping[str, Any]],
) -> None:
    now = tools.now()
    rows.write(
        db,
        entity.name,
        ({**m.row, "provenance": m.provenance, "updated_at": now} for m in merged),
    )
    records.keep_bases(
        db,
        (
            (v.ref.connection, v.ref.object, v.ref.id, v.values, v.mapping.version)
            for m in merged
            for v in m.voices
        ),
    )
    conflicts.keep(
        db,
        entity.name,
        ((m.id, name, _disputed(found)) for m in merged for name, found in m.in_conflict.items()),
        now,
    )
    open_ = conflicts.open_fields(db, entity.name, (m.id for m in merged))
    conflicts.close(db, entity.name, _agreed(merged, open_))
    if entity.metrics:
        queue.mark(db, queue.MEASURE, entity.name, [m.id for m in changed])
    if entity.name in ("person", "opportunity"):
        now_there = {m.row["account_id"] for m in changed}
        left = {before[m.id]["account_id"] for m in changed if m.id in before}
        queue.mark(db, queue.MEASURE, "account", (a for a in now_there | left if a))


def _agreed(
    merged: Iterable[Merged], disputed: Collection[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The disputed fields of which every record says the same again."""
    said = {
        (m.id, name): {str(c.value) for c in _candidates(name, m.voices) if not is_blank(c.value)}
        for m in merged
        for id_, name in disputed
        if id_ == m.id
    }
    return [where for where, values in said.items() if len(values) <= 1]


def _disputed(candidates: Iterable[Candidate]) -> list[dict[str, Json]]:
    return [{"ref": c.ref, "value": c.value, "at": c.modified_at} for c in candidates]


def _bury(
    db: Connection, entity: Entity, gone: Sequence[str], before: Mapping[str, Mapping[str, Any]]
) -> None:
    """Entities that no record belongs to any more; what hung on them is measured again."""
    rows.drop(db, entity.name, gone)
    conflicts.close(db, entity.name, conflicts.open_fields(db, entity.name, gone))
    if entity.name in ("person", "opportunity"):
        accounts = {before[i]["account_id"] for i in gone if i in before}
        queue.mark(db, queue.MEASURE, "account", (a for a in accounts if a))
    if entity.metrics:
        queue.mark(db, queue.DECIDE, entity.name, gone)


MERGE: Final = Step("merge.entities", keep=_keep_merge)
