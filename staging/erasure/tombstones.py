"""Marks by which an erased person is known again; keyed hashes, nothing can be read from them."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from staging.bulk import chunks, delete_where_in, upsert
from staging.tables.identity import TOMBSTONE


def any_stand(db: Connection) -> bool:
    """Whether anybody was ever erased; asked before anything is hashed."""
    return db.scalar(select(TOMBSTONE.c.hash).limit(1)) is not None


def known(db: Connection, marks: Iterable[str]) -> set[str]:
    """Those of the marks that stand."""
    found: set[str] = set()
    for chunk in chunks(marks):
        found.update(db.scalars(select(TOMBSTONE.c.hash).where(TOMBSTONE.c.hash.in_(chunk))))
    return found


def put(db: Connection, marks: Iterable[tuple[str, str, str]]) -> None:
    """Set up marks: (mark, instant, the erasure it belongs to)."""
    rows = ({"hash": mark, "detail": {"erasure": of}, "at": at} for mark, at, of in marks)
    upsert(db, TOMBSTONE, rows, replace=False)


def together(db: Connection, marks: Iterable[str]) -> set[str]:
    """Every mark of the erasures that these marks belong to."""
    found = known(db, marks)
    for chunk in chunks(sorted(found)):
        of = select(TOMBSTONE.c.detail).where(TOMBSTONE.c.hash.in_(chunk))
        found.update(db.scalars(select(TOMBSTONE.c.hash).where(TOMBSTONE.c.detail.in_(of))))
    return found


def lift(db: Connection, marks: Iterable[str]) -> None:
    """Take marks away: whoever they stand for may come again."""
    delete_where_in(db, TOMBSTONE, TOMBSTONE.c.hash, marks)
