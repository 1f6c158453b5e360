"""Signals: open while their condition is true, closed when it no longer is."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, null, select, update

from catalog.expression.scope import Scope
from connectors.budget import Lane
from playbook.book import Playbook
from playbook.calendar import Office
from playbook.decide.assignment import Rota
from playbook.decide.tasks.giving import intents, misled
from playbook.decide.tasks.order import Order
from playbook.decide.tasks.upkeep import Ended, keep_up, take_back
from playbook.decide.tasks.wording import OVER
from playbook.documents import say
from playbook.query import Query
from playbook.rules import Signal
from staging.bulk import chunks, upsert
from staging.tables.decisions import SIGNAL
from sync.context import Tools
from sync.write.intent import Intent, by_ids, wish
from tasuki.values import Json, digest

_PARENTS: Final = ("account", "person", "opportunity")


@dataclass(frozen=True, slots=True)
class Team:
    """What deciding needs besides the rules."""

    office: Office
    rota: Rota


def decide(
    db: Connection, tools: Tools, book: Playbook, team: Team, entity: str, ids: Sequence[str]
) -> dict[str, int]:
    """Open and close the signals of these entities."""
    counts = Counter(opened=0, closed=0, without_owner=0)
    for signal in book.signals:
        if signal.says.entity == entity:
            counts.update(_one(db, tools, book, team, signal, ids))
    return dict(counts)


@dataclass(frozen=True, slots=True)
class _True:
    """What was seen of an entity the rule is true for."""

    facts: Mapping[str, Json]
    owner: str | None
    about: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class _Opening:
    """One opening of a signal: its id, what was seen, and how many came before it."""

    key: str
    seen: _True
    before: int = 0
    wish: Intent | None = None
    """The wish for its task, of one that was open already."""


def _one(
    db: Connection, tools: Tools, book: Playbook, team: Team, signal: Signal, ids: Sequence[str]
) -> Counter[str]:
    true_for = _true_for(db, tools, book, signal, ids)
    already = _open(db, signal.rule.name, ids)
    stale = _misled(db, already, true_for)
    _close(db, tools, team, signal, stale)
    already = {id_: key for id_, key in already.items() if id_ not in stale}
    fresh = {id_: seen for id_, seen in true_for.items() if id_ not in already}
    over = {id_: key for id_, key in already.items() if id_ not in true_for}
    before = _openings(db, signal.rule.name, fresh)
    keys = {id_: signal_id(signal.rule.name, id_, before.get(id_, 0)) for id_ in fresh}
    _write(db, tools, signal, fresh, keys)
    _refresh(db, {already[id_]: true_for[id_].facts for id_ in already if id_ in true_for})
    _close(db, tools, team, signal, over)
    counts = Counter(opened=len(fresh), closed=len(over) + len(stale))
    if signal.says.task:
        orders = [
            _order(tools, book, team, signal, _Opening(keys[id_], fresh[id_], before.get(id_, 0)))
            for id_ in sorted(fresh)
        ]
        given = intents(db, tools, team.office, orders)
        wish(db, given.intents, tools.now())
        counts["without_owner"] = len(given.without_owner)
        still = {key: true_for[id_] for id_, key in sorted(already.items()) if id_ in true_for}
        keep_up(db, tools, team.office, _standing_orders(db, tools, book, team, signal, still))
    return counts


def _true_for(
    db: Connection, tools: Tools, book: Playbook, signal: Signal, ids: Sequence[str]
) -> dict[str, _True]:
    says = signal.says
    query = Query(says.entity, book, tools)
    scope = book.known.scope(says.entity)
    parents = {parent: query.own.c[ref] for parent, ref in scope.via.items() if parent in _PARENTS}
    columns: dict[str, ColumnElement[Any]] = {
        **{f"fact_{i}": query.column(*fact.split(".", 1)) for i, fact in enumerate(says.facts)},
        **{f"about_{parent}": column for parent, column in parents.items()},
        "owner": _owner(query, scope, signal),
    }
    found = {}
    for row in query.rows(db, columns, query.where(signal.when), ids=ids):
        seen = row._asdict()
        found[row.id] = _True(
            {fact: plain(seen[f"fact_{i}"]) for i, fact in enumerate(says.facts)},
            seen["owner"],
            {says.entity: row.id, **{p: seen[f"about_{p}"] for p in parents}},
        )
    return found


def _owner(query: Query, scope: Scope, signal: Signal) -> ColumnElement[Any]:
    """The owner that goes first, where the rule leads to one."""
    entity = signal.says.assign.first.removesuffix("_owner")
    return query.column(entity, "owner_id") if entity in scope.relations else null()


def _open(db: Connection, rule: str, ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(ids):
        rows = db.execute(
            select(SIGNAL.c.entity_id, SIGNAL.c.id).where(
                SIGNAL.c.rule == rule, SIGNAL.c.entity_id.in_(chunk), SIGNAL.c.closed_at.is_(None)
            )
        )
        found |= dict(rows.all())
    return found


def _misled(
    db: Connection, already: Mapping[str, str], true_for: Mapping[str, _True]
) -> dict[str, str]:
    """Open signals whose task, not yet written, leads to a record that is somebody else by now.

    They close, and open anew for whom they are true.
    """
    about = {f"signal:{key}": true_for[i].about for i, key in already.items() if i in true_for}
    wrong = misled(db, about) if about else set()
    return {id_: key for id_, key in already.items() if f"signal:{key}" in wrong}


def _refresh(db: Connection, facts: Mapping[str, Mapping[str, Json]]) -> None:
    """An open signal shows what is true today."""
    for id_, seen in facts.items():
        if seen:
            db.execute(update(SIGNAL).where(SIGNAL.c.id == id_).values(facts=dict(seen)))


def signal_id(rule: str, entity_id: str, opening: int) -> str:
    """The id of one opening of a signal; the same in every store, so that no task is made twice."""
    return f"sig_{digest([rule, entity_id, opening])[:16]}"


def _openings(db: Connection, rule: str, fresh: Iterable[str]) -> dict[str, int]:
    """How often the signal was open before, by entity."""
    before: dict[str, int] = {}
    for chunk in chunks(fresh):
        rows = db.execute(
            select(SIGNAL.c.entity_id, func.count())
            .where(SIGNAL.c.rule == rule, SIGNAL.c.entity_id.in_(chunk))
            .group_by(SIGNAL.c.entity_id)
        )
        before.update((id_, count) for id_, count in rows)
    return before


def _write(
    db: Connection,
    tools: Tools,
    signal: Signal,
    fresh: Mapping[str, _True],
    keys: Mapping[str, str],
) -> None:
    now = tools.now()
    upsert(
        db,
        SIGNAL,
        (
            {
                "id": keys[id_],
                "rule": signal.rule.name,
                "entity": signal.says.entity,
                "entity_id": id_,
                "facts": dict(seen.facts),
                "version": signal.rule.version,
                "opened_at": now,
                "closed_at": None,
            }
            for id_, seen in fresh.items()
        ),
    )


def plain(value: Any) -> Json:
    """A value as JSON keeps it, the same from both engines."""
    return float(value) if isinstance(value, Decimal) else value


def _close(
    db: Connection, tools: Tools, team: Team, signal: Signal, over: Mapping[str, str]
) -> None:
    for chunk in chunks(over.values()):
        db.execute(update(SIGNAL).where(SIGNAL.c.id.in_(chunk)).values(closed_at=tools.now()))
    ended = [Ended(f"signal:{key}", signal.says.task, OVER) for key in over.values()]
    take_back(db, tools, team.office, ended)


def _standing_orders(
    db: Connection,
    tools: Tools,
    book: Playbook,
    team: Team,
    signal: Signal,
    still: Mapping[str, _True],
) -> list[Order]:
    """What the tasks of signals that are still open would say today."""
    wishes = by_ids(db, (f"signal:{key}" for key in still))
    return [
        _order(tools, book, team, signal, _Opening(key, seen, wish=wishes[f"signal:{key}"]))
        for key, seen in still.items()
        if f"signal:{key}" in wishes
    ]


def _order(tools: Tools, book: Playbook, team: Team, signal: Signal, opening: _Opening) -> Order:
    says, seen = signal.says, opening.seen
    if says.task is None:
        raise ValueError(f"the signal {signal.rule.name} gives no task")
    if opening.wish is None:
        assigned = team.rota.assign(says.team, seen.owner, says.assign)
    else:
        assigned = team.rota.keep(says.team, seen.owner, says.assign, opening.wish.owner)
    entity = seen.about[says.entity] or ""
    why = say(says.why, tools.project.language, says.description or signal.rule.name)
    return Order(
        key=f"signal:{opening.key}",
        origin=f"signal:{signal.rule.name}",
        lane=Lane.HANDOFFS,
        task=says.task,
        owner=assigned.user,
        about=seen.about,
        facts={},
        cause={
            "rule": signal.rule.name,
            "place": str(signal.rule.place),
            "why": why,
            "assigned_by": assigned.by,
        },
        why=says.why,
        told=_told(book, seen.facts),
        earlier=[f"signal:{signal_id(signal.rule.name, entity, n)}" for n in range(opening.before)],
    )


def _told(book: Playbook, facts: Mapping[str, Json]) -> dict[str, Json]:
    """The facts that are news when they move: all but counted days."""
    return {name: value for name, value in facts.items() if not _is_counted(book, name)}


def _is_counted(book: Playbook, fact: str) -> bool:
    entity, _, name = fact.partition(".")
    known = book.known.entities.get(entity)
    field = known.field(name) if known else None
    return field is not None and field.unit == "days"
