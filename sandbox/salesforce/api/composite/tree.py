"""Record trees: parents with their children in one call, all or nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce.api.call import Answer, Call, json
from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.rows.write import create
from sandbox.salesforce.schema import Field, Object

_MOST, _DEEPEST, _MOST_TYPES = 200, 5, 5


@dataclass(frozen=True, slots=True)
class Node:
    """One record of a tree, its fields apart from its children."""

    reference: str
    object: Object
    fields: Mapping[str, Any]
    parent: str | None
    by: Field | None


class _RefusedError(Exception):
    """Leaves the transaction with the record that failed."""

    def __init__(self, reference: str, fault: FaultError) -> None:
        super().__init__(fault.message)
        self.reference = reference
        self.fault = fault


def tree(call: Call, name: str) -> Answer:
    """`POST /composite/tree/X`: 201 with every id by reference, or 400 with what failed."""
    object = call.object(name)
    records = call.record().get("records")
    if not isinstance(records, list):
        raise FaultError("MISSING_ARGUMENT", "records is required")
    nodes = list(_nodes(call, records, object, None, None, 1))
    _check(nodes)
    made: dict[str, str] = {}
    try:
        with call.org.state.transaction():
            for each in nodes:
                made[each.reference] = _create(call, each, made)
    except _RefusedError as refused:
        failed = {"referenceId": refused.reference, "errors": [refused.fault.collection()]}
        return json({"hasErrors": True, "results": [failed]}, 400)
    results = [{"referenceId": reference, "id": id} for reference, id in made.items()]
    return json({"hasErrors": False, "results": results}, 201, rows=len(results))


def _nodes(
    call: Call,
    records: Sequence[Mapping[str, Any]],
    object: Object,
    parent: str | None,
    by: Field | None,
    depth: int,
) -> Iterator[Node]:
    """Every record, parents first."""
    if depth > _DEEPEST:
        raise FaultError("LIMIT_EXCEEDED", f"A tree has at most {_DEEPEST} levels")
    for each in records:
        said = each.get("attributes") or {}
        reference = str(said.get("referenceId") or "")
        if not reference or str(said.get("type", "")).lower() != object.name.lower():
            text = f"attributes.type {object.name} and attributes.referenceId are required"
            raise FaultError("INVALID_INPUT", text)
        below = {key: value for key, value in each.items() if _is_children(value)}
        fields = {key: value for key, value in each.items() if key not in below}
        yield Node(reference, object, fields, parent, by)
        for name, value in below.items():
            child, field = _relationship(call, object, name)
            yield from _nodes(call, value["records"], child, reference, field, depth + 1)


def _is_children(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("records"), list)


def _relationship(call: Call, object: Object, name: str) -> tuple[Object, Field]:
    for child, field in call.org.schema.referrers(object.name):
        if str(field.children).lower() == name.lower():
            return child, field
    text = f"No such column '{name}' on sobject of type {object.name}"
    raise FaultError("INVALID_FIELD", text)


def _check(nodes: Sequence[Node]) -> None:
    if len(nodes) > _MOST:
        raise FaultError("LIMIT_EXCEEDED", f"A tree has at most {_MOST} records")
    if len({each.object.name for each in nodes}) > _MOST_TYPES:
        raise FaultError("LIMIT_EXCEEDED", f"A tree has at most {_MOST_TYPES} types")
    if len({each.reference for each in nodes}) < len(nodes):
        raise FaultError("INVALID_INPUT", "Each record needs a referenceId of its own")


def _create(call: Call, node: Node, made: Mapping[str, str]) -> str:
    fields = dict(node.fields)
    if node.by is not None and node.parent is not None:
        fields[node.by.name] = made[node.parent]
    try:
        return create(call.org, node.object, fields, call.user, call.options)
    except FaultError as fault:
        raise _RefusedError(node.reference, fault) from None
