"""SOQL text: what is selected, from when on, among which values, and how much fits in a URI."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote_plus

from simple_salesforce.format import format_soql, quote_soql_value

from connectors.protocol import Window
from tasuki.errors import ConfigError

MOST_URI_BYTES: Final = 14_000
"""Salesforce refuses 16,384 bytes of URI and headers together; a token takes most of the rest."""


@dataclass(frozen=True, slots=True)
class Stamps:
    """Which fields tell when a record was last changed, and by whom."""

    at: str = "SystemModstamp"
    by: str | None = "LastModifiedById"


_STAMPS: Final = {
    "OpportunityHistory": Stamps("SystemModstamp", "CreatedById"),
}
_ARCHIVED: Final = frozenset({"Task", "Event"})
"""Closed activities older than a year leave `query`; only `queryAll` still shows them."""


def stamps(object: str) -> Stamps:
    """The stamp fields of an object; history rows are made once and never changed."""
    if object in _STAMPS:
        return _STAMPS[object]
    is_history = object.endswith("History")
    return Stamps("CreatedDate", "CreatedById") if is_history else Stamps()


def everything(object: str) -> bool:
    """Whether the object must be asked through `queryAll` to be complete."""
    return object in _ARCHIVED


def select(object: str, fields: Sequence[str]) -> str:
    """`SELECT ... FROM object`, the id and the stamps always among the fields."""
    marks = stamps(object)
    wanted = ["Id", marks.at, *([marks.by] if marks.by else []), *fields]
    return f"SELECT {', '.join(dict.fromkeys(wanted))} FROM {object}"  # noqa: S608


def values(object: str, fields: Sequence[str]) -> list[str]:
    """The fields that are a record's values: stamps move by themselves and are kept apart."""
    marks = stamps(object)
    moving = {marks.at, marks.by, "LastModifiedById"}
    return [name for name in dict.fromkeys(fields) if name not in moving]


def where(object: str, *conditions: str) -> str:
    """The conditions joined; deleted rows never count."""
    alive = ["IsDeleted = false"] if everything(object) else []
    joined = " AND ".join([*alive, *(each for each in conditions if each)])
    return f" WHERE {joined}" if joined else ""


def since(object: str, moment: datetime | None) -> str:
    """Changed at or after a moment; no condition when there is none."""
    if moment is None:
        return ""
    return format_soql(f"{stamps(object).at} >= {{}}", moment).replace("+00:00", "Z")


def within(object: str, window: Window) -> tuple[str, str]:
    """Stamped inside the window, its end excluded."""
    end = format_soql(f"{stamps(object).at} < {{}}", window.until).replace("+00:00", "Z")
    return since(object, window.since), end


def text(value: str) -> str:
    """A value as a SOQL literal, escaped."""
    return quote_soql_value(value)


def chunks(soql: str, values: Sequence[str]) -> Iterator[str]:
    """`('a','b')` lists that fit into one URI each beside the rest of the statement."""
    room = MOST_URI_BYTES - size(soql)
    if room < 500:
        raise too_long(soql)
    chunk: list[str] = []
    used = 0
    for literal in map(text, dict.fromkeys(values)):
        bytes_ = size(literal + ",")
        if chunk and used + bytes_ > room:
            yield f"({','.join(chunk)})"
            chunk, used = [], 0
        chunk.append(literal)
        used += bytes_
    if chunk:
        yield f"({','.join(chunk)})"


def size(soql: str) -> int:
    """How many bytes the text takes in a URI."""
    return len(quote_plus(soql))


def too_long(soql: str) -> ConfigError:
    """The error for a statement that no URI holds."""
    object = soql.partition(" FROM ")[2].partition(" ")[0]
    return ConfigError(
        f"Too many fields of {object} are asked for at once",
        where=object,
        why=f"the query takes {size(soql)} bytes, Salesforce reads at most {MOST_URI_BYTES}",
        remedy="Map fewer fields, or split the mapping into two that read the same object.",
    )
