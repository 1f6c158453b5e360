"""Who is in, who is out and why, who is left alone to compare, and who gets what."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, null, select

from playbook.book import Playbook, Scenario
from playbook.query import Query
from staging.bulk import chunks, upsert
from staging.tables.decisions import ASSIGNMENT, SCENARIO_RUN
from staging.tables.entities import ENTITY_TABLES
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
    says = scenario.says
    query = Query(says.entity, book, tools)
    columns: dict[str, ColumnElement[Any]] = {
        "out": case(
            *((query.where(tree), why) for why, tree in scenario.exclude.items()), else_=null()
        )
        if scenario.exclude
        else null(),
        "branch": case(
            *(
                (query.where(tree), branch.name)
                for tree, branch in zip(scenario.branches, says.branches, strict=True)
            ),
            else_=null(),
        ),
        "owner": query.column("account", "owner_id"),
    }
    rows = query.rows(db, columns, query.where(scenario.audience))
    return _arms(scenario, rows)


def _arms(scenario: Scenario, rows: Sequence[Any]) -> list[Placed]:
    placed: list[Placed] = []
    treated = 0
    per_owner: Counter[str] = Counter()
    for row in sorted(rows, key=lambda r: draw(scenario, r.id)):
        if row.out:
            placed.append(Placed(row.id, EXCLUDED, None, row.out))
        elif row.branch is None:
            placed.append(Placed(row.id, EXCLUDED, None, "no branch applies"))
        elif draw(scenario, row.id) < scenario.says.holdout.percent / 100:
            placed.append(Placed(row.id, HOLDOUT, row.branch, "left alone to compare"))
        elif treated >= scenario.says.cap.records:
            placed.append(Placed(row.id, CAPPED, row.branch, "over the cap of this push"))
        elif _over(scenario, row, per_owner):
            placed.append(Placed(row.id, CAPPED, row.branch, "the owner has enough tasks"))
        else:
            treated += 1
            placed.append(Placed(row.id, TREATED, row.branch))
    return placed


def _over(scenario: Scenario, row: Any, per_owner: Counter[str]) -> bool:
    branch = next(b for b in scenario.says.branches if b.name == row.branch)
    if branch.do.sales_task is None or not row.owner:
        return False
    per_owner[row.owner] += 1
    return per_owner[row.owner] > scenario.says.cap.per_owner


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
    return {id_: branch for id_, branch in rows}


def owners(db: Connection, accounts: Sequence[str]) -> Mapping[str, str | None]:
    """The owner of each account."""
    table = ENTITY_TABLES["account"]
    found: dict[str, str | None] = {}
    for chunk in chunks(accounts):
        rows = db.execute(select(table.c.id, table.c.owner_id).where(table.c.id.in_(chunk)))
        found |= {id_: owner for id_, owner in rows}
    return found
