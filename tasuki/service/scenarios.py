"""Scenarios: what one says, who is in and why, approve as another person, push, result."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from catalog.expression.sentence import sentence
from catalog.expression.tree import Literal, Node
from catalog.labels import Language
from playbook.book import Scenario, playbook_of
from playbook.scenario import preview as previews
from playbook.scenario.push import require
from staging.labels import labels
from staging.tables.decisions import ASSIGNMENT, SCENARIO_RUN
from staging.tables.entities import ENTITY_TABLES
from staging.write import plans
from sync.context import Order, Step, Tools
from tasuki.errors import GuardError
from tasuki.service.app import App, Runs
from tasuki.values import Json

ARMS: Final = ("treated", "holdout", "capped", "excluded")
_ACCOUNT: Final = ENTITY_TABLES["account"]
Said = Mapping[Language, str]
"""A sentence in each language."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """One scenario run as it stands."""

    id: str
    scenario: str
    state: str
    """previewed | approved | pushed | undone | discarded"""
    author: str
    created_at: str
    approved_by: str | None
    approved_at: str | None
    pushed_at: str | None
    plan_id: str | None
    is_current: bool
    """The scenario's file says the same today."""
    audience: int
    arms: Mapping[str, int]
    reasons: Mapping[str, int]
    branches: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ScenarioCard:
    """One scenario in the list."""

    name: str
    title: Said
    goal: Said
    run: Pushed | None
    """Its newest run that is not overtaken."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Who is left out, and how many that were."""

    reason: str
    says: Said
    count: int


@dataclass(frozen=True, slots=True)
class BranchView:
    """Who gets what."""

    name: str
    says: Said
    is_rest: bool
    """It takes whoever no branch before it took."""
    count: int
    team: str
    task: Said
    """The subject of the task its owner gets; empty without one."""
    due: str
    list_name: str | None
    people: Said
    """Which of the account's people go on the list."""


@dataclass(frozen=True, slots=True)
class Member:
    """One account of the audience and where it ended up."""

    account_id: str
    account: str
    owner: str | None
    arm: str
    branch: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Cells:
    """What became of the writes to one object."""

    connection: str
    object: str
    states: Mapping[str, int]
    """planned | written | refused | parked | unknown → records."""

    @property
    def total(self) -> int:
        """How many records."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """One scenario in plain sentences, and one of its runs."""

    name: str
    title: Said
    goal: Said
    description: str
    owner: str
    place: str
    audience: Said
    exclusions: tuple[Exclusion, ...]
    holdout_percent: float
    cap_records: int
    cap_per_owner: int
    consent: str
    branches: tuple[BranchView, ...]
    approvers: tuple[str, ...]
    """Roles that may approve."""
    not_author: bool
    teams: Mapping[str, Said]
    run: Pushed | None
    members: tuple[Member, ...]
    arm: str | None
    result: tuple[Cells, ...]
    history: tuple[Pushed, ...]

    @property
    def written(self) -> int:
        """Records the push has written so far."""
        return sum(each.states.get("written", 0) for each in self.result)

    @property
    def planned(self) -> int:
        """Records the push writes in all."""
        return sum(each.total for each in self.result)


def list_scenarios(app: App) -> tuple[ScenarioCard, ...]:
    """Every scenario of the playbook and how far its newest run is."""
    with app.store.reading() as db:
        return tuple(
            ScenarioCard(s.rule.name, dict(s.says.title), dict(s.says.goal), _newest(_runs(db, s)))
            for s in playbook_of(app.tools).scenarios
        )


def show(
    app: App, name: str, run_id: str | None = None, arm: str | None = None, limit: int = 20
) -> ScenarioView:
    """One scenario and its newest run (or the one named). Errors: ConfigError."""
    scenario = playbook_of(app.tools).scenario(name)
    with app.store.reading() as db:
        history = _runs(db, scenario)
        run = next((r for r in history if r.id == run_id), None) or _newest(history)
        members = _members(db, run.id, arm, limit) if run else ()
        result = _result(db, run.plan_id) if run and run.plan_id else ()
    teams = {team.name: dict(team.title) for team in playbook_of(app.tools).teams}
    return _view(scenario, run, members, arm, result, history, teams)


def preview(app: App, name: str, by: str) -> str:
    """Place everybody anew; the id of the scenario run. Older previews are overtaken."""
    book = playbook_of(app.tools)
    scenario = book.scenario(name)
    with app.store.writing() as db:
        return previews.preview(db, app.tools, book, scenario, by)


def approve(app: App, run_id: str, by: str, role: str) -> None:
    """Say yes to a preview, as somebody the scenario names and who did not make it.

    Errors: UnknownRecordError; GuardError when it may not be approved (by this person).
    """
    with app.store.writing() as db:
        row = require(db, run_id, "previewed")
        scenario = _unchanged(app, row)
        _may_approve(scenario, row, by, role)
        db.execute(
            update(SCENARIO_RUN)
            .where(SCENARIO_RUN.c.id == run_id)
            .values(state="approved", approved_by=by, approved_at=app.tools.now())
        )


def push(
    app: App, runs: Runs, run_id: str, *, by: str, trigger: str = "cli", production: bool = False
) -> str:
    """Plan an approved preview by itself and write it, to production if said; the run's id at once.

    Errors: UnknownRecordError; GuardError when nobody approved it or the scenario changed since.
    """
    with app.store.reading() as db:
        _unchanged(app, require(db, run_id, "approved"))
    wanted = {"scenario_run": run_id, "by": by, "apply": True, "production": production}
    return runs.enqueue(Order("push", wanted, trigger, by))


def _keep_adopt(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    run_id, plan_id = arguments["scenario_run"], arguments["plan"]
    row, plan = require(db, run_id, "pushed"), plans.get(db, plan_id)
    db.execute(update(SCENARIO_RUN).where(SCENARIO_RUN.c.id == run_id).values(plan_id=plan_id))
    alone = plan and plan.notes.get("needs_second") and row.approved_by == row.author
    if arguments["approve"] and not alone:
        plans.approve(db, plan_id, row.approved_by, tools.now())
    return {"approved": bool(arguments["approve"] and not alone)}


ADOPT: Final = Step("scenario.adopt_plan", keep=_keep_adopt)
"""Who said yes to a preview said yes to its plan, unless it was their own and wants a second."""


def _may_approve(scenario: Scenario, row: Row[Any], by: str, role: str) -> None:
    approval = scenario.says.approval
    if role not in approval.by:
        raise GuardError(
            "your role does not approve this scenario",
            where=str(scenario.rule.place),
            why=f"its file names {', '.join(approval.by)}; you are {role}",
            remedy="Ask one of them.",
        )
    if approval.not_author and by == row.author:
        raise GuardError(
            "nobody approves their own preview",
            where=f"scenario {row.scenario}, run {row.id}",
            why=f"{by} made it",
            remedy="Ask another person.",
        )


def _unchanged(app: App, row: Row[Any]) -> Scenario:
    scenario = playbook_of(app.tools).scenario(row.scenario)
    if scenario.rule.version != row.version:
        raise GuardError(
            "the scenario was changed since this preview",
            where=str(scenario.rule.place),
            why="what was looked at is not what would be pushed",
            remedy="Preview it again.",
        )
    return scenario


def _runs(db: Connection, scenario: Scenario, limit: int = 10) -> tuple[Pushed, ...]:
    rows = db.execute(
        select(SCENARIO_RUN)
        .where(SCENARIO_RUN.c.scenario == scenario.rule.name)
        .order_by(SCENARIO_RUN.c.created_at.desc(), SCENARIO_RUN.c.id.desc())
        .limit(limit)
    )
    return tuple(_run(row, scenario) for row in rows)


def _newest(history: Sequence[Pushed]) -> Pushed | None:
    return next((run for run in history if run.state != "discarded"), None)


def _run(row: Row[Any], scenario: Scenario) -> Pushed:
    counts: dict[str, Json] = row.counts or {}
    return Pushed(
        id=row.id,
        scenario=row.scenario,
        state=row.state,
        author=row.author,
        created_at=row.created_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        pushed_at=row.pushed_at,
        plan_id=row.plan_id,
        is_current=row.version == scenario.rule.version,
        audience=int(counts.get("audience", 0)),
        arms={arm: int(counts.get("arms", {}).get(arm, 0)) for arm in ARMS},
        reasons=dict(counts.get("reasons") or {}),
        branches=dict(counts.get("branches") or {}),
    )


def _members(db: Connection, run_id: str, arm: str | None, limit: int) -> tuple[Member, ...]:
    """A sample: as many of each arm as fit, or of the one asked for."""
    found: list[Row[Any]] = []
    arms = (arm,) if arm in ARMS else ARMS
    for each in arms:
        query = (
            select(ASSIGNMENT, _ACCOUNT.c.name, _ACCOUNT.c.owner_id)
            .outerjoin(_ACCOUNT, _ACCOUNT.c.id == ASSIGNMENT.c.entity_id)
            .where(ASSIGNMENT.c.scenario_run_id == run_id, ASSIGNMENT.c.arm == each)
            .order_by(_ACCOUNT.c.name, ASSIGNMENT.c.entity_id)
        )
        found.extend(db.execute(query.limit(limit if arm else max(limit // len(arms), 5))))
    owners = labels(db, (("user_", row.owner_id) for row in found))
    return tuple(
        Member(
            row.entity_id,
            row.name or "–",
            owners.get(("user_", row.owner_id or "")),
            row.arm,
            row.branch,
            row.reason,
        )
        for row in found
    )


def _result(db: Connection, plan_id: str) -> tuple[Cells, ...]:
    found: dict[tuple[str, str], Counter[str]] = {}
    seen: set[str] = set()
    for change in plans.changes(db, plan_id):
        if change.write_id in seen:
            continue
        seen.add(change.write_id)
        found.setdefault((change.connection, change.object), Counter())[change.state] += 1
    return tuple(
        Cells(connection, object_, dict(states))
        for (connection, object_), states in sorted(found.items())
    )


def _view(
    scenario: Scenario,
    run: Pushed | None,
    members: tuple[Member, ...],
    arm: str | None,
    result: tuple[Cells, ...],
    history: tuple[Pushed, ...],
    teams: Mapping[str, Said],
) -> ScenarioView:
    says = scenario.says
    return ScenarioView(
        name=scenario.rule.name,
        title=dict(says.title),
        goal=dict(says.goal),
        description=says.description,
        owner=says.owner,
        place=f"{scenario.rule.place.file}:{scenario.rule.place.line}",
        audience=_said(scenario.audience),
        exclusions=_exclusions(scenario, run),
        holdout_percent=says.holdout.percent,
        cap_records=says.cap.records,
        cap_per_owner=says.cap.per_owner,
        consent=says.consent,
        branches=_branches(scenario, run),
        approvers=tuple(says.approval.by),
        not_author=says.approval.not_author,
        teams=teams,
        run=run,
        members=members,
        arm=arm,
        result=result,
        history=history,
    )


def _exclusions(scenario: Scenario, run: Pushed | None) -> tuple[Exclusion, ...]:
    counts, excluded = (run.reasons if run else {}), scenario.exclude.items()
    return tuple(Exclusion(why, _said(tree), counts.get(why, 0)) for why, tree in excluded)


def _branches(scenario: Scenario, run: Pushed | None) -> tuple[BranchView, ...]:
    counts = run.branches if run else {}
    found = []
    for branch, tree in zip(scenario.says.branches, scenario.branches, strict=True):
        task, places = branch.do.sales_task, branch.do.ma_list
        found.append(
            BranchView(
                name=branch.name,
                says=_said(tree),
                is_rest=isinstance(tree, Literal),
                count=counts.get(branch.name, 0),
                team=branch.team,
                task=dict(task.subject) if task else {},
                due=str(task.due) if task else "",
                list_name=places.hubspot if places else None,
                people=_said(scenario.people[branch.name]) if places else {},
            )
        )
    return tuple(found)


def _said(tree: Node) -> Said:
    return {"en": sentence(tree, "en"), "ja": sentence(tree, "ja")}
