"""Property groups: the sections properties stand in."""

from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.faults import PORTAL, Fault, invalid, not_found
from sandbox.state import State

Group = dict[str, Any]


def group_names(state: State, kind: Kind) -> set[str]:
    """The names of the groups a property of this type may stand in."""
    return {each["name"] for each in groups(state, kind)}


def groups(state: State, kind: Kind) -> list[Group]:
    """The groups of one object type by their order."""
    rows = state.db.execute("SELECT document FROM hs_group WHERE type = ?", (kind.id,))
    found = [orjson.loads(row[0]) for row in rows]
    return sorted(found, key=lambda each: (each["displayOrder"], each["name"]))


def keep(state: State, kind: Kind, group: Group) -> None:
    """Store one group; the caller holds a transaction."""
    state.db.execute(
        "INSERT OR REPLACE INTO hs_group VALUES (?, ?, ?)",
        (kind.id, group["name"], orjson.dumps(group).decode()),
    )


def _list(call: Call) -> Answer:
    found = groups(call.state, call.kind())
    return Answer({"results": found}, rows=len(found))


def _get(call: Call) -> Answer:
    return Answer(_one(call), rows=1)


def _create(call: Call) -> Answer:
    kind, body = call.kind(), call.body()
    name, label = str(body.get("name") or ""), str(body.get("label") or "")
    if not name or not label:
        raise invalid("A property group needs a name and a label")
    if name in group_names(call.state, kind):
        raise Fault(
            409,
            f"A property group named '{name}' already exists.",
            "OBJECT_ALREADY_EXISTS",
            subCategory="PropertyGroupError.PROPERTY_GROUP_WITH_NAME_EXISTS",
        )
    order = body.get("displayOrder", len(groups(call.state, kind)))
    made = {"name": name, "label": label, "displayOrder": order, "archived": False}
    with call.state.transaction():
        keep(call.state, kind, made)
    return Answer(made, 201, 1)


def _change(call: Call) -> Answer:
    found, body = _one(call), call.body()
    found |= {name: body[name] for name in ("label", "displayOrder") if name in body}
    with call.state.transaction():
        keep(call.state, call.kind(), found)
    return Answer(found, rows=1)


def _archive(call: Call) -> Answer:
    """A group with live properties stays: the refusal is JSON text inside the message."""
    kind, name = call.kind(), _one(call)["name"]
    held = call.state.db.execute(
        "SELECT name FROM hs_property WHERE type = ? AND json_extract(document, '$.groupName') = ? "
        "AND NOT json_extract(document, '$.archived')",
        (kind.id, name),
    ).fetchall()
    if held:
        nested = {
            "message": f"Property group {name} holds {len(held)} active properties",
            "portalId": PORTAL,
        }
        raise invalid(
            orjson.dumps(nested).decode(),
            subCategory="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES",
        )
    with call.state.transaction() as db:
        db.execute("DELETE FROM hs_group WHERE type = ? AND name = ?", (kind.id, name))
    return Answer(status=204, rows=1)


def _one(call: Call) -> Group:
    name = call.parts["group"]
    found = [each for each in groups(call.state, call.kind()) if each["name"] == name]
    if not found:
        raise not_found(f'Property group "{name}" does not exist')
    return found[0]


_ALL: Final = "crm/properties/{type}/groups"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", _ALL, _list),
    ("POST", _ALL, _create),
    ("GET", f"{_ALL}/{{group}}", _get),
    ("PATCH", f"{_ALL}/{{group}}", _change),
    ("DELETE", f"{_ALL}/{{group}}", _archive),
)
