"""A SOQL statement for Bulk API: plain columns, no nesting, values as its CSV shows them."""

from dataclasses import dataclass
from typing import Any, Final

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import Org
from sandbox.salesforce.soql.function import is_aggregate, operand
from sandbox.salesforce.soql.grammar.parse import parse
from sandbox.salesforce.soql.grammar.tree import Call, Path, Select, TypeOf
from sandbox.salesforce.soql.lower import clauses
from sandbox.salesforce.soql.scope import Column, Context, Scope


@dataclass(frozen=True, slots=True)
class Flat:
    """`find` lists row numbers, `page` gives the cells of those in `:page`, `names` heads them."""

    object: str
    names: tuple[str, ...]
    find: str
    page: str
    values: dict[str, Any]


def flat(org: Org, query: str, version: str, *, everything: bool) -> Flat:
    """The SQL of a statement; API_ERROR for what Bulk API does not run."""
    tree = parse(query)
    _check_allowed(tree)
    context = Context(org, query, version, everything)
    scope = Scope(context, tree.source, tree.alias, tree.at)
    columns = [_column(scope, each) for each in tree.items]
    table = org.tables[scope.object.name].name
    cells = ", ".join(_cell(column) for _, column in columns)
    page = (
        f"SELECT {cells} FROM json_each(:page) AS page CROSS JOIN {table} {scope.alias}"
        f" ON {scope.alias}.rowid = page.value {scope.joins}"
    )
    find = f"SELECT {scope.alias}.rowid {clauses(scope, tree)}"
    return Flat(scope.object.name, tuple(name for name, _ in columns), find, page, context.values)


_FORBIDDEN: Final = "{} not supported in Bulk Query"


def _check_allowed(tree: Select) -> None:
    found = None
    if tree.group or tree.having or any(is_aggregate(each) for each in tree.items):
        found = "Aggregate Relationship"
    elif tree.offset:
        found = "OFFSET"
    elif any(isinstance(each, TypeOf) for each in tree.items):
        found = "TYPEOF"
    elif any(isinstance(each, Select) for each in tree.items):
        found = "Nested query"
    elif any(isinstance(each, Call) and each.name.lower() == "fields" for each in tree.items):
        found = "FIELDS function"
    if found is not None:
        raise FaultError("API_ERROR", _FORBIDDEN.format(found))


def _column(scope: Scope, item: object) -> tuple[str, Column]:
    """A column's name, as the path says it with the fields' own letters, and what it reads."""
    if not isinstance(item, Path | Call):
        raise FaultError("API_ERROR", _FORBIDDEN.format("This"))
    column = operand(scope, item)
    if column.field.type == "address":
        raise FaultError("API_ERROR", _FORBIDDEN.format("Selecting compound data"))
    if isinstance(item, Call):
        return item.alias or column.field.name, column
    return ".".join([*scope.steps(item)[:-1], column.field.name]), column


def _cell(column: Column) -> str:
    """A value as CSV text: true and false in words, a datetime ending in Z."""
    sql = column.sql
    if column.field.type == "boolean":
        return f"CASE {sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
    if column.field.type == "datetime":
        return f"substr({sql}, 1, 23) || 'Z'"
    return sql
