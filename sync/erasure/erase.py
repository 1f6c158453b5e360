"""Forget a person: every row and value of theirs goes, and a mark stays that says nothing."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection

from staging import queue, rows
from staging.erasure import people, purge, scrub, tombstones
from staging.tables.entities import ENTITY_TABLES, table_of
from sync.context import Runner, Step, Tools
from sync.erasure import keyring
from sync.erasure.keyring import Keyring
from sync.erasure.subject import EMAIL, REF, Subject, subject_of
from tasuki.values import Json


def erase(db: Connection, tools: Tools, person: str) -> dict[str, Json]:
    """Erase one person, in the caller's transaction; what was taken away, as counts.

    The log is written first: when the store's transaction is lost, the next run erases again.
    """
    subject = subject_of(db, tools, person)
    ring = keyring.begun(tools.project)
    marks = list(_marks(ring, subject))
    keyring.note(tools.project, marks, tools.now())
    tombstones.put(db, ((mark, tools.now()) for mark in marks))
    return _forget(db, tools, subject)


def _marks(ring: Keyring, subject: Subject) -> Iterable[str]:
    yield from (ring.mark(EMAIL, email) for email in sorted(subject.emails))
    yield from (ring.mark(REF, str(ref)) for ref in subject.refs)


def _forget(db: Connection, tools: Tools, subject: Subject) -> dict[str, Json]:
    account = rows.read(db, "person", [subject.person]).get(subject.person, {}).get("account_id")
    purge.empty(db, [*subject.refs, *subject.belongings])
    purge.forget(db, subject.person, subject.refs)
    custom = [
        table
        for entity in tools.entities.values()
        if (table := table_of(entity)) is not ENTITY_TABLES.get(entity.name)
    ]
    values, names = sorted(subject.values), sorted(subject.names)
    touched = scrub.scrub(db, values, names, custom)
    if account:
        queue.mark(db, queue.MEASURE, "account", [account])
    return {
        "records": len(subject.refs),
        "belongings": len(subject.belongings),
        "struck": sum(touched.values()),
        "left": [str(ref) for ref in subject.refs],
    }


def again(run: Runner) -> int:
    """Erase whoever a restored store has back: the log knows them, the store does not."""
    return int(run.step(AGAIN)["erased"])


def _keep_again(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    noted = {mark: at for at, mark in keyring.noted(tools.project)}
    missing = set(noted) - tombstones.known(db, noted)
    if not missing:
        return {"erased": 0}
    ring = keyring.load(tools.project)
    tombstones.put(db, ((mark, noted[mark]) for mark in missing))
    back = _marked(db, ring, missing)
    for person in back:
        _forget(db, tools, subject_of(db, tools, person))
    return {"erased": len(back)}


def _marked(db: Connection, ring: Keyring, marks: set[str]) -> list[str]:
    """The people of the store whom these marks mean: everybody is looked at, once."""
    found = set[str]()
    for ref, person in people.by_record(db):
        if marks.intersection(ring.marks(REF, str(ref))):
            found.add(person)
    for value, person in people.by_address(db):
        if marks.intersection(ring.marks(EMAIL, value.lower())):
            found.add(person)
    return sorted(found)


AGAIN: Final = Step("erase.again", keep=_keep_again)
