"""Who is in, who is out and why, who is left alone to compare, and who gets what."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, null, select

from playbook.book import Playbook
from playbook.decide.assignment import Rota, rota
from playbook.documents import Assign
from playbook.query import Query
from playbook.rules import Scenario
from playbook.scenario.audience import reached
from staging.bulk import upsert
from staging.tables.decisions import ASSIGNMENT, SCENARIO_RUN
from sync.context import Tools
from tasuki.values import Json, new_id

TREATED: Final = "treated"
HOLDOUT: Final = "holdout"
EXCLUDED: Final = "excluded"
CAPPED: Final = "capped"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one account of the audience ended up, and why."""

    entity_id: str
    arm: str
    branch: str | None = None
    reason: str | None = None


def preview(db: Connection, tools: Tools, book: Playbook, scenario: Scenario, author: str) -> str:
    """Save who would get what today; the id of the scenario run. Older previews are overtaken."""
    placed = place(db, tools, book, scenario)
    id_ = f"sr_{new_id()[-12:]}"
    _discard_previews(db, scenario.rule.name)
    upsert(db, SCENARIO_RUN, [_run(tools, scenario, author, id_, placed)])
    upsert(
        db,
        ASSIGNMENT,
        (
            {**asdict(p), "scenario_run_id": id_, "entity": "account", "in_audience": True}
            for p in placed
        ),
    )
    return id_


def place(db: Connection, tools: Tools, book: Playbook, scenario: Scenario) -> list[Placed]:
    """Every account of the audience and its arm: excluded, holdout, capped or treated."""
    query = Query(scenario.says.entity, book, tools)
    columns: dict[str, ColumnElement[Any]] = {
        "out": _first_true((query.where(tree), why) for why, tree in scenario.exclude.items()),
        "branch": _first_true(
            (query.where(tree), branch.name)
            for tree, branch in zip(scenario.branches, scenario.says.branches, strict=True)
        ),
        "owner": query.column("account", "owner_id"),
    }
    rows = query.rows(db, columns, query.where(scenario.audience))
    inside = {row.id: row.branch for row in rows if not row.out and row.branch}
    return _Seating(scenario, rota(db), _silent(db, tools, book, scenario, inside)).seat(rows)


def _first_true(cases: Iterable[tuple[ColumnElement[bool], str]]) -> ColumnElement[Any]:
    whens = list(cases)
    return case(*whens, else_=null()) if whens else null()


def _silent(
    db: Connection, tools: Tools, book: Playbook, scenario: Scenario, inside: Mapping[str, str]
) -> set[str]:
    """Accounts in a branch that only mails, with nobody there to mail."""
    found: set[str] = set()
    for branch in scenario.says.branches:
        if branch.do.ma_list and branch.do.sales_task is None:
            accounts = sorted(id_ for id_, name in inside.items() if name == branch.name)
            there = reached(db, tools, book, scenario, branch.name, accounts)
            found |= set(accounts) - {each.account for each in there}
    return found


@dataclass(slots=True)
class _Seating:
    """Places accounts one by one, in the order they draw, and counts what is full."""

    scenario: Scenario
    rota: Rota
    silent: AbstractSet[str]
    treated: int = 0
    tasks: Counter[str] = field(default_factory=Counter)

    def seat(self, rows: Iterable[Any]) -> list[Placed]:
        """Every row in its arm."""
        drawn = sorted(rows, key=lambda row: (draw(self.scenario, row.id), row.id))
        return [self._seat(row) for row in drawn]

    def _seat(self, row: Any) -> Placed:
        if out := self._out(row):
            return Placed(row.id, EXCLUDED, None, out)
        if draw(self.scenario, row.id) < self.scenario.says.holdout.percent / 100:
            return Placed(row.id, HOLDOUT, row.branch, "left alone to compare")
        if self.treated >= self.scenario.says.cap.records:
            return Placed(row.id, CAPPED, row.branch, "over the cap of this push")
        if refused := self._refused(row):
            return refused
        self.treated += 1
        return Placed(row.id, TREATED, row.branch)

    def _out(self, row: Any) -> str | None:
        if row.out:
            return str(row.out)
        if row.branch is None:
            return "no branch applies"
        return "nobody there may be mailed" if row.id in self.silent else None

    def _refused(self, row: Any) -> Placed | None:
        """A task needs somebody who has room for it."""
        branch = next(b for b in self.scenario.says.branches if b.name == row.branch)
        if branch.do.sales_task is None:
            return None
        user = self.rota.assign(branch.team, row.owner, Assign()).user
        if user is None:
            return Placed(row.id, EXCLUDED, row.branch, "nobody of the team is there to do it")
        self.tasks[user] += 1
        if self.tasks[user] > self.scenario.says.cap.per_owner:
            return Placed(row.id, CAPPED, row.branch, "the owner has enough tasks")
        return None


def draw(scenario: Scenario, entity_id: str) -> float:
    """A number in [0, 1) that an account always draws in this scenario."""
    salt = f"{scenario.rule.name}|{scenario.says.holdout.salt}|{entity_id}"
    return int.from_bytes(sha256(salt.encode()).digest()[:8]) / 2**64


def _run(
    tools: Tools, scenario: Scenario, author: str, id: str, placed: Sequence[Placed]
) -> dict[str, Json]:
    arms = Counter(p.arm for p in placed)
    reasons = Counter(p.reason for p in placed if p.arm in (EXCLUDED, CAPPED))
    branches = Counter(p.branch for p in placed if p.arm == TREATED)
    return {
        "id": id,
        "scenario": scenario.rule.name,
        "state": "previewed",
        "version": scenario.rule.version,
        "author": author,
        "created_at": tools.now(),
        "counts": {
            "audience": len(placed),
            "arms": dict(sorted(arms.items())),
            "reasons": {str(k): v for k, v in reasons.most_common()},
            "branches": {str(k): v for k, v in sorted(branches.items(), key=str)},
        },
    }


def _discard_previews(db: Connection, scenario: str) -> None:
    table = SCENARIO_RUN
    overtaken = (table.c.scenario == scenario, table.c.state.in_(("previewed", "approved")))
    db.execute(table.update().where(*overtaken).values(state="discarded"))


def treated(db: Connection, scenario_run: str) -> dict[str, str]:
    """Who is treated in a scenario run: account → branch."""
    table = ASSIGNMENT
    rows = db.execute(
        select(table.c.entity_id, table.c.branch)
        .where(table.c.scenario_run_id == scenario_run, table.c.arm == TREATED)
        .order_by(table.c.entity_id)
    )
    return dict(rows.all())
