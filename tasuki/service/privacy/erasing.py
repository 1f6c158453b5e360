"""Forget a person, or let one who was forgotten come again."""

from collections.abc import Sequence
from dataclasses import dataclass

from mappings.transforms.web import email as tidy
from staging.erasure import scrub, tombstones
from staging.erasure.compact import compact
from staging.erasure.scrub import Place
from sync.erasure import keyring
from sync.erasure.erase import clean, forget, look
from sync.erasure.marks import EMAIL
from sync.erasure.subject import Subject, subject_of
from tasuki.errors import UnknownRecordError
from tasuki.service import accounts
from tasuki.service.app import App
from tasuki.service.privacy.person import person_of


@dataclass(frozen=True, slots=True)
class Erased:
    """What was forgotten, as counts; nothing that says who."""

    records: int
    belongings: int
    struck: int
    left: tuple[str, ...]
    """Refs whose systems may still hold them: to be deleted there."""
    compacted: bool
    """The store's file holds no trace; where False, the database's own VACUUM takes the last."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an erasure would take away."""

    person: str
    records: tuple[str, ...]
    belongings: int


def ask(app: App, target: str) -> Asked:
    """What erasing somebody would take; changes nothing. UnknownRecordError for nobody."""
    person = person_of(app, target)
    with app.store.reading() as db:
        found = subject_of(db, app.tools, person)
    return Asked(person, tuple(map(str, found.refs)), len(found.belongings))


def erase(app: App, person: str, by: str) -> Erased:
    """Forget a person (an id of `ask`) for good.

    Errors: UnknownRecordError when the store does not know the id.
    """
    with app.store.reading() as db:
        found = look(db, app.tools, person)
    if not found.subject.refs:
        raise UnknownRecordError(
            "there is nobody to erase",
            where=f"person/{person}",
            why="no record belongs to this person",
            remedy="Name them by e-mail address or ref; who is erased already is not known.",
        )
    struck = _clean(app, found.elsewhere, found.subject)
    with app.store.writing() as db:
        taken = forget(db, app.tools, found)
    struck += _clean(app, _left(app, found.subject), found.subject)
    if still := sorted({str(place) for place in _left(app, found.subject)}):
        raise AssertionError(f"values of an erased person still stand in {', '.join(still)}")
    accounts.audit(app, by, "person.erased", person, records=taken["records"])
    return Erased(
        taken["records"],
        taken["belongings"],
        taken["struck"] + struck,
        tuple(taken["left"]),
        compact(app.store),
    )


def _left(app: App, subject: Subject) -> list[Place]:
    with app.store.reading() as db:
        return scrub.find(db, subject.values, subject.names)


def _clean(app: App, places: Sequence[Place], subject: Subject) -> int:
    """Strike out what was found, some rows at a time."""
    struck = 0
    for part in scrub.in_parts(places):
        with app.store.writing() as db:
            struck += clean(db, part, subject)
    return struck


def lift(app: App, address: str, by: str) -> bool:
    """Let whoever has this e-mail address come again; whether they had been erased.

    Every mark of the erasure goes: also those of their records and telephone numbers.
    """
    with app.store.reading() as db:
        if not tombstones.any_stand(db):
            return False
    spelled = tidy(address) or address.strip().lower()
    marks = keyring.load(app.project).marks(EMAIL, spelled)
    with app.store.writing() as db:
        standing = tombstones.together(db, marks)
        tombstones.lift(db, standing)
    keyring.take_back(app.project, standing)
    if standing:
        accounts.audit(app, by, "person.erasure_lifted")
    return bool(standing)


def rotate_key(app: App, by: str) -> int:
    """A fresh key marks whoever is erased from now on; how many keys there are then."""
    ring = keyring.rotate(app.project)
    accounts.audit(app, by, "erasure.key_rotated", keys=len(ring.keys))
    return len(ring.keys)
