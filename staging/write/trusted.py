"""Rules whose first apply to a connection a person has approved: they may write unattended."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Final

from sqlalchemy import Connection, delete, select

from staging.bulk import upsert
from staging.tables.writes import TRUSTED

DAEMON: Final = "daemon"
"""Who approves what a schedule applies by itself; no person has this name."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """One rule on one connection: which plan it was, and who said yes to it."""

    rule: str
    connection: str
    plan_id: str
    by: str
    at: str


def keep(db: Connection, rows: Iterable[Trusted]) -> None:
    """Write them down; what was trusted before stays as it was."""
    upsert(db, TRUSTED, (asdict(row) for row in rows), replace=False)


def all_of(db: Connection) -> dict[tuple[str, str], Trusted]:
    """Every trusted rule: (rule, connection) → who, when."""
    rows = db.execute(select(TRUSTED))
    return {(row.rule, row.connection): Trusted(*row) for row in rows}


def rename(db: Connection, old: str, new: str) -> None:
    """A rule has another name now: what was said of it stays said."""
    rows = db.execute(select(TRUSTED).where(TRUSTED.c.rule == old)).all()
    keep(db, [replace(Trusted(*row), rule=new) for row in rows])
    db.execute(delete(TRUSTED).where(TRUSTED.c.rule == old))
