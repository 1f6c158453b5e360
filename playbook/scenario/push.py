"""An approved preview as intents: tasks for owners, places on lists for people with consent."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, select, update

from connectors.budget import Lane
from connectors.protocol import Connector, Record, Verb
from playbook.book import playbook_of
from playbook.calendar import Office
from playbook.decide.assignment import Rota, rota
from playbook.decide.tasks.giving import intents
from playbook.decide.tasks.order import Order
from playbook.documents import Assign, Branch, Task, say
from playbook.rules import Scenario
from playbook.scenario.audience import Reached, owners, reached, withheld
from playbook.scenario.preview import TREATED, draw, treated
from staging.bulk import chunks
from staging.tables.decisions import ASSIGNMENT, SCENARIO_RUN
from sync.context import Runner, Step, Tools
from sync.write.intent import HELD, Intent, wish
from tasuki.errors import ConfigError, GuardError, UnknownRecordError
from tasuki.values import Json

_MARKETING: Final = "hubspot"
_LISTS: Final = "lists"
NO_CONSENT: Final = "no_consent"
"""Why somebody is not put on a list."""
_MEMBERSHIPS: Final = "list_memberships"


def push(run: Runner, scenario_run: str) -> dict[str, Json]:
    """Turn an approved scenario run into intents; how many tasks and list places."""
    return run.step(PUSH, scenario_run=scenario_run)


def require(db: Connection, id: str, state: str) -> Any:
    """The scenario run in this state; UnknownRecordError or GuardError with the reason."""
    row = db.execute(select(SCENARIO_RUN).where(SCENARIO_RUN.c.id == id)).first()
    if row is None:
        raise UnknownRecordError(
            f"there is no scenario run {id}", remedy="Preview the scenario to make one."
        )
    if row.state != state:
        raise GuardError(
            f"this scenario run is {row.state}, not {state}",
            where=f"scenario {row.scenario}, run {row.id}",
            why="a run is previewed, approved by another person, then pushed, once each",
            remedy="Preview it again."
            if row.state in ("discarded", "pushed", "undone")
            else "Approve it first.",
        )
    return row


def _ask_lists(db: Connection, tools: Tools, arguments: dict[str, Json]) -> dict[str, str]:
    """The ids of the lists the scenario names."""
    row = require(db, arguments["scenario_run"], "approved")
    scenario = playbook_of(tools).scenario(row.scenario)
    names = sorted({b.do.ma_list.hubspot for b in scenario.says.branches if b.do.ma_list})
    return _list_ids(_marketing(tools, scenario), scenario, names) if names else {}


def _marketing(tools: Tools, scenario: Scenario) -> Connector:
    if _MARKETING in tools.connectors:
        return tools.connectors[_MARKETING]
    raise ConfigError(
        f"There is no connection `{_MARKETING}`",
        where=scenario.rule.place,
        why="the scenario puts people on one of its lists",
        remedy="Add it to connections/.",
    )


def _list_ids(target: Connector, scenario: Scenario, names: Sequence[str]) -> dict[str, str]:
    found: Sequence[Record] = target.find(_LISTS, "name", names, ["name"])
    ids = {str(r.fields.get("name")): r.id for r in found}
    for name in names:
        if name not in ids:
            raise ConfigError(
                f"HubSpot has no list named `{name}`",
                where=scenario.rule.place,
                why="the scenario puts people on it",
                remedy="Create a manual contact list of that name in HubSpot, or correct the name.",
            )
    return ids


def _keep_push(
    db: Connection, tools: Tools, arguments: dict[str, Json], lists: dict[str, str]
) -> dict[str, Json]:
    row = require(db, arguments["scenario_run"], "approved")
    book = playbook_of(tools)
    scenario = book.scenario(row.scenario)
    arms = treated(db, row.id)
    people, office = rota(db), Office(book.calendar, tools.project.timezone)
    tasks: list[Intent] = []
    places: list[Intent] = []
    held: list[Intent] = []
    made = gaps = 0
    for branch in scenario.says.branches:
        accounts = [id_ for id_, name in arms.items() if name == branch.name]
        if task := branch.do.sales_task:
            owned, language = owners(db, accounts), tools.project.language
            orders = _orders(scenario, row.id, branch, task, owned, people, language)
            before = _earlier(db, scenario, row.id, accounts)
            orders = [replace(o, earlier=before.get(o.about["account"] or "", ())) for o in orders]
            given = intents(db, tools, office, orders)
            tasks, made = [*tasks, *given.intents], made + given.made
            gaps += len(given.without_owner)
        if ma_list := branch.do.ma_list:
            on = (scenario, row.id, ma_list.hubspot, lists[ma_list.hubspot])
            asked = (db, tools, book, scenario, branch.name, accounts)
            places += _places(*on, reached(*asked))
            held += _held(_places(*on, withheld(*asked)))
    wish(db, [*tasks, *places, *held], tools.now())
    _mark_pushed(db, row.id, tools.now())
    counts = {"tasks": made, "list_places": len(places), "without_owner": gaps}
    return counts | {"without_consent": len(held)}


def _earlier(
    db: Connection, scenario: Scenario, run_id: str, accounts: Sequence[str]
) -> dict[str, list[str]]:
    """The tasks that earlier pushes of this scenario gave about these accounts, oldest first."""
    found: dict[str, list[str]] = {}
    for chunk in chunks(accounts):
        mine = (SCENARIO_RUN.c.scenario == scenario.rule.name, SCENARIO_RUN.c.id != run_id)
        query = (
            select(ASSIGNMENT.c.entity_id, SCENARIO_RUN.c.id)
            .join(SCENARIO_RUN, SCENARIO_RUN.c.id == ASSIGNMENT.c.scenario_run_id)
            .where(*mine, SCENARIO_RUN.c.pushed_at.is_not(None), ASSIGNMENT.c.arm == TREATED)
            .where(ASSIGNMENT.c.entity_id.in_(chunk))
        )
        for account, run in db.execute(query.order_by(SCENARIO_RUN.c.pushed_at)):
            found.setdefault(account, []).append(f"scenario:{run}:{account}")
    return found


def _mark_pushed(db: Connection, id: str, now: str) -> None:
    mine = update(SCENARIO_RUN).where(SCENARIO_RUN.c.id == id)
    db.execute(mine.values(state="pushed", pushed_at=now))


def _orders(
    scenario: Scenario,
    run_id: str,
    branch: Branch,
    task: Task,
    owned: Mapping[str, str | None],
    people: Rota,
    language: str,
) -> list[Order]:
    """One order per account, in the order they drew, so that tasks fall as they were previewed."""
    drawn = sorted(owned, key=lambda id_: (draw(scenario, id_), id_))
    goal = scenario.says.goal
    why = say(goal, language, scenario.says.description or scenario.rule.name)
    plain = {} if goal else {"rule": {"why": why, "name": scenario.rule.name}}
    assigned = {id_: people.assign(branch.team, owned[id_], Assign()) for id_ in drawn}
    return [
        Order(
            key=f"scenario:{run_id}:{id_}",
            origin=f"scenario:{run_id}",
            lane=Lane.SCENARIOS,
            task=task,
            owner=assigned[id_].user,
            about={"account": id_},
            facts=plain,
            cause=_cause(scenario, f"{why} ({branch.name})") | {"assigned_by": assigned[id_].by},
            why=goal,
        )
        for id_ in drawn
    ]


def _places(
    scenario: Scenario, run_id: str, name: str, list_id: str, people: Sequence[Reached]
) -> list[Intent]:
    return [
        Intent(
            id=f"scenario:{run_id}:{list_id}:{each.contact}",
            origin=f"scenario:{run_id}",
            lane=Lane.SCENARIOS,
            verb=Verb.CREATE,
            connection=_MARKETING,
            object=_MEMBERSHIPS,
            fields={"list_id": list_id, "record_id": each.contact},
            entity="person",
            entity_id=each.person,
            cause=_cause(scenario, f"list {name}"),
        )
        for each in people
    ]


def _held(places: Sequence[Intent]) -> list[Intent]:
    """Places that nobody gets: written down with the reason, so that a plan can count them."""
    return [replace(place, fields={}, state=f"{HELD}{NO_CONSENT}") for place in places]


def _cause(scenario: Scenario, why: str) -> dict[str, Json]:
    return {"rule": scenario.rule.name, "place": str(scenario.rule.place), "why": why}


PUSH: Final = Step("scenario.push", keep=_keep_push, ask=_ask_lists)
