"""Why a cell holds what it holds: its source, its rule, what lost, what we wrote, its links."""

from collections.abc import Sequence
from typing import TypeAlias

from sqlalchemy import Connection

from catalog.entities import ENTITIES
from playbook import explain as rules
from playbook.book import playbook_of
from playbook.explain import AnyRule, Explanation
from staging import identities, records, rows
from staging.history import past
from staging.labels import labels
from staging.write import receipts
from tasuki.service.app import App
from tasuki.service.explaining.browsers import browsers_of
from tasuki.service.explaining.cells import (
    cells_of,
    entity_of,
    fed,
    history,
    writes_of,
)
from tasuki.service.explaining.metrics import is_metric, metric_of
from tasuki.service.explaining.people import who
from tasuki.service.explaining.story import homes_of, keys_of, member_view, rulings_of
from tasuki.service.explaining.target import (
    language,
    named,
    record,
    rules_of,
    split,
    subject,
    unknown,
)
from tasuki.service.explaining.views import Cell, EntityView, MetricView, RecordView

Answer: TypeAlias = EntityView | RecordView | MetricView | Explanation


def explain(app: App, target: str, about: str = "") -> Answer:
    """Whatever stands behind a target: a record, an entity, a metric, a name, or a rule.

    Errors: UnknownRecordError with the nearest names.
    """
    book = playbook_of(app.tools)
    if (rule := rules_of(book).get(target)) is not None:
        return explain_rule(app, rule, about)
    if target.count("/") >= 2:
        return explain_record(app, target)
    entity, mark, rest = target.partition("/")
    whole = (entity, *split(rest))
    if not (mark and entity in app.tools.entities):
        whole = named(app, target, book)
    if is_metric(app, whole[0], whole[2]):
        return explain_metric(app, *whole)
    return explain_entity(app, *whole)


def explain_metric(app: App, entity: str, id: str, name: str) -> MetricView:
    """A measured number: definition, window, the rows it was counted from. UnknownRecordError."""
    with app.store.reading() as db:
        if id not in rows.read(db, app.tools.entities[entity], [id]):
            raise unknown(f"{entity}/{id}", "no such entity is in the store")
        return metric_of(db, app, entity, id, name)


def explain_entity(app: App, entity: str, id: str, field: str = "") -> EntityView:
    """An entity: every cell, or the one asked for; its links, its rules. UnknownRecordError."""
    with app.store.reading() as db:
        row = rows.read(db, app.tools.entities[entity], [id]).get(id)
        if row is None:
            raise unknown(f"{entity}/{id}", "no such entity is in the store")
        links = identities.members_of(db, entity, [id]).get(id, [])
        cells = cells_of(db, app, entity, row, links, field)
        metrics = rows.metrics(db, entity, [id]).get(id, {}) if _measured(entity) else {}
        name = labels(db, [(entity, id)]).get((entity, id), id)
        found = [] if field else _outcomes(db, app, entity, id)
        held = [m for m in past.members(db, entity, id) if m.valid_to is None]
        members = tuple(member_view(m) for m in sorted(held, key=lambda m: m.ref))
        seen = browsers_of(db, id) if entity == "person" and not field else ()
    shown = {k: v for k, v in metrics.items() if k not in ("id", "as_of") and v is not None}
    return EntityView(entity, id, name, cells, members, shown, tuple(found), seen)


def explain_record(app: App, target: str) -> RecordView:
    """A record of a system: `connection/object/id[.Field]`. UnknownRecordError."""
    with app.store.reading() as db:
        ref, field = record(db, target)
        staged = records.read(db, ref.connection, ref.object, [ref.id])[ref.id]
        link = entity_of(db, app.tools.mappings, ref)
        wrote = receipts.about(db, ref.connection, ref.object, ref.id)
        cells: tuple[Cell, ...] = ()
        mine: Sequence[identities.Link] = ()
        if link:
            mine = identities.members_of(db, link[0], [link[1]]).get(link[1], [])
            row = rows.read(db, app.tools.entities[link[0]], [link[1]])[link[1]]
            feeds = fed(app.tools.mappings, ref, field) if field else set()
            cells = tuple(
                c for name in sorted(feeds) for c in cells_of(db, app, link[0], row, mine, name)
            )
        name = labels(db, [link]).get(link, ref.id) if link else ref.id
        kept = {k: v for k, v in staged.payload.items() if not field or k == field}
        return RecordView(
            ref=str(ref),
            entity=link[0] if link else None,
            entity_id=link[1] if link else None,
            label=name,
            modified_at=staged.modified_at,
            modified_by=who(db, ref.connection, staged.modified_by),
            is_deleted=staged.deleted_at is not None,
            fields=kept,
            history=history(db, ref, field),
            writes=writes_of(db, wrote, {field} if field else None),
            links=homes_of(db, ref),
            cells=cells,
            keys=keys_of(db, link[0], ref) if link else {},
            rulings=rulings_of(db, link[0], [ref]) if link else (),
        )


def explain_rule(app: App, rule: AnyRule, about: str) -> Explanation:
    """A rule about one entity: each predicate, the value it saw, the nearest miss."""
    book = playbook_of(app.tools)
    if not about:
        raise unknown(
            rule.rule.name,
            "a rule is explained about one entity",
            f"Add whom it is about: `tasuki explain {rule.rule.name} NAME` "
            f"({rules.entity_of(rule)}).",
        )
    id_ = subject(app, rules.entity_of(rule), about)
    with app.store.reading() as db:
        return rules.explain(db, app.tools, book, rule, id_, language(app))


def _outcomes(db: Connection, app: App, entity: str, id: str) -> list[Explanation]:
    book = playbook_of(app.tools)
    return rules.explain_entity(db, app.tools, book, entity, id, language(app))


def _measured(entity: str) -> bool:
    return entity in ENTITIES and bool(ENTITIES[entity].metrics)
