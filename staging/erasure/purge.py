"""Rows that are about a person: taken away, or left without the person."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, select, update

from staging import identities, rows
from staging.bulk import chunks, delete_where_in
from staging.tables.decisions import ASSIGNMENT
from staging.tables.entities import ENTITY_CHANGE, ENTITY_TABLES
from staging.tables.identity import IDENTITY_KEY, LINK, REVIEW, RULING, VISITOR_LINK
from staging.tables.staged import BASE, ERASED, RECORD, RECORD_CHANGE, REFERENCE
from staging.tables.writes import CHANGE, CONFLICT, INTENT, PARKED, RECEIPT
from tasuki.values import Ref, digest

EMPTY: Final = {ERASED: True}
_OURS: Final = ("engagement", "campaign_member", "contact_role")
"""Rows that are nothing without their person."""
_SHARED: Final = ("activity", "case_", "need")
"""Rows that are somebody else's too: they stay, without the person."""
_WRITTEN: Final = (CHANGE, RECEIPT, PARKED, INTENT)
"""What was planned for a record, sent and answered."""


def is_erased(payload: dict[str, Any]) -> bool:
    """Whether a staged record is only the place of an erased one."""
    return ERASED in payload


def belongings(db: Connection, person: str) -> list[Ref]:
    """The records of events and memberships that are this person's alone."""
    found: list[Ref] = []
    for name in _OURS:
        table = ENTITY_TABLES[name]
        columns = (table.c.connection, table.c.object, table.c.record_id)
        found += (
            Ref(*row) for row in db.execute(select(*columns).where(table.c.person_id == person))
        )
    return found


def empty(db: Connection, refs: Collection[Ref]) -> None:
    """Nothing is left of what these records said; their places stay, so that counts stay true."""
    for (connection, object_), ids in identities.by_object(refs).items():
        blank = {"payload": EMPTY, "digest": digest(EMPTY), "modified_by": None}
        for chunk in chunks(ids):
            at = (RECORD.c.connection == connection, RECORD.c.object == object_)
            db.execute(update(RECORD).where(*at, RECORD.c.id.in_(chunk)).values(**blank))
        for table in (RECORD_CHANGE, BASE, REFERENCE, IDENTITY_KEY):
            _delete(db, table, table.c.id, connection, object_, ids)
        for table in _WRITTEN:
            _delete(db, table, table.c.record_id, connection, object_, ids)


def forget(db: Connection, person: str, refs: Sequence[Ref]) -> None:
    """Take away the person, their links with all history, and what was decided about them."""
    for name in _OURS:
        table = ENTITY_TABLES[name]
        db.execute(table.delete().where(table.c.person_id == person))
    for name in _SHARED:
        table = ENTITY_TABLES[name]
        db.execute(update(table).where(table.c.person_id == person).values(person_id=None))
    db.execute(VISITOR_LINK.delete().where(VISITOR_LINK.c.person_id == person))
    for table in (LINK, ENTITY_CHANGE, CONFLICT, ASSIGNMENT, INTENT):
        mine = (table.c.entity == "person", table.c.entity_id == person)
        db.execute(table.delete().where(*mine))
    for (connection, object_), ids in identities.by_object(refs).items():
        _delete(db, LINK, LINK.c.id, connection, object_, ids)
    texts = [str(ref) for ref in refs]
    for table in (REVIEW, RULING):
        for column in (table.c.left_ref, table.c.right_ref):
            delete_where_in(db, table, column, texts, table.c.entity == "person")
    rows.drop(db, "person", [person])


def _delete(
    db: Connection, table: Table, column: Any, connection: str, object: str, ids: Iterable[str]
) -> None:
    at = (table.c.connection == connection, table.c.object == object)
    delete_where_in(db, table, column, ids, *at)
