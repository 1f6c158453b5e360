"""Search: filter groups over the index, at most 200 a page and 10,000 a query."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.filters import Sql, column, matching, where
from sandbox.hubspot.data.definitions import Definitions, definitions
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.records import COLUMNS, show_many, view
from sandbox.hubspot.faults import invalid

CAP: Final = 10_000
_PAGE: Final = 200
_BODY: Final = 3000
_GROUPS: Final = 5
_FILTERS: Final = 6
_FILTERS_IN_ALL: Final = 18
_FEW: Final = 2000
"""So many results are sorted when found; more are walked in the order of an index."""
_NOW: Final = "hs_record"
_LAGGING: Final = (
    f"(SELECT type, {COLUMNS} FROM hs_record WHERE modified <= ? UNION ALL "
    "SELECT p.type, p.id, p.created, p.modified, 0, NULL, p.properties FROM hs_prior p "
    "JOIN hs_record c ON c.type = p.type AND c.id = p.id AND c.archived = 0 "
    "WHERE p.since <= ? AND p.until > ?)"
)


def _search(call: Call) -> Answer:
    kind, body = call.kind(), call.body()
    if len(call.raw.decode()) > _BODY:
        raise invalid(f"The body of a search holds at most {_BODY} characters")
    known = definitions(call.state, kind)
    limit, start = _page(body)
    condition = _condition(call, kind, known, body)
    source, seen = _source(call, kind)
    condition = condition.join("AND", seen)
    scope = f"FROM {source.text} r WHERE r.type = ? AND r.archived = 0 AND {condition.text}"
    values = (*source.values, kind.id, *condition.values)
    total = call.state.db.execute(f"SELECT count(*) {scope}", values).fetchone()[0]
    order = _order(call, kind, known, body.get("sorts") or (), few=total <= _FEW)
    rows = call.state.db.execute(
        f"SELECT {COLUMNS} {scope} ORDER BY {order.text} LIMIT ? OFFSET ?",
        (*values, *order.values, limit, start),
    ).fetchall()
    shown = view(call.state, kind, _names(body))
    content: dict[str, Any] = {
        "total": total,
        "results": show_many(shown, rows),
    }
    if start + limit < total:
        content["paging"] = {"next": {"after": str(start + limit)}}
    return Answer(content, rows=len(rows))


def _page(body: Mapping[str, Any]) -> tuple[int, int]:
    limit, after = body.get("limit") or 10, body.get("after") or 0
    if not str(limit).isdigit() or not 0 < int(limit) <= _PAGE:
        raise invalid(f"limit must be between 1 and {_PAGE}, not {limit}")
    if not str(after).isdigit():
        raise invalid(f"after must be an offset, not {after}")
    if int(after) + int(limit) > CAP:
        raise invalid(f"A search returns at most {CAP} results: narrow it by its filters")
    return int(limit), int(after)


def _condition(call: Call, kind: Kind, known: Definitions, body: Mapping[str, Any]) -> Sql:
    groups = body.get("filterGroups") or ()
    sizes = [len(group.get("filters") or ()) for group in groups]
    if len(groups) > _GROUPS or sum(sizes) > _FILTERS_IN_ALL or max(sizes, default=0) > _FILTERS:
        raise invalid(
            f"A search holds at most {_GROUPS} filter groups of {_FILTERS} filters, "
            f"{_FILTERS_IN_ALL} in all"
        )
    filters = where(call.state, kind, known, groups)
    query = matching(kind, str(body.get("query") or ""))
    return filters.join("AND", query)


def _source(call: Call, kind: Kind) -> tuple[Sql, Sql]:
    """The records as the index knows them, behind by the account's lag; and what it lacks yet.

    Former states are joined in only while some are still shown: most searches need no union.
    """
    lag = call.settings.index_lag_seconds
    if not lag:
        return Sql(_NOW), Sql("1")
    seen = call.now - int(lag * 1000)
    former = call.state.db.execute(
        "SELECT 1 FROM hs_prior WHERE type = ? AND until > ? LIMIT 1", (kind.id, seen)
    ).fetchone()
    if former is None:
        return Sql(_NOW), Sql("+r.modified <= ?", (seen,))
    return Sql(_LAGGING, (seen, seen, seen)), Sql("1")


def _order(call: Call, kind: Kind, known: Definitions, sorts: Sequence[Any], *, few: bool) -> Sql:
    if len(sorts) > 1:
        raise invalid("A search takes one sort")
    if not sorts:
        return Sql("+created, id" if few else "created, id")
    name, descending = _sort(sorts[0])
    found = column(kind, known, name).sql
    way = "DESC" if descending else "ASC"
    if name == "hs_object_id" and call.settings.sort_ids == "text":
        return Sql(f"CAST(id AS TEXT) {way}")
    mark = "+" if few else ""
    return Sql(f"{mark}{found.text} {way}, id {way}", found.values)


def _sort(given: Any) -> tuple[str, bool]:
    """`{propertyName, direction}`, or a name that a leading minus turns round."""
    if isinstance(given, Mapping):
        direction = str(given.get("direction", "ASCENDING"))
        return str(given.get("propertyName", "")), direction.upper().startswith("DESC")
    text = str(given)
    return text.removeprefix("-"), text.startswith("-")


def _names(body: Mapping[str, Any]) -> list[str]:
    return [str(name) for name in body.get("properties") or ()]


ENDPOINTS: Final[tuple[Endpoint, ...]] = (("POST", "crm/objects/{type}/search", _search),)
