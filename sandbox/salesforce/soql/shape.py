"""The selected fields as the nested record they come back as, rendered inside SQLite.

A page comes out of its statement as JSON ready to send; Python never sees the values.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql.function import labelled
from sandbox.salesforce.soql.grammar.tokens import pointed
from sandbox.salesforce.soql.grammar.tree import Call, Comparison, Group, Path, Select, TypeOf
from sandbox.salesforce.soql.scope import Column, Node, Scope

_ADDRESS: Final = ("City", "Country", "PostalCode", "State", "Street")
_MOST_ROWS_OF_ALL: Final = 200
_MOST_PAIRS: Final = 60  # SQLite takes 127 arguments
ChildSelect = Callable[[Scope, Select], tuple[str, str]]
Pair = tuple[str, str]


def text(value: str) -> str:
    """An SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def record(pairs: Sequence[Pair], *, nested: bool) -> str:
    """SQL that renders an object of these names and values; nested, it stays JSON in another."""
    chunks = [
        "json_object(" + ", ".join(f"{text(name)}, {sql}" for name, sql in some) + ")"
        for some in (pairs[at : at + _MOST_PAIRS] for at in range(0, len(pairs), _MOST_PAIRS))
    ]
    if len(chunks) == 1:
        return chunks[0]
    inner = " || ',' || ".join(f"substr({each}, 2, length({each}) - 2)" for each in chunks)
    whole = f"'{{' || {inner} || '}}'"
    return f"json({whole})" if nested else f"({whole})"


def value(column: Column) -> str:
    """One value as an argument of `json_object`."""
    if column.field.type == "boolean":
        return _truth(f"{column.sql} WHEN 1", f"WHEN 0 THEN {_FALSE}")
    if column.field.type == "address":
        return _address(column)
    if column.field.type == "anyType":
        kind = f"{column.sql.partition('.')[0]}.DataType"
        inner = _truth(f"{column.sql} WHEN 1", f"WHEN 0 THEN {_FALSE}")
        return f"CASE WHEN {kind} = 'Boolean' THEN {inner} ELSE {column.sql} END"
    return column.sql


_FALSE: Final = "json('false')"


def _truth(tested: str, otherwise: str) -> str:
    return f"CASE {tested} THEN json('true') {otherwise} END"


def _address(column: Column) -> str:
    alias, name = column.sql.split(".")
    stem = f"{alias}.{name.removesuffix('Address')}"
    pairs = ", ".join(f"'{part[0].lower()}{part[1:]}', {stem}{part}" for part in _ADDRESS)
    some = ", ".join(stem + part for part in _ADDRESS)
    empty = "'geocodeAccuracy', NULL, 'latitude', NULL, 'longitude', NULL"
    return f"CASE WHEN coalesce({some}) IS NOT NULL THEN json_object({pairs}, {empty}) END"


def attributes(node: Node, version: str, *, typed: bool = False) -> Pair:
    """A record's `attributes`; one of several types is a `Name` unless TYPEOF asked."""
    stem = f"/services/data/{version}/sobjects/"
    if node.polymorphic:
        url = f"{text(stem)} || {node.type} || '/' || {node.present}"
        kind = node.type if typed else "'Name'"
        return "attributes", f"json_object('type', {kind}, 'url', {url})"
    name = node.targets[0][1].name
    url = f"{text(f'{stem}{name}/')} || {node.present}"
    return "attributes", f"json_object('type', {text(name)}, 'url', {url})"


@dataclass(slots=True)
class Shape:
    """A record's members in the order they were first named; an SQL text is a member as it is."""

    node: Node
    members: "dict[str, Column | Shape | str]" = field(default_factory=dict)
    typed: bool = False

    def json(self, version: str, *, nested: bool = False) -> str:
        """SQL that renders the record."""
        pairs = [attributes(self.node, version, typed=self.typed)]
        for name, each in self.members.items():
            if isinstance(each, Shape):
                some = each.json(version, nested=True)
                pairs.append((name, f"CASE WHEN {each.node.present} IS NOT NULL THEN {some} END"))
            else:
                pairs.append((name, each if isinstance(each, str) else value(each)))
        return record(pairs, nested=nested)


def shape(scope: Scope, tree: Select, child: ChildSelect) -> Shape:
    """The shape of a statement's records."""
    found = Shape(scope.root)
    for item in tree.items:
        if isinstance(item, Select):
            name, sql = child(scope, item)
            found.members[name] = sql
        elif isinstance(item, TypeOf):
            _place_type_of(scope, found, item)
        elif isinstance(item, Call):
            _place_call(scope, found, item, tree)
        elif item.alias:
            fault = "only aggregate expressions use field aliasing"
            raise pointed(scope.context.text, item.at, "MALFORMED_QUERY", fault)
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
    _add(scope, into, column.field.name, column, path)


def _add(scope: Scope, into: Shape, name: str, member: Column, path: Path) -> None:
    if name in into.members:
        raise _twice(scope, path)
    into.members[name] = member


def _twice(scope: Scope, path: Path) -> Exception:
    fault = f"duplicate field selected: {path.parts[-1]}"
    return pointed(scope.context.text, path.at, "INVALID_FIELD", fault)


def _place_call(scope: Scope, into: Shape, call: Call, tree: Select) -> None:
    shown = labelled(scope, call)
    if shown is not None:
        _add(scope, into, call.alias or shown.field.name, shown, Path((call.name,), call.at))
        return
    for each in _all_fields(scope, call, tree):
        path = Path((each.name,), call.at)
        _add(scope, into, each.name, scope.field(scope.root, each.name, path), path)


def _place_type_of(scope: Scope, into: Shape, item: TypeOf) -> None:
    """Each type's own fields; null for a type that no WHEN names where there is no ELSE."""
    step, path = item.path.parts[-1], item.path
    node = scope.parent(into.node, step, path)
    if not node.polymorphic or len(path.parts) > 1:
        fault = f"TYPEOF is only allowed on polymorphic relationships: {step}"
        raise pointed(scope.context.text, path.at, "INVALID_FIELD", fault)
    known = {object.name.lower(): (alias, object) for alias, object in node.targets}
    cases: list[str] = []
    for name, fields in item.whens:
        if name.lower() not in known:
            fault = f"{name} is not a type of {step}"
            raise pointed(scope.context.text, path.at, "INVALID_FIELD", fault)
        one = Node((known[name.lower()],))
        cases.append(f"WHEN {one.present} IS NOT NULL THEN {_members(scope, one, fields)}")
    if item.other is not None:
        other = _members(scope, node, item.other)
        cases.append(f"WHEN {node.present} IS NOT NULL THEN {other}")
    reference = into.node.targets[0][1].by_relationship[step.lower()]
    into.members[str(reference.relationship)] = f"CASE {' '.join(cases)} END"


def _members(scope: Scope, node: Node, fields: Sequence[Path]) -> str:
    inner = Shape(node, typed=True)
    for each in fields:
        column = scope.field(node, each.parts[-1], each)
        _add(scope, inner, column.field.name, column, each)
    return inner.json(scope.context.version, nested=True)


def _all_fields(scope: Scope, call: Call, tree: Select) -> list[Field]:
    kind = call.argument.parts[0].lower() if isinstance(call.argument, Path) else ""
    if call.name.lower() != "fields" or kind not in {"all", "standard", "custom"}:
        fault = f"unexpected token: '{call.name}'"
        raise pointed(scope.context.text, call.at, "MALFORMED_QUERY", fault)
    few = tree.limit is not None and tree.limit <= _MOST_ROWS_OF_ALL
    if kind != "standard" and not (few or _by_id(tree)):
        fault = "The SOQL FIELDS function must have a LIMIT of at most 200"
        raise pointed(scope.context.text, call.at, "MALFORMED_QUERY", fault)
    wanted = {"standard": (False,), "custom": (True,)}.get(kind, (False, True))
    return [each for each in scope.object.fields.values() if each.custom in wanted]


def _by_id(tree: Select) -> bool:
    """Whether the statement asks for at most 200 ids."""
    where = tree.where
    parts = where.parts if isinstance(where, Group) and where.word == "and" else (where,)
    return any(
        isinstance(each, Comparison)
        and each.operator in {"=", "in"}
        and isinstance(each.left, Path)
        and each.left.parts[-1].lower() == "id"
        and len(each.left.parts) == 1
        and not isinstance(each.values, Select)
        and len(each.values) <= _MOST_ROWS_OF_ALL
        for each in parts
    )
