"""Who is meant by an erasure: records, values, names; read once, before they are gone."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from mappings.spec import Mapping as RecordMapping
from mappings.spec import mapping_of
from staging import aliases, identities, records, rows
from staging.erasure import people, purge
from staging.tables.identity import IDENTITY_KEY, LINK
from staging.tables.staged import RECORD_CHANGE
from sync.context import Tools
from sync.erasure import marks
from tasuki.values import Ref


@dataclass(frozen=True, slots=True)
class Subject:
    """One person, as far as the store knows them."""

    person: str
    refs: tuple[Ref, ...]
    """Their own records, also those merged into them."""
    belongings: tuple[Ref, ...]
    """Events and memberships that are theirs alone."""
    about: tuple[Ref, ...]
    """Activities and cases with them: somebody else's too, and somebody wrote in them."""
    emails: frozenset[str] = field(repr=False)
    numbers: frozenset[str] = field(repr=False)
    """Telephone numbers, as they were spelled; none that a company or a colleague has as well."""
    names: frozenset[str] = field(repr=False)
    """Full names: perhaps a namesake's too."""
    spelled: frozenset[str] = field(repr=False)
    """The addresses as they were spelled."""

    @property
    def values(self) -> frozenset[str]:
        """Addresses and numbers: no one else's."""
        return self.emails | self.spelled | self.numbers


def subject_of(db: Connection, tools: Tools, person: str) -> Subject:
    """Everything by which a person is known."""
    refs = list(_refs(db, person))
    said = [*_said(db, tools, refs), *_row(db, person)]
    texts = {text.strip() for _, text in said if text.strip()}
    spelled = {text for text in texts if "@" in text}
    return Subject(
        person,
        refs=tuple(sorted({*refs, *aliases.merged_into(db, refs)})),
        belongings=tuple(purge.belongings(db, person)),
        about=tuple(people.about(db, person)),
        emails=frozenset({text.lower() for text in spelled} | _keys(db, refs)),
        spelled=frozenset(spelled),
        numbers=frozenset(_own_numbers(db, tools, person, texts - spelled)),
        names=frozenset(_full_names(said)),
    )


def _own_numbers(db: Connection, tools: Tools, person: str, texts: set[str]) -> Iterator[str]:
    """The numbers in every spelling, but for a switchboard's: striking that would hit others."""
    called = {text: number for text in texts if (number := marks.number_of(tools, text))}
    shared = people.others_numbers(db, person, {*called, *called.values()})
    theirs = {marks.number_of(tools, text) for text in shared}
    for text, number in called.items():
        if number not in theirs:
            yield from {text, number}


def _refs(db: Connection, person: str) -> Iterator[Ref]:
    """Records linked now, or once and to nobody else since."""
    mine = select(LINK.c.connection, LINK.c.object, LINK.c.id).where(
        LINK.c.entity == "person", LINK.c.entity_id == person
    )
    once = {Ref(*row) for row in db.execute(mine)}
    now = identities.links_of(db, "person", once)
    yield from sorted(ref for ref in once if now.get(ref, person) == person)


def _keys(db: Connection, refs: Iterable[Ref]) -> set[str]:
    """The addresses among the keys of these records."""
    found: set[str] = set()
    for ref in refs:
        at = (
            IDENTITY_KEY.c.connection == ref.connection,
            IDENTITY_KEY.c.object == ref.object,
            IDENTITY_KEY.c.id == ref.id,
        )
        query = select(IDENTITY_KEY.c.value).where(*at, IDENTITY_KEY.c.value.contains("@"))
        found.update(db.scalars(query))
    return found


def _said(db: Connection, tools: Tools, refs: Sequence[Ref]) -> Iterator[tuple[str, str]]:
    """What their records say, and said before, in fields that hold a person's values."""
    for (connection, object_), ids in identities.by_object(refs).items():
        mine = [m for m in tools.mappings if m.entity.name == "person"]
        home = mapping_of(mine, connection, object_)
        if home is None:
            continue
        personal = personal_fields(home[0], home[1].name)
        for row in records.read(db, connection, object_, ids).values():
            yield from _texts((personal.get(k), v) for k, v in row.payload.items())
        at = (RECORD_CHANGE.c.connection == connection, RECORD_CHANGE.c.object == object_)
        query = select(RECORD_CHANGE.c.field, RECORD_CHANGE.c.before, RECORD_CHANGE.c.after)
        for name, before, after in db.execute(query.where(*at, RECORD_CHANGE.c.id.in_(ids))):
            yield from _texts((personal.get(name), value) for value in (before, after))


def personal_fields(mapping: RecordMapping, side: str) -> dict[str, str]:
    """Platform field → the entity field, of those that hold a person's values."""
    return {
        name: rule.name
        for rule in mapping.fields.values()
        if rule.personal and (look := rule.sides.get(side)) is not None
        for name in look.names
    }


def _row(db: Connection, person: str) -> Iterator[tuple[str, str]]:
    row = rows.read(db, "person", [person]).get(person, {})
    names = ("email", "phone", "family_name", "given_name")
    yield from _texts((name, row.get(name)) for name in names)


def _texts(pairs: Iterable[tuple[str | None, Any]]) -> Iterator[tuple[str, str]]:
    yield from ((name, value) for name, value in pairs if name and isinstance(value, str))


def _full_names(said: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Family and given name together, in both orders, however they are set apart."""
    by_name: dict[str, set[str]] = {"family_name": set(), "given_name": set()}
    for name, text in said:
        if name in by_name and text.strip():
            by_name[name].add(re.sub(r"\s+", " ", text.strip()))
    for family in by_name["family_name"]:
        for given in by_name["given_name"]:
            for gap in ("", " ", "\u3000"):
                yield f"{family}{gap}{given}"
                yield f"{given}{gap}{family}"
