"""Who of a team gets it: the owner if active and of the team, else whoever has least open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, func, select, union_all

from playbook.documents import Assign
from staging.tables.decisions import HANDOFF, SIGNAL
from staging.tables.entities import ENTITY_TABLES
from staging.tables.writes import INTENT

_USER: Final = ENTITY_TABLES["user_"]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who got it, and by which road."""

    user: str | None
    by: str


@dataclass(slots=True)
class Rota:
    """The active people of every team and how much each of them has open."""

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

    def keep(self, team: str, owner: str | None, says: Assign, present: str | None) -> Assigned:
        """Who has it goes on, unless the owner who goes first is another, or they left the team."""
        people = self.teams.get(team, ())
        if says.first != "nobody" and owner in people and owner != present:
            return self._count(str(owner), "owner")
        if present in people:
            return Assigned(present, "owner" if owner == present else "round_robin")
        return self.assign(team, owner, says)

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
    return Rota({team: tuple(users) for team, users in teams.items()}, _load(db))


def _load(db: Connection) -> dict[str, int]:
    """How many open offers and open signals' tasks everybody has."""
    theirs = HANDOFF.c.assignee
    offers = select(theirs.label("user")).where(
        HANDOFF.c.state.in_(("offered", "accepted")), theirs.is_not(None)
    )
    tasks = (
        select(INTENT.c.owner.label("user"))
        .join_from(SIGNAL, INTENT, INTENT.c.id == "signal:" + SIGNAL.c.id)
        .where(SIGNAL.c.closed_at.is_(None), INTENT.c.owner.is_not(None))
    )
    both = union_all(offers, tasks).subquery()
    rows = db.execute(select(both.c.user, func.count()).group_by(both.c.user))
    return dict(rows.all())
