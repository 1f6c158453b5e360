"""What a plan says of itself: how much, at which price, for whom, and who must say yes."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from config.guards import Approval, BudgetSettings
from connectors.budget import Lane
from connectors.protocol import Verb
from staging.labels import labels
from staging.systems import calls as ledger
from staging.systems import states
from staging.write import plans
from staging.write.plans import Change, PlanRow
from sync.budget.allowance import day, standing
from sync.context import Tools
from sync.renames import told
from sync.write.batches import Calls, batches, calls, ranks
from sync.write.plan.automations import likely
from sync.write.risk import ORDER
from tasuki.values import Json, stamp

VALID_FOR: Final = timedelta(hours=24)
_UNLIMITED: Final = 10**9
"""More calls than any system allows in a day: nobody told a limit."""


def describe(
    db: Connection, tools: Tools, plan_id: str, changes: Sequence[Change], author: str
) -> PlanRow:
    """The plan's own row: counts, digest, expiry, and what it will take and set off."""
    now = tools.clock.now()
    counts = _counts(changes)
    todo = [change for change in changes if change.state == "planned"]
    needed = calls_needed(tools, todo)
    return PlanRow(
        id=plan_id,
        digest=plans.digest_of(changes),
        state="draft",
        author=author,
        created_at=stamp(now),
        expires_at=stamp(now + VALID_FOR),
        run_id=tools.run,
        counts=counts,
        notes={
            "calls": {name: _said(lanes) for name, lanes in needed.items()},
            "forecast": {name: _left(db, tools, name, lanes) for name, lanes in needed.items()},
            "tasks": _tasks(db, todo),
            "automations": likely(db, todo),
            "needs_second": needs_second(
                tools.project.approval, counts["risks"], counts["records"]
            ),
            "told": told(db, tools.run),
        },
    )


def calls_needed(tools: Tools, changes: Sequence[Change]) -> dict[str, dict[str, Calls]]:
    """Connection → lane → the calls that applying these changes takes."""
    can = {name: connector.can for name, connector in tools.connectors.items()}
    order = ranks(tools.mappings, tuple(tools.entities))
    return calls(can, batches(can, changes, order))


def needs_second(approval: Approval, risks: Mapping[str, int], records: int) -> str | None:
    """Why somebody other than its author must approve such a plan; None: nobody else must."""
    found = [f"{risk}s" for risk in ORDER if risk in approval.second_person and risks.get(risk)]
    if approval.above_records is not None and records > approval.above_records:
        found.append(f"more than {approval.above_records} records")
    return ", ".join(found) or None


def _counts(changes: Sequence[Change]) -> dict[str, Json]:
    return {
        "changes": len(changes),
        "records": len({c.write_id for c in changes}),
        "risks": dict(Counter(str(c.risk) for c in changes)),
    }


def _said(lanes: Mapping[str, Calls]) -> dict[str, Json]:
    return {str(lane): {"reads": n.reads, "writes": n.writes} for lane, n in lanes.items()}


def _left(
    db: Connection, tools: Tools, connection: str, lanes: Mapping[str, Calls]
) -> dict[str, Json]:
    """What the day still holds for these lanes: the least that one of them may still use."""
    state, now = states.read(db, connection), tools.clock.now()
    config = tools.project.connections.get(connection)
    settings = config.budget if config else BudgetSettings()
    zone = ZoneInfo(tools.project.timezone)
    made = sum(ledger.of_day(db, connection, day(state, now, zone).name).values())
    today = standing(state, settings, made, now, zone)
    left = min(today.room(Lane(lane)) for lane in lanes)
    return {"left": left if left < _UNLIMITED else None, "allowed": state.allowed}


def _tasks(db: Connection, changes: Sequence[Change]) -> list[dict[str, Json]]:
    """How many tasks each owner is given, most first."""
    given: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        owner: Any = change.cause.get("owner")
        if owner and change.verb in (Verb.CREATE, Verb.UPSERT):
            given[owner].add(change.write_id)
    names = labels(db, [("user_", owner) for owner in given])
    found = [
        {"owner": owner, "name": names.get(("user_", owner), owner), "n": len(ids)}
        for owner, ids in given.items()
    ]
    return sorted(found, key=lambda each: (-each["n"], each["name"]))
