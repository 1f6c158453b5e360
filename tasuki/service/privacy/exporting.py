"""Everything that is held about one person, for that person to read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from catalog.labels import Language, label
from staging import identities, records, rows
from staging.bulk import chunks
from staging.tables.decisions import ASSIGNMENT, HANDOFF, OUTCOME, SCORE, SIGNAL
from staging.tables.entities import ENTITY_CHANGE, ENTITY_TABLES, METRIC_TABLES
from staging.tables.identity import IDENTITY_KEY, LINK, REVIEW, RULING, VISITOR_LINK
from staging.tables.staged import RECORD_CHANGE
from staging.tables.writes import CHANGE, CONFLICT, INTENT, PARKED, RECEIPT
from sync.erasure.subject import Subject, subject_of
from tasuki.service.app import App
from tasuki.service.privacy.person import person_of
from tasuki.values import Json

_OF_PERSON: Final = ("engagement", "campaign_member", "contact_role", "activity", "case_", "need")
_OF_ENTITY: Final = (LINK, SCORE, SIGNAL, OUTCOME, ENTITY_CHANGE, CONFLICT, ASSIGNMENT, INTENT)
_OF_RECORD: Final = (
    (IDENTITY_KEY, IDENTITY_KEY.c.id),
    (CHANGE, CHANGE.c.record_id),
    (RECEIPT, RECEIPT.c.record_id),
    (PARKED, PARKED.c.record_id),
)


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is held about a person, and where it came from."""

    person: str
    entity: dict[str, Json] = field(repr=False)
    """Field, in words → value, source, and values that lost."""
    records: tuple[dict[str, Json], ...] = field(repr=False)
    """What each system said."""
    history: tuple[dict[str, Json], ...] = field(repr=False)
    """What it said before."""
    held: dict[str, tuple[dict[str, Json], ...]] = field(repr=False)
    """Events, activities, decisions, links and writes about them."""

    @property
    def counts(self) -> dict[str, int]:
        """How much of what."""
        return {
            "records": len(self.records),
            "history": len(self.history),
            **{name: len(found) for name, found in self.held.items()},
        }


def export(app: App, target: str) -> Dossier:
    """Everything about one person. UnknownRecordError when nobody is meant."""
    person = person_of(app, target)
    with app.store.reading() as db:
        subject = subject_of(db, app.tools, person)
        return Dossier(
            person,
            _entity(app, rows.read(db, "person", [person]).get(person, {})),
            tuple(_records(db, subject)),
            tuple(_journal(db, subject)),
            {str(name): tuple(found) for name, found in _held(db, subject)},
        )


def _entity(app: App, row: dict[str, Any]) -> dict[str, Json]:
    known = row.get("provenance") or {}
    language: Language = "ja" if app.project.language == "ja" else "en"
    return {
        label("person", name, language): {"value": value, **known.get(name, {})}
        for name, value in row.items()
        if value is not None and name not in ("id", "provenance", "updated_at")
    }


def _records(db: Connection, subject: Subject) -> Iterator[dict[str, Json]]:
    for (connection, object_), ids in identities.by_object(subject.refs).items():
        for row in records.read(db, connection, object_, ids).values():
            yield {
                "ref": f"{connection}/{object_}/{row.id}",
                "modified_at": row.modified_at,
                "fields": row.payload,
            }


def _journal(db: Connection, subject: Subject) -> Iterator[dict[str, Json]]:
    for (connection, object_), ids in identities.by_object(subject.refs).items():
        at = (RECORD_CHANGE.c.connection == connection, RECORD_CHANGE.c.object == object_)
        yield from _in(db, RECORD_CHANGE, RECORD_CHANGE.c.id, ids, *at)


def _held(db: Connection, subject: Subject) -> Iterator[tuple[str, list[dict[str, Json]]]]:
    for name in _OF_PERSON:
        table = ENTITY_TABLES[name]
        yield name, list(_in(db, table, table.c.person_id, [subject.person]))
    for table in _OF_ENTITY:
        mine = table.c.entity == "person"
        yield table.name, list(_in(db, table, table.c.entity_id, [subject.person], mine))
    metrics = METRIC_TABLES["person"]
    yield "metrics", list(_in(db, metrics, metrics.c.id, [subject.person]))
    refs = [str(ref) for ref in subject.refs]
    for table in (REVIEW, RULING):
        mine = table.c.entity == "person"
        found = list(_in(db, table, table.c.left_ref, refs, mine))
        found += list(_in(db, table, table.c.right_ref, refs, mine, table.c.left_ref.not_in(refs)))
        yield table.name, found
    visits = VISITOR_LINK.c.person_id
    yield "visitor_link", list(_in(db, VISITOR_LINK, visits, [subject.person]))
    need = ENTITY_TABLES["need"]
    needs = [row["id"] for row in _in(db, need, need.c.person_id, [subject.person])]
    yield "handoff", list(_in(db, HANDOFF, HANDOFF.c.need_id, needs))
    by_object = identities.by_object(subject.refs).items()
    for table, column in _OF_RECORD:
        found = []
        for (connection, object_), ids in by_object:
            at = (table.c.connection == connection, table.c.object == object_)
            found += _in(db, table, column, ids, *at)
        yield table.name, found


def _in(
    db: Connection, table: Table, column: Any, ids: Iterable[str], *also: Any
) -> Iterator[dict[str, Json]]:
    for chunk in chunks(ids):
        rows_ = db.execute(select(table).where(column.in_(chunk), *also))
        yield from (_plain(row._asdict()) for row in rows_)


def _plain(row: dict[str, Any]) -> dict[str, Json]:
    return {str(name): value for name, value in row.items() if value is not None}
