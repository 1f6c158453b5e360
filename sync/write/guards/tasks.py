"""How many tasks one person, or one account, is given in a day; what is too much waits.

A task is a record created for an owner. Those of the day count with those of the plan; urgent
lanes and older wishes keep their place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from connectors.budget import Lane
from connectors.protocol import Verb
from staging.bulk import chunks
from staging.tables.entities import ENTITY_TABLES
from staging.tables.operating import RUN
from staging.tables.writes import CHANGE, INTENT, RECEIPT
from staging.write.plans import Change
from sync.context import Tools
from sync.write.guards.group import Group, limits_of
from sync.write.guards.sentence import ACCOUNT, OWNER, Sentence
from tasuki.values import stamp

_LANES: Final = tuple(Lane)
_MADE: Final = ("written", "open", "unknown")
"""Receipts of tasks that somebody has, or may have."""
_OWNER: Final = "max_tasks_per_owner"
_ACCOUNT: Final = "max_tasks_per_account"
_LONGEST: Final = timedelta(days=1)
"""A run that began longer before the day than this has written nothing in it."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One task: who gets it, about which account, and its place in the row."""

    id: str
    owner: str
    about: tuple[str, str] | None
    rank: tuple[int, str, str] = (0, "", "")


Surplus = dict[Group, list[tuple[Sentence, frozenset[str]]]]
"""Of each group, what is said of the wishes that wait."""


def surplus(db: Connection, tools: Tools, groups: Mapping[Group, Sequence[Change]]) -> Surplus:
    """The wishes for tasks beyond a day's limits, by their group."""
    wanted = {group: set(_tasks(changes)) for group, changes in groups.items()}
    wanted = {group: ids for group, ids in wanted.items() if ids}
    if not wanted:
        return {}
    planned = list(_planned(db, {id_ for ids in wanted.values() for id_ in ids}))
    written = list(_written(db, tools))
    day = _Day(_accounts(db, [*planned, *written]))
    for task in written:
        day.count(task)
    group_of = {id_: group for group, ids in wanted.items() for id_ in ids}
    for task in sorted(planned, key=lambda each: each.rank):
        day.take(tools, group_of[task.id], task)
    return _said(tools, day)


@dataclass(slots=True)
class _Day:
    """What people and accounts have been given, and what waits."""

    accounts: Mapping[tuple[str, str], str]
    """(entity, id) → the account it belongs to."""
    given: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(limit, owner or account) → tasks."""
    waits: dict[tuple[Group, str], dict[str, str]] = field(default_factory=dict)
    """(group, limit) → wish → whose limit it is."""

    def take(self, tools: Tools, group: Group, task: _Task) -> None:
        """Count a task, or let it wait when its owner or its account has enough."""
        guards = limits_of(tools, group).guards
        for limit, whose in self._whose(task):
            if self.given[limit, whose] >= getattr(guards, limit):
                self.waits.setdefault((group, limit), {})[task.id] = whose
                return
        self.count(task)

    def count(self, task: _Task) -> None:
        """It is given."""
        self.given.update(self._whose(task))

    def _whose(self, task: _Task) -> list[tuple[str, str]]:
        account = self.accounts.get(task.about) if task.about else None
        return [(_OWNER, task.owner), *([(_ACCOUNT, account)] if account else [])]


def _said(tools: Tools, day: _Day) -> Surplus:
    found: Surplus = {}
    for (group, limit), waiting in day.waits.items():
        limits = limits_of(tools, group)
        values = {
            "to": group.target,
            "n": len(waiting),
            "whose": len(set(waiting.values())),
            "allowed": getattr(limits.guards, limit),
            "place": limits.place(limit),
        }
        sentence = Sentence(OWNER if limit == _OWNER else ACCOUNT, values)
        found.setdefault(group, []).append((sentence, frozenset(waiting)))
    return found


def _tasks(changes: Iterable[Change]) -> Iterator[str]:
    """The wishes for records that are created for an owner."""
    for change in changes:
        if change.verb in (Verb.CREATE, Verb.UPSERT) and change.cause.get("owner"):
            yield change.intent_id or ""


def _planned(db: Connection, ids: Iterable[str]) -> Iterator[_Task]:
    which = (INTENT.c.id, INTENT.c.owner, INTENT.c.entity, INTENT.c.entity_id)
    for chunk in chunks(ids):
        query = select(*which, INTENT.c.lane, INTENT.c.created_at).where(INTENT.c.id.in_(chunk))
        for row in db.execute(query):
            yield _task(row, (_LANES.index(Lane(row.lane)), row.created_at, row.id))


def _written(db: Connection, tools: Tools) -> Iterator[_Task]:
    """The tasks written since midnight in the project's time zone."""
    midnight = _midnight(tools)
    began = RUN.c.started_at >= stamp(midnight - _LONGEST)
    runs = list(db.scalars(select(RUN.c.id).where(began)))
    for chunk in chunks(runs):
        query = (
            select(RECEIPT.c.id, INTENT.c.owner, INTENT.c.entity, INTENT.c.entity_id)
            .join(CHANGE, CHANGE.c.write_id == RECEIPT.c.id)
            .join(INTENT, INTENT.c.id == CHANGE.c.intent_id)
            .where(RECEIPT.c.run_id.in_(chunk), RECEIPT.c.state.in_(_MADE))
            .where(RECEIPT.c.opened_at >= stamp(midnight), INTENT.c.owner.is_not(None))
            .where(RECEIPT.c.verb.in_((Verb.CREATE, Verb.UPSERT)))
            .distinct()
        )
        for row in db.execute(query):
            yield _task(row, (0, "", ""))


def _task(row: Any, rank: tuple[int, str, str]) -> _Task:
    about = (row.entity, row.entity_id) if row.entity and row.entity_id else None
    return _Task(row.id, row.owner, about, rank)


def _midnight(tools: Tools) -> datetime:
    here = tools.clock.now().astimezone(ZoneInfo(tools.project.timezone))
    return here.replace(hour=0, minute=0, second=0, microsecond=0)


def _accounts(db: Connection, tasks: Iterable[_Task]) -> dict[tuple[str, str], str]:
    """The account that each entity belongs to: (entity, id) → account id."""
    by_entity: dict[str, set[str]] = {}
    for task in tasks:
        if task.about:
            by_entity.setdefault(task.about[0], set()).add(task.about[1])
    found = {("account", id_): id_ for id_ in by_entity.pop("account", ())}
    for entity, ids in by_entity.items():
        table = ENTITY_TABLES.get(entity)
        if table is None or "account_id" not in table.c:
            continue
        for chunk in chunks(ids):
            rows = db.execute(select(table.c.id, table.c.account_id).where(table.c.id.in_(chunk)))
            found |= {(entity, id_): account for id_, account in rows if account}
    return found
