"""Scores, needs, signals and handoffs, for what is dirty or whose time has come."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, and_, select

from catalog.expression.tree import names
from playbook.book import Playbook, playbook_of
from playbook.calendar import Office
from playbook.decide import handoffs, ledger, needs, scores, signals
from playbook.decide.assignment import rota
from playbook.decide.signals import Team
from playbook.decide.tasks.upkeep import RULE as TASKS
from playbook.decide.tasks.upkeep import without_task
from staging import queue, records
from staging.tables.decisions import HANDOFF, SIGNAL
from staging.tables.entities import ENTITY_TABLES
from staging.tables.writes import INTENT
from sync.context import Runner, Step, Tools
from sync.write import intent
from tasuki.values import Json

_CHUNK: Final = 400
_USER: Final = ENTITY_TABLES["user_"]
_ORDER: Final = ("account", "person", "opportunity", "need")
"""Parents first: a rule sees what was decided about its parents in the same run."""
_SCORED: Final = ("account", "person")
_CHILDREN: Final = ("person", "opportunity")


def decide(run: Runner) -> dict[str, Json]:
    """Decide everything that is to be decided; what was opened and offered."""
    totals: dict[str, Json] = dict(run.step(BEGIN))
    for entity in _ORDER:
        more = True
        while more:
            done = run.step(DECIDE, entity=entity)
            more = done.pop("taken") > 0
            for name, count in done.items():
                totals[name] = totals.get(name, 0) + count
            run.tell("decide", totals.get("offered", 0), None, entity)
    return totals


def _keep_begin(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    for entity in _SCORED:
        queue.mark(db, queue.DECIDE, entity, queue.woken(db, entity, "scores", tools.now()))
    for entity in _ORDER:
        queue.mark(db, queue.DECIDE, entity, queue.woken(db, entity, TASKS, tools.now()))
    for entity, ids in without_task(db, tools).items():
        queue.mark(db, queue.DECIDE, entity, ids)
    _whose_owner_left(db)
    book = playbook_of(tools)
    if _rules_changed(db, tools, book.version):
        _forsake(db, book)
        for entity in _ORDER:
            queue.mark(db, queue.DECIDE, entity, db.scalars(select(ENTITY_TABLES[entity].c.id)))
    return {"accepted": ledger.follow_the_crm(db, tools), "woken": ledger.wake(db, tools)}


def _forsake(db: Connection, book: Playbook) -> None:
    """What rules that are no more wanted is wanted no more."""
    rules = (("score", book.scores), ("signal", book.signals), ("handoff", book.handoffs))
    for kind, every in rules:
        intent.forsake(db, kind, {f"{kind}:{each.rule.name}" for each in every})


def _rules_changed(db: Connection, tools: Tools, version: str) -> bool:
    """Whether the rules are others than last time: then everything is decided anew."""
    of = ("playbook", "rules", "decide")
    return records.note_version(db, of, version, tools.run, tools.now())


def _keep_decide(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    entity = arguments["entity"]
    ids = queue.take(db, queue.DECIDE, entity, _CHUNK)
    if not ids:
        return {"taken": 0}
    book = playbook_of(tools)
    team = Team(Office(book.calendar, tools.project.timezone), rota(db))
    done: Counter[str] = Counter(taken=len(ids))
    if entity in _SCORED:
        done["scored"] = scores.decide(db, tools, book, entity, ids)
    done.update(signals.decide(db, tools, book, team, entity, ids))
    if entity == "account":
        done["needs"] = needs.decide(db, tools, book, ids)
        _hand_down(db, book, ids)
    if entity == "need":
        done.update(handoffs.decide(db, tools, book, team, ids))
    return dict(done)


def _hand_down(db: Connection, book: Playbook, accounts: Sequence[str]) -> None:
    """What was decided about accounts is news to the rules that look up to them."""
    queue.mark(db, queue.DECIDE, "need", _of(db, "need", accounts))
    for entity in _CHILDREN:
        looks_up = _of if _looks_up(book, entity) else _with_open_signals
        queue.mark(db, queue.DECIDE, entity, looks_up(db, entity, accounts))


def _looks_up(book: Playbook, entity: str) -> bool:
    """Whether a rule about the entity names something of its account."""
    trees = [s.when for s in book.signals if s.says.entity == entity]
    trees += [tree for s in book.scores if s.says.entity == entity for tree in s.fit.values()]
    scope = book.known.scope(entity)
    return any(scope.entity_of(*name) == "account" for tree in trees for name in names(tree))


def _with_open_signals(db: Connection, entity: str, accounts: Sequence[str]) -> list[str]:
    """Those of these accounts whose open signals may go to the account's new owner."""
    table = ENTITY_TABLES[entity]
    query = select(table.c.id).join(SIGNAL, SIGNAL.c.entity_id == table.c.id)
    open_ = (SIGNAL.c.entity == entity, SIGNAL.c.closed_at.is_(None))
    return list(db.scalars(query.where(table.c.account_id.in_(accounts), *open_)))


def _whose_owner_left(db: Connection) -> None:
    """What is open with somebody who is active no more is looked at again."""
    left = _USER.c.is_active.is_(False)
    tasks = (
        select(SIGNAL.c.entity, SIGNAL.c.entity_id)
        .join(INTENT, INTENT.c.id == "signal:" + SIGNAL.c.id)
        .join(_USER, and_(_USER.c.id == INTENT.c.owner, left))
        .where(SIGNAL.c.closed_at.is_(None))
    )
    found: dict[str, set[str]] = {}
    for entity, id_ in db.execute(tasks):
        found.setdefault(entity, set()).add(id_)
    offers = select(HANDOFF.c.need_id).join(_USER, and_(_USER.c.id == HANDOFF.c.assignee, left))
    found["need"] = {
        *found.get("need", ()),
        *db.scalars(offers.where(HANDOFF.c.state == "offered")),
    }
    for entity, ids in found.items():
        queue.mark(db, queue.DECIDE, entity, ids)


def _of(db: Connection, entity: str, accounts: Sequence[str]) -> list[str]:
    table = ENTITY_TABLES[entity]
    return list(db.scalars(select(table.c.id).where(table.c.account_id.in_(accounts))))


BEGIN: Final = Step("decide.begin", keep=_keep_begin)
DECIDE: Final = Step("decide.entities", keep=_keep_decide)
