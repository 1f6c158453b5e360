"""Names in a statement into columns: aliases, parents joined once, errors that point."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, NoReturn

from sandbox.salesforce.faults import unknown_type
from sandbox.salesforce.org import PURGED, Org
from sandbox.salesforce.schema import Field, Object
from sandbox.salesforce.soql.grammar.tokens import pointed
from sandbox.salesforce.soql.grammar.tree import Path

NAME_FIELDS: Final = frozenset(
    {"id", "name", "type", "firstname", "lastname", "email", "phone", "title", "alias"}
    | {"isactive", "username", "profileid", "userroleid"}
)
_MOST_LEVELS: Final = 5
_MOST_PARENTS: Final = 55
_TYPE: Final = Field("Type", "string", "Type", length=40)
_HELP: Final = "Please reference your WSDL or the describe call for the appropriate names."


@dataclass(slots=True)
class Context:
    """What all scopes of one statement share."""

    org: Org
    text: str
    version: str
    everything: bool
    values: dict[str, Any] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=count)

    def bind(self, value: Any) -> str:
        """Keep a value as a parameter; its mark."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"


@dataclass(frozen=True, slots=True)
class Column:
    """A piece of SQL and the field it reads."""

    sql: str
    field: Field


@dataclass(frozen=True, slots=True)
class Node:
    """The record a path has reached: one object, or one of several when polymorphic."""

    targets: tuple[tuple[str, Object], ...]
    polymorphic: bool = False

    @property
    def present(self) -> str:
        """SQL for its id, null when there is no record."""
        return either([f"{alias}.Id" for alias, _ in self.targets])

    @property
    def type(self) -> str:
        """SQL for the name of its object."""
        cases = (f"WHEN {alias}.Id IS NOT NULL THEN '{each.name}'" for alias, each in self.targets)
        return f"CASE {' '.join(cases)} END"

    @property
    def kind(self) -> str:
        """SQL for what `Type` says: the object's name, of a group what sort of group it is."""
        cases = (
            f"WHEN {alias}.Id IS NOT NULL THEN "
            + (f"{alias}.Type" if each.name == "Group" else f"'{each.name}'")
            for alias, each in self.targets
        )
        return f"CASE {' '.join(cases)} END"


def either(parts: list[str]) -> str:
    """The first of these that is not null."""
    return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"


class Scope:
    """One SELECT: its object, its alias, the parents it joins."""

    def __init__(self, context: Context, source: str, alias: str | None, at: int) -> None:
        self.context = context
        found = context.org.schema.find(source)
        if found is None:
            fault = unknown_type(source)
            raise pointed(context.text, at, fault.code, fault.message)
        self.object = found
        self.alias = f"t{next(context.numbers)}"
        self.root = Node(((self.alias, found),))
        self._own_names = {found.name.lower(), (alias or found.name).lower()}
        self._joins: list[str] = []
        self._nodes: dict[tuple[str, str], Node] = {}

    @property
    def source(self) -> str:
        """The FROM clause: the table and the parents used so far."""
        table = self.context.org.tables[self.object.name].name
        return " ".join([f"{table} {self.alias}", *self._joins])

    @property
    def joins(self) -> str:
        """The parents alone."""
        return " ".join(self._joins)

    @property
    def live(self) -> str:
        """The condition that hides what the recycle bin and the archive hold.

        A deleted row that nobody can restore shows nowhere again.
        """
        traits = self.object.traits
        if self.context.everything and ("undelete" in traits or "delete" not in traits):
            return f"{self.alias}.IsDeleted < {PURGED}"
        archived = f" AND {self.alias}.IsArchived = 0" if self._archives else ""
        return f"{self.alias}.IsDeleted = 0{archived}"

    @property
    def _archives(self) -> bool:
        return self.object.name in {"Task", "Event"}

    def steps(self, path: Path) -> tuple[str, ...]:
        """The path without the statement's own alias in front."""
        first = path.parts[0].lower()
        own = first in self._own_names and first not in self.object.by_relationship
        steps = path.parts[1:] if own and len(path.parts) > 1 else path.parts
        if len(steps) - 1 > _MOST_LEVELS:
            text = f"a path may go up at most {_MOST_LEVELS} levels: {'.'.join(path.parts)}"
            raise pointed(self.context.text, path.at, "MALFORMED_QUERY", text)
        return steps

    def column(self, path: Path) -> Column:
        """The column a path names; INVALID_FIELD where there is none."""
        steps = self.steps(path)
        node = self.root
        for step in steps[:-1]:
            node = self.parent(node, step, path)
        return self.field(node, steps[-1], path)

    def parent(self, node: Node, step: str, path: Path) -> Node:
        """The node one relationship further up."""
        alias, object = node.targets[0]
        reference = None if node.polymorphic else object.by_relationship.get(step.lower())
        objects = self.context.org.schema.objects
        targets = [objects[name] for name in (reference.to if reference else ()) if name in objects]
        if reference is None or not targets:
            text = (
                f"Didn't understand relationship '{step}' in field path. If you are attempting to "
                "use a custom relationship, be sure to append the '__r' after the custom "
                f"relationship name. {_HELP}"
            )
            raise pointed(self.context.text, path.at, "INVALID_FIELD", text)
        key = (alias, reference.name)
        if key not in self._nodes:
            if len(self._nodes) == _MOST_PARENTS:
                text = f"a query may have at most {_MOST_PARENTS} child-to-parent relationships"
                raise pointed(self.context.text, path.at, "MALFORMED_QUERY", text)
            joined = tuple((self._join(alias, reference, each), each) for each in targets)
            self._nodes[key] = Node(joined, reference.polymorphic)
        return self._nodes[key]

    def _join(self, alias: str, reference: Field, target: Object) -> str:
        own = f"t{next(self.context.numbers)}"
        table = self.context.org.tables[target.name].name
        tie = f"{own}.Id = {alias}.{reference.name} AND {own}.IsDeleted < {PURGED}"
        self._joins.append(f"LEFT JOIN {table} {own} ON {tie}")
        return own

    def field(self, node: Node, name: str, path: Path) -> Column:
        """The column of one field of a node."""
        if node.polymorphic:
            return self._name_field(node, name, path)
        alias, object = node.targets[0]
        found = object.by_lower.get(name.lower())
        if found is None:
            self.no_column(name, object.name, path.at)
        return Column(f"{alias}.{found.name}", found)

    def _name_field(self, node: Node, name: str, path: Path) -> Column:
        lower = name.lower()
        if lower == "type":
            return Column(node.kind, _TYPE)
        found = [
            (alias, each)
            for alias, object in node.targets
            if (each := _alike(object, lower)) is not None
        ]
        if lower not in NAME_FIELDS or not found:
            self.no_column(name, "Name", path.at)
        return Column(either([f"{alias}.{each.name}" for alias, each in found]), found[0][1])

    def no_column(self, name: str, entity: str, at: int) -> NoReturn:
        """Refuse a field the entity does not have."""
        text = (
            f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom "
            f"field, be sure to append the '__c' after the custom field name. {_HELP}"
        )
        raise pointed(self.context.text, at, "INVALID_FIELD", text)


def _alike(object: Object, lower: str) -> Field | None:
    if lower == "name":
        named = (each for each in object.fields.values() if "name" in each.traits)
        return next(named, None)
    return object.by_lower.get(lower)
