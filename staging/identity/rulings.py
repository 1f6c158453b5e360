"""What people ruled on pairs of records: the same thing, or two; above every rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, or_, select

from staging.bulk import chunks, upsert
from staging.tables.identity import RULING


@dataclass(frozen=True, slots=True)
class Ruled:
    """One ruling; the refs stand in text order."""

    left: str
    right: str
    verdict: str
    """same | different"""
    by: str
    reason: str | None
    at: str


_COLUMNS = (
    RULING.c.left_ref,
    RULING.c.right_ref,
    RULING.c.verdict,
    RULING.c.by,
    RULING.c.reason,
    RULING.c.at,
)


def give(
    db: Connection,
    entity: str,
    pairs: Iterable[tuple[str, str]],
    verdict: str,
    *,
    by: str,
    reason: str,
    now: str,
) -> None:
    """Rule on pairs of records; a later word replaces an earlier one."""
    told = {"entity": entity, "verdict": verdict, "by": by, "reason": reason or None, "at": now}
    ordered = ((min(pair), max(pair)) for pair in pairs if pair[0] != pair[1])
    upsert(db, RULING, ({**told, "left_ref": left, "right_ref": right} for left, right in ordered))


def take_back(db: Connection, entity: str, ones: Iterable[str], others: Iterable[str]) -> None:
    """Forget that any of the ones was ruled to differ from any of the others."""
    others = sorted(others)
    for one in sorted(ones):
        for chunk in chunks(others):
            pair = or_(
                and_(RULING.c.left_ref == one, RULING.c.right_ref.in_(chunk)),
                and_(RULING.c.right_ref == one, RULING.c.left_ref.in_(chunk)),
            )
            db.execute(
                delete(RULING).where(
                    RULING.c.entity == entity, RULING.c.verdict == "different", pair
                )
            )


def about(db: Connection, entity: str, refs: Iterable[str]) -> list[Ruled]:
    """Every ruling that names one of these records; often none, then nothing is asked twice."""
    if not version(db, entity)[0]:
        return []
    found: dict[tuple[str, str], Ruled] = {}
    for chunk in chunks(refs):
        for column in (RULING.c.left_ref, RULING.c.right_ref):
            rows = db.execute(select(*_COLUMNS).where(RULING.c.entity == entity, column.in_(chunk)))
            found |= {(row[0], row[1]): Ruled(*row) for row in rows}
    return list(found.values())


def every(db: Connection, entity: str) -> list[Ruled]:
    """Every ruling about an entity's records."""
    return [Ruled(*row) for row in db.execute(select(*_COLUMNS).where(RULING.c.entity == entity))]


def version(db: Connection, entity: str) -> tuple[int, Any]:
    """How many rulings there are and when the last was given: the same while nobody ruled."""
    query = select(func.count(), func.max(RULING.c.at)).where(RULING.c.entity == entity)
    many, last = db.execute(query).one()
    return int(many), last
