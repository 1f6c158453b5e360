"""Rows that are about a person: taken away, or left without the person."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, select, update

from staging import identities, rows
from staging.bulk import chunks, delete_where_in, upsert
from staging.erasure import unsent
from staging.tables.decisions import ASSIGNMENT, OUTCOME, SCORE, SIGNAL
from staging.tables.entities import ENTITY_CHANGE, ENTITY_TABLES
from staging.tables.identity import IDENTITY_KEY, LINK, REVIEW, RULING, VISITOR_LINK
from staging.tables.staged import BASE, ERASED, RECORD, RECORD_CHANGE, REFERENCE, WAKE
from staging.tables.writes import CHANGE, CONFLICT, INTENT, PARKED, RECEIPT, RIVAL
from tasuki.values import Ref, digest

EMPTY: Final = {ERASED: True}
_OURS: Final = ("engagement", "campaign_member", "contact_role")
"""Rows that are nothing without their person."""
SHARED: Final = ("activity", "case_", "need")
"""Rows that are somebody else's too: they stay, without the person."""
_WRITTEN: Final = (CHANGE, RECEIPT, PARKED, INTENT, RIVAL)
"""What was planned for a record, sent, answered and set back."""
_DECIDED: Final = (LINK, ENTITY_CHANGE, CONFLICT, ASSIGNMENT, SCORE, SIGNAL, OUTCOME)
"""What hangs on an entity."""


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
    for name in SHARED:
        table = ENTITY_TABLES[name]
        db.execute(update(table).where(table.c.person_id == person).values(person_id=None))
    for column in (VISITOR_LINK.c.person_id, VISITOR_LINK.c.claimant_id):
        db.execute(VISITOR_LINK.delete().where(column == person))
    unsent.drop_wishes(db, person)
    for table in _DECIDED:
        mine = (table.c.entity == "person", table.c.entity_id == person)
        db.execute(table.delete().where(*mine))
    db.execute(WAKE.delete().where(WAKE.c.entity == "person", WAKE.c.id == person))
    for (connection, object_), ids in identities.by_object(refs).items():
        _delete(db, LINK, LINK.c.id, connection, object_, ids)
    texts = [str(ref) for ref in refs]
    for table in (REVIEW, RULING):
        for column in (table.c.left_ref, table.c.right_ref):
            delete_where_in(db, table, column, texts, table.c.entity == "person")
    rows.drop(db, "person", [person])


def hush(
    db: Connection, connection: str, object: str, payloads: Mapping[str, dict[str, Any]]
) -> None:
    """Records about the person say only this from now on, and never said more."""
    at = {"connection": connection, "object": object}
    upsert(
        db,
        RECORD,
        ({**at, "id": i, "payload": p, "digest": digest(p)} for i, p in payloads.items()),
    )
    _delete(db, RECORD_CHANGE, RECORD_CHANGE.c.id, connection, object, payloads)


def agree(
    db: Connection, connection: str, object: str, agreed: Mapping[str, dict[str, Any]]
) -> None:
    """What was agreed with these records, without what is forgotten; the mapping's word stays."""
    at = {"connection": connection, "object": object}
    upsert(db, BASE, ({**at, "id": id_, "normalized": said} for id_, said in agreed.items()))


def hush_rows(db: Connection, entity: str, person: str, fields: Collection[str]) -> None:
    """The entities they took part in stay, without what somebody wrote there."""
    table, silent = ENTITY_TABLES[entity], dict.fromkeys(fields)
    theirs = list(db.execute(select(table).where(table.c.person_id == person)))
    for row in theirs:
        known = {k: v for k, v in (row.provenance or {}).items() if k not in silent}
        db.execute(update(table).where(table.c.id == row.id).values(**silent, provenance=known))
    ids = [row.id for row in theirs]
    at = (ENTITY_CHANGE.c.entity == entity, ENTITY_CHANGE.c.field.in_(fields))
    delete_where_in(db, ENTITY_CHANGE, ENTITY_CHANGE.c.entity_id, ids, *at)


def _delete(
    db: Connection, table: Table, column: Any, connection: str, object: str, ids: Iterable[str]
) -> None:
    at = (table.c.connection == connection, table.c.object == object)
    delete_where_in(db, table, column, ids, *at)
