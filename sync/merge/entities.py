"""The step that merges what is dirty: one row per entity, with where each value came from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from catalog.shape import Entity
from mappings.spec import Policy, Rule
from mappings.values import to_json
from staging import identities, queue, rows
from staging.history import agreed, past
from staging.tables.entities import METRIC_TABLES
from staging.write import conflicts
from sync.context import Runner, Step, Tools
from sync.merge import disputes, protection, stage
from sync.merge.disputes import Known, MergedField, decision_of
from sync.merge.provenance import trace
from sync.merge.three_way import Choice, Current, held, merge_field, owned
from sync.merge.voices import Older, Voice, candidate, heard, older_values, reworded, voices_of
from sync.merge.wishes import wish_back
from sync.wishes.watch import note
from tasuki.values import Json

_CHUNK: Final = 500
_PARENTS: Final = ("user_", "account", "org_unit", "person", "opportunity")


@dataclass(frozen=True, slots=True)
class Said:
    """What a field's mapping says about who wins."""

    policy: Policy
    first_sync: Policy | None = None
    clear: bool = False
    before: str | None = None
    """The field's name before it was renamed."""
    by: str = ""
    """The mapping that says so."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What every merge of one batch is decided by."""

    entity: Entity
    said: Mapping[str, Said]
    known: Known
    older: Older
    teams: Mapping[str, str]
    run: str


@dataclass(frozen=True, slots=True)
class Merged:
    """An entity after its merge."""

    id: str
    row: dict[str, Any]
    provenance: dict[str, Json]
    fields: list[MergedField]
    voices: list[Voice]


def merge(run: Runner) -> dict[str, Json]:
    """Merge every dirty entity; how many changed, in how many a person must decide."""
    changed = conflicts_ = wishes = 0
    while waiting := run.step(WAITING)["entities"]:  # a merge may wake those who point at it
        for entity in waiting:
            more = True
            while more:
                done = run.step(MERGE, entity=entity)
                changed, conflicts_ = changed + done["changed"], conflicts_ + done["conflicts"]
                wishes, more = wishes + done["wishes"], done["more"]
                run.tell("merge", changed, None, entity)
    return {"entities": changed, "conflicts": conflicts_, "wishes": wishes}


def _keep_waiting(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    """The entities of which something waits, parents first."""
    for entity in {m.entity.name: m.entity for m in tools.mappings}.values():
        protection.wake(db, tools, entity)
    waiting = queue.waiting(db, queue.MERGE).keys() & tools.entities.keys()
    rank = {name: position for position, name in enumerate(_PARENTS)}
    return {"entities": sorted(waiting, key=lambda name: (rank.get(name, len(rank)), name))}


def _keep_merge(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    entity = tools.entities[arguments["entity"]]
    ids = queue.take(db, queue.MERGE, entity.name, _CHUNK)
    if not ids:
        return {"changed": 0, "conflicts": 0, "wishes": 0, "more": False}
    note(db, tools, entity.name, ids)
    voices = voices_of(db, tools, entity, identities.members_of(db, entity.name, ids))
    before = rows.read(db, entity, ids)
    scene = _scene(db, tools, entity, voices, before)
    merged = [_merge_one(scene, id_, said, before.get(id_)) for id_, said in voices.items()]
    changed = [m for m in merged if _moved(m.row, before.get(m.id))]
    disputed = _settle(db, tools, scene, merged)
    _write(db, tools, entity, merged, changed, before)
    agreed.keep(db, _bases(merged, disputed))
    _bury(db, tools, entity, [id_ for id_ in ids if id_ not in voices], before)
    guarded = protection.protected(db, tools, entity, voices)
    wanted = {m.id: (m.row, m.provenance, m.voices) for m in merged}
    wishes = wish_back(db, tools, entity, wanted, guarded)
    return {
        "changed": len(changed),
        "conflicts": len(disputed),
        "wishes": wishes,
        "more": True,
    }


def _scene(
    db: Connection,
    tools: Tools,
    entity: Entity,
    voices: Mapping[str, list[Voice]],
    before: Mapping[str, Mapping[str, Any]],
) -> Scene:
    said = {field.name: _said(tools, entity, field.name) for field in entity.fields}
    known = conflicts.of_entities(db, entity.name, voices)
    older = older_values(db, (v for theirs in voices.values() for v in theirs))
    scene = Scene(entity, said, known, older, {}, tools.run)
    if not stage.follows_stage(tools.mappings, entity.name):
        return scene
    accounts = {
        id_: _account(scene, id_, theirs, before.get(id_)) for id_, theirs in voices.items()
    }
    return Scene(entity, said, known, older, stage.teams(db, entity.name, accounts), tools.run)


def _account(
    scene: Scene, id: str, voices: Sequence[Voice], before: Mapping[str, Any] | None
) -> str | None:
    """The account an entity is about: itself, or where it points after this merge."""
    if scene.entity.field("account_id") is None:
        return id
    found: str | None = _field(scene, "account_id", id, voices, before).choice.value
    return found


def _said(tools: Tools, entity: Entity, name: str) -> Said:
    """What its own mapping says of a field or link; else the order of the sides decides."""
    mine = [m for m in tools.mappings if m.entity.name == entity.name]
    for mapping in mine:
        if rule := mapping.fields.get(name):
            first = mapping.first_sync
            return Said(rule.policy, first, rule.clear, rule.renamed_from, mapping.name)
        if link := mapping.links.get(name):
            return Said(link.policy, by=mapping.name)
    order = tuple(side for mapping in mine for side in mapping.sides)
    return Said(Policy(Rule.SIDE_WINS, order or ("",)))


def _merge_one(
    scene: Scene, id: str, voices: list[Voice], before: Mapping[str, Any] | None
) -> Merged:
    row: dict[str, Any] = {"id": id}
    provenance: dict[str, Json] = {}
    fields: list[MergedField] = []
    traces: dict[str, Any] = (before or {}).get("provenance") or {}
    for field in scene.entity.fields:
        merged = _field(scene, field.name, id, voices, before)
        row[field.name] = merged.choice.value
        if merged.candidates:
            fields.append(merged)
            provenance[field.name] = trace(merged, traces.get(field.name), scene.run)
    return Merged(id, row, provenance, fields, voices)


def _field(
    scene: Scene, name: str, id: str, voices: Sequence[Voice], before: Mapping[str, Any] | None
) -> MergedField:
    said, field = scene.said[name], scene.entity.field(name)
    heard_of = [voice for voice in voices if name in voice.values]
    dispute = scene.known.get((id, name))
    as_agreed = said.policy.rule is Rule.UNION or (dispute is not None and dispute.state == "open")
    candidates = [candidate(v, name, scene.older, as_agreed=as_agreed) for v in heard_of]
    current = _current(name, said.before, before)
    current = current if as_agreed else reworded(current, heard_of, name)
    if field and field.to and candidates and all(c.value != current.value for c in candidates):
        current = Current()  # nobody points there any more: a blank is an answer
    choice: Choice = merge_field(
        heard(candidates, voices, name, said.by),
        current,
        owned(said.policy, scene.teams.get(id)),
        said.first_sync,
        clear=said.clear,
        decision=decision_of(scene.known, id, name),
    )
    return MergedField(id, name, candidates, choice)


def _current(name: str, old_name: str | None, before: Mapping[str, Any] | None) -> Current:
    """What the entity holds, under the field's name before where it was renamed since."""
    if before is None:
        return Current()
    traces: dict[str, Any] = before.get("provenance") or {}
    if name not in traces and old_name in traces:
        name = old_name or name
    value, trace_ = before.get(name), traces.get(name) or {}
    now = to_json(value) if value is not None else None
    return held(now, trace_.get("ref"), trace_.get("why"))


def _settle(
    db: Connection, tools: Tools, scene: Scene, merged: Sequence[Merged]
) -> set[tuple[str, str]]:
    fields = (field for each in merged for field in each.fields)
    return disputes.settle(db, tools, scene.entity.name, fields, scene.known)


def _bases(
    merged: Sequence[Merged], disputed: set[tuple[str, str]]
) -> Iterator[tuple[str, str, str, agreed.Agreed]]:
    """What is agreed from now on: all that was said, but what is disputed or came late."""
    for m in merged:
        late = {(c.ref, v.field): c.base for v in m.fields for c in v.candidates if c.is_stale}
        open_ = {field for id_, field in disputed if id_ == m.id}
        for voice in m.voices:
            values = {name: value for name, value in voice.values.items() if name not in open_}
            before = voice.base if voice.before is None else voice.before
            values |= {k: v for k, v in (before or {}).items() if k in open_}
            values |= {name: was for (ref, name), was in late.items() if ref == str(voice.ref)}
            base = agreed.Agreed(values, voice.mapping.version, voice.staged.digest)
            yield voice.ref.connection, voice.ref.object, voice.ref.id, base


def _moved(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    return before is None or any(True for _ in _changes(row, before))


def _changes(row: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[tuple[str, Json, Json]]:
    """The fields that hold something else than before: (name, before, after)."""
    for name, value in row.items():
        was = to_json(before[name]) if before.get(name) is not None else None
        if value != was:
            yield name, was, value


def _write(
    db: Connection,
    tools: Tools,
    entity: Entity,
    merged: Sequence[Merged],
    changed: Sequence[Merged],
    before: Mapping[str, Mapping[str, Any]],
) -> None:
    now = tools.now()
    fresh = {m.id for m in changed}
    told = (
        {**m.row, "provenance": m.provenance, "updated_at": now}
        for m in merged
        if m.id in fresh or m.provenance != before[m.id]["provenance"]
    )
    rows.write(db, entity, told)
    past.keep(db, entity.name, _history(tools, changed, before))
    if entity.metrics:
        queue.mark(db, queue.MEASURE, entity.name, fresh)
    touched = [*(m.row for m in changed), *(before[m.id] for m in changed if m.id in before)]
    _hand_on(db, entity, touched)


def _history(
    tools: Tools, changed: Sequence[Merged], before: Mapping[str, Mapping[str, Any]]
) -> Iterator[past.Change]:
    """What entities held before; a new one held nothing."""
    for m in changed:
        if (was := before.get(m.id)) is not None:
            traces: dict[str, Any] = was.get("provenance") or {}
            for name, old, new in _changes(m.row, was):
                told = past.short(traces.get(name))
                yield past.Change(m.id, name, old, new, told, tools.now(), tools.run)


def _bury(
    db: Connection,
    tools: Tools,
    entity: Entity,
    gone: Sequence[str],
    before: Mapping[str, Mapping[str, Any]],
) -> None:
    """Entities that no record belongs to any more; what hung on them is measured again."""
    rows.drop(db, entity, gone)
    disputes.bury(db, entity.name, gone)
    ended = (_ended(tools, entity, before[id_]) for id_ in gone if id_ in before)
    past.keep(db, entity.name, ended)
    _hand_on(db, entity, [before[id_] for id_ in gone if id_ in before])
    if entity.metrics:
        queue.mark(db, queue.DECIDE, entity.name, gone)


def _hand_on(db: Connection, entity: Entity, touched: Sequence[Mapping[str, Any]]) -> None:
    """Whatever a row points at, before or now, is measured again."""
    for reference in entity.refs():
        if reference.to in METRIC_TABLES and reference.to != entity.name:
            ids = {row[reference.name] for row in touched if row.get(reference.name)}
            queue.mark(db, queue.MEASURE, str(reference.to), ids)


def _ended(tools: Tools, entity: Entity, row: Mapping[str, Any]) -> past.Change:
    held = {f.name: to_json(row[f.name]) for f in entity.fields if row[f.name] is not None}
    whole = {"id": row["id"], **held}
    return past.Change(row["id"], past.WHOLE, whole, None, None, tools.now(), tools.run)


WAITING: Final = Step("merge.waiting", keep=_keep_waiting)
MERGE: Final = Step("merge.entities", keep=_keep_merge)
