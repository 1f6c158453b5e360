"""Where an app's deliveries go and how many may be under way at once."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import invalid, not_found
from sandbox.hubspot.oauth import apps
from sandbox.state import State

_MOST: Final = 10


def target(state: State, app: int) -> dict[str, Any] | None:
    """The settings of an app, or None before it has any."""
    with state.lock:
        row = state.db.execute(
            "SELECT document FROM hs_webhook_settings WHERE app = ?", (app,)
        ).fetchone()
    return None if row is None else dict(orjson.loads(row[0]))


def app_of(call: Call) -> int:
    """The app named in the path; another app's own credentials do not open it."""
    text = call.parts["app"]
    if not text.isdigit() or apps.find(call.state, id=int(text)) is None:
        raise not_found(f"No app has the id {text}")
    if call.caller.kind == "client" and call.caller.app != int(text):
        raise not_found(f"No app has the id {text}")
    return int(text)


def _get(call: Call) -> Answer:
    found = target(call.state, app_of(call))
    if found is None:
        raise not_found("This app has no webhook settings")
    return Answer(found)


def _put(call: Call) -> Answer:
    app, body = app_of(call), call.body()
    url, throttling = str(body.get("targetUrl", "")), body.get("throttling")
    if not _is_loopback(url):
        raise invalid("targetUrl must be an address of this machine: the sandbox calls no other")
    most = throttling.get("maxConcurrentRequests") if isinstance(throttling, Mapping) else None
    if not isinstance(most, int) or most <= 5:
        raise invalid("throttling.maxConcurrentRequests must be greater than 5")
    before = target(call.state, app)
    now = iso(call.now)
    kept = {
        "targetUrl": url,
        "throttling": {"maxConcurrentRequests": min(most, _MOST)},
        "createdAt": now if before is None else before["createdAt"],
        "updatedAt": now,
    }
    with call.state.transaction() as db:
        cells = (app, orjson.dumps(kept).decode())
        db.execute("INSERT OR REPLACE INTO hs_webhook_settings VALUES (?, ?)", cells)
    return Answer(kept)


def _delete(call: Call) -> Answer:
    with call.state.transaction() as db:
        db.execute("DELETE FROM hs_webhook_settings WHERE app = ?", (app_of(call),))
    return Answer(status=204)


def _is_loopback(url: str) -> bool:
    split = urlsplit(url)
    host = split.hostname or ""
    if split.scheme not in ("http", "https"):
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


_PATH: Final = "webhooks/{app}/settings"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", _PATH, _get),
    ("PUT", _PATH, _put),
    ("DELETE", _PATH, _delete),
)
