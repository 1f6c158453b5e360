"""The selected fields as the nested record they come back as, rendered inside SQLite.

A page comes out of its statement as JSON text ready to send; Python never sees the values.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql.scope import Column, Node, Scope
from sandbox.salesforce.soql.tokens import pointed
from sandbox.salesforce.soql.tree import Call, Path, Select

_ADDRESS: Final = ("City", "Country", "PostalCode", "State", "Street")
ChildSelect = Callable[[Scope, Select], tuple[str, str]]
_MOST_ROWS_OF_ALL: Final = 200


def joined(parts: list[str]) -> str:
    """Text pieces put together as a balanced tree: SQLite limits how deep an expression goes."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({joined(parts[:middle])} || {joined(parts[middle:])})"


def text(value: str) -> str:
    """An SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def scalar(column: Column) -> str:
    """One value as JSON."""
    if column.field.type == "boolean":
        return f"CASE {column.sql} WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE 'null' END"
    if column.field.type == "address":
        return _address(column)
    return f"json_quote({column.sql})"


def _address(column: Column) -> str:
    alias, name = column.sql.split(".")
    stem = f"{alias}.{name.removesuffix('Address')}"
    pairs = ", ".join(f"'{part[0].lower()}{part[1:]}', {stem}{part}" for part in _ADDRESS)
    some = ", ".join(stem + part for part in _ADDRESS)
    empty = "'geocodeAccuracy', NULL, 'latitude', NULL, 'longitude', NULL"
    return f"CASE WHEN coalesce({some}) IS NULL THEN 'null' ELSE json_object({pairs}, {empty}) END"


def attributes(node: Node, version: str) -> list[str]:
    """The pieces of a record's `attributes`."""
    stem = f"/services/data/{version}/sobjects/"
    if node.polymorphic:
        opening = '{"attributes":{"type":"Name","url":"' + stem
        return [text(opening), node.type, text("/"), node.present, text('"}')]
    name = node.targets[0][1].name
    opening = '{"attributes":{"type":"' + name + '","url":"' + stem + name + "/"
    return [text(opening), node.present, text('"}')]


def member(name: str, json: str) -> list[str]:
    """The pieces of one further member of an object."""
    return [text(f',"{name}":'), json]


@dataclass(slots=True)
class Shape:
    """A record's members in the order they were first named."""

    node: Node
    members: "dict[str, Column | Shape | str]" = field(default_factory=dict)

    def json(self, version: str) -> str:
        """SQL that renders the record."""
        pieces = attributes(self.node, version)
        for name, each in self.members.items():
            if isinstance(each, Shape):
                some = each.json(version)
                nested = f"CASE WHEN {each.node.present} IS NULL THEN 'null' ELSE {some} END"
                pieces += member(name, nested)
            else:
                pieces += member(name, each if isinstance(each, str) else scalar(each))
        return joined([*pieces, text("}")])


def shape(scope: Scope, tree: Select, child: ChildSelect) -> Shape:
    """The shape of a statement's records."""
    found = Shape(scope.root)
    for item in tree.items:
        if isinstance(item, Select):
            name, sql = child(scope, item)
            found.members[name] = sql
        elif isinstance(item, Call):
            for each in _all_fields(scope, item, tree):
                found.members[each.name] = scope.field(scope.root, each.name, Path((), item.at))
        else:
            _place(scope, found, item)
    return found


def _place(scope: Scope, into: Shape, path: Path) -> None:
    steps = scope.steps(path)
    for step in steps[:-1]:
        node = scope.parent(into.node, step, path)
        reference = into.node.targets[0][1].by_relationship[step.lower()]
        inner = into.members.setdefault(str(reference.relationship), Shape(node))
        if not isinstance(inner, Shape):
            raise _twice(scope, path)
        into = inner
    column = scope.field(into.node, steps[-1], path)
    if column.field.name in into.members:
        raise _twice(scope, path)
    into.members[column.field.name] = column


def _twice(scope: Scope, path: Path) -> Exception:
    fault = f"duplicate field selected: {path.parts[-1]}"
    return pointed(scope.context.text, path.at, "INVALID_FIELD", fault)


def _all_fields(scope: Scope, call: Call, tree: Select) -> list[Field]:
    kind = call.argument.parts[0].lower() if call.argument else ""
    if call.name.lower() != "fields" or kind not in {"all", "standard", "custom"}:
        fault = f"unexpected token: '{call.name}'"
        raise pointed(scope.context.text, call.at, "MALFORMED_QUERY", fault)
    if kind != "standard" and (tree.limit is None or tree.limit > _MOST_ROWS_OF_ALL):
        fault = "The SOQL FIELDS function must have a LIMIT of at most 200"
        raise pointed(scope.context.text, call.at, "MALFORMED_QUERY", fault)
    wanted = {"standard": (False,), "custom": (True,)}.get(kind, (False, True))
    return [each for each in scope.object.fields.values() if each.custom in wanted]
