"""The story of one value: its source, its policy, what lost, what we wrote, who changed it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from config.nearest import did_you_mean
from mappings.spec import Mapping as RecordMapping
from staging import identities
from staging.tables.entities import ENTITY_TABLES
from staging.tables.staged import RECORD_CHANGE
from staging.write import plans, receipts
from staging.write.receipts import ReceiptRow
from tasuki.service.app import App
from tasuki.service.explaining.people import who
from tasuki.service.explaining.story import (
    dispute_of,
    edits_of,
    past_of,
    rivals_of,
    version_of,
)
from tasuki.service.explaining.target import unknown
from tasuki.service.explaining.views import (
    Cell,
    FieldChange,
    Loser,
    WriteView,
)
from tasuki.values import Ref


def cells_of(
    db: Connection,
    app: App,
    entity: str,
    row: Mapping[str, Any],
    links: Sequence[identities.Link],
    field: str,
) -> tuple[Cell, ...]:
    """The cells of one entity row, or the one asked for. UnknownRecordError for a strange field."""
    known = app.tools.entities[entity]
    if field and known.field(field) is None:
        names = [f.name for f in known.fields]
        raise unknown(f"{entity}.{field}", "it has no such field", did_you_mean(field, names, ""))
    wanted = [f.name for f in known.fields if not field or f.name == field]
    wrote = [r for link in links for r in receipts.about(db, *_parts(link.ref))] if field else []
    cells = tuple(_cell(db, app.tools.mappings, entity, row, name, wrote) for name in wanted)
    return (
        tuple(_told(db, app, entity, row["id"], links, cell) for cell in cells) if field else cells
    )


def contested(app: App, entity: str, field: str) -> str | None:
    """The entity about whose field most records say something else; none where all agree."""
    table = ENTITY_TABLES[entity]
    columns = (table.c.id, table.c[field], table.c.provenance)
    most: tuple[int, bool, str] | None = None
    with app.store.reading() as db:
        for id_, value, said in db.execute(select(*columns).order_by(table.c.id)):
            losers = len(said.get(field, {}).get("losers", ()))
            found = (losers, not str(value).isascii(), id_)
            if losers and (most is None or found[:2] > most[:2]):
                most = found
    return most and most[2]


def _told(
    db: Connection, app: App, entity: str, id: str, links: Sequence[identities.Link], cell: Cell
) -> Cell:
    """One cell with what stands beside it."""
    return replace(
        cell,
        version=version_of(db, cell.ref),
        edits=edits_of(db, app.tools.mappings, (link.ref for link in links), cell.field),
        past=past_of(db, entity, id, cell.field),
        dispute=dispute_of(db, entity, id, cell.field),
        rivals=rivals_of(db, app, (link.ref for link in links), cell.field),
    )


def _parts(ref: Ref) -> tuple[str, str, str]:
    return ref.connection, ref.object, ref.id


def _cell(
    db: Connection,
    mappings: Iterable[RecordMapping],
    entity: str,
    row: Mapping[str, Any],
    name: str,
    wrote: Sequence[ReceiptRow],
) -> Cell:
    said: dict[str, Any] = (row.get("provenance") or {}).get(name) or {}
    ref = said.get("ref") or _copied_from(row)
    policy, place, platform = declared(mappings, entity, name)
    connection = ref.split("/", 1)[0] if ref else ""
    return Cell(
        field=name,
        value=row.get(name),
        ref=ref,
        at=said.get("at"),
        by=who(db, connection, said.get("by")),
        run=said.get("run"),
        why=str(said.get("why") or ""),
        policy=policy,
        place=place,
        losers=tuple(
            Loser(x["ref"], x["value"], x.get("at"), x.get("why", ""))
            for x in said.get("losers") or ()
        ),
        writes=writes_of(db, wrote, platform) if platform else (),
    )


def _copied_from(row: Mapping[str, Any]) -> str | None:
    if "record_id" not in row:
        return None
    return f"{row['connection']}/{row['object']}/{row['record_id']}"


def declared(
    mappings: Iterable[RecordMapping], entity: str, name: str
) -> tuple[str, str, set[str]]:
    """A field's policy, where it is declared, and its platform fields."""
    for mapping in mappings:
        if mapping.entity.name != entity:
            continue
        if (rule := mapping.fields.get(name)) is not None:
            names = {n for look in rule.sides.values() for n in look.names}
            return str(rule.policy), str(rule.place or mapping.source), names
        if (link := mapping.links.get(name)) is not None:
            return str(link.policy), str(link.place or mapping.source), set()
    return "", "", set()


def fed(mappings: Iterable[RecordMapping], ref: Ref, field: str) -> set[str]:
    """The entity fields a platform field is read into or written from."""
    return {
        rule.name
        for mapping in mappings
        if (side := mapping.side_of(ref.connection, ref.object)) is not None
        for rule in mapping.fields.values()
        if (look := rule.sides.get(side.name)) is not None and field in look.names
    }


def entity_of(
    db: Connection, mappings: Iterable[RecordMapping], ref: Ref
) -> tuple[str, str] | None:
    """The entity a record is linked to: its kind and id."""
    for mapping in mappings:
        if mapping.side_of(ref.connection, ref.object) is None:
            continue
        found = identities.links_of(db, mapping.entity.name, [ref]).get(ref)
        if found:
            return mapping.entity.name, found
    return None


def history(db: Connection, ref: Ref, field: str) -> tuple[FieldChange, ...]:
    """The last changes of a record (of one field), newest first."""
    table = RECORD_CHANGE
    query = select(table).where(
        table.c.connection == ref.connection, table.c.object == ref.object, table.c.id == ref.id
    )
    if field:
        query = query.where(table.c.field == field)
    return tuple(
        FieldChange(
            row.field, row.before, row.after, row.modified_at,
            who(db, ref.connection, row.modified_by),
        )
        for row in db.execute(query.order_by(table.c.seq.desc()).limit(20))
    )  # fmt: skip


def writes_of(
    db: Connection, wrote: Iterable[ReceiptRow], only: set[str] | None
) -> tuple[WriteView, ...]:
    """Our writes, cell by cell (of these platform fields only)."""
    wrote = list(wrote)
    causes = {c.id: c.cause for c in plans.of_writes(db, {r.id for r in wrote})}
    return tuple(
        WriteView(
            ref=str(Ref(r.connection, r.object, r.record_id or "")),
            field=name,
            before=r.before.get(name),
            after=None if r.verb == "delete" else sent,
            state=r.state,
            at=r.settled_at or r.opened_at,
            run=r.run_id,
            plan=r.plan_id,
            why=str(causes.get(f"{r.id}#{name}", {}).get("why") or ""),
            reason=r.reason,
        )
        for r in wrote
        for name, sent in r.fields.items()
        if only is None or name in only
    )
