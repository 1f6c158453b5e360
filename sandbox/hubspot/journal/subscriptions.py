"""What an app's journal holds: object types, associations and deletions it subscribed to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import PORTAL, invalid, not_found
from sandbox.hubspot.oauth.tokens import APP_ACTIONS
from sandbox.hubspot.webhooks.changes import reread
from sandbox.state import State

_OBJECT: Final = ("CREATE", "UPDATE", "DELETE", "MERGE", "RESTORE", "SNAPSHOT")
_LINKS: Final = ("ASSOCIATION_ADDED", "ASSOCIATION_REMOVED")
ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "OBJECT": _OBJECT,
    "ASSOCIATION": _LINKS,
    "GDPR_PRIVACY_DELETION": ("GDPR_DELETE",),
    "APP_LIFECYCLE_EVENT": APP_ACTIONS,
    "LIST_MEMBERSHIP": ("ADDED_TO_LIST", "REMOVED_FROM_LIST"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """One subscription: which actions on which type or lists, and the properties to tell of."""

    app: int
    type: str | None
    actions: tuple[str, ...]
    properties: tuple[str, ...]
    lists: tuple[str, ...] = ()


def wishes(state: State, app: int) -> list[Wish]:
    """What this app subscribed to."""
    rows = state.db.execute("SELECT document FROM hs_journal_subscription WHERE app = ?", (app,))
    found = (orjson.loads(row[0]) for row in rows.fetchall())
    return [
        Wish(
            app,
            each.get("objectTypeId"),
            tuple(each["actions"]),
            tuple(each["properties"]),
            tuple(each.get("listIds", ())),
        )
        for each in found
    ]


def _create(call: Call) -> Answer:
    body = call.body()
    kind = str(body.get("subscriptionType", "OBJECT"))
    if kind not in ACTIONS:
        raise invalid(f"{kind} is not a known subscriptionType")
    actions = [str(each) for each in body.get("actions") or ACTIONS[kind]]
    wrong = sorted(set(actions) - set(ACTIONS[kind]))
    if wrong:
        raise invalid(f"{kind} subscriptions know no action {', '.join(wrong)}")
    kept = {
        "subscriptionType": kind,
        "portalId": body.get("portalId", PORTAL),
        "objectTypeId": body.get("objectTypeId"),
        "actions": actions,
        "properties": [str(each) for each in body.get("properties") or ()],
        "listIds": [str(each) for each in body.get("listIds") or ()],
        "createdAt": iso(call.now),
        "updatedAt": iso(call.now),
    }
    with call.state.transaction() as db:
        made = db.execute(
            "INSERT INTO hs_journal_subscription VALUES (NULL, ?, ?) RETURNING id",
            (call.caller.app, orjson.dumps(kept).decode()),
        ).fetchone()
    reread(call.state)
    return Answer(_shown(call, made[0], kept), 201, 1)


def _list(call: Call) -> Answer:
    rows = call.state.db.execute(
        "SELECT id, document FROM hs_journal_subscription WHERE app = ? ORDER BY id",
        (call.caller.app,),
    ).fetchall()
    shown = [_shown(call, id, orjson.loads(text)) for id, text in rows]
    return Answer({"results": shown}, rows=len(shown))


def _get(call: Call) -> Answer:
    row = call.state.db.execute(
        "SELECT id, document FROM hs_journal_subscription WHERE app = ? AND id = ?",
        (call.caller.app, call.parts["id"]),
    ).fetchone()
    if row is None:
        raise not_found(f"No subscription {call.parts['id']}")
    return Answer(_shown(call, row[0], orjson.loads(row[1])), rows=1)


def _delete(call: Call) -> Answer:
    with call.state.transaction() as db:
        cells = (call.caller.app, call.parts["id"])
        db.execute("DELETE FROM hs_journal_subscription WHERE app = ? AND id = ?", cells)
    reread(call.state)
    return Answer(status=204)


def _delete_portal(call: Call) -> Answer:
    with call.state.transaction() as db:
        db.execute("DELETE FROM hs_journal_subscription WHERE app = ?", (call.caller.app,))
    reread(call.state)
    return Answer(status=204)


def _shown(call: Call, id: int, kept: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": id, "appId": call.caller.app, **kept}


_PATH: Final = "webhooks-journal/subscriptions"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", _PATH, _list),
    ("POST", _PATH, _create),
    ("GET", f"{_PATH}/{{id}}", _get),
    ("DELETE", f"{_PATH}/{{id}}", _delete),
    ("DELETE", f"{_PATH}/portals/{{portal}}", _delete_portal),
)
