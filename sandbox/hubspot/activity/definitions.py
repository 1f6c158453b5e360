"""Custom event definitions: what an account may be told happened, `pe{hubId}_{name}`."""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import PORTAL, Fault, invalid, missing_scopes, not_found
from sandbox.state import State

_MOST: Final = 500
_PREFIX: Final = f"pe{PORTAL}_"
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,99}")
_ALWAYS: Final = ("hs_url", "hs_title", "hs_referrer", "hs_page_id", "hs_user_agent", "hs_browser")


def find(state: State, name: str) -> dict[str, Any] | None:
    """The live definition of a name, full or short."""
    row = state.db.execute(
        "SELECT document FROM hs_event_definition WHERE name = ? AND archived = 0",
        (name if name.startswith(_PREFIX) else _PREFIX + name,),
    ).fetchone()
    return None if row is None else dict(orjson.loads(row[0]))


def names(state: State) -> set[str]:
    """The full names of all live definitions."""
    rows = state.db.execute("SELECT name FROM hs_event_definition WHERE archived = 0")
    return {row[0] for row in rows}


def demand_enterprise(call: Call) -> None:
    """Custom events belong to the Enterprise subscription."""
    if not call.settings.events_allowed:
        raise missing_scopes("analytics.behavioral_events.send", "behavioral-event-access")


def _list(call: Call) -> Answer:
    demand_enterprise(call)
    limit, start = call.limit(100, _MOST), call.one("after") or ""
    rows = call.state.db.execute(
        "SELECT name, document FROM hs_event_definition WHERE archived = 0 AND name >= ? "
        "AND name LIKE ? ORDER BY name LIMIT ?",
        (start, f"%{call.one('searchString') or ''}%", limit + 1),
    ).fetchall()
    content: dict[str, Any] = {"results": [orjson.loads(row[1]) for row in rows[:limit]]}
    if len(rows) > limit:
        content["paging"] = {"next": {"after": rows[limit][0], "link": f"?after={rows[limit][0]}"}}
    return Answer(content | {"total": len(names(call.state))}, rows=min(limit, len(rows)))


def _get(call: Call) -> Answer:
    return Answer(_found(call), rows=1)


def _create(call: Call) -> Answer:
    demand_enterprise(call)
    body = call.body()
    label = str(body.get("label") or body.get("name") or "")
    name = str(body.get("name") or re.sub(r"[^a-z0-9_-]+", "_", label.lower()).strip("_"))
    if not _NAME.fullmatch(name):
        raise invalid(f"{name} is not a valid event name: letters, digits, _ and -")
    if find(call.state, name) is not None:
        raise Fault(409, f"An event definition named {name} exists already", "CONFLICT")
    wanted = body.get("propertyDefinitions") or ()
    shown = {
        "id": f"6-{1_000_000 + len(names(call.state)) + 1}",
        "name": name,
        "fullyQualifiedName": _PREFIX + name,
        "labels": {"singular": label, "plural": f"{label}s"},
        "description": str(body.get("description", "")),
        "primaryObject": str(body.get("primaryObject") or "CONTACT"),
        "archived": False,
        "properties": [_property(each) for each in wanted],
        "createdAt": iso(call.now),
        "updatedAt": iso(call.now),
    }
    return Answer(_save(call, shown), 201, 1)


def _patch(call: Call) -> Answer:
    shown, body = _found(call), call.body()
    if label := body.get("label"):
        shown["labels"] = {"singular": label, "plural": f"{label}s"}
    shown["description"] = body.get("description", shown["description"])
    return Answer(_save(call, shown), rows=1)


def _archive(call: Call) -> Answer:
    shown = _found(call)
    with call.state.transaction() as db:
        cells = (shown["fullyQualifiedName"],)
        db.execute("UPDATE hs_event_definition SET archived = 1 WHERE name = ?", cells)
    return Answer(status=204)


def _add_property(call: Call) -> Answer:
    shown, made = _found(call), _property(call.body())
    if made["name"] in {each["name"] for each in shown["properties"]}:
        raise Fault(409, f"{made['name']} exists already", "CONFLICT")
    shown["properties"].append(made)
    _save(call, shown)
    return Answer(made, 201, 1)


def _patch_property(call: Call) -> Answer:
    shown, body = _found(call), call.body()
    found = _named(shown, call.parts["property"])
    found.update({name: body[name] for name in ("label", "description", "options") if name in body})
    _save(call, shown)
    return Answer(found, rows=1)


def _drop_property(call: Call) -> Answer:
    shown = _found(call)
    shown["properties"].remove(_named(shown, call.parts["property"]))
    _save(call, shown)
    return Answer(status=204)


def check(definition: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
    """A 400 for a property nobody defined."""
    known = {each["name"] for each in definition["properties"]}.union(_ALWAYS)
    unknown = sorted(set(properties) - known)
    if unknown:
        raise invalid(
            f"{definition['fullyQualifiedName']} has no property {', '.join(unknown)}",
            context={"properties": unknown},
        )


def _property(given: Mapping[str, Any]) -> dict[str, Any]:
    if not given.get("label") and not given.get("name"):
        raise invalid("An event property needs a label")
    label = str(given.get("label") or given["name"])
    return {
        "name": str(given.get("name") or re.sub(r"\W+", "_", label.lower())),
        "label": label,
        "type": str(given.get("type", "string")),
        "description": str(given.get("description", "")),
        "options": list(given.get("options") or ()),
    }


def _named(shown: Mapping[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] | None = next(
        (each for each in shown["properties"] if each["name"] == name), None
    )
    if found is None:
        raise not_found(f"No property {name}")
    return found


def _found(call: Call) -> dict[str, Any]:
    demand_enterprise(call)
    shown = find(call.state, call.parts["event"])
    if shown is None:
        raise not_found(f"No event definition {call.parts['event']}")
    return shown


def _save(call: Call, shown: dict[str, Any]) -> dict[str, Any]:
    shown["updatedAt"] = iso(call.now)
    with call.state.transaction() as db:
        cells = (shown["fullyQualifiedName"], orjson.dumps(shown).decode())
        db.execute("INSERT OR REPLACE INTO hs_event_definition VALUES (?, ?, 0)", cells)
    return shown


_PATH: Final = "events/event-definitions"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", _PATH, _list),
    ("POST", _PATH, _create),
    ("GET", f"{_PATH}/{{event}}", _get),
    ("PATCH", f"{_PATH}/{{event}}", _patch),
    ("DELETE", f"{_PATH}/{{event}}", _archive),
    ("POST", f"{_PATH}/{{event}}/property", _add_property),
    ("PATCH", f"{_PATH}/{{event}}/property/{{property}}", _patch_property),
    ("DELETE", f"{_PATH}/{{event}}/property/{{property}}", _drop_property),
)
