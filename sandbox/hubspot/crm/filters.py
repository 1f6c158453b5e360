"""Search filters lowered to one parameterised SQL condition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from sandbox.hubspot.data.definitions import Definition, Definitions
from sandbox.hubspot.data.kinds import Kind, kind_in
from sandbox.hubspot.data.times import day, iso, parse
from sandbox.hubspot.faults import invalid
from sandbox.state import State

Parameter = str | int | float
_BREAKS: Final = ".,@-_/():;+&'\""
_NOWHERE: Final = frozenset({"hs_body_preview_html"})
_UNSEARCHABLE: Final = {"emails": _NOWHERE | {"hs_email_html", "hs_body_preview"}}
_COMPARE: Final = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL with the values of its question marks."""

    text: str
    values: tuple[Parameter, ...] = ()

    def join(self, word: str, other: "Sql") -> "Sql":
        """Both conditions, connected by AND or OR."""
        return Sql(f"{self.text} {word} {other.text}", self.values + other.values)


@dataclass(frozen=True, slots=True)
class Column:
    """A property as SQL sees it, and how values are brought to the same form."""

    sql: Sql
    value: Callable[[str], Parameter]
    is_text: bool = False
    unique: tuple[str, str] | None = None


def where(state: State, kind: Kind, known: Definitions, groups: Sequence[Mapping[str, Any]]) -> Sql:
    """The condition of all filter groups: groups are OR, filters within one AND."""
    built: list[Sql] = []
    for group in groups:
        filters = [condition(state, kind, known, each) for each in group.get("filters") or ()]
        if filters:
            built.append(_joined("AND", filters))
    return _joined("OR", built) if built else Sql("1")


def matching(kind: Kind, query: str) -> Sql:
    """The condition of a free-text query over the searchable properties of a type."""
    words = [
        _joined("OR", [_contains(name, word) for name in kind.searchable]) for word in query.split()
    ]
    return _joined("AND", words) if words else Sql("1")


def column(kind: Kind, known: Definitions, name: str) -> Column:
    """The SQL of one property; a 400 when the type has no such property."""
    definition = known.get(name)
    if definition is None or name in _UNSEARCHABLE.get(kind.name, _NOWHERE):
        raise invalid(
            f"There was a problem with the request: property {name} does not exist on {kind.label}"
        )
    if name == "hs_object_id":
        return Column(Sql("id"), _number)
    if name in (kind.created, "hs_createdate"):
        return Column(Sql("created"), _moment)
    if name == kind.modified:
        return Column(Sql("modified"), _moment)
    if name == "hs_lastmodifieddate":  # contacts: defined, but search finds nothing by it
        return Column(Sql("NULL"), _moment)
    return _stored(kind, definition)


def _stored(kind: Kind, definition: Definition) -> Column:
    raw = _raw(definition.name)
    match definition.type:
        case "number":
            return Column(Sql(f"CAST({raw.text} AS REAL)", raw.values), _number)
        case "datetime":
            return Column(raw, lambda value: iso(_moment(value)))
        case "date":
            return Column(raw, lambda value: day(_moment(value)))
        case "enumeration":
            return Column(raw, str)
    lowered = Sql(f"lower({raw.text})", raw.values)
    unique = (kind.id, definition.name) if definition.unique else None
    return Column(lowered, _lower, is_text=True, unique=unique)


def condition(state: State, kind: Kind, known: Definitions, given: Mapping[str, Any]) -> Sql:
    """The condition of one filter."""
    name, operator = str(given.get("propertyName", "")), str(given.get("operator", ""))
    if name.startswith("associations."):
        other = kind_in(state, name.removeprefix("associations."))
        return _associated(kind, other, operator, given)
    build = _OPERATORS.get(operator)
    if build is None:
        raise invalid(f"Invalid input JSON: {operator} is not a search operator")
    built = build(column(kind, known, name), given)
    return Sql(f"({built.text})", built.values)


def _compared(found: Column, given: Mapping[str, Any]) -> Sql:
    operator = given["operator"]
    value = _one(given, "value")
    side = _narrowed(found, [value]) if operator == "EQ" else None
    test = Sql(f"{found.sql.text} {_COMPARE[operator]} ?", (*found.sql.values, found.value(value)))
    return test if side is None else side.join("AND", test)


def _between(found: Column, given: Mapping[str, Any]) -> Sql:
    ends = (found.value(_one(given, "value")), found.value(_one(given, "highValue")))
    return Sql(f"{found.sql.text} BETWEEN ? AND ?", (*found.sql.values, *ends))


def _among(found: Column, given: Mapping[str, Any]) -> Sql:
    values = given.get("values")
    if not isinstance(values, list) or not values:
        raise invalid(f"Operator {given['operator']} needs values")
    convert = str if found.is_text else found.value  # texts are not lowered: send lower case
    wanted = orjson.dumps([convert(str(value)) for value in values]).decode()
    word = "NOT IN" if given["operator"] == "NOT_IN" else "IN"
    test = Sql(
        f"{found.sql.text} {word} (SELECT value FROM json_each(?))", (*found.sql.values, wanted)
    )
    side = _narrowed(found, [str(value) for value in values]) if word == "IN" else None
    return test if side is None else side.join("AND", test)


def _narrowed(found: Column, values: Sequence[str]) -> Sql | None:
    """Unique values have an index: ask it first, so that no table is scanned."""
    if found.unique is None:
        return None
    folded = found.unique[1] == "email"
    exact = [*values, *(value.lower() for value in values)] if folded else values
    wanted = orjson.dumps(list(exact)).decode()
    text = (
        "id IN (SELECT u.id FROM hs_unique u WHERE u.type = ? AND u.name = ? "
        "AND u.value IN (SELECT value FROM json_each(?)))"
    )
    return Sql(text, (*found.unique, wanted))


def _present(found: Column, given: Mapping[str, Any]) -> Sql:
    if any(given.get(key) is not None for key in ("value", "values", "highValue")):
        raise invalid(f"Operator {given['operator']} must not carry a value")
    word = "IS NULL" if given["operator"].startswith("NOT") else "IS NOT NULL"
    return Sql(f"{found.sql.text} {word}", found.sql.values)


def _token(found: Column, given: Mapping[str, Any]) -> Sql:
    token = _one(given, "value").lower()
    negated = "NOT " if given["operator"].startswith("NOT") else ""
    pattern = _escaped(token.strip("*"))
    if not token.isascii():  # no spaces between Japanese words: the text itself is searched
        return Sql(
            f"{found.sql.text} {negated}LIKE ? ESCAPE '\\'", (*found.sql.values, f"%{pattern}%")
        )
    words = found.sql.text
    for mark in _BREAKS:
        words = f"replace({words}, char({ord(mark)}), ' ')"
    pattern = _escaped("".join(" " if each in _BREAKS else each for each in token.strip("*")))
    start = "%" if token.startswith("*") else "% "
    end = "%" if token.endswith("*") else " %"
    test = Sql(
        f"(' ' || lower({words}) || ' ') {negated}LIKE ? ESCAPE '\\'",
        (*found.sql.values, f"{start}{pattern}{end}"),
    )
    if negated:
        return test
    pieces = "%".join(("", *pattern.split(), ""))
    cheap = Sql(f"{found.sql.text} LIKE ? ESCAPE '\\'", (*found.sql.values, pieces))
    values = cheap.values + test.values  # CASE keeps the order: the costly test comes second
    return Sql(f"CASE WHEN {cheap.text} THEN {test.text} ELSE 0 END", values)


def _associated(kind: Kind, other: Kind, operator: str, given: Mapping[str, Any]) -> Sql:
    if operator not in ("EQ", "IN"):
        raise invalid(f"associations.{other.name} takes EQ or IN, not {operator}")
    asked = given.get("values") if operator == "IN" else [given.get("value")]
    ids = [int(str(id)) for id in asked or () if str(id).isdigit()]
    text = (
        "(id IN (SELECT a.from_id FROM hs_association a WHERE a.from_type = ? "
        "AND a.to_type = ? AND a.to_id IN (SELECT value FROM json_each(?))))"
    )
    return Sql(text, (kind.id, other.id, orjson.dumps(ids).decode()))


def _contains(name: str, word: str) -> Sql:
    raw = _raw(name)
    return Sql(f"{raw.text} LIKE ? ESCAPE '\\'", (*raw.values, f"%{_escaped(word)}%"))


def _raw(name: str) -> Sql:
    return Sql("json_extract(properties, ?)", (f'$."{name}"',))


def _joined(word: str, pieces: Sequence[Sql]) -> Sql:
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole.join(word, piece)
    return replace(whole, text=f"({whole.text})")


def _escaped(text: str) -> str:
    for mark in ("\\", "%", "_"):
        text = text.replace(mark, f"\\{mark}")
    return text


def _one(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if value is None:
        raise invalid(f"Operator {given['operator']} needs {key}")
    return str(value)


def _lower(value: str) -> str:
    """Lower case as SQLite means it: ASCII letters only."""
    return "".join(each.lower() if each.isascii() else each for each in value)


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise invalid(f"{value} is not a number") from error


def _moment(value: str) -> int:
    moment = parse(value)
    if moment is None:
        raise invalid(f"{value} is not a date")
    return moment


_OPERATORS: Final[Mapping[str, Callable[[Column, Mapping[str, Any]], Sql]]] = {
    **dict.fromkeys(_COMPARE, _compared),
    "BETWEEN": _between,
    "IN": _among,
    "NOT_IN": _among,
    "HAS_PROPERTY": _present,
    "NOT_HAS_PROPERTY": _present,
    "CONTAINS_TOKEN": _token,
    "NOT_CONTAINS_TOKEN": _token,
}
