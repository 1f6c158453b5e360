"""A person's values, wherever else they stand: in every text and document of the store.

Whole e-mail addresses and telephone numbers belong to one person and go everywhere. A full name may
be a namesake's: it is struck out of what Tasuki itself wrote, not of what systems said about
others. Finding them reads the whole store; striking them out touches the rows that were found.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Table, Text, cast, func, inspect, or_, select, update
from sqlalchemy.types import JSON

from staging.tables.columns import METADATA, Document
from staging.tables.staged import RECORD
from tasuki.values import digest, dumps

STRUCK: Final = "[erased]"
OURS: Final = frozenset(
    "intent plan change receipt parked rival conflict review signal handoff handoff_event"
    " scenario_run run run_step audit score assignment entity_change".split()
)
"""Tables that hold what Tasuki planned, decided and noted."""
_WORD: Final = "a-zA-Z0-9_"
"""What goes on with an address; kana and kanji stand right beside one."""
_AT_ONCE: Final = 1_000
"""Rows that are cleaned in one transaction."""


@dataclass(frozen=True, slots=True)
class Place:
    """One cell in which a value stands."""

    table: Table
    column: str
    key: tuple[Any, ...] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.table.name}.{self.column}"


def find(db: Connection, values: Iterable[str], names: Iterable[str] = ()) -> list[Place]:
    """Every cell in which one of the values stands, or one of the names where it is ours."""
    values, names = sorted(values), sorted(names)
    return [
        place
        for table in _tables(db)
        for place in _in_table(db, table, [*values, *names] if table.name in OURS else values)
    ]


def holds(db: Connection, values: Iterable[str], names: Iterable[str] = ()) -> list[str]:
    """`table.column` of every place where one of the values still stands; empty is the promise."""
    return sorted({str(place) for place in find(db, values, names)})


def _tables(db: Connection) -> list[Table]:
    """Every table that is there, also of fields and entities that the project no longer has."""
    there = inspect(db)
    found: list[Table] = []
    for name in sorted(there.get_table_names()):
        known = METADATA.tables.get(name)
        columns = {column["name"] for column in there.get_columns(name)}
        if known is None or columns - set(known.columns.keys()):
            known = Table(name, MetaData(), autoload_with=db)
        if known.primary_key.columns:
            found.append(known)
    return found


def _in_table(db: Connection, table: Table, values: Sequence[str]) -> list[Place]:
    """One reading of the table for all of its texts, then a closer look at what was found."""
    columns = [column for column in table.columns if _is_text(column.type)]
    if not columns or not values:
        return []
    key = list(table.primary_key.columns)
    texts = [cast(column, Text).label(f"text_{n}") for n, column in enumerate(columns)]
    whole = reduce(_beside, (text.element for text in texts))
    anywhere = _matches(whole, values, folds=db.dialect.name != "sqlite")
    found: list[Place] = []
    pattern = pattern_of([*values, *map(_inside, values)])
    for row in db.execute(select(*key, *texts).where(anywhere)):
        at = tuple(row[: len(key)])
        for column, text in zip(columns, row[len(key) :], strict=True):
            if text is not None and pattern.search(text):
                found.append(Place(table, column.name, at))
    return found


def _is_text(kind: Any) -> bool:
    return isinstance(kind, Text | Document | JSON)


def _beside(one: Any, other: Any) -> Any:
    """Two texts as one: a row is searched once, however many texts it has."""
    return func.coalesce(one, "") + "\n" + func.coalesce(other, "")


def _matches(text: Any, values: Sequence[str], *, folds: bool) -> Any:
    """Whether a text holds one of the values; SQLite's LIKE folds the case of ASCII by itself."""
    wanted = {way(text) for value in values for text in (value, _inside(value)) for way in _CASES}
    folded = func.lower(text) if folds else text
    return or_(*(folded.contains(each, autoescape=True) for each in sorted(wanted)))


def _ascii_lower(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


_CASES: Final[tuple[Callable[[str], str], ...]] = (
    str.lower,
    _ascii_lower,
    lambda text: _ascii_lower(text.upper()),
)


def _inside(value: str) -> str:
    """A value as it stands within JSON text."""
    return dumps(value)[1:-1]


def pattern_of(values: Iterable[str]) -> re.Pattern[str]:
    """Any of the values, longest first, in any case; none as a part of another's address."""
    longest = sorted(set(values), key=lambda value: (-len(value), value))
    return re.compile("|".join(map(_alone, longest)) or r"(?!)", re.IGNORECASE)


def _alone(value: str) -> str:
    """`ito@…` does not stand in `saito@…`, nor a number in a longer one."""
    text = re.escape(value)
    if "@" in value:
        return rf"(?:(?<![{_WORD}.+%'-])|(?<=\\[nrt])){text}(?![{_WORD}-]|\.[{_WORD}])"
    return rf"(?<!\d){text}(?!\d)" if value[-1:].isdigit() else text


def is_struck(value: Any) -> bool:
    """Whether something was struck out of a value."""
    return value is not None and STRUCK in dumps(value)


def in_parts(places: Sequence[Place]) -> Iterable[Sequence[Place]]:
    """The places, in parts that one transaction may clean."""
    return [places[n : n + _AT_ONCE] for n in range(0, len(places), _AT_ONCE)]


def strike(
    db: Connection, places: Iterable[Place], values: Iterable[str], names: Iterable[str] = ()
) -> dict[str, int]:
    """Strike out the values everywhere and the names in our own tables; cells by table."""
    touched: Counter[str] = Counter()
    values = list(values)
    theirs, ours = pattern_of(values), pattern_of([*values, *names])
    for place in places:
        pattern = ours if place.table.name in OURS else theirs
        touched[place.table.name] += _strike(db, place, pattern)
    return dict(+touched)


def _strike(db: Connection, place: Place, pattern: re.Pattern[str]) -> int:
    table, column = place.table, place.table.columns[place.column]
    key = table.primary_key.columns
    at = [k == value for k, value in zip(key, place.key, strict=True)]
    if column.primary_key:
        return db.execute(table.delete().where(*at)).rowcount
    row = db.execute(select(column).where(*at)).first()
    if row is None:
        return 0
    blank = None if column.nullable and table.name not in OURS else STRUCK
    clean = cleaned(row[0], pattern, blank=blank)
    known = {"digest": digest(clean)} if column is RECORD.c.payload else {}
    db.execute(update(table).where(*at).values({place.column: clean, **known}))
    return int(clean != row[0])


def cleaned(value: Any, pattern: re.Pattern[str], *, blank: str | None = None) -> Any:
    """The value without what is to go, whatever it is nested in; `blank` is left of a whole one."""
    if isinstance(value, str):
        return blank if pattern.fullmatch(value.strip()) else pattern.sub(STRUCK, value)
    if isinstance(value, list):
        kept = [cleaned(each, pattern, blank=blank) for each in value]
        return [new for new, old in zip(kept, value, strict=True) if new is not None or old is None]
    if isinstance(value, dict):
        return {
            pattern.sub(STRUCK, name): cleaned(each, pattern, blank=blank)
            for name, each in value.items()
        }
    return value
