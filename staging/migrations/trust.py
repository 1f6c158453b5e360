"""Rules that people had applied before releases kept it: they count as trusted.

Kept apart from the revision, which is drafted from the tables.
"""

from typing import Final

from sqlalchemy import Connection, case, select
from sqlalchemy import func as sql

from staging.tables.decisions import SCENARIO_RUN
from staging.tables.writes import APPROVAL, CHANGE, INTENT, PLAN
from staging.write import trusted
from staging.write.trusted import DAEMON, Trusted

_PUSHED: Final = "scenario:"
"""What the origin of a scenario's wishes begins with; its run follows, not its name."""


def trust(db: Connection) -> None:
    """Keep each rule and connection with the first plan of it that a person approved.

    A scenario is known by its name, as its changes name it; every other rule by the origin of its
    wishes.
    """
    pushed = INTENT.c.origin.startswith(_PUSHED)
    rule = case((pushed, _PUSHED + SCENARIO_RUN.c.scenario), else_=INTENT.c.origin)
    run_id = sql.substr(INTENT.c.origin, len(_PUSHED) + 1)
    query = (
        select(rule.label("rule"), CHANGE.c.connection, PLAN.c.id, APPROVAL.c.by, PLAN.c.applied_at)
        .join(CHANGE, CHANGE.c.plan_id == PLAN.c.id)
        .join(APPROVAL, APPROVAL.c.plan_id == PLAN.c.id)
        .join(INTENT, INTENT.c.id == CHANGE.c.intent_id)
        .outerjoin(SCENARIO_RUN, SCENARIO_RUN.c.id == run_id)
        .select_from(PLAN)
        .where(PLAN.c.state == "applied", CHANGE.c.state == "written", APPROVAL.c.by != DAEMON)
        .distinct()
    )
    found: dict[tuple[str, str], Trusted] = {}
    for row in sorted(db.execute(query), key=lambda row: (row.applied_at or "", row.id)):
        if row.rule:
            found.setdefault((row.rule, row.connection), Trusted(*row))
    trusted.keep(db, found.values())
