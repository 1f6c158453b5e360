"""What may happen in the two systems of the rehearsal: as data, so that it can happen twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.rehearsal import Rehearsal

DOMAINS = ("aoba.example", "midori.example", "kuro.example")
NAMES = ("Aoba", "Midori", "Kuro", "Shiro")
WORDS = ("one", "two", "three")
FIELDS = {
    ("crm", "companies"): ("name", "phone", "city", "industry", "staff", "code"),
    ("ma", "orgs"): ("name", "phone", "town", "industry", "staff", "code"),
    ("crm", "people"): ("last", "title"),
    ("ma", "contacts"): ("last", "jobtitle"),
}


@dataclass(frozen=True, slots=True)
class Born:
    """A record appears."""

    system: str
    object: str
    fields: tuple[tuple[str, Any], ...]

    def happen(self, world: Rehearsal) -> None:
        """Add it."""
        world.system(self.system).add(self.object, dict(self.fields))


@dataclass(frozen=True, slots=True)
class Edited:
    """Somebody changes one cell of the n-th living record."""

    system: str
    object: str
    which: int
    field: str
    value: Any

    def happen(self, world: Rehearsal) -> None:
        """Edit it, where there is one."""
        world.tick()
        living = sorted(world.system(self.system).living(self.object))
        if living:
            id_ = living[self.which % len(living)]
            world.system(self.system).edit(self.object, id_, {self.field: self.value})


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody deletes the n-th living record."""

    system: str
    object: str
    which: int

    def happen(self, world: Rehearsal) -> None:
        """Delete it, where there is one."""
        living = sorted(world.system(self.system).living(self.object))
        if living:
            world.system(self.system).delete(self.object, living[self.which % len(living)])


def values(field: str, *, blanks: bool = True) -> st.SearchStrategy[Any]:
    """What people type into a field."""
    words = st.integers(1, 9) if field == "staff" else st.sampled_from(WORDS)
    return words | st.none() if blanks else words


def _company(system: str, object: str, *, blanks: bool) -> st.SearchStrategy[Born]:
    names = ("phone", "industry", "staff", "code", "city" if system == "crm" else "town")
    return st.builds(
        lambda domain, name, rest: Born(
            system, object, (("domain", domain), ("name", name), *zip(names, rest, strict=True))
        ),
        st.sampled_from(DOMAINS),
        st.sampled_from(NAMES),
        st.tuples(*(values(name, blanks=blanks) for name in names)),
    )


def _person(system: str, object: str, title: str) -> st.SearchStrategy[Born]:
    return st.builds(
        lambda who, last, said: Born(
            system, object, (("email", f"{who}@{DOMAINS[0]}"), ("last", last), (title, said))
        ),
        st.sampled_from("abc"),
        st.sampled_from(NAMES),
        values(title),
    )


def births(*, blanks: bool = True, least: int = 1) -> st.SearchStrategy[list[Born]]:
    """The records of a young company."""
    one = st.one_of(
        _company("crm", "companies", blanks=blanks),
        _company("ma", "orgs", blanks=blanks),
        _person("crm", "people", "title"),
        _person("ma", "contacts", "jobtitle"),
    )
    return st.lists(one, min_size=least, max_size=8)


@st.composite
def edits(draw: st.DrawFn, *, blanks: bool = True) -> Edited:
    """One cell, changed by hand."""
    system, object_ = draw(st.sampled_from(sorted(FIELDS)))
    field = draw(st.sampled_from(FIELDS[system, object_]))
    value = draw(values(field, blanks=blanks))
    return Edited(system, object_, draw(st.integers(0, 7)), field, value)


def deaths() -> st.SearchStrategy[Gone]:
    """One record, deleted by hand."""
    return st.builds(
        lambda where, which: Gone(*where, which),
        st.sampled_from(sorted(FIELDS)),
        st.integers(0, 7),
    )


def days(*, most: int = 4) -> st.SearchStrategy[list[Edited | Gone]]:
    """What people do between two runs."""
    return st.lists(st.one_of(edits(), edits(), edits(), deaths()), max_size=most)


def happen(world: Rehearsal, events: list[Any]) -> None:
    """Let it happen."""
    for event in events:
        event.happen(world)
