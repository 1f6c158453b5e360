"""Why a cell holds what it holds: its source, its rule, what lost, what we wrote, its links."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, or_, select

from catalog.entities import ENTITIES, Grain
from config.nearest import did_you_mean
from mappings.spec import Mapping as RecordMapping
from playbook import explain as rules
from playbook.book import Playbook, playbook_of
from playbook.explain import AnyRule, Explanation
from staging import identities, records, rows
from staging.labels import labels
from staging.tables.entities import ENTITY_TABLES
from staging.tables.staged import RECORD_CHANGE
from staging.write import plans, receipts
from staging.write.receipts import ReceiptRow
from tasuki.errors import UnknownRecordError
from tasuki.service.app import App
from tasuki.values import Json, Ref

_PERSON: Final = ENTITY_TABLES["person"]
_NAMED: Final = ("account", "person", "opportunity")


@dataclass(frozen=True, slots=True)
class Loser:
    """A value that another source offered and that lost."""

    ref: str
    value: Json
    at: str | None


@dataclass(frozen=True, slots=True)
class WriteView:
    """One write of ours to a platform field."""

    ref: str
    field: str
    before: Json
    after: Json
    state: str
    at: str
    run: str
    plan: str
    why: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One value and its story."""

    field: str
    value: Json
    ref: str | None
    """The record it came from; None when no record says anything."""
    at: str | None
    by: str | None
    run: str | None
    why: str
    policy: str
    place: str
    losers: tuple[Loser, ...]
    writes: tuple[WriteView, ...]


@dataclass(frozen=True, slots=True)
class LinkView:
    """Why a record belongs to the entity."""

    ref: str
    rule: str
    evidence: str
    confidence: float
    since: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class EntityView:
    """One entity, or one cell of it, explained."""

    entity: str
    id: str
    label: str
    cells: tuple[Cell, ...]
    links: tuple[LinkView, ...]
    metrics: dict[str, Json]
    rules: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A change that somebody made in a system, as we saw it."""

    field: str
    before: Json
    after: Json
    at: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record of one system, or one field of it, explained."""

    ref: str
    entity: str | None
    entity_id: str | None
    label: str
    modified_at: str | None
    modified_by: str | None
    is_deleted: bool
    fields: dict[str, Json]
    history: tuple[FieldChange, ...]
    writes: tuple[WriteView, ...]
    links: tuple[LinkView, ...]
    cells: tuple[Cell, ...]
    """The entity cells these fields feed."""


def explain(app: App, target: str, about: str = "") -> EntityView | RecordView | Explanation:
    """Whatever stands behind a target: a record, an entity, a name, or a rule (about an entity).

    Errors: UnknownRecordError with the nearest names.
    """
    book = playbook_of(app.tools)
    if (rule := _rules(book).get(target)) is not None:
        return explain_rule(app, rule, about)
    if target.count("/") >= 2:
        return explain_record(app, target)
    entity, mark, rest = target.partition("/")
    if mark and entity in ENTITIES:
        return explain_entity(app, entity, *_split(rest))
    return explain_entity(app, *_named(app, target, book))


def explain_entity(app: App, entity: str, id: str, field: str = "") -> EntityView:
    """An entity: every cell, or the one asked for; its links, its rules. UnknownRecordError."""
    with app.store.reading() as db:
        row = rows.read(db, entity, [id]).get(id)
        if row is None:
            raise _unknown(f"{entity}/{id}", "no such entity is in the store")
        links = identities.members_of(db, entity, [id]).get(id, [])
        cells = _cells(db, app, entity, row, links, field)
        metrics = rows.metrics(db, entity, [id]).get(id, {}) if _measured(entity) else {}
        name = labels(db, [(entity, id)]).get((entity, id), id)
        found = [] if field else _outcomes(db, app, entity, id)
    shown = {k: v for k, v in metrics.items() if k not in ("id", "as_of") and v is not None}
    return EntityView(entity, id, name, cells, tuple(map(_link, links)), shown, tuple(found))


def explain_record(app: App, target: str) -> RecordView:
    """A record of a system: `connection/object/id[.Field]`. UnknownRecordError."""
    with app.store.reading() as db:
        ref, field = _record(db, target)
        staged = records.read(db, ref.connection, ref.object, [ref.id])[ref.id]
        link = _entity_of(db, app.tools.mappings, ref)
        wrote = receipts.about(db, ref.connection, ref.object, ref.id)
        cells: tuple[Cell, ...] = ()
        mine: Sequence[identities.Link] = ()
        if link:
            mine = identities.members_of(db, link[0], [link[1]]).get(link[1], [])
            row = rows.read(db, link[0], [link[1]])[link[1]]
            fed = _fed(app.tools.mappings, ref, field) if field else set()
            cells = tuple(
                c for name in sorted(fed) for c in _cells(db, app, link[0], row, mine, name)
            )
        name = labels(db, [link]).get(link, ref.id) if link else ref.id
        kept = {k: v for k, v in staged.payload.items() if not field or k == field}
        return RecordView(
            ref=str(ref),
            entity=link[0] if link else None,
            entity_id=link[1] if link else None,
            label=name,
            modified_at=staged.modified_at,
            modified_by=_who(db, ref.connection, staged.modified_by),
            is_deleted=staged.deleted_at is not None,
            fields=kept,
            history=_history(db, ref, field),
            writes=_writes(db, wrote, {field} if field else None),
            links=tuple(_link(one) for one in mine if one.ref == ref),
            cells=cells,
        )


def explain_rule(app: App, rule: AnyRule, about: str) -> Explanation:
    """A rule about one entity: each predicate, the value it saw, the nearest miss."""
    book = playbook_of(app.tools)
    if not about:
        raise _unknown(
            rule.rule.name,
            "a rule is explained about one entity",
            f"Add whom it is about: `tasuki explain {rule.rule.name} NAME` "
            f"({rules.entity_of(rule)}).",
        )
    id_ = _subject(app, rules.entity_of(rule), about)
    with app.store.reading() as db:
        return rules.explain(db, app.tools, book, rule, id_, _language(app))


def _rules(book: Playbook) -> dict[str, AnyRule]:
    every: list[AnyRule] = [*book.scores, *book.signals, *book.handoffs, *book.scenarios]
    return {rule.rule.name: rule for rule in every}


def _language(app: App) -> Any:
    return app.project.language


def _split(rest: str) -> tuple[str, str]:
    id_, _, field = rest.partition(".")
    return id_, field


def _named(app: App, target: str, book: Playbook) -> tuple[str, str, str]:
    """The entity people call so; the part behind the last dot may be a field."""
    whole = [(entity, id_, "") for entity, id_ in search(app, target)]
    head, _, tail = target.rpartition(".")
    if not whole and head and any(ENTITIES[e].field(tail) for e in _NAMED):
        whole = [(e, id_, tail) for e, id_ in search(app, head) if ENTITIES[e].field(tail)]
    if len(whole) == 1:
        return whole[0]
    if not whole:
        remedy = did_you_mean(target, _rules(book), "Write connection/object/id, or a full name.")
        raise _unknown(target, "no record, entity, person or rule goes by it", remedy)
    ids = ", ".join(f"{entity}/{id_}" for entity, id_, _ in whole[:5])
    raise _unknown(target, f"{len(whole)} entities go by that name", f"Choose one: {ids}.")


def search(app: App, name: str) -> list[tuple[str, str]]:
    """The entities of exactly that name (a person also by e-mail), accounts first."""
    found: list[tuple[str, str]] = []
    wanted = name.strip().lower()
    with app.store.reading() as db:
        for entity in _NAMED:
            table = ENTITY_TABLES[entity]
            columns = _name_columns(entity)
            match = or_(*(func.lower(column) == wanted for column in columns))
            ids = db.scalars(select(table.c.id).where(match).order_by(table.c.id).limit(20))
            found += [(entity, id_) for id_ in ids]
    return found


def _name_columns(entity: str) -> list[Any]:
    if entity != "person":
        return [ENTITY_TABLES[entity].c.name]
    names = (_PERSON.c.family_name, _PERSON.c.given_name)
    first, second = (func.coalesce(column, "") for column in names)
    return [_PERSON.c.email, first + " " + second, second + " " + first]


def _subject(app: App, entity: str, about: str) -> str:
    """The entity of this kind behind an id, `entity/id` or a name."""
    id_ = about.removeprefix(f"{entity}/")
    with app.store.reading() as db:
        if rows.read(db, entity, [id_]):
            return id_
    named = search(app, about)
    direct = [found for kind, found in named if kind == entity]
    if entity == "need":
        direct = _needs(app, [found for kind, found in named if kind == "account"])
    if len(direct) == 1:
        return direct[0]
    options = ", ".join(direct[:5])
    why = f"{len(direct)} of that name: {options}" if direct else f"no {entity} goes by it"
    raise _unknown(about, why, f"Write the id of one {entity}.")


def _needs(app: App, accounts: Sequence[str]) -> list[str]:
    need = ENTITY_TABLES["need"]
    with app.store.reading() as db:
        return list(db.scalars(select(need.c.id).where(need.c.account_id.in_(accounts))))


def _unknown(target: str, why: str, remedy: str = "") -> UnknownRecordError:
    return UnknownRecordError(
        f"there is nothing to explain at `{target}`",
        why=why,
        remedy=remedy or "Write connection/object/id, entity/id, or a full name.",
    )


def _outcomes(db: Connection, app: App, entity: str, id: str) -> list[Explanation]:
    book = playbook_of(app.tools)
    return rules.explain_entity(db, app.tools, book, entity, id, _language(app))


def _measured(entity: str) -> bool:
    return bool(ENTITIES[entity].metrics)


# ── cells ──


def _cells(
    db: Connection,
    app: App,
    entity: str,
    row: Mapping[str, Any],
    links: Sequence[identities.Link],
    field: str,
) -> tuple[Cell, ...]:
    known = ENTITIES[entity]
    if field and known.field(field) is None:
        names = [f.name for f in known.fields]
        raise _unknown(f"{entity}.{field}", "it has no such field", did_you_mean(field, names, ""))
    wanted = [f.name for f in known.fields if not field or f.name == field]
    wrote = [r for link in links for r in receipts.about(db, *_parts(link.ref))] if field else []
    return tuple(_cell(db, app.tools.mappings, entity, row, name, wrote) for name in wanted)


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
    ref = said.get("ref") or _copied_from(row, entity)
    policy, place, platform = _declared(mappings, entity, name)
    connection = ref.split("/", 1)[0] if ref else ""
    return Cell(
        field=name,
        value=row.get(name),
        ref=ref,
        at=said.get("at"),
        by=_who(db, connection, said.get("by")),
        run=said.get("run"),
        why=str(said.get("why") or ""),
        policy=policy,
        place=place,
        losers=tuple(Loser(x["ref"], x["value"], x.get("at")) for x in said.get("losers") or ()),
        writes=_writes(db, wrote, platform) if platform else (),
    )


def _copied_from(row: Mapping[str, Any], entity: str) -> str | None:
    if ENTITIES[entity].grain is not Grain.COPIED:
        return None
    return f"{row['connection']}/{row['object']}/{row['record_id']}"


def _declared(
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


def _fed(mappings: Iterable[RecordMapping], ref: Ref, field: str) -> set[str]:
    """The entity fields a platform field is read into or written from."""
    return {
        rule.name
        for mapping in mappings
        if (side := mapping.side_of(ref.connection, ref.object)) is not None
        for rule in mapping.fields.values()
        if (look := rule.sides.get(side.name)) is not None and field in look.names
    }


def _who(db: Connection, connection: str, by: str | None) -> str | None:
    """A person's name behind a system's user id, where we know it."""
    if not by or not connection:
        return by
    for object_ in ("User", "owners"):
        found = identities.links_of(db, "user_", [Ref(connection, object_, by)])
        for id_ in found.values():
            return labels(db, [("user_", id_)]).get(("user_", id_), by)
    return by


# ── records ──


def _record(db: Connection, target: str) -> tuple[Ref, str]:
    """The record behind a target, and the field behind its last dot."""
    for text, field in ((target, ""), (target.rpartition(".")[0], target.rpartition(".")[2])):
        if text.count("/") < 2:
            continue
        ref = Ref.parse(text)
        staged = records.read(db, ref.connection, ref.object, [ref.id]).get(ref.id)
        if staged is None:
            continue
        if field and field not in staged.payload:
            remedy = did_you_mean(field, staged.payload, "Only mapped fields are read.")
            raise _unknown(target, f"{ref} has no field `{field}` here", remedy)
        return ref, field
    raise _unknown(target, "no such record has been read")


def _entity_of(
    db: Connection, mappings: Iterable[RecordMapping], ref: Ref
) -> tuple[str, str] | None:
    for mapping in mappings:
        if mapping.side_of(ref.connection, ref.object) is None:
            continue
        found = identities.links_of(db, mapping.entity.name, [ref]).get(ref)
        if found:
            return mapping.entity.name, found
    return None


def _history(db: Connection, ref: Ref, field: str) -> tuple[FieldChange, ...]:
    table = RECORD_CHANGE
    query = select(table).where(
        table.c.connection == ref.connection, table.c.object == ref.object, table.c.id == ref.id
    )
    if field:
        query = query.where(table.c.field == field)
    return tuple(
        FieldChange(
            row.field, row.before, row.after, row.modified_at,
            _who(db, ref.connection, row.modified_by),
        )
        for row in db.execute(query.order_by(table.c.seq.desc()).limit(20))
    )  # fmt: skip


def _writes(
    db: Connection, wrote: Iterable[ReceiptRow], only: set[str] | None
) -> tuple[WriteView, ...]:
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


def _link(link: identities.Link) -> LinkView:
    return LinkView(
        str(link.ref),
        link.rule,
        link.evidence or "",
        link.confidence,
        link.valid_from,
        link.decided_by,
    )
