"""What stands beside a value: who edited since, what was held before, what a person decided."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from mappings.spec import Mapping as RecordMapping
from mappings.values import to_json
from staging import identities
from staging.history import edits, past
from staging.identity import rulings
from staging.tables.staged import BASE
from staging.write import conflicts
from staging.write.conflicts import conflict_id
from tasuki.service.app import App
from tasuki.service.explaining.people import who
from tasuki.service.explaining.views import (
    Dispute,
    FieldChange,
    LinkView,
    PastValue,
    RulingView,
)
from tasuki.service.writing import rivals
from tasuki.service.writing.rivals import RivalView
from tasuki.values import Ref

_SHOWN = 10


def edits_of(
    db: Connection, mappings: Iterable[RecordMapping], refs: Iterable[Ref], name: str
) -> tuple[FieldChange, ...]:
    """What people changed in the platform fields behind an entity's field, newest first."""
    found: list[FieldChange] = []
    mappings = list(mappings)
    for ref in refs:
        fields = _behind(mappings, ref, name)
        if fields:
            found += [
                FieldChange(
                    e.field, e.before, e.after, e.modified_at,
                    who(db, ref.connection, e.modified_by), str(ref),
                )
                for e in edits.of_record(db, ref.connection, ref.object, ref.id)
                if e.field in fields
            ]  # fmt: skip
    return tuple(sorted(found, key=lambda e: e.at or "", reverse=True)[:_SHOWN])


def rivals_of(db: Connection, app: App, refs: Iterable[Ref], name: str) -> tuple[RivalView, ...]:
    """Who sets back what we write to the platform fields behind an entity's field."""
    found: list[RivalView] = []
    for ref in refs:
        found += rivals.of_cell(db, app, ref, _behind(app.tools.mappings, ref, name))
    return tuple(found)


def _behind(mappings: Iterable[RecordMapping], ref: Ref, name: str) -> set[str]:
    return {
        source
        for mapping in mappings
        if (side := mapping.side_of(ref.connection, ref.object)) is not None
        and (rule := mapping.fields.get(name)) is not None
        and (look := rule.sides.get(side.name)) is not None
        for source in look.names
    }


def past_of(db: Connection, entity: str, id: str, name: str) -> tuple[PastValue, ...]:
    """What a field held before, newest first."""
    changes = [c for c in past.of_entity(db, entity, id, name) if c.field == name]
    return tuple(
        PastValue(
            to_json(c.before),
            c.at,
            (c.trace or {}).get("ref"),
            str((c.trace or {}).get("why") or ""),
        )
        for c in reversed(changes[-_SHOWN:])
    )


def dispute_of(db: Connection, entity: str, id: str, name: str) -> Dispute | None:
    """The conflict about a field, whatever became of it."""
    found = conflicts.by_id(db, conflict_id(entity, id, name))
    if found is None:
        return None
    return Dispute(found.id, found.state, found.decided_by, found.decided_at, found.reason)


def version_of(db: Connection, ref: str | None) -> str | None:
    """The version of the mapping by which a record was merged last."""
    if not ref or ref.count("/") < 2:
        return None
    at = Ref.parse(ref)
    where = (BASE.c.connection == at.connection, BASE.c.object == at.object, BASE.c.id == at.id)
    found: str | None = db.scalar(select(BASE.c.mapping_version).where(*where))
    return found


def homes_of(db: Connection, ref: Ref) -> tuple[LinkView, ...]:
    """Every entity a record ever belonged to, newest first."""
    return tuple(map(member_view, reversed(past.homes(db, ref.connection, ref.object, ref.id))))


def member_view(member: past.Member) -> LinkView:
    """A link, present or past, as it is shown."""
    return LinkView(
        member.ref, member.rule, member.evidence or "", member.confidence, member.valid_from,
        member.decided_by, member.valid_to, f"{member.entity}/{member.entity_id}",
    )  # fmt: skip


def keys_of(db: Connection, entity: str, ref: Ref) -> Mapping[str, tuple[str, ...]]:
    """What a record can be recognised by."""
    found = identities.keys_of(db, entity, [ref]).get(ref, {})
    return {kind: tuple(sorted(values)) for kind, values in sorted(found.items())}


def rulings_of(db: Connection, entity: str, refs: Sequence[Ref]) -> tuple[RulingView, ...]:
    """What people ruled on these records."""
    found = rulings.about(db, entity, map(str, refs))
    return tuple(RulingView(r.left, r.right, r.verdict, r.by, r.at, r.reason) for r in found)
