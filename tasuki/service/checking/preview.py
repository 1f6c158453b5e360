"""What a mapping makes of what is staged: one record step by step, or a changed file on many."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from config.yaml import load as read_yaml
from mappings.apply import normalize
from mappings.checking.preview import Given, Preview, preview, would_write
from mappings.load import load
from mappings.project import surroundings
from mappings.scope import takes
from mappings.spec import ID, Mapping, Side, mapping_of
from mappings.values import as_entity, to_json
from staging import identities, records, rows
from staging.completeness.counts import count
from tasuki.errors import ConfigError, UnknownRecordError
from tasuki.service.app import App
from tasuki.values import Json, Ref

EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class CellView:
    """One entity field of a record: as given, as understood, as merged."""

    field: str
    source: str
    given: Json
    normalized: Json
    merged: Json
    policy: str


@dataclass(frozen=True, slots=True)
class WriteView:
    """One platform field that would be written."""

    ref: str
    name: str
    field: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class RejectView:
    """A cell that could not be taken over, and what mends it."""

    field: str
    source: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RecordPreview:
    """A record on its way through its mapping."""

    ref: str
    mapping: str
    entity: str
    entity_id: str | None
    """None: it is not linked yet, and previewed alone."""
    in_scope: bool
    with_records: tuple[str, ...]
    """The entity's other records."""
    cells: tuple[CellView, ...]
    writes: tuple[WriteView, ...]
    rejects: tuple[RejectView, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """How many of the records looked at say something else in a field."""

    field: str
    records: int
    rejected: int


@dataclass(frozen=True, slots=True)
class MappingPreview:
    """What a changed mapping would make of what is staged already."""

    mapping: str
    is_new: bool
    staged: int
    looked_at: int
    changed: int
    """Records that say something else than now."""
    out_of_scope: int
    would_write: int
    """Cells the changed file would write to the records looked at."""
    writes_now: int
    """Cells the file in force would write to them."""
    fields: tuple[FieldChange, ...]
    examples: tuple[str, ...]


def read_mapping(app: App, path: Path) -> Mapping:
    """A mapping file, read against the project.

    Errors: ConfigError with file, line and column.
    """
    return load(read_yaml(path, str(path)), surroundings(app.project))


def preview_record(app: App, target: str, changed: Mapping | None = None) -> RecordPreview:
    """One record: input, normalized, merged, what would be written; by a changed mapping if given.

    Errors: UnknownRecordError when it is not staged, or no mapping reads it.
    """
    ref = _ref(target)
    mapping, side = _home(app, ref, changed)
    with app.store.reading() as db:
        members, entity_id = _members(db, mapping, ref)
        given = _given(db, mapping, members)
        row = rows.read(db, mapping.entity, [entity_id] if entity_id else []).get(entity_id or "")
    if ref not in given:
        raise _unknown(target, "it is not staged", "Run `tasuki run`, or check the id.")
    shown = preview(mapping, tuple(given.values()))
    merged = shown.candidate | (_kept(app, mapping, row) if row else {})
    return RecordPreview(
        ref=str(ref),
        mapping=mapping.name,
        entity=mapping.entity.name,
        entity_id=entity_id,
        in_scope=takes(side.scope, given[ref].fields),
        with_records=tuple(str(other) for other in given if other != ref),
        cells=tuple(_cells(mapping, given[ref], merged)),
        writes=tuple(_writes(mapping, given, merged)),
        rejects=tuple(RejectView(r.field, r.source, r.reason, r.remedy) for r in shown.rejects),
    )


def _ref(target: str) -> Ref:
    try:
        return Ref.parse(target)
    except ValueError:
        raise _unknown(target, "it is no record", "Write connection/object/id.") from None


def _unknown(target: str, why: str, remedy: str) -> UnknownRecordError:
    return UnknownRecordError(f"There is no `{target}`", where=target, why=why, remedy=remedy)


def _home(app: App, ref: Ref, changed: Mapping | None) -> tuple[Mapping, Side]:
    mappings = app.tools.mappings if changed is None else (changed,)
    home = mapping_of(mappings, ref.connection, ref.object)
    if home is None:
        where = changed.source if changed else "mappings/"
        why = f"no mapping in {where} reads {ref.connection}/{ref.object}"
        raise _unknown(str(ref), why, "Name a record of an object that is mapped.")
    return home


def _members(db: Connection, mapping: Mapping, ref: Ref) -> tuple[list[Ref], str | None]:
    """The records of the entity this one is linked to; itself alone when it is not."""
    entity_id = identities.links_of(db, mapping.entity.name, [ref]).get(ref)
    if entity_id is None:
        return [ref], None
    links = identities.members_of(db, mapping.entity.name, [entity_id])[entity_id]
    return [link.ref for link in links], entity_id


def _given(db: Connection, mapping: Mapping, refs: Sequence[Ref]) -> dict[Ref, Given]:
    found: dict[Ref, Given] = {}
    for (connection, object_), ids in identities.by_object(refs).items():
        if (side := mapping.side_of(connection, object_)) is not None:
            staged = records.read(db, connection, object_, ids)
            found |= {
                Ref(connection, object_, i): Given(side.name, r.payload, i)
                for i, r in staged.items()
                if r.deleted_at is None
            }
    return found


def _kept(app: App, mapping: Mapping, row: dict[str, Any]) -> dict[str, Any]:
    """The merged values that are in force, of fields the mapping does not decide otherwise."""
    live = next((m for m in app.tools.mappings if m.name == mapping.name), None)
    same = live is not None and live.version == mapping.version
    return {
        name: as_entity(rule, row[name], mapping.habits)
        for name, rule in mapping.fields.items()
        if same and name in row
    }


def _cells(mapping: Mapping, given: Given, merged: dict[str, Any]) -> Iterator[CellView]:
    said = normalize(mapping, given.side, given.fields, given.id).values
    for rule in mapping.fields.values():
        if (look := rule.sides.get(given.side)) is None:
            continue
        raw = [given.id if name == ID else given.fields.get(name) for name in look.names]
        yield CellView(
            field=rule.name,
            source=", ".join(look.names) or str(look.constant),
            given=raw[0] if len(raw) == 1 else raw or look.constant,
            normalized=to_json(said.get(rule.name)),
            merged=to_json(merged.get(rule.name)),
            policy=str(rule.policy),
        )


def _writes(
    mapping: Mapping, given: dict[Ref, Given], merged: dict[str, Any]
) -> Iterator[WriteView]:
    for ref, record in given.items():
        for write in would_write(mapping, record, merged):
            yield WriteView(str(ref), write.name, write.field, write.before, write.after)


# ── a changed file ──


def preview_mapping(app: App, changed: Mapping, limit: int) -> MappingPreview:
    """What a changed file would make of up to `limit` staged records; nothing is kept.

    Errors: ConfigError when its sides are not those of any staged object.
    """
    names = (changed.name, changed.renamed_from)
    live = next((m for m in app.tools.mappings if m.name in names), None)
    with app.store.reading() as db:
        staged = sum(count(db, s.connection, s.object) for s in changed.sides.values())
        refs = list(_sample(db, changed, limit))
        groups = _groups(db, changed, refs)
    if not refs:
        raise ConfigError(
            f"Nothing is staged for the mapping `{changed.name}`",
            where=changed.source,
            why="no record of its objects was pulled yet",
            remedy="Run `tasuki run` first; a preview looks at what is staged.",
        )
    return replace(_compared(changed, live, groups), staged=staged)


def _sample(db: Connection, mapping: Mapping, limit: int) -> Iterator[Ref]:
    """The same share of each side, in id order."""
    share = max(1, limit // len(mapping.sides))
    for side in mapping.sides.values():
        for id_ in records.living_ids(db, side.connection, side.object, most=share):
            yield Ref(side.connection, side.object, id_)


def _groups(db: Connection, mapping: Mapping, refs: Sequence[Ref]) -> list[dict[Ref, Given]]:
    """The records by the entity they are linked to; those that are not, each alone."""
    given = _given(db, mapping, refs)
    linked = identities.links_of(db, mapping.entity.name, refs)
    groups: dict[str, dict[Ref, Given]] = {}
    for ref, record in given.items():
        groups.setdefault(linked.get(ref, str(ref)), {})[ref] = record
    return list(groups.values())


def _compared(
    changed: Mapping, live: Mapping | None, groups: Sequence[dict[Ref, Given]]
) -> MappingPreview:
    moved, rejected = Counter[str](), Counter[str]()
    touched: list[str] = []
    writes = writes_now = out = looked = 0
    for group in groups:
        after, before = preview(changed, tuple(group.values())), _before(live, changed, group)
        writes, writes_now = writes + len(after.writes), writes_now + len(before)
        for ref, record in group.items():
            looked += 1
            out += not takes(changed.sides[record.side].scope, record.fields)
            names = _differing(changed, live, record, after)
            rejected.update(r.field for r in _said(after, record).rejects)
            moved.update(names)
            touched += [str(ref)] if names else []
    fields = [FieldChange(n, moved[n], rejected[n]) for n in {*moved, *rejected}]
    return MappingPreview(
        mapping=changed.name,
        is_new=live is None,
        staged=looked,
        looked_at=looked,
        changed=len(touched),
        out_of_scope=out,
        would_write=writes,
        writes_now=writes_now,
        fields=tuple(sorted(fields, key=lambda f: (-f.records, f.field))),
        examples=tuple(touched[:EXAMPLES]),
    )


def _said(shown: Preview, record: Given) -> Any:
    return next(said for given, said in shown.normalized if given is record)


def _before(live: Mapping | None, changed: Mapping, group: dict[Ref, Given]) -> tuple[Any, ...]:
    """The cells that the file in force would write to the same records."""
    if live is None:
        return ()
    given = tuple(g for r in group.values() if (g := _as_live(live, changed, r)) is not None)
    return preview(live, given).writes


def _as_live(live: Mapping, changed: Mapping, record: Given) -> Given | None:
    now = changed.sides[record.side]
    side = live.side_of(now.connection, now.object)
    return replace(record, side=side.name) if side else None


def _differing(changed: Mapping, live: Mapping | None, record: Given, after: Preview) -> list[str]:
    """The entity fields of which the record says something else by the changed file."""
    said = _said(after, record).values
    was: dict[str, Any] = {}
    if live is not None and (given := _as_live(live, changed, record)) is not None:
        was = normalize(live, given.side, given.fields, given.id).values
    return [name for name in {*said, *was} if said.get(name) != was.get(name)]
