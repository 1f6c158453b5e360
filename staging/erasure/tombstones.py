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


def put(db: Connection, marks: Iterable[tuple[str, str]]) -> None:
    """Set up marks: (mark, instant)."""
    rows = ({"hash": mark, "detail": None, "at": at} for mark, at in marks)
    upsert(db, TOMBSTONE, rows, replace=False)


def lift(db: Connection, marks: Iterable[str]) -> None:
    """Take marks away: whoever they stand for may come again."""
    delete_where_in(db, TOMBSTONE, TOMBSTONE.c.hash, marks)
