"""Signals: open while their condition is true, closed when it no longer is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, update

from playbook.book import Playbook, Signal
from playbook.calendar import Office
from playbook.decide.assignment import Rota
from playbook.decide.tasks import Order, intents
from playbook.query import Query
from staging import rows
from staging.bulk import chunks, upsert
from staging.tables.decisions import SIGNAL
from sync.context import Tools
from sync.write.intent import Lane, wish, withdraw
from tasuki.values import Json, digest

_PARENTS: Final = {"account": "account_id", "person": "person_id", "opportunity": "opportunity_id"}


@dataclass(frozen=True, slots=True)
class Team:
    """What deciding needs besides the rules."""

    office: Office
    rota: Rota


def decide(
    db: Connection, tools: Tools, book: Playbook, team: Team, entity: str, ids: Sequence[str]
) -> dict[str, int]:
    """Open and close the signals of these entities."""
    opened = closed = 0
    for signal in book.signals:
        if signal.says.entity == entity:
            more, fewer = _one(db, tools, book, team, signal, ids)
            opened, closed = opened + more, closed + fewer
    return {"opened": opened, "closed": closed}


def _one(
    db: Connection, tools: Tools, book: Playbook, team: Team, signal: Signal, ids: Sequence[str]
) -> tuple[int, int]:
    query = Query(signal.says.entity, book, tools)
    columns = {fact: query.column(*fact.split(".", 1)) for fact in signal.says.facts}
    condition = query.where(signal.when)
    true_for = {
        row.id: {fact: row._mapping[fact] for fact in columns}  # noqa: SLF001
        for row in query.rows(db, columns, condition, ids=ids)
    }
    already = _open(db, signal.rule.name, ids)
    fresh = {id_: facts for id_, facts in true_for.items() if id_ not in already}
    over = {id_: key for id_, key in already.items() if id_ not in true_for}
    _write(db, tools, signal, fresh)
    _close(db, tools, signal, over)
    if signal.says.task:
        wish(db, intents(db, tools, team.office, _orders(db, tools, team, signal, fresh)), tools.now())
    return len(fresh), len(over)


def _open(db: Connection, rule: str, ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(ids):
        rows_ = db.execute(
            select(SIGNAL.c.entity_id, SIGNAL.c.id).where(
                SIGNAL.c.rule == rule, SIGNAL.c.entity_id.in_(chunk), SIGNAL.c.closed_at.is_(None)
            )
        )
        found |= {entity_id: id_ for entity_id, id_ in rows_}
    return found


def signal_id(rule: str, entity_id: str, opened_at: str) -> str:
    """The id of one opening of a signal."""
    return f"sig_{digest([rule, entity_id, opened_at])[:16]}"


def _write(
    db: Connection, tools: Tools, signal: Signal, fresh: Mapping[str, Mapping[str, Any]]
) -> None:
    now = tools.now()
    upsert(
        db,
        SIGNAL,
        (
            {
                "id": signal_id(signal.rule.name, id_, now),
                "rule": signal.rule.name,
                "entity": signal.says.entity,
                "entity_id": id_,
                "facts": {name: _plain(value) for name, value in facts.items()},
                "version": signal.rule.version,
                "opened_at": now,
                "closed_at": None,
            }
            for id_, facts in fresh.items()
        ),
    )


def _plain(value: Any) -> Json:
    return value if isinstance(value, (str, int, float, bool, type(None))) else float(value)


def _close(db: Connection, tools: Tools, signal: Signal, over: Mapping[str, str]) -> None:
    """The reason vanished: the signal closes, and a task not yet written is no longer wanted."""
    for chunk in chunks(over.values()):
        db.execute(update(SIGNAL).where(SIGNAL.c.id.in_(chunk)).values(closed_at=tools.now()))
    withdraw(db, (f"signal:{id_}" for id_ in over.values()))


def _orders(
    db: Connection,
    tools: Tools,
    team: Team,
    signal: Signal,
    fresh: Mapping[str, Mapping[str, Any]],
) -> list[Order]:
    task = signal.says.task
    if task is None:
        return []
    known = rows.read(db, signal.says.entity, fresh)
    now = tools.now()
    orders = []
    for id_ in sorted(fresh):
        row = known[id_]
        about = {e: row.get(ref) for e, ref in _PARENTS.items()} | {signal.says.entity: id_}
        owner = team.rota.assign(signal.says.team, row.get("owner_id"), signal.says.assign)
        orders.append(
            Order(
                key=f"signal:{signal_id(signal.rule.name, id_, now)}",
                origin=f"signal:{signal.rule.name}",
                lane=Lane.HANDOFFS,
                task=task,
                owner=owner.user,
                about=dict(sorted(about.items(), key=lambda pair: pair[0] != signal.says.entity)),
                facts={},
                cause={
                    "rule": signal.rule.name,
                    "place": str(signal.rule.place),
                    "why": signal.says.description or signal.rule.name,
                    "assigned_by": owner.by,
                },
            )
        )
    return orders
