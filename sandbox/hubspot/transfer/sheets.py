"""Rows of an imported file: each becomes records and their association, or an error by name."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

import orjson

from sandbox.hubspot.crm.linking import link
from sandbox.hubspot.data.definitions import definitions
from sandbox.hubspot.data.kinds import Kind, kind_in
from sandbox.hubspot.data.records import identify, read
from sandbox.hubspot.data.times import millis
from sandbox.hubspot.data.writes import Author, create, update
from sandbox.hubspot.faults import Fault
from sandbox.state import State

_INSIDE: Final = "Property values were not valid: "
_TYPES: Final[Mapping[str, str]] = {
    "INVALID_EMAIL": "INVALID_EMAIL",
    "INVALID_INTEGER": "COULD_NOT_PARSE_NUMBER",
    "INVALID_DATE": "COULD_NOT_PARSE_DATE",
    "INVALID_OPTION": "INVALID_ENUMERATION_OPTION",
    "INVALID_OWNER_ID": "COULD_NOT_FIND_OWNER",
    "PROPERTY_DOESNT_EXIST": "PROPERTY_DEFINITION_NOT_FOUND",
}


@dataclass(frozen=True, slots=True)
class Column:
    """Where the cells of one column go; without a property and id they go nowhere."""

    name: str
    type: str
    property: str | None
    is_id: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import does with its file; `ways` says create, update or both, by object type."""

    file: str
    has_header: bool
    columns: tuple[Column, ...]
    ways: Mapping[str, str]


class _RowError(Exception):
    """A row, or one of its values, that is not taken."""

    def __init__(self, kind: str, message: str, column: int = 0, value: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.column = column
        self.value = value


def table(file: bytes) -> list[list[str]]:
    """The rows of a CSV file; a byte order mark is no part of the first name."""
    text = file.decode("utf-8-sig", errors="replace")
    return [row for row in csv.reader(StringIO(text, newline="")) if row]


def load(state: State, id: int, plan: Plan, file: bytes) -> dict[str, int]:
    """Take every row of the file; what happened, counted."""
    rows = table(file)[int(plan.has_header) :]
    counters = {"TOTAL_ROWS": len(rows), "CREATED_OBJECTS": 0, "UPDATED_OBJECTS": 0, "ERRORS": 0}
    for number, cells in enumerate(rows, start=1 + int(plan.has_header)):
        problems = _take(state, id, plan, cells, counters)
        counters["ERRORS"] += len(problems)
        for each in problems:
            _complain(state, id, number, cells, each)
    written = counters["CREATED_OBJECTS"] + counters["UPDATED_OBJECTS"]
    return counters | {"UNIQUE_OBJECTS_WRITTEN": written}


def _take(
    state: State, id: int, plan: Plan, cells: Sequence[str], counters: dict[str, int]
) -> list[_RowError]:
    if len(cells) != len(plan.columns):
        wanted = f"{len(plan.columns)} columns are mapped, the row has {len(cells)}"
        return [_RowError("INCORRECT_NUMBER_OF_COLUMNS", wanted)]
    problems: list[_RowError] = []
    made: list[tuple[Kind, int]] = []
    for type in dict.fromkeys(each.type for each in plan.columns):
        kind = kind_in(state, type)
        try:
            with state.transaction():
                record, is_new = _write(state, id, kind, plan, cells, problems)
        except _RowError as error:
            problems.append(error)
            continue
        counters["CREATED_OBJECTS" if is_new else "UPDATED_OBJECTS"] += 1
        made.append((kind, record))
    for kind, record in made[1:]:
        link(state, made[0][0], made[0][1], kind, record, None)
    return problems


def _write(
    state: State,
    id: int,
    kind: Kind,
    plan: Plan,
    cells: Sequence[str],
    problems: list[_RowError],
) -> tuple[int, bool]:
    """The record of one row and type, and whether it is new; bad values are left out."""
    given = {
        each.property: cell
        for each, cell in zip(plan.columns, cells, strict=True)
        if each.type == kind.id and each.property and cell
    }
    found = _known(state, kind, plan, cells, given)
    way = plan.ways.get(kind.id, "UPSERT")
    if found is not None and way == "CREATE":
        raise _RowError("CREATE_ONLY_IMPORT", f"{kind.label} {found} exists already")
    if found is None and way == "UPDATE":
        raise _RowError("UPDATE_ONLY_IMPORT", f"No {kind.label} is known by this row")
    row = None if found is None else read(state, kind, found)
    author, dropped = Author("IMPORT", str(id)), list[_RowError]()
    while True:
        try:
            written = update(state, kind, row, given, author) if row else None
            written = written or create(state, kind, given, author)
        except Fault as fault:
            bad = _bad_values(fault, kind, plan, given)
            if not bad:  # without the values left out it is no record: they are the reason
                raise dropped[0] if dropped else _RowError(_family(fault), str(fault)) from fault
            dropped += bad
        else:
            problems += dropped
            return written[0], row is None


def _known(
    state: State, kind: Kind, plan: Plan, cells: Sequence[str], given: Mapping[str, str]
) -> str | None:
    """The record this row is about: by its id, a unique value, or a company's domain."""
    for each, cell in zip(plan.columns, cells, strict=True):
        if each.is_id and each.type == kind.id and cell:
            if read(state, kind, cell) is None:
                raise _RowError("INVALID_OBJECT_ID", f"No {kind.label} has the id {cell}")
            return cell
    for name, value in given.items():
        if definitions(state, kind)[name].unique:
            found = identify(state, kind, value, name)
            if found is not None:
                return found
    if kind.name == "companies" and "domain" in given:
        row = state.db.execute(
            "SELECT id FROM hs_record WHERE type = ? AND archived = 0 "
            "AND json_extract(properties, '$.domain') = ? ORDER BY id LIMIT 1",
            (kind.id, given["domain"].strip().lower()),
        ).fetchone()
        return None if row is None else str(row[0])
    return None


def _bad_values(fault: Fault, kind: Kind, plan: Plan, given: dict[str, str]) -> list[_RowError]:
    """The values a refusal names, taken out of `given`."""
    message = str(fault)
    if not message.startswith(_INSIDE):
        return []
    found: list[_RowError] = []
    for each in orjson.loads(message.removeprefix(_INSIDE)):
        name = each["name"]
        place = next(
            (i for i, c in enumerate(plan.columns) if (c.type, c.property) == (kind.id, name)), 0
        )
        word = _TYPES.get(each["error"], "FAILED_VALIDATION")
        found.append(_RowError(word, each["message"], place, given.pop(name, "")))
    return found


def _family(fault: Fault) -> str:
    if fault.status == 409:
        return "DUPLICATE_UNIQUE_PROPERTY_VALUE"
    missing = "required properties were not set" in str(fault)
    return "MISSING_REQUIRED_PROPERTY" if missing else "FAILED_VALIDATION"


def _complain(state: State, id: int, number: int, cells: Sequence[str], error: _RowError) -> None:
    shown: dict[str, Any] = {
        "createdAt": millis(state.now()),
        "errorType": error.kind,
        "errorMessage": str(error),
        "invalidValue": error.value,
        "knownColumnNumber": error.column,
        "sourceData": {
            "fileId": id,
            "lineNumber": number,
            "rowData": list(cells),
            "containsEncryptedProperties": False,
            "pageName": None,
        },
    }
    state.db.execute(
        "INSERT INTO hs_import_error VALUES (NULL, ?, ?)", (id, orjson.dumps(shown).decode())
    )
