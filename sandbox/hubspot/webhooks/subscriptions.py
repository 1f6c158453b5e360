"""Webhook subscriptions of an app: created paused, at most a thousand."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.kinds import find_in
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import invalid, not_found
from sandbox.hubspot.webhooks.changes import reread
from sandbox.hubspot.webhooks.payloads import GENERIC
from sandbox.hubspot.webhooks.targets import app_of
from sandbox.state import State

Row = tuple[int, str, str | None, str | None, int, int, int]
_MOST: Final = 1000
_NAMES: Final = ("contact", "company", "deal", "ticket", "product", "line_item", GENERIC)
_EVENTS: Final = frozenset(
    f"{name}.{suffix}"
    for name in _NAMES
    for suffix in (
        "creation",
        "deletion",
        "merge",
        "restore",
        "propertyChange",
        "associationChange",
    )
) | {"contact.privacyDeletion"}
_NEVER: Final = ("hs_lastmodifieddate", "lastmodifieddate", "num_unique_conversion_events")
_SELECT: Final = (
    "SELECT id, event, type, property, active, created, updated FROM hs_subscription WHERE app = ?"
)


def _list(call: Call) -> Answer:
    rows = call.state.db.execute(f"{_SELECT} ORDER BY id", (app_of(call),)).fetchall()
    return Answer({"results": [_shown(row) for row in rows]}, rows=len(rows))


def _get(call: Call) -> Answer:
    return Answer(_shown(_row(call, app_of(call), call.parts["id"])), rows=1)


def _create(call: Call) -> Answer:
    app, body = app_of(call), call.body()
    event, type, name = _wanted(call.state, body)
    count = call.state.db.execute("SELECT count(*) FROM hs_subscription WHERE app = ?", (app,))
    if count.fetchone()[0] >= _MOST:
        raise invalid(f"An app has at most {_MOST} subscriptions")
    known = call.state.db.execute(
        f"{_SELECT} AND event = ? AND type IS ? AND property IS ?", (app, event, type, name)
    ).fetchone()
    if known is not None:
        raise invalid(f"Subscription {known[0]} for {event} exists already")
    with call.state.transaction() as db:
        made = db.execute(
            "INSERT INTO hs_subscription VALUES (NULL, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (app, event, type, name, int(bool(body.get("active"))), call.now, call.now),
        ).fetchone()
    reread(call.state)
    return Answer(_shown(_row(call, app, str(made[0]))), 201, 1)


def _wanted(state: State, body: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    """The event, the type id of a generic one, the property of a property change."""
    event, name = str(body.get("eventType", "")), body.get("propertyName")
    if event not in _EVENTS:
        raise invalid(f"{event} is not a known eventType")
    is_property = event.endswith(".propertyChange")
    if is_property != bool(name) or name in _NEVER:
        raise invalid(f"{event} cannot be subscribed to with propertyName {name}")
    kind = None
    if event.startswith(GENERIC):
        kind = find_in(state, str(body.get("objectTypeId", "")))
        if kind is None:
            raise invalid(f"{event} needs the objectTypeId of a known object type")
    return event, None if kind is None else kind.id, str(name) if is_property else None


def _patch(call: Call) -> Answer:
    app, body = app_of(call), call.body()
    row = _row(call, app, call.parts["id"])
    _activate(call, app, row[0], active=bool(body.get("active", row[4])))
    return Answer(_shown(_row(call, app, call.parts["id"])), rows=1)


def _batch_update(call: Call) -> Answer:
    app, results, errors = app_of(call), list[Any](), list[Any]()
    started = iso(call.now)
    for each in call.body().get("inputs", ()):
        id = str(each.get("id", ""))
        if _find(call, app, id) is None:
            errors.append(not_found(f"No subscription {id}").in_batch({"ids": [id]}))
            continue
        _activate(call, app, int(id), active=bool(each.get("active")))
        results.append(_shown(_row(call, app, id)))
    content: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": started,
        "completedAt": iso(call.now),
    }
    if errors:
        content |= {"numErrors": len(errors), "errors": errors}
    return Answer(content, 207 if errors else 200, len(results))


def _delete(call: Call) -> Answer:
    with call.state.transaction() as db:
        cells = (app_of(call), call.parts["id"])
        db.execute("DELETE FROM hs_subscription WHERE app = ? AND id = ?", cells)
    reread(call.state)
    return Answer(status=204)


def _activate(call: Call, app: int, id: int, *, active: bool) -> None:
    with call.state.transaction() as db:
        db.execute(
            "UPDATE hs_subscription SET active = ?, updated = ? WHERE app = ? AND id = ?",
            (int(active), call.now, app, id),
        )
    reread(call.state)


def _find(call: Call, app: int, id: str) -> Row | None:
    row: Row | None = call.state.db.execute(f"{_SELECT} AND id = ?", (app, id)).fetchone()
    return row


def _row(call: Call, app: int, id: str) -> Row:
    row = _find(call, app, id)
    if row is None:
        raise not_found(f"No subscription {id}")
    return row


def _shown(row: Row) -> dict[str, Any]:
    id, event, type, name, active, created, updated = row
    shown: dict[str, Any] = {
        "id": str(id),
        "eventType": event,
        "active": bool(active),
        "createdAt": iso(created),
        "updatedAt": iso(updated),
    }
    if name is not None:
        shown["propertyName"] = name
    if type is not None:
        shown["objectTypeId"] = type
    return shown


_PATH: Final = "webhooks/{app}/subscriptions"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", _PATH, _list),
    ("POST", _PATH, _create),
    ("POST", f"{_PATH}/batch/update", _batch_update),
    ("GET", f"{_PATH}/{{id}}", _get),
    ("PATCH", f"{_PATH}/{{id}}", _patch),
    ("DELETE", f"{_PATH}/{{id}}", _delete),
)
