"""The step that decides: scores, needs, signals, handoffs, for what is dirty or whose time has come."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from playbook.book import Playbook, playbook_of
from playbook.calendar import Office
from playbook.decide import handoffs, ledger, needs, scores, signals
from playbook.decide.assignment import rota
from playbook.decide.signals import Team
from staging import queue
from staging.tables.entities import ENTITY_TABLES
from sync.context import Runner, Step, Tools
from tasuki.values import Json

_CHUNK: Final = 400
_ORDER: Final = ("person", "account", "opportunity", "need")
_SCORED: Final = ("person", "account")
_NEED: Final = ENTITY_TABLES["need"]


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
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    for entity in _SCORED:
        queue.mark(db, queue.DECIDE, entity, queue.woken(db, entity, "scores", tools.now()))
    return {"accepted": ledger.follow_the_crm(db, tools), "woken": ledger.wake(db, tools)}


def _keep_decide(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    entity = arguments["entity"]
    ids = queue.take(db, queue.DECIDE, entity, _CHUNK)
    if not ids:
        return {"taken": 0}
    book = playbook_of(tools)
    team = Team(Office(book.calendar, tools.project.timezone), rota(db))
    done: dict[str, Json] = {"taken": len(ids), "scored": 0}
    if entity in _SCORED:
        done["scored"] = scores.decide(db, tools, book, entity, ids)
    done |= signals.decide(db, tools, book, team, entity, ids)
    if entity == "account":
        done["needs"] = needs.decide(db, tools, book, ids)
        queue.mark(db, queue.DECIDE, "need", _needs_of(db, ids))
    if entity == "need":
        done |= handoffs.decide(db, tools, book, team, ids)
    return done


def _needs_of(db: Connection, accounts: Sequence[str]) -> list[str]:
    return list(db.scalars(select(_NEED.c.id).where(_NEED.c.account_id.in_(accounts))))


BEGIN: Final = Step("decide.begin", keep=_keep_begin)
DECIDE: Final = Step("decide.entities", keep=_keep_decide)
