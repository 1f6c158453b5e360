"""Workflows that fire by themselves when we write, as the account tells of them.

The list names them; what enrols a record is read with the workflow itself, a hundred per call. Only
what our writes can bring about is told: a new record, a changed property, a place on a list.

Source: HubSpot's guide to its workflows (automation v4, a beta); scope `automation`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.hubspot.client import Client
from connectors.hubspot.faults import ForbiddenError, RefusedError
from connectors.hubspot.read.directory import MEMBERSHIPS
from connectors.hubspot.read.records import next_of
from connectors.protocol import Automation
from tasuki.values import Json

FLOWS: Final = "/automation/v4/flows"
AT_ONCE: Final = 100
TYPES: Final[Mapping[str, str]] = {
    "0-1": "contacts",
    "0-2": "companies",
    "0-3": "deals",
    "0-5": "tickets",
    "0-7": "products",
    "0-8": "line_items",
    "0-27": "tasks",
    "0-46": "notes",
    "0-47": "meetings",
    "0-48": "calls",
    "0-49": "emails",
    "0-136": "leads",
}
"""HubSpot's own object types; a custom one goes by its type id."""
_CREATED: Final = "4-1463224"
_CHANGED: Final = "4-655002"
_ABOUT: Final = "automations"
_BOTH: Final = ("create", "update")
_ONCE: Final = "A record is enrolled once."


def automations(client: Client, objects: Sequence[str]) -> list[Automation]:
    """What fires when these objects are written; nothing where the account does not tell."""
    try:
        flows = [flow for flow in _listed(client) if _concerns(flow, objects)]
        found = [each for flow in _whole(client, flows) for each in _told(flow)]
    except (ForbiddenError, RefusedError):
        return []
    return [each for each in found if each.object in objects]


def _listed(client: Client) -> Iterator[Json]:
    after: str | None = None
    while True:
        query = [("limit", str(AT_ONCE)), *([("after", after)] if after else [])]
        body = client.call(client.apis.get, FLOWS, query, about=_ABOUT)
        yield from body.get("results") or ()
        after = next_of(body)
        if after is None:
            return


def _concerns(flow: Json, objects: Sequence[str]) -> bool:
    if not flow.get("isEnabled") or flow.get("flowType") == "ACTION_SET":
        return False
    return _object(flow) in objects or MEMBERSHIPS in objects


def _object(flow: Json) -> str:
    type = str(flow.get("objectTypeId") or "")
    return TYPES.get(type, type)


def _whole(client: Client, flows: Sequence[Json]) -> Iterator[Json]:
    """The workflows with what enrols a record."""
    for start in range(0, len(flows), AT_ONCE):
        part = flows[start : start + AT_ONCE]
        inputs = [{"flowId": str(flow["id"]), "type": "FLOW_ID"} for flow in part]
        body = client.call(
            client.apis.post, f"{FLOWS}/batch/read", {"inputs": inputs}, about=_ABOUT
        )
        told = {str(flow["id"]): flow for flow in body.get("results") or ()}
        yield from ({**flow, **told.get(str(flow["id"]), {})} for flow in part)


def _told(flow: Json) -> Iterator[Automation]:
    object, name = _object(flow), str(flow.get("name") or flow["id"])
    criteria: Mapping[str, Any] | None = flow.get("enrollmentCriteria")
    if criteria is None:
        yield Automation(object, "workflow", name, _BOTH)
        return
    note = _ONCE if criteria.get("shouldReEnroll") is False else ""
    for fires_on, fields in _triggers(criteria):
        yield Automation(object, "workflow", name, fires_on, fields, note)
    lists = sorted(_lists(criteria))
    if lists:
        joined = f"Enrols what joins list {', '.join(lists)}."
        yield Automation(MEMBERSHIPS, "workflow", name, ("create",), (), joined)


def _triggers(criteria: Json) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What a write must do to enrol its record: when, and by which fields."""
    events = [*(criteria.get("eventFilterBranches") or ())]
    if any(event.get("eventTypeId") == _CREATED for event in events):
        yield ("create",), ()
    changes = [event for event in events if event.get("eventTypeId") == _CHANGED]
    if changes:
        named = [_changed(event) for event in changes]
        yield _BOTH, tuple(dict.fromkeys(n for each in named for n in each)) if all(named) else ()
    held = [each for each in _filters(criteria.get("listFilterBranch")) if _is_of_property(each)]
    if held and criteria.get("type") == "LIST_BASED":
        yield _BOTH, tuple(dict.fromkeys(str(each["property"]) for each in held))


def _changed(event: Json) -> list[str]:
    """The properties whose change an event means; none when it means any."""
    named = [each for each in _filters(event) if each.get("property") == "hs_name"]
    operations = [each.get("operation") or {} for each in named]
    values = [v for each in operations for v in (each.get("values") or [each.get("value")])]
    return [str(value) for value in values if value]


def _lists(criteria: Json) -> set[str]:
    """The lists whose members are enrolled."""
    branches = [criteria.get("listFilterBranch"), *(_joining(criteria))]
    filters = [each for branch in branches for each in _filters(branch)]
    return {
        str(each["listId"])
        for each in filters
        if each.get("filterType") == "IN_LIST"
        and each.get("operator") != "NOT_IN_LIST"
        and each.get("listId")
    }


def _joining(criteria: Json) -> Sequence[Json]:
    found: Sequence[Json] = criteria.get("listMembershipFilterBranches") or ()
    return found


def _filters(branch: Json | None) -> Iterator[Json]:
    """Every filter of a branch and of those below it."""
    if branch:
        yield from branch.get("filters") or ()
        for below in branch.get("filterBranches") or ():
            yield from _filters(below)


def _is_of_property(each: Json) -> bool:
    return each.get("filterType") == "PROPERTY" and bool(each.get("property"))
