"""Who is known by what in the store, and which records of others are about somebody."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, and_, select

from staging.bulk import chunks
from staging.erasure.purge import SHARED
from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import IDENTITY_KEY, LINK
from tasuki.values import Ref


def by_record(db: Connection) -> Iterator[tuple[Ref, str]]:
    """(record, person), for every record linked now; asked only after a restore."""
    columns = (LINK.c.connection, LINK.c.object, LINK.c.id, LINK.c.entity_id)
    present = (LINK.c.entity == "person", LINK.c.valid_to.is_(None))
    for *ref, person in db.execute(select(*columns).where(*present)):
        yield Ref(*ref), person


def by_address(db: Connection) -> Iterator[tuple[str, str]]:
    """(e-mail address, person), for every key of a linked record; asked only after a restore."""
    same = [
        LINK.c[name] == IDENTITY_KEY.c[name] for name in ("entity", "connection", "object", "id")
    ]
    joined = IDENTITY_KEY.join(LINK, and_(*same, LINK.c.valid_to.is_(None)))
    query = select(IDENTITY_KEY.c.value, LINK.c.entity_id).select_from(joined)
    rows = db.execute(
        query.where(IDENTITY_KEY.c.entity == "person", IDENTITY_KEY.c.value.contains("@"))
    )
    yield from ((value, person) for value, person in rows)


def about(db: Connection, person: str) -> Iterator[Ref]:
    """The records of the activities and cases in which a person took part."""
    for name in SHARED:
        table = ENTITY_TABLES[name]
        ids = select(table.c.id).where(table.c.person_id == person)
        mine = (LINK.c.entity == name, LINK.c.entity_id.in_(ids))
        columns = (LINK.c.connection, LINK.c.object, LINK.c.id)
        yield from (Ref(*row) for row in db.execute(select(*columns).where(*mine).distinct()))


def others_numbers(db: Connection, person: str, numbers: Iterable[str]) -> set[str]:
    """Those of the numbers that a company or another person has as well."""
    found: set[str] = set()
    account, other = ENTITY_TABLES["account"], ENTITY_TABLES["person"]
    for chunk in chunks(sorted(numbers)):
        found.update(db.scalars(select(account.c.phone).where(account.c.phone.in_(chunk))))
        others = (other.c.phone.in_(chunk), other.c.id != person)
        found.update(db.scalars(select(other.c.phone).where(*others)))
    return found
