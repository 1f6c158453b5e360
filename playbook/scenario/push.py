"""An approved preview as intents: tasks for owners, places on marketing lists for people with consent."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select, update

from connectors.protocol import Connector, Record, Verb
from playbook.book import Playbook, Scenario, playbook_of
from playbook.calendar import Office
from playbook.decide.assignment import Rota, rota
from playbook.decide.tasks import Order, intents
from playbook.documents import Assign, Branch, MaList
from playbook.query import Query
from playbook.scenario.preview import owners, treated
from staging import identities
from staging.bulk import chunks
from staging.tables.decisions import ASSIGNMENT, SCENARIO_RUN
from staging.tables.entities import ENTITY_TABLES
from sync.context import Runner, Step, Tools
from sync.write.intent import Intent, Lane, wish
from tasuki.errors import ConfigError, GuardError, UnknownRecordError
from tasuki.values import Json

_PERSON: Final = ENTITY_TABLES["person"]
_LISTS: Final = "lists"
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
            remedy="Preview it again." if row.state in ("discarded", "pushed") else "Approve it first.",
        )
    return row


def _ask_lists(db: Connection, tools: Tools, arguments: dict[str, Json]) -> dict[str, str]:
    """The ids of the lists the scenario names."""
    row = require(db, arguments["scenario_run"], "approved")
    scenario = playbook_of(tools).scenario(row.scenario)
    names = sorted({b.do.ma_list.hubspot for b in scenario.says.branches if b.do.ma_list})
    return _list_ids(tools.connectors["hubspot"], scenario, names) if names else {}


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
    people = rota(db)
    tasks: list[Intent] = []
    places: list[Intent] = []
    for branch in scenario.says.branches:
        accounts = [id_ for id_, name in arms.items() if name == branch.name]
        if branch.do.sales_task:
            tasks += _tasks(db, tools, book, scenario, row.id, branch, accounts, people)
        if branch.do.ma_list:
            audience = _people(db, tools, book, scenario, branch, accounts)
            places += _places(db, scenario, row.id, branch.do.ma_list, lists, audience)
    wish(db, [*tasks, *places], tools.now())
    db.execute(
        update(SCENARIO_RUN)
        .where(SCENARIO_RUN.c.id == row.id)
        .values(state="pushed", pushed_at=tools.now())
    )
    return {"tasks": len(tasks), "list_places": len(places)}


def _tasks(  # noqa: PLR0913
    db: Connection,
    tools: Tools,
    book: Playbook,
    scenario: Scenario,
    run_id: str,
    branch: Branch,
    accounts: Sequence[str],
    people: Rota,
) -> list[Intent]:
    task = branch.do.sales_task
    if task is None:
        return []
    owned = owners(db, accounts)
    orders = [
        Order(
            key=f"scenario:{run_id}:{id_}",
            origin=f"scenario:{run_id}",
            lane=Lane.SCENARIOS,
            task=task,
            owner=people.assign(branch.team, owned.get(id_), Assign()).user,
            about={"account": id_},
            facts={},
            cause=_cause(scenario, f"branch {branch.name}"),
        )
        for id_ in accounts
    ]
    return intents(db, tools, Office(book.calendar, tools.project.timezone), orders)


def _people(
    db: Connection,
    tools: Tools,
    book: Playbook,
    scenario: Scenario,
    branch: Branch,
    accounts: Sequence[str],
) -> list[str]:
    """The people of these accounts that the branch takes, without those who opted out."""
    query = Query("person", book, tools)
    chosen = [query.where(scenario.people[branch.name])]
    if scenario.says.consent == "email":
        chosen.append(_PERSON.c.opted_out.is_not(True))
    found: list[str] = []
    for chunk in chunks(accounts):
        found += [r.id for r in query.rows(db, {}, *chosen, _PERSON.c.account_id.in_(chunk))]
    return found


def _places(
    db: Connection,
    scenario: Scenario,
    run_id: str,
    ma_list: MaList,
    lists: Mapping[str, str],
    people: Sequence[str],
) -> list[Intent]:
    members = identities.members_of(db, "person", people)
    return [
        Intent(
            id=f"scenario:{run_id}:{lists[ma_list.hubspot]}:{link.id}",
            origin=f"scenario:{run_id}",
            lane=Lane.SCENARIOS,
            verb=Verb.CREATE,
            connection="hubspot",
            object=_MEMBERSHIPS,
            fields={"list_id": lists[ma_list.hubspot], "record_id": link.id},
            entity="person",
            entity_id=id_,
            cause=_cause(scenario, f"list {ma_list.hubspot}"),
        )
        for id_, links in members.items()
        for link in [x for x in links if (x.connection, x.object) == ("hubspot", "contacts")][:1]
    ]


def _cause(scenario: Scenario, why: str) -> dict[str, Json]:
    return {"rule": scenario.rule.name, "place": str(scenario.rule.place), "why": why}


def held_out(db: Connection, scenario_run: str) -> list[str]:
    """Who was left alone to compare."""
    table = ASSIGNMENT
    return list(
        db.scalars(
            select(table.c.entity_id).where(
                table.c.scenario_run_id == scenario_run, table.c.arm == "holdout"
            )
        )
    )


PUSH: Final = Step("scenario.push", keep=_keep_push, ask=_ask_lists)
