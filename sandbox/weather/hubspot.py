"""HubSpot's bad days, worded as its answers are (API notes, sections 3.3 and 4)."""

from random import Random
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import orjson

from sandbox.weather.vendor import HTML, Given, Sent, Vendor, kind, page_of

_DATED: Final = r"(v\d|\d{4}-\d{2})"
_OBJECTS: Final = rf"^/crm/(objects/{_DATED}|{_DATED}/objects)/[^/]+"


def _limited(message: str, policy: str, more: str) -> str:
    return (
        f'{{"status":"error","message":"You have reached your {message} limit.",'
        f'"errorType":"RATE_LIMIT","correlationId":"{{correlation}}","policyName":"{policy}",{more}}}'
    )


def _group(word: str) -> str:
    return f'"groupName":"publicapi:private-app-api-calls-{word}:4812345"'


def _error(message: str, category: str) -> str:
    return (
        f'{{"status":"error","message":"{message}","correlationId":"{{correlation}}",'
        f'"category":"{category}"}}'
    )


_EXPIRED: Final = "The OAuth token used to make this call expired 7 second(s) ago."
_MOVING: Final = "This account is being moved to another data centre."
_BURST: Final = _limited("ten_secondly_rolling", "TEN_SECONDLY_ROLLING", _group("ten-secondly"))
_SEARCH: Final = _limited("secondly", "SECONDLY", _group("secondly"))
_DAILY: Final = _limited("daily", "DAILY", '"requestId":"{uuid}"')


def _edge(status: int, title: str) -> Given:
    return Given(status, page_of(str(status), title, "cloudflare"), HTML)


ANSWERS: Final = {
    "too_many": Given(429, _BURST),
    "too_many_searches": Given(429, _SEARCH),
    "daily_limit": Given(429, _DAILY),
    "rate_limits": Given(429, _error("You have reached your secondly limit.", "RATE_LIMITS")),
    "session_expired": Given(401, _error(_EXPIRED, "EXPIRED_AUTHENTICATION"), ends_token=True),
    "locked": Given(423, _error("This record is locked.", "CONFLICT")),
    "moving": Given(477, _error(_MOVING, "MIGRATION_IN_PROGRESS"), headers={"Retry-After": "2"}),
    "internal_error": _edge(500, "Internal Server Error"),
    "bad_gateway": _edge(502, "Bad Gateway"),
    "unavailable": _edge(503, "Service Temporarily Unavailable"),
    "gateway_timeout": _edge(504, "Gateway Time-out"),
    "server_down": _edge(521, "Web server is down"),
    "connection_refused": _edge(523, "Origin is unreachable"),
    "timeout": _edge(524, "A timeout occurred"),
}
KINDS: Final = {
    "token": kind("POST", r"^/oauth/"),
    "search": kind("POST", rf"{_OBJECTS}/search$"),
    "list": kind("GET", rf"{_OBJECTS}$"),
    "read": kind("GET POST", rf"{_OBJECTS}/(\d+|batch/read)$"),
    "batch": kind("POST", r"/batch/\w+(/\w+)?$"),
    "associations": kind("GET POST PUT DELETE", r"/associations/"),
    "properties": kind("GET", r"^/crm/(properties|v3/properties)"),
    "events": kind("GET", r"^/(events|email/public)/"),
    "write": kind("POST PUT PATCH DELETE", r"^/crm(?!.*(search|batch/read)$)"),
}


def _shorten(sent: Sent, dice: Random) -> Sent:
    if sent.scope["method"] == "POST":
        asked = _object(sent.body)
        asked["limit"] = _fewer(asked.get("limit"), dice)
        return Sent(sent.scope, orjson.dumps(asked))
    query = parse_qsl(sent.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    rest = [(name, value) for name, value in query if name != "limit"]
    rest.append(("limit", str(_fewer(dict(query).get("limit"), dice))))
    return Sent({**sent.scope, "query_string": urlencode(rest).encode()}, sent.body)


def _fewer(limit: Any, dice: Random) -> int:
    whole = int(limit) if str(limit or "").isdigit() else 10
    return dice.randint(1, max(1, whole - 1))


def _empty(sent: Sent, body: bytes) -> bytes | None:
    page = _object(body)
    results = page.get("results")
    if not results:
        return None
    here = _object(sent.body).get("after") or "0"
    if sent.scope["method"] == "GET":
        here = str(results[0].get("id", ""))
    following = {"next": {"after": str(here)}}
    return orjson.dumps({**page, "results": [], "paging": following}) if here else None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


MOVES: Final = frozenset("create edit archive purge merge relink unlink tie".split())
HUBSPOT: Final = Vendor(
    "hubspot", KINDS, ANSWERS, _shorten, _empty, lasting="Bearer pat-", moves=MOVES
)
