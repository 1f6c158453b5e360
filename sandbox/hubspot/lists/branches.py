"""Who belongs to a list by its filters: branches lowered to SQL, evaluated by the clock."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import orjson

from sandbox.hubspot.crm import filters
from sandbox.hubspot.crm.filters import Sql
from sandbox.hubspot.data.definitions import Definitions, definitions
from sandbox.hubspot.data.kinds import Kind, kind_in
from sandbox.hubspot.data.links import link_type
from sandbox.hubspot.data.times import millis
from sandbox.hubspot.faults import invalid
from sandbox.hubspot.lists.news import note_members
from sandbox.hubspot.settings import settings
from sandbox.state import State

_DEPTH: Final = 4
Branch = Mapping[str, Any]


def refresh_type(state: State, kind: Kind) -> None:
    """Evaluate every dynamic list of one object type whose time has come."""
    rows = state.db.execute(
        "SELECT id FROM hs_list WHERE type = ? AND processing = 'DYNAMIC'", (kind.id,)
    )
    for (id,) in rows.fetchall():
        refresh(state, id)


def refresh(state: State, id: int) -> None:
    """Evaluate a dynamic list anew, unless that was done within the account's lag."""
    row = state.db.execute(
        "SELECT evaluated FROM hs_list WHERE id = ? AND processing = 'DYNAMIC' AND deleted IS NULL",
        (id,),
    ).fetchone()
    lag = timedelta(seconds=settings(state).list_lag_seconds)
    if row is not None and (not lag or row[0] <= millis(state.now() - lag)):
        with state.transaction():
            fill(state, id)


def fill(state: State, id: int) -> None:
    """Let the members be those the filters find now; who stays keeps the day of joining."""
    row = state.db.execute("SELECT type, branch FROM hs_list WHERE id = ?", (id,)).fetchone()
    if row is None or row[1] is None:
        return
    kind, now = kind_in(state, row[0]), millis(state.now())
    found = condition(state, kind, orjson.loads(row[1]))
    belongs = f"SELECT id FROM hs_record r WHERE r.type = ? AND r.archived = 0 AND {found.text}"
    values = (kind.id, *found.values)
    gone = state.db.execute(
        f"DELETE FROM hs_member WHERE list = ? AND record NOT IN ({belongs}) RETURNING record",
        (id, *values),
    ).fetchall()
    new = state.db.execute(
        f"INSERT OR IGNORE INTO hs_member SELECT ?, id, ? FROM ({belongs}) RETURNING record",
        (id, now, *values),
    ).fetchall()
    by_filter = ("CRM_PROCESSES", f"listId:{id}")
    note_members(state, id, kind.id, new, by_filter)
    note_members(state, id, kind.id, gone, by_filter, removed=True)
    state.db.execute("UPDATE hs_list SET evaluated = ? WHERE id = ?", (now, id))


def condition(state: State, kind: Kind, branch: Branch, depth: int = 0) -> Sql:
    """The condition of one branch: its filters and its branches, joined by its type."""
    if depth > _DEPTH:
        raise invalid("Filter branches are nested too deeply")
    sort = branch.get("filterBranchType")
    if sort == "ASSOCIATION":
        return _associated(state, kind, branch, depth)
    if sort not in ("AND", "OR"):
        raise invalid(f"Filter branches of type {sort} are not served")
    known = definitions(state, kind)
    pieces = [_filter(state, kind, known, each) for each in branch.get("filters") or ()]
    pieces += [
        condition(state, kind, each, depth + 1) for each in branch.get("filterBranches") or ()
    ]
    return _joined(sort, pieces)


def _joined(word: str, pieces: Sequence[Sql]) -> Sql:
    if not pieces:
        return Sql("1" if word == "AND" else "0")
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole.join(word, piece)
    return Sql(f"({whole.text})", whole.values)


def _associated(state: State, kind: Kind, branch: Branch, depth: int) -> Sql:
    """Records with an associated record that the branch finds."""
    other = kind_in(state, str(branch.get("objectTypeId", "")))
    type_id = int(branch.get("associationTypeId") or -1)
    if link_type(state, kind.id, other.id, type_id) is None:
        raise invalid(f"No association type {type_id} from {kind.label} to {other.label}")
    inner = condition(state, other, {**branch, "filterBranchType": "AND"}, depth + 1)
    text = (
        "(id IN (SELECT a.from_id FROM hs_association a WHERE a.from_type = ? AND a.to_type = ? "
        "AND a.type_id = ? AND a.to_id IN "
        f"(SELECT id FROM hs_record r WHERE r.type = ? AND r.archived = 0 AND {inner.text})))"
    )
    return Sql(text, (kind.id, other.id, type_id, other.id, *inner.values))


def _filter(state: State, kind: Kind, known: Definitions, given: Branch) -> Sql:
    match given.get("filterType"):
        case "PROPERTY":
            return _property(state, kind, known, given)
        case "IN_LIST":
            return _in_list(given)
    raise invalid(f"Filters of type {given.get('filterType')} are not served")


def _in_list(given: Branch) -> Sql:
    word = "NOT IN" if given.get("operator") == "NOT_IN_LIST" else "IN"
    text = f"(id {word} (SELECT record FROM hs_member WHERE list = ?))"
    return Sql(text, (int(given.get("listId") or -1),))


def _property(state: State, kind: Kind, known: Definitions, given: Branch) -> Sql:
    """A list's operation as the search filters that mean the same."""
    asked, name = given.get("operation") or {}, str(given.get("property", ""))
    spell = _SPELLINGS.get(str(asked.get("operator")))
    if spell is None:
        raise invalid(f"Operator {asked.get('operator')} is not served")
    word, searched = spell
    found = _joined(
        word,
        [
            filters.condition(state, kind, known, {"propertyName": name, **each})
            for each in searched(asked)
        ],
    )
    if not asked.get("includeObjectsWithNoValueSet"):
        return found
    empty = {"propertyName": name, "operator": "NOT_HAS_PROPERTY"}
    return _joined("OR", [found, filters.condition(state, kind, known, empty)])


def _values(asked: Branch) -> list[str]:
    found = asked.get("values")
    if found is None:
        found = [asked.get("value", asked.get("timestamp"))]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in found]


def _each(operator: str, pattern: str = "{}") -> Callable[[Branch], list[Branch]]:
    return lambda asked: [
        {"operator": operator, "value": pattern.format(value)} for value in _values(asked)
    ]


def _known(operator: str) -> Callable[[Branch], list[Branch]]:
    return lambda _asked: [{"operator": operator}]


def _between(asked: Branch) -> list[Branch]:
    ends = [
        str(asked.get(f"{end}Bound", asked.get(f"{end}BoundTimestamp")))
        for end in ("lower", "upper")
    ]
    return [{"operator": "BETWEEN", "value": ends[0], "highValue": ends[1]}]


_SPELLINGS: Final[Mapping[str, tuple[str, Callable[[Branch], list[Branch]]]]] = {
    "IS_EQUAL_TO": ("OR", _each("EQ")),
    "IS_NOT_EQUAL_TO": ("AND", _each("NEQ")),
    "IS_ANY_OF": ("OR", _each("EQ")),
    "IS_NONE_OF": ("AND", _each("NEQ")),
    "IS_EXACTLY": ("OR", _each("EQ")),
    "IS_NOT_EXACTLY": ("AND", _each("NEQ")),
    "CONTAINS": ("OR", _each("CONTAINS_TOKEN", "*{}*")),
    "DOES_NOT_CONTAIN": ("AND", _each("NOT_CONTAINS_TOKEN", "*{}*")),
    "STARTS_WITH": ("OR", _each("CONTAINS_TOKEN", "{}*")),
    "ENDS_WITH": ("OR", _each("CONTAINS_TOKEN", "*{}")),
    "IS_GREATER_THAN": ("AND", _each("GT")),
    "IS_GREATER_THAN_OR_EQUAL_TO": ("AND", _each("GTE")),
    "IS_LESS_THAN": ("AND", _each("LT")),
    "IS_LESS_THAN_OR_EQUAL_TO": ("AND", _each("LTE")),
    "IS_AFTER": ("AND", _each("GT")),
    "IS_BEFORE": ("AND", _each("LT")),
    "IS_BETWEEN": ("AND", _between),
    "IS_KNOWN": ("AND", _known("HAS_PROPERTY")),
    "IS_UNKNOWN": ("AND", _known("NOT_HAS_PROPERTY")),
}
