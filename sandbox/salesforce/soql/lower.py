"""A SOQL tree into SQL statements: one that finds the rows, one that renders a page of them."""

from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql.condition import Conditions
from sandbox.salesforce.soql.parse import parse
from sandbox.salesforce.soql.scope import Column, Context, Scope
from sandbox.salesforce.soql.shape import joined, member, scalar, shape, text
from sandbox.salesforce.soql.tokens import pointed
from sandbox.salesforce.soql.tree import Call, Path, Select

_AGGREGATES: Final = {"count", "count_distinct", "sum", "avg", "min", "max"}
_PARTS: Final = {
    "calendar_year": ("CAST(substr({}, 1, 4) AS INTEGER)", Field("y", "int", "Year")),
    "calendar_month": ("CAST(substr({}, 6, 2) AS INTEGER)", Field("m", "int", "Month")),
    "day_only": ("substr({}, 1, 10)", Field("d", "date", "Day")),
}
_MOST_OFFSET: Final = 2_000


@dataclass(frozen=True, slots=True)
class Lowered:
    """`find` lists row numbers, `page` renders those given as `:page` (a JSON array).

    A count has only `find`, an aggregate only `page`.
    """

    find: str | None
    page: str | None
    values: dict[str, Any]


def lower(org: Org, query: str, version: str, *, everything: bool) -> Lowered:
    """The SQL of a SOQL statement; faults as the platform words them."""
    tree = parse(query)
    if tree.offset > _MOST_OFFSET:
        raise FaultError("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
    context = Context(org, query, version, everything)
    scope = Scope(context, tree.source, tree.alias, tree.at)
    if _is_count(tree):
        inner = f"SELECT 1 {_from(scope, tree)}"
        return Lowered(f"SELECT count(*) FROM ({inner})", None, context.values)
    calls = any(isinstance(each, Call) and each.name.lower() in _AGGREGATES for each in tree.items)
    if calls or tree.group:
        return Lowered(None, _aggregate(scope, tree), context.values)
    return _records(scope, tree)


def _is_count(tree: Select) -> bool:
    only = tree.items[0]
    if len(tree.items) > 1 or not isinstance(only, Call):
        return False
    return only.name.lower() == "count" and only.argument is None


def _records(scope: Scope, tree: Select) -> Lowered:
    rendered = shape(scope, tree, _child).json(scope.context.version)
    table = scope.context.org.tables[scope.object.name].name
    page = (
        f"SELECT {rendered} FROM json_each(:page) AS page"
        f" CROSS JOIN {table} {scope.alias} ON {scope.alias}.rowid = page.value"
        f" {scope.joins} WHERE {scope.live}"
    )
    return Lowered(f"SELECT {scope.alias}.rowid {_from(scope, tree)}", page, scope.context.values)


def _from(scope: Scope, tree: Select, also: str = "1") -> str:
    """The statement from FROM to its end; parents are joined as its parts name them."""
    where = f"{scope.live} AND {also}"
    if tree.where is not None:
        where += f" AND {_CONDITIONS.sql(scope, tree.where)}"
    group = ", ".join(operand(scope, each).sql for each in tree.group)
    group = f" GROUP BY {group}" if group else ""
    having = f" HAVING {_CONDITIONS.sql(scope, tree.having)}" if tree.having else ""
    order = _order(scope, tree)
    limit = ""
    if tree.limit is not None or tree.offset:
        limit = f" LIMIT {-1 if tree.limit is None else tree.limit} OFFSET {tree.offset}"
    return f"FROM {scope.source} WHERE {where}{group}{having}{order}{limit}"


def _order(scope: Scope, tree: Select) -> str:
    keys: list[str] = []
    for each in tree.order:
        way = " DESC" if each.descending else ""
        natural = each.nulls_last == each.descending  # SQLite: nulls are smallest
        nulls = "" if natural else f" NULLS {'LAST' if each.nulls_last else 'FIRST'}"
        keys.append(operand(scope, each.by).sql + way + nulls)
    return f" ORDER BY {', '.join(keys)}" if keys else ""


def _child(outer: Scope, tree: Select) -> tuple[str, str]:
    """The name of a child relationship and SQL that renders its rows, or null for none."""
    context = outer.context
    referrers = context.org.schema.referrers(outer.object.name)
    named = ((object, each) for object, each in referrers if each.children)
    wanted = tree.source.lower()
    pair = next(((o, each) for o, each in named if str(each.children).lower() == wanted), None)
    if pair is None:
        fault = f"Didn't understand relationship '{tree.source}' in FROM part of query call."
        raise pointed(context.text, tree.at, "INVALID_TYPE", fault)
    object, reference = pair
    scope = Scope(context, object.name, tree.alias, tree.at)
    rendered = shape(scope, tree, _child).json(context.version)
    tied = f"{scope.alias}.{reference.name} = {outer.alias}.Id"
    rows = f"SELECT {rendered} AS one {_from(scope, tree, tied)}"
    whole = (
        """'{"totalSize":' || count(*) || ',"done":true,"records":[' || group_concat(one) || ']}'"""
    )
    sql = f"(SELECT CASE count(*) WHEN 0 THEN 'null' ELSE {whole} END FROM ({rows}))"
    return str(reference.children), sql


def operand(scope: Scope, one: Path | Call) -> Column:
    """The column a field or a function of a field gives."""
    if isinstance(one, Path):
        return scope.column(one)
    name = one.name.lower()
    if name in _PARTS and one.argument is not None:
        template, field = _PARTS[name]
        return Column(template.format(scope.column(one.argument).sql), field)
    if name in _AGGREGATES:
        return _aggregated(scope, one, name)
    fault = f"unexpected token: '{one.name}'"
    raise pointed(scope.context.text, one.at, "MALFORMED_QUERY", fault)


def _aggregated(scope: Scope, one: Call, name: str) -> Column:
    if one.argument is None:
        return Column("count(*)", Field("n", "int", "Count"))
    column = scope.column(one.argument)
    if name.startswith("count"):
        distinct = "DISTINCT " if name == "count_distinct" else ""
        return Column(f"count({distinct}{column.sql})", Field("n", "int", "Count"))
    return replace(column, sql=f"{name}({column.sql})")


def _subselect(outer: Scope, tree: Select) -> str:
    scope = Scope(outer.context, tree.source, tree.alias, tree.at)
    if len(tree.items) != 1 or not isinstance(tree.items[0], Path):
        fault = "semi join sub-selects can only query one field"
        raise pointed(outer.context.text, tree.at, "MALFORMED_QUERY", fault)
    column = scope.column(tree.items[0])
    return f"SELECT {column.sql} {_from(scope, tree)}"


_CONDITIONS: Final = Conditions(operand, _subselect)


def _aggregate(scope: Scope, tree: Select) -> str:
    pieces = [text('{"attributes":{"type":"AggregateResult"}')]
    unnamed = 0
    for each in tree.items:
        if isinstance(each, Select):
            fault = "Grouped query cannot use child relationships in the SELECT list"
            raise pointed(scope.context.text, each.at, "MALFORMED_QUERY", fault)
        name = each.parts[-1] if isinstance(each, Path) else each.alias
        if name is None:
            name, unnamed = f"expr{unnamed}", unnamed + 1
        pieces += member(name, scalar(operand(scope, each)))
    rendered = joined([*pieces, text("}")])
    return f"SELECT {rendered} {_from(scope, tree)}"
