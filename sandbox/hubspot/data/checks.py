"""Which property values a write may carry: the rules of HubSpot's validation."""

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final

from sandbox.hubspot.data.definitions import Definition, definitions
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.times import day, iso, parse
from sandbox.hubspot.faults import invalid, invalid_values, problem
from sandbox.state import State

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_DAY: Final = 86_400_000


class _RefusedError(Exception):
    """One value that does not pass: its code and why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def check(state: State, kind: Kind, properties: object) -> dict[str, str]:
    """The values as they will be kept; `""` clears and null changes nothing.

    Errors: one 400 with every problem of the record.
    """
    if not isinstance(properties, Mapping):
        raise invalid("Invalid input JSON: properties must be an object")
    known = definitions(state, kind)
    kept: dict[str, str] = {}
    problems: list[dict[str, str]] = []
    for name, value in properties.items():
        if value is None:
            continue
        if kind.activity and _ignored(known.get(name)):
            continue
        try:
            kept[name] = _checked(state, known.get(name), str(name), value)
        except _RefusedError as refused:
            problems.append(problem(name, refused.code, refused.message))
    if problems:
        raise invalid_values(problems)
    return kept


def _ignored(definition: Definition | None) -> bool:
    """Activities overlook what does not exist or cannot be written; other types refuse it."""
    return definition is None or definition.read_only


def _checked(state: State, definition: Definition | None, name: str, value: Any) -> str:
    if definition is None:
        raise _RefusedError("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if isinstance(value, (dict, list)):
        raise invalid(f"Invalid input JSON: property {name} must be a single value")
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if definition.read_only:
        raise _RefusedError(
            "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'
        )
    if not text.strip():
        return ""
    if definition.owner:
        return _owner(state, text)
    return _BY_TYPE.get(definition.type, _string)(definition, text)


def _string(definition: Definition, text: str) -> str:
    if definition.name == "email":
        if not _EMAIL.fullmatch(text.strip()):
            raise _RefusedError("INVALID_EMAIL", f"Email address {text} is invalid")
        return text.strip().lower()
    return text.strip().lower() if definition.name == "domain" else text


def _number(definition: Definition, text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise _RefusedError("INVALID_INTEGER", f"{text} was not a valid number.")
    return text.strip()


def _bool(definition: Definition, text: str) -> str:
    if text.lower() not in ("true", "false"):
        raise _not_an_option(definition, text)
    return text.lower()


def _enumeration(definition: Definition, text: str) -> str:
    wanted = text.strip(";").split(";") if definition.many else [text]
    for value in wanted:
        if not definition.external and value not in definition.options:
            raise _not_an_option(definition, value)
    return text


def _date(definition: Definition, text: str) -> str:
    moment = parse(text)
    if moment is None or moment % _DAY:
        raise _RefusedError("INVALID_DATE", f"{text} is not a valid date at midnight UTC.")
    return day(moment)


def _datetime(definition: Definition, text: str) -> str:
    moment = parse(text)
    if moment is None:
        raise _RefusedError("INVALID_DATE", f"{text} is not a valid date and time.")
    return iso(moment)


def _owner(state: State, text: str) -> str:
    found = (
        text.isdigit()
        and state.db.execute("SELECT 1 FROM hs_owner WHERE id = ?", (int(text),)).fetchone()
    )
    if not found:
        raise _RefusedError("INVALID_OWNER_ID", f"Owner with id {text} does not exist")
    return text


def _not_an_option(definition: Definition, text: str) -> _RefusedError:
    allowed = ", ".join(definition.options)
    return _RefusedError(
        "INVALID_OPTION", f"{text} was not one of the allowed options: [{allowed}]"
    )


_BY_TYPE: Final[Mapping[str, Callable[[Definition, str], str]]] = {
    "number": _number,
    "bool": _bool,
    "enumeration": _enumeration,
    "date": _date,
    "datetime": _datetime,
}
