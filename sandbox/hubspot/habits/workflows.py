"""Workflows of the account: told of with what enrols a record; the sandbox carries none out."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.batch import complete, inputs_of
from sandbox.hubspot.data.definitions import ready
from sandbox.hubspot.data.times import iso, millis
from sandbox.hubspot.faults import invalid, not_found, unknown_ids
from sandbox.state import State

Flow = dict[str, Any]
_LISTED: Final = (
    "id", "name", "isEnabled", "flowType", "objectTypeId", "revisionId", "createdAt", "updatedAt",
)  # fmt: skip
_CONTACTS: Final = "0-1"
_ONE: Final = "SELECT document FROM hs_flow WHERE id = ?"


def _list(call: Call) -> Answer:
    limit, after = call.limit(100, 100), call.number("after") or 0
    rows = call.state.db.execute(
        "SELECT id, document FROM hs_flow WHERE id > ? ORDER BY id LIMIT ?", (after, limit + 1)
    ).fetchall()
    shown = [_full(each) for _, each in rows[:limit]]
    content: dict[str, Any] = {"results": [{n: flow[n] for n in _LISTED} for flow in shown]}
    if len(rows) > limit:
        last = str(rows[limit - 1][0])
        address = f"{call.origin}{call.path}?after={last}"
        content["paging"] = {"next": {"after": last, "link": address}}
    return Answer(content, rows=len(shown))


def _get(call: Call) -> Answer:
    found = _flow(call.state, call.parts["flow"])
    if found is None:
        raise not_found(f"No workflow has the id {call.parts['flow']}")
    return Answer(found, rows=1)


def _read(call: Call) -> Answer:
    asked = [str(each.get("flowId", "")) for each in inputs_of(call)]
    found = {id: _flow(call.state, id) for id in asked}
    unknown = [id for id, flow in found.items() if flow is None]
    errors = [unknown_ids("flow", unknown).in_batch({})] if unknown else []
    return complete(call, [flow for flow in found.values() if flow is not None], errors)


def _flow(state: State, id: str) -> Flow | None:
    row = state.db.execute(_ONE, (int(id) if id.isdigit() else -1,)).fetchone()
    return None if row is None else _full(row[0])


def _full(text: str) -> Flow:
    flow: Flow = orjson.loads(text)
    kind = "CONTACT_FLOW" if flow["objectTypeId"] == _CONTACTS else "PLATFORM_FLOW"
    shared = {"type": kind, "flowType": "WORKFLOW", "revisionId": "1", "actions": []}
    dates = {"createdAt": "2026-01-05T00:00:00.000Z", "updatedAt": "2026-01-05T00:00:00.000Z"}
    return {**shared, **dates, **flow}


def keep(state: State, asked: Mapping[str, Any]) -> None:
    """Set a workflow as a marketer does: id, name, objectTypeId, isEnabled, enrollmentCriteria."""
    if not str(asked.get("id", "")).isdigit() or not asked.get("objectTypeId"):
        raise invalid("A workflow needs a numeric id and an objectTypeId")
    held = _flow(ready(state), str(asked["id"])) or {"name": "Workflow", "isEnabled": True}
    flow = {**held, **asked, "id": str(asked["id"]), "updatedAt": iso(millis(state.now()))}
    row = (int(flow["id"]), orjson.dumps(flow).decode())
    with state.transaction() as db:
        db.execute("INSERT OR REPLACE INTO hs_flow VALUES (?, ?)", row)


CONTROLS: Final = {"workflow": keep}
_ALL: Final = "automation/flows"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", _ALL, _list),
    ("GET", f"{_ALL}/{{flow}}", _get),
    ("POST", f"{_ALL}/batch/read", _read),
)
