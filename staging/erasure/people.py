"""Everybody in the store, by what they can be marked by: read whole only after a restore."""

from collections.abc import Iterator

from sqlalchemy import Connection, and_, select

from staging.tables.identity import IDENTITY_KEY, LINK
from tasuki.values import Ref


def by_record(db: Connection) -> Iterator[tuple[Ref, str]]:
    """(record, person), for every record linked now."""
    columns = (LINK.c.connection, LINK.c.object, LINK.c.id, LINK.c.entity_id)
    present = (LINK.c.entity == "person", LINK.c.valid_to.is_(None))
    for *ref, person in db.execute(select(*columns).where(*present)):
        yield Ref(*ref), person


def by_address(db: Connection) -> Iterator[tuple[str, str]]:
    """(e-mail address, person), for every key of a linked record that is one."""
    same = [
        LINK.c[name] == IDENTITY_KEY.c[name] for name in ("entity", "connection", "object", "id")
    ]
    joined = IDENTITY_KEY.join(LINK, and_(*same, LINK.c.valid_to.is_(None)))
    query = select(IDENTITY_KEY.c.value, LINK.c.entity_id).select_from(joined)
    rows = db.execute(
        query.where(IDENTITY_KEY.c.entity == "person", IDENTITY_KEY.c.value.contains("@"))
    )
    yield from ((value, person) for value, person in rows)
