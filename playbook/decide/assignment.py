"""Who of a team gets it: the owner if active and of the team, else whoever has the fewest open ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, func, select

from playbook.documents import Assign
from staging.tables.decisions import HANDOFF
from staging.tables.entities import ENTITY_TABLES

_USER: Final = ENTITY_TABLES["user_"]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who got it, and by which road."""

    user: str | None
    by: str


@dataclass(slots=True)
class Rota:
    """The active people of every team and how many open handoffs each of them has."""

    teams: Mapping[str, tuple[str, ...]]
    load: dict[str, int] = field(default_factory=dict)

    def assign(self, team: str, owner: str | None, says: Assign) -> Assigned:
        """Give it to somebody and count it; nobody when the team has no active people."""
        people = self.teams.get(team, ())
        if says.first != "nobody" and owner in people:
            return self._count(str(owner), "owner")
        if not people:
            return Assigned(None, "nobody")
        least = min(people, key=lambda user: (self.load.get(user, 0), user))
        return self._count(least, "round_robin")

    def _count(self, user: str, by: str) -> Assigned:
        self.load[user] = self.load.get(user, 0) + 1
        return Assigned(user, by)


def rota(db: Connection) -> Rota:
    """The rota as it stands."""
    teams: dict[str, list[str]] = {}
    people = select(_USER.c.id, _USER.c.team).where(_USER.c.is_active.is_(True))
    for row in db.execute(people.order_by(_USER.c.id)):
        if row.team:
            teams.setdefault(row.team, []).append(row.id)
    open_ones: Any = (
        select(HANDOFF.c.assignee, func.count())
        .where(HANDOFF.c.state.in_(("offered", "accepted")), HANDOFF.c.assignee.is_not(None))
        .group_by(HANDOFF.c.assignee)
    )
    load = dict(db.execute(open_ones).tuples())
    return Rota({team: tuple(users) for team, users in teams.items()}, load)
