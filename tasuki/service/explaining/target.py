"""What somebody means by a ref, an entity, a name or a rule."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, or_, select

from catalog.entities import ENTITIES
from config.nearest import did_you_mean
from playbook.book import Playbook
from playbook.explain import AnyRule
from staging import records, rows
from staging.tables.entities import ENTITY_TABLES
from tasuki.errors import UnknownRecordError
from tasuki.service.app import App
from tasuki.values import Ref

_PERSON: Final = ENTITY_TABLES["person"]
_NAMED: Final = ("account", "person", "opportunity")


def rules_of(book: Playbook) -> dict[str, AnyRule]:
    """Every rule that can be explained, by name."""
    every: list[AnyRule] = [*book.scores, *book.signals, *book.handoffs, *book.scenarios]
    return {rule.rule.name: rule for rule in every}


def language(app: App) -> Any:
    """The project's language."""
    return app.project.language


def split(rest: str) -> tuple[str, str]:
    """`id.field` as id and field."""
    id_, _, field = rest.partition(".")
    return id_, field


def named(app: App, target: str, book: Playbook) -> tuple[str, str, str]:
    """The entity people call so; the part behind the last dot may be a field."""
    whole = [(entity, id_, "") for entity, id_ in search(app, target)]
    head, _, tail = target.rpartition(".")
    if not whole and head and any(ENTITIES[e].field(tail) for e in _NAMED):
        whole = [(e, id_, tail) for e, id_ in search(app, head) if ENTITIES[e].field(tail)]
    if len(whole) == 1:
        return whole[0]
    if not whole:
        remedy = did_you_mean(target, rules_of(book), "Write connection/object/id, or a full name.")
        raise unknown(target, "no record, entity, person or rule is called so", remedy)
    ids = ", ".join(f"{entity}/{id_}" for entity, id_, _ in whole[:5])
    raise unknown(target, f"{len(whole)} entities go by that name", f"Choose one: {ids}.")


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


def subject(app: App, entity: str, about: str) -> str:
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
    raise unknown(about, why, f"Write the id of one {entity}.")


def _needs(app: App, accounts: Sequence[str]) -> list[str]:
    need = ENTITY_TABLES["need"]
    with app.store.reading() as db:
        return list(db.scalars(select(need.c.id).where(need.c.account_id.in_(accounts))))


def unknown(target: str, why: str, remedy: str = "") -> UnknownRecordError:
    """The error for a target nobody knows."""
    return UnknownRecordError(
        f"nothing goes by `{target}`",
        why=why,
        remedy=remedy or "Write connection/object/id, entity/id, or a full name.",
    )


def record(db: Connection, target: str) -> tuple[Ref, str]:
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
            raise unknown(target, f"{ref} has no field `{field}` here", remedy)
        return ref, field
    raise unknown(target, "no such record has been read")
