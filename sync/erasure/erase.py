"""Forget a person: every row and value of theirs goes, and a mark stays that says nothing.

The store is read through for their values first, which takes its time and holds nobody up; what was
found is taken away in one short transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from staging import identities, queue, records, rows
from staging.erasure import people, purge, scrub, tombstones, unsent
from staging.erasure.scrub import Place
from staging.history import agreed
from sync.context import Runner, Step, Tools
from sync.erasure import keyring
from sync.erasure.block import unwritten
from sync.erasure.keyring import Keyring
from sync.erasure.marks import ABOUT, EMAIL, PHONE, REF, number_of
from sync.erasure.subject import Subject, subject_of
from sync.reading.stream import streams
from tasuki.values import Json, Ref, new_id

_KNOWN_BY: Final = frozenset("record record_change identity_key link person intent".split())
"""Tables that tell who a person is: theirs go last, so that a killed erasure can begin again."""


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody, and every cell of the store in which a value of theirs stands."""

    subject: Subject
    places: tuple[Place, ...]

    @property
    def elsewhere(self) -> list[Place]:
        """Those that may be cleaned before the person is forgotten."""
        return [place for place in self.places if place.table.name not in _KNOWN_BY]


def look(db: Connection, tools: Tools, person: str) -> Found:
    """Read the whole store for one person; changes nothing."""
    subject = subject_of(db, tools, person)
    return Found(subject, tuple(scrub.find(db, subject.values, subject.names)))


def erase(db: Connection, tools: Tools, person: str) -> dict[str, Json]:
    """Look and forget in the caller's transaction."""
    return forget(db, tools, look(db, tools, person))


def forget(db: Connection, tools: Tools, found: Found) -> dict[str, Json]:
    """Erase one person, in the caller's transaction; what was taken away, as counts.

    The log is written first: when the store's transaction is lost, the next run erases again.
    """
    subject, of = found.subject, new_id()
    ring = keyring.load(tools.project) if tombstones.any_stand(db) else keyring.begun(tools.project)
    marks = list(_marks(tools, ring, subject))
    keyring.note(tools.project, marks, tools.now(), of)
    tombstones.put(db, ((mark, tools.now(), of) for mark in marks))
    return _forget(db, tools, found)


def _marks(tools: Tools, ring: Keyring, subject: Subject) -> Iterable[str]:
    numbers = {number for text in subject.numbers if (number := number_of(tools, text))}
    yield from (ring.mark(EMAIL, email) for email in sorted(subject.emails))
    yield from (ring.mark(PHONE, number) for number in sorted(numbers))
    yield from (ring.mark(REF, str(ref)) for ref in subject.refs)
    yield from (ring.mark(ABOUT, str(ref)) for ref in subject.about)


def _forget(db: Connection, tools: Tools, found: Found) -> dict[str, Json]:
    subject = found.subject
    account = rows.read(db, "person", [subject.person]).get(subject.person, {}).get("account_id")
    _hush(db, tools, subject)
    purge.empty(db, [*subject.refs, *subject.belongings])
    purge.forget(db, subject.person, subject.refs)
    touched = clean(db, found.places, subject)
    if account:
        queue.mark(db, queue.MEASURE, "account", [account])
    return {
        "records": len(subject.refs),
        "belongings": len(subject.belongings),
        "struck": touched,
        "left": [str(ref) for ref in subject.refs],
    }


def clean(db: Connection, places: Iterable[Place], subject: Subject) -> int:
    """Strike somebody's values out of these cells; how many. Nothing that named them is sent."""
    places = list(places)
    touched = scrub.strike(db, places, subject.values, subject.names)
    for entity, id_ in unsent.refuse(db, places):
        queue.mark(db, queue.MEASURE, entity, [id_])
    return sum(touched.values())


def _hush(db: Connection, tools: Tools, subject: Subject) -> None:
    """What somebody wrote in activities and cases with them goes; that they happened stays."""
    known = {(each.connection, each.object): each for each in streams(tools)}
    for at, ids in identities.by_object(subject.about).items():
        if (each := known.get(at)) is not None:
            said = records.read(db, *at, ids)
            payloads = {i: unwritten(each.readers, row.payload) for i, row in said.items()}
            purge.hush(db, *at, payloads)
    for entity in purge.SHARED:
        written = [each.name for each in tools.entities[entity].fields if each.personal]
        if written:
            _unagree(db, subject.about, entity, written)
            purge.hush_rows(db, entity, subject.person, written)


def _unagree(db: Connection, about: Iterable[Ref], entity: str, fields: Iterable[str]) -> None:
    silent = set(fields)
    for at, ids in identities.by_object(about).items():
        mine = identities.links_of(db, entity, [Ref(*at, id_) for id_ in ids])
        bases = agreed.of(db, *at, [ref.id for ref in mine])
        kept = {
            i: {k: v for k, v in base.values.items() if k not in silent}
            for i, base in bases.items()
        }
        purge.agree(db, *at, kept)


def forget_one(run: Runner, person: str) -> int:
    """Forget somebody in the course of a run; 1, or 0 when nobody is there any more."""
    return int(run.step(FORGET, person=person)["records"] > 0)


def _ask_forget(db: Connection, tools: Tools, arguments: dict[str, Json]) -> Found:
    return look(db, tools, arguments["person"])


def _keep_forget(
    db: Connection, tools: Tools, _arguments: dict[str, Json], found: Found
) -> dict[str, Json]:
    if not found.subject.refs:
        return {"records": 0}
    done = forget(db, tools, found)
    return {name: done[name] for name in ("records", "belongings", "struck")}


def again(run: Runner) -> int:
    """Erase whoever a restored store has back: the log knows them, the store does not."""
    back = run.step(BACK)
    erased = sum(forget_one(run, person) for person in back["people"])
    if back["marks"]:
        run.step(AGAIN)
    return erased


def _missing(db: Connection, tools: Tools) -> dict[str, tuple[str, str]]:
    """The marks that were written down and do not stand in the store."""
    noted = {mark: (at, of) for mark, at, of in keyring.noted(tools.project)}
    known = tombstones.known(db, noted)
    return {mark: said for mark, said in noted.items() if mark not in known}


def _keep_back(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    missing = set(_missing(db, tools))
    found = _marked(db, keyring.load(tools.project), missing) if missing else []
    return {"people": found, "marks": len(missing)}


def _keep_again(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    missing = _missing(db, tools)
    tombstones.put(db, ((mark, at, of) for mark, (at, of) in missing.items()))
    return {"marks": len(missing)}


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


FORGET: Final = Step("erase.forget", keep=_keep_forget, ask=_ask_forget)
BACK: Final = Step("erase.back", keep=_keep_back)
AGAIN: Final = Step("erase.again", keep=_keep_again)
