"""A SOQL tree into SQL statements: one that finds the rows, one that renders a page of them."""

from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import Org
from sandbox.salesforce.soql.condition import Conditions, is_wide
from sandbox.salesforce.soql.function import is_aggregate, operand
from sandbox.salesforce.soql.grammar.parse import parse
from sandbox.salesforce.soql.grammar.tokens import pointed
from sandbox.salesforce.soql.grammar.tree import Call, Path, Select, TypeOf
from sandbox.salesforce.soql.scope import Context, Scope
from sandbox.salesforce.soql.shape import ChildSelect, Pair, record, shape, value

_MOST_OFFSET: Final = 2_000
_MOST_CHILDREN: Final = 20
_MOST_NESTED: Final = 5
_WHOLE: Final = (
    "json_object('totalSize', count(*), 'done', json('true'),"
    " 'records', json_group_array(json(one)))"
)


@dataclass(frozen=True, slots=True)
class Child:
    """A child sub-select by itself: `find` lists the rows of the parent in row `:parent`."""

    find: str
    page: str


@dataclass(frozen=True, slots=True)
class Lowered:
    """`find` lists row numbers, `page` renders those given as `:page` (a JSON array).

    A count has only `find`, an aggregate only `page`. With child sub-selects `weigh` tells how
    many children each row of `:page` has, and `page` wants `:cap` (children shown of each parent)
    and `:over` (a JSON object: where the others are, by parent's row and child's place).
    """

    find: str | None
    page: str | None
    values: dict[str, Any]
    weigh: str | None = None
    children: tuple[Child, ...] = ()


def lower(org: Org, query: str, version: str, *, everything: bool) -> Lowered:
    """The SQL of a SOQL statement; faults as the platform words them."""
    tree = parse(query)
    if tree.offset > _MOST_OFFSET:
        raise FaultError("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
    context = Context(org, query, version, everything)
    scope = Scope(context, tree.source, tree.alias, tree.at)
    if _is_count(tree):
        inner = f"SELECT 1 {clauses(scope, tree)}"
        return Lowered(f"SELECT count(*) FROM ({inner})", None, context.values)
    if tree.group or tree.having or any(is_aggregate(each) for each in tree.items):
        return Lowered(None, _aggregate(scope, tree), context.values)
    return _records(scope, tree)


def _is_count(tree: Select) -> bool:
    only = tree.items[0]
    if len(tree.items) > 1 or not isinstance(only, Call) or tree.group:
        return False
    return only.name.lower() == "count" and only.argument is None and only.alias is None


@dataclass(slots=True)
class _Children:
    """Collects the child sub-selects of the outermost statement while it is shaped."""

    counts: list[str] = field(default_factory=list)
    found: list[Child] = field(default_factory=list)

    def add(self, outer: Scope, tree: Select) -> tuple[str, str]:
        """The name of a child relationship and SQL that renders what the page shows of it."""
        if len(self.found) == _MOST_CHILDREN:
            fault = f"a query cannot have more than {_MOST_CHILDREN} child sub-selects"
            raise pointed(outer.context.text, tree.at, "MALFORMED_QUERY", fault)
        name, scope, link = _relationship(outer, tree)
        rendered = shape(scope, tree, _nested(2)).json(outer.context.version, nested=True)
        table = outer.context.org.tables
        alone = f"{link} = (SELECT Id FROM {table[outer.object.name].name} WHERE rowid = :parent)"
        find = f"SELECT {scope.alias}.rowid {clauses(scope, tree, alone)}"
        page = _page(scope, rendered)
        tied = f"{link} = {outer.alias}.Id"
        rows = f"SELECT {rendered} AS one {clauses(scope, tree, tied)}"
        count = f"(SELECT count(*) FROM (SELECT 1 {clauses(scope, tree, tied)}))"
        key = f"{outer.alias}.rowid || '-{len(self.found)}'"
        self.counts.append(count)
        self.found.append(Child(find, page))
        return name, _split(rows, key)


def _split(rows: str, key: str) -> str:
    """A child result that shows `:cap` rows and says where the others are; null for none."""
    first = (
        "json_object('totalSize', count(*), 'done', json('false'), 'nextRecordsUrl', "
        f"(SELECT value FROM json_each(:over) WHERE key = {key}), "
        "'records', json_group_array(json(one)) FILTER (WHERE place <= :cap))"
    )
    placed = f"SELECT one, row_number() OVER () AS place FROM ({rows})"
    return (
        f"(SELECT CASE WHEN count(*) = 0 THEN NULL WHEN count(*) <= :cap THEN {_WHOLE}"
        f" ELSE {first} END FROM ({placed}))"
    )


def _nested(depth: int) -> ChildSelect:
    """How sub-selects inside sub-selects are rendered: wholly."""

    def child(outer: Scope, tree: Select) -> tuple[str, str]:
        if depth > _MOST_NESTED:
            fault = f"sub-selects cannot be nested deeper than {_MOST_NESTED} levels"
            raise pointed(outer.context.text, tree.at, "MALFORMED_QUERY", fault)
        name, scope, link = _relationship(outer, tree)
        rendered = shape(scope, tree, _nested(depth + 1)).json(outer.context.version, nested=True)
        rows = f"SELECT {rendered} AS one {clauses(scope, tree, f'{link} = {outer.alias}.Id')}"
        return name, f"(SELECT CASE WHEN count(*) > 0 THEN {_WHOLE} END FROM ({rows}))"

    return child


def _relationship(outer: Scope, tree: Select) -> tuple[str, Scope, str]:
    """A child relationship's name, the scope of its rows and the column that ties them."""
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
    return str(reference.children), scope, f"{scope.alias}.{reference.name}"


def _records(scope: Scope, tree: Select) -> Lowered:
    children = _Children()
    page = _page(scope, shape(scope, tree, children.add).json(scope.context.version))
    weigh = None
    if children.found:
        counts = ", ".join(children.counts)
        weigh = f"SELECT page.value, json_array({counts}) {_paged(scope)}"
    find = f"SELECT {scope.alias}.rowid {clauses(scope, tree)}"
    return Lowered(find, page, scope.context.values, weigh, tuple(children.found))


def _page(scope: Scope, rendered: str) -> str:
    return f"SELECT {rendered} AS one {_paged(scope)}"


def _paged(scope: Scope) -> str:
    table = scope.context.org.tables[scope.object.name].name
    return (
        f"FROM json_each(:page) AS page CROSS JOIN {table} {scope.alias}"
        f" ON {scope.alias}.rowid = page.value {scope.joins} WHERE {scope.live}"
    )


def clauses(scope: Scope, tree: Select, also: str = "1") -> str:
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
        column = operand(scope, each.by)
        if is_wide(column.field):
            fault = f"field '{column.field.name}' can not be sorted in a query call"
            raise pointed(scope.context.text, each.by.at, "MALFORMED_QUERY", fault)
        way = " DESC" if each.descending else ""
        natural = each.nulls_last == each.descending  # SQLite: nulls are smallest
        nulls = "" if natural else f" NULLS {'LAST' if each.nulls_last else 'FIRST'}"
        keys.append(column.sql + way + nulls)
    return f" ORDER BY {', '.join(keys)}" if keys else ""


def _subselect(outer: Scope, tree: Select) -> str:
    scope = Scope(outer.context, tree.source, tree.alias, tree.at)
    if len(tree.items) != 1 or not isinstance(tree.items[0], Path):
        fault = "semi join sub-selects can only query one field"
        raise pointed(outer.context.text, tree.at, "MALFORMED_QUERY", fault)
    column = scope.column(tree.items[0])
    return f"SELECT {column.sql} {clauses(scope, tree)}"


_CONDITIONS: Final = Conditions(operand, _subselect)


def _aggregate(scope: Scope, tree: Select) -> str:
    pairs: list[Pair] = [("attributes", "json_object('type', 'AggregateResult')")]
    grouped = {operand(scope, each).sql for each in tree.group}
    unnamed = 0
    for each in tree.items:
        if isinstance(each, Select | TypeOf):
            fault = "Grouped query cannot use child relationships in the SELECT list"
            at = each.at if isinstance(each, Select) else each.path.at
            raise pointed(scope.context.text, at, "MALFORMED_QUERY", fault)
        column = operand(scope, each)
        if not is_aggregate(each) and column.sql not in grouped:
            fault = f"Field must be grouped or aggregated: {column.field.name}"
            raise pointed(scope.context.text, each.at, "MALFORMED_QUERY", fault)
        name = each.alias or (column.field.name if isinstance(each, Path) else None)
        if name is None:
            name, unnamed = f"expr{unnamed}", unnamed + 1
        if name in {known for known, _ in pairs}:
            fault = f"duplicate alias: {name}"
            raise pointed(scope.context.text, each.at, "MALFORMED_QUERY", fault)
        pairs.append((name, value(column)))
    return f"SELECT {record(pairs, nested=False)} AS one {clauses(scope, tree)}"
