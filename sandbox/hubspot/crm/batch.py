"""Batches of at most 100 records, and the three ways they fail: whole, in part, not at all."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.linking import link_new, needs_contact
from sandbox.hubspot.data.definitions import definitions
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.records import View, identify, read, read_many, show, view
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.data.writes import archive, create, update
from sandbox.hubspot.faults import Fault, invalid, missing, not_unique, unknown_ids
from sandbox.hubspot.habits.rules import enforce

MOST: Final = 100
PLAIN_BATCHES: Final = "2026-09"
"""From this version on a partial failure is told in the plain answer, not by a 207."""
Input = Mapping[str, Any]
Write = Callable[[Input], dict[str, Any]]


def inputs_of(call: Call, most: int = MOST) -> list[Input]:
    """The inputs of a batch body; a 400 when there are none or too many."""
    inputs = call.body().get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(each, dict) for each in inputs):
        raise invalid("Invalid input JSON: inputs must be a list of objects")
    if not 0 < len(inputs) <= most:
        raise invalid(f"A batch holds 1 to {most} inputs, not {len(inputs)}")
    return inputs


def complete(
    call: Call, results: Sequence[Any], errors: Sequence[Any] = (), status: int = 200
) -> Answer:
    """A batch answer: the plain one, or 207 with its errors."""
    now = iso(call.now)
    content: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": now,
        "completedAt": now,
    }
    if errors:
        content |= {"numErrors": len(errors), "errors": errors}
    partly = 207 if call.version < PLAIN_BATCHES or call.version.startswith("v") else status
    return Answer(content, partly if errors else status, len(results))


def _read(call: Call) -> Answer:
    kind, body = call.kind(), call.body()
    asked = [str(each.get("id", "")) for each in inputs_of(call)]
    property = body.get("idProperty")
    ids = {value: identify(call.state, kind, value, property) for value in asked}
    found = read_many(
        call.state, kind, [id for id in ids.values() if id], archived=call.flag("archived")
    )
    unknown = [value for value, id in ids.items() if id not in found]
    if len(unknown) == len(ids):
        raise unknown_ids(kind.label, unknown)
    shown = _view(call, kind, body)
    rows = {row[0]: row for row in found.values()}
    results = [show(call.state, shown, row) for row in rows.values()]
    errors = [unknown_ids(kind.label, unknown).in_batch({})] if unknown else []
    return complete(call, results, errors)


def _view(call: Call, kind: Kind, body: Mapping[str, Any]) -> View:
    history = body.get("propertiesWithHistory") or ()
    asked = body.get("properties") or (kind.defaults if history else ())
    return view(call.state, kind, list(asked), list(history))


def _create(call: Call) -> Answer:
    kind, inputs = call.kind(), inputs_of(call)

    def write(each: Input) -> dict[str, Any]:
        if needs_contact(kind, each.get("associations")):
            raise missing(kind.label, ["associations"])
        enforce(call, kind, each.get("properties"))
        row = create(call.state, kind, each.get("properties", {}), call.author)
        link_new(call.state, kind, row[0], each.get("associations"), call.author)
        return show(call.state, View(kind), read(call.state, kind, str(row[0])) or row)

    return _written(call, inputs, write, 201)


def _update(call: Call) -> Answer:
    kind, inputs = call.kind(), inputs_of(call)
    _refuse_twins(inputs)

    def write(each: Input) -> dict[str, Any]:
        property = each.get("idProperty")
        if property in ("email", "hs_object_id"):
            raise not_unique(kind.id, property)
        value = str(each.get("id", ""))
        id = identify(call.state, kind, value, property)
        row = None if id is None else read(call.state, kind, id)
        if row is None:
            raise unknown_ids(kind.label, [value])
        properties = each.get("properties", {})
        enforce(call, kind, properties, row)
        return show(call.state, View(kind), update(call.state, kind, row, properties, call.author))

    return _written(call, inputs, write, 200)


def _upsert(call: Call) -> Answer:
    kind, inputs = call.kind(), inputs_of(call)
    _refuse_twins(inputs)

    def write(each: Input) -> dict[str, Any]:
        property, value = each.get("idProperty"), str(each.get("id", ""))
        definition = definitions(call.state, kind).get(str(property))
        if definition is None or not definition.unique:
            raise not_unique(kind.id, str(property or "hs_object_id"))
        id = identify(call.state, kind, value, property)
        row = None if id is None else read(call.state, kind, id)
        properties = each.get("properties", {})
        if row is None:
            properties = {definition.name: value, **properties}
            enforce(call, kind, properties)
            made = create(call.state, kind, properties, call.author)
            return {**show(call.state, View(kind), made), "new": True}
        enforce(call, kind, properties, row)
        changed = update(call.state, kind, row, properties, call.author)
        return {**show(call.state, View(kind), changed), "new": False}

    return _written(call, inputs, write, 200)


def _archive(call: Call) -> Answer:
    kind = call.kind()
    ids = [str(each.get("id", "")) for each in inputs_of(call)]
    rows = read_many(call.state, kind, ids)
    with call.state.transaction():
        for row in rows.values():
            archive(call.state, kind, row, call.author)
    return Answer(status=204, rows=len(rows))


def _written(call: Call, inputs: Sequence[Input], write: Write, status: int) -> Answer:
    """All or nothing, unless every input has its own trace id: then each stands for itself.

    A record that does not exist is the exception: it is reported, the others are written.
    """
    traced = _are_traced(inputs)
    results: list[Any] = []
    errors: list[Any] = []
    with call.state.transaction():
        for each in inputs:
            try:
                with call.state.transaction():
                    results.append(_marked(each, write(each)))
            except Fault as fault:
                if not traced and fault.body.get("context", {}).get("ids") is None:
                    raise
                errors.append(fault.in_batch(_trace(each)))
    return complete(call, results, errors, status)


def _are_traced(inputs: Sequence[Input]) -> bool:
    traces = [each.get("objectWriteTraceId") for each in inputs]
    return all(traces) and len(set(traces)) == len(traces)


def _trace(each: Input) -> dict[str, list[str]]:
    trace = each.get("objectWriteTraceId")
    return {"objectWriteTraceId": [trace]} if trace else {}


def _marked(each: Input, shown: dict[str, Any]) -> dict[str, Any]:
    trace = each.get("objectWriteTraceId")
    return {**shown, "objectWriteTraceId": trace} if trace else shown


def _refuse_twins(inputs: Sequence[Input]) -> None:
    keys = Counter((each.get("idProperty"), str(each.get("id"))) for each in inputs)
    twins = [id for (_, id), count in keys.items() if count > 1]
    if twins:
        raise invalid(f"Duplicate IDs found in batch input: {twins}. IDs must be unique")


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("POST", "crm/objects/{type}/batch/read", _read),
    ("POST", "crm/objects/{type}/batch/create", _create),
    ("POST", "crm/objects/{type}/batch/update", _update),
    ("POST", "crm/objects/{type}/batch/upsert", _upsert),
    ("POST", "crm/objects/{type}/batch/archive", _archive),
)
