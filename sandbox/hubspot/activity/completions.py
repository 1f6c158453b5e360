"""Custom events sent in: by record id, e-mail or tracking cookie; the first of a uuid wins."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from sandbox.hubspot.activity.definitions import check, demand_enterprise, find
from sandbox.hubspot.activity.visits import Happening, happen, holder
from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.data.records import identify, read
from sandbox.hubspot.data.times import parse, text
from sandbox.hubspot.faults import invalid

_MOST: Final = 500
_WAYS: Final = ("objectId", "email", "utk")


def _send(call: Call) -> Answer:
    demand_enterprise(call)
    with call.state.transaction():
        _take(call, call.body())
    return Answer(status=204, rows=1)


def _send_batch(call: Call) -> Answer:
    """All or none: one bad input refuses the batch."""
    demand_enterprise(call)
    inputs = call.body().get("inputs")
    if not isinstance(inputs, list) or not 0 < len(inputs) <= _MOST:
        raise invalid(f"inputs must hold between 1 and {_MOST} events")
    with call.state.transaction():
        for each in inputs:
            _take(call, each)
    return Answer(status=204, rows=len(inputs))


def _take(call: Call, given: Mapping[str, Any]) -> None:
    name = str(given.get("eventName", ""))
    definition = find(call.state, name) if name.startswith("pe") else None
    if definition is None:
        raise invalid(f"No event definition is named {name}")
    properties = given.get("properties") or {}
    check(definition, properties)
    shown = {key: text(value) for key, value in properties.items() if value is not None}
    id = str(given.get("uuid") or uuid4())
    happened = Happening(id, name, _moment(call, given.get("occurredAt")), shown)
    kind = kind_of(definition["primaryObject"])
    contact, utk = _whose(call, kind.name, given)
    if contact is not None or utk is not None:
        happen(call.state, happened, contact, utk, kind.id)


def _moment(call: Call, given: Any) -> int:
    if given is None:
        return call.now
    moment = parse(str(given))
    if moment is None:
        raise invalid(f"occurredAt is not a date: {given}")
    return moment


def _whose(call: Call, type: str, given: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """The record it happened to, or the cookie that is not tied to one yet.

    An e-mail address no contact has is taken with a 204 and forgotten, as nobody checks.
    """
    ways = [name for name in _WAYS if given.get(name)]
    if not ways:
        raise invalid("One of objectId, email or utk is needed")
    if ways[0] == "utk":
        utk = str(given["utk"])
        return holder(call.state, utk), utk
    kind = kind_of(type)
    property = "email" if ways[0] == "email" else None
    id = identify(call.state, kind, str(given[ways[0]]), property)
    row = None if id is None else read(call.state, kind, id)
    if row is None and ways[0] == "objectId":
        raise invalid(f"No {kind.singular} has the id {given['objectId']}")
    return None if row is None else row[0], None


ENDPOINTS: Final[tuple[Endpoint, ...]] = tuple(
    ("POST", f"{path}{rest}", handler)
    for path in ("events/send", "events/custom/send")
    for rest, handler in (("", _send), ("/batch", _send_batch))
)
