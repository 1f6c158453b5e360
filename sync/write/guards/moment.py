"""What holds at the moment of writing, whatever was planned: the hour, the place, the first time.

Judged when a plan is applied, not when it is made: a plan of the evening may be approved in the
morning.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from staging.write import plans, trusted
from staging.write.plans import Change
from staging.write.trusted import DAEMON, Trusted
from sync.context import Tools
from sync.write.guards.group import Group, Limits, rule_of
from sync.write.guards.sentence import FIRST, PRODUCTION, QUIET, Sentence


@dataclass(frozen=True, slots=True)
class Asked:
    """How a plan is applied: who said yes to it, and whether production may be written to."""

    approved_by: frozenset[str]
    production: bool


def barred(tools: Tools, group: Group, limits: Limits, asked: Asked) -> Iterator[Sentence]:
    """Why a whole group is not written now."""
    hours = limits.guards.quiet_hours
    if hours and (until := quiet_until(hours, tools.project.timezone, tools.clock.now())):
        place = limits.place("quiet_hours")
        values = {"to": group.target, "hours": hours, "place": place, "until": until}
        yield Sentence(QUIET, values)
    config = tools.project.connections.get(group.connection)
    if config and config.environment == "production" and not asked.production:
        at = config.source.place(("environment",))
        values = {"to": group.target, "connection": group.connection}
        yield Sentence(PRODUCTION, {**values, "place": f"{at.file}:{at.line}"})


def first_times(
    db: Connection, group: Group, changes: Sequence[Change], asked: Asked
) -> Iterator[tuple[Sentence, frozenset[str]]]:
    """What a schedule alone approved though no person has approved its rule there before.

    The sentence of each such rule, and the changes that it holds.
    """
    if asked.approved_by - {DAEMON}:
        return
    known = trusted.all_of(db)
    new: dict[str, set[str]] = {}
    for change in changes:
        if (rule := rule_of(change), change.connection) not in known:
            new.setdefault(rule, set()).add(change.id)
    for rule, ids in sorted(new.items()):
        values = {"to": group.target, "rule": rule, "connection": group.connection}
        yield Sentence(FIRST, values), frozenset(ids)


def trust(db: Connection, tools: Tools, plan_id: str) -> None:
    """After a plan was applied: what a person approved and was written may go by itself."""
    people = [by for by in plans.approvers(db, plan_id) if by != DAEMON]
    if not people:
        return
    written = {
        (rule_of(change), change.connection)
        for change in plans.changes(db, plan_id, ("written",))
        if change.intent_id is not None
    }
    now = tools.now()
    trusted.keep(db, [Trusted(*each, plan_id, people[0], now) for each in sorted(written)])


def quiet_until(hours: str, timezone: str, now: datetime) -> str | None:
    """When quiet hours such as `21:00-07:30` end, as `07:30`; None when they are not now."""
    begin, end = (time.fromisoformat(part) for part in hours.split("-"))
    here = now.astimezone(ZoneInfo(timezone)).time().replace(tzinfo=None)
    within = begin <= here < end if begin <= end else here >= begin or here < end
    return f"{end:%H:%M}" if within else None
