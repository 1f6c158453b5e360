"""What people were told last of things that are not as they should be."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from staging.bulk import delete_where_in, upsert
from staging.tables.operating import ALERT


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was told and is not over yet."""

    topic: str
    level: str
    """warning | critical"""
    mark: str | None
    """What was told of: something newer is told again."""
    told_at: str


def told(db: Connection) -> dict[str, Told]:
    """Everything that was told and is not over, by topic."""
    return {row.topic: Told(*row) for row in db.execute(select(ALERT))}


def keep(db: Connection, told: Told) -> None:
    """It was told."""
    upsert(db, ALERT, [asdict(told)])


def forget(db: Connection, topics: Iterable[str]) -> None:
    """These are over, and that was told too."""
    delete_where_in(db, ALERT, ALERT.c.topic, topics)
