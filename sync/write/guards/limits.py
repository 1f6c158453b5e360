"""What stops a plan before its first write: too much at once is often a mistake, not a wish."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from config.guards import Guards
from staging.completeness import counts
from staging.write.plans import Change
from sync.context import Tools
from sync.write.risk import Risk
from tasuki.errors import GuardError

UNDO: Final = "undo"
"""The rule that changes of an undo name as their cause."""


@dataclass(frozen=True, slots=True)
class Tripped:
    """One limit that a plan goes beyond."""

    target: str
    limit: str
    allowed: str
    found: str

    def sentence(self) -> str:
        """The guard in one line."""
        return f"{self.target}: {self.found}, {self.limit} allows {self.allowed}"


def tripped(db: Connection, tools: Tools, changes: Sequence[Change]) -> list[Tripped]:
    """Every guard that these changes go beyond, per connection and object.

    An undo only takes back what a plan within its guards wrote: it is not counted.
    """
    groups: dict[tuple[str, str, bool], list[Change]] = defaultdict(list)
    for change in changes:
        if change.intent_id is not None or change.cause.get("rule") != UNDO:
            mapped = change.cause.get("lane") == "mappings"
            groups[change.connection, change.object, mapped].append(change)
    found: list[Tripped] = []
    for (connection, object_, mapped), group in groups.items():
        limits = limits_for(tools, connection, object_) if mapped else tools.project.guards
        found.extend(_against(f"{connection}/{object_}", limits, group))
        found.extend(_overwrites(db, connection, object_, limits, group))
    return found


def limits_for(tools: Tools, connection: str, object: str) -> Guards:
    """The guards of the mapping that owns this object, else the project's."""
    for mapping in tools.mappings:
        if mapping.side_of(connection, object):
            return mapping.guards
    return tools.project.guards


def refuse(found: Sequence[Tripped], plan_id: str) -> None:
    """Raise GuardError when a guard was tripped."""
    if found:
        raise GuardError(
            "a guard stopped this plan before its first write",
            where=f"plan {plan_id}",
            why="; ".join(t.sentence() for t in found),
            remedy="Look at the plan; if it is right, raise the limit in `guards:` and plan anew.",
        )


def _against(target: str, limits: Guards, group: Sequence[Change]) -> list[Tripped]:
    creates = len({c.write_id for c in group if c.risk == Risk.CREATE})
    deletes = len({c.write_id for c in group if c.risk == Risk.DELETE})
    found = []
    if creates > limits.max_creates:
        found.append(
            Tripped(target, "max_creates", str(limits.max_creates), f"{creates} records created")
        )
    if deletes > limits.max_deletes:
        found.append(
            Tripped(target, "max_deletes", str(limits.max_deletes), f"{deletes} records deleted")
        )
    return found


def _overwrites(
    db: Connection, connection: str, object: str, limits: Guards, group: Sequence[Change]
) -> list[Tripped]:
    over = {
        c.record_id for c in group if c.risk == Risk.OVERWRITE and c.cause.get("lane") == "mappings"
    }
    living = counts.count(db, connection, object) if over else 0
    share = 100 * len(over) / living if living else 0.0
    if share <= limits.max_overwrite_percent:
        return []
    return [
        Tripped(
            f"{connection}/{object}",
            "max_overwrite_percent",
            f"{limits.max_overwrite_percent:g} %",
            f"values of {len(over)} of {living} records overwritten ({share:.1f} %)",
        )
    ]
