"""Account Engagement's bad days, worded as its answers are (API notes, section 11.2)."""

from random import Random
from typing import Final
from urllib.parse import parse_qsl, urlencode

import orjson

from sandbox.weather.vendor import HTML, Given, Sent, Vendor, kind, page_of


def _error(code: int, message: str) -> str:
    return f'{{"code":{code},"message":"{message}"}}'


_CONCURRENT: Final = "You have exceeded the concurrent request limit."
_EXPIRED: Final = "access_token is invalid, unknown, or malformed"


def _edge(status: int, title: str) -> Given:
    return Given(status, page_of(str(status), title, "nginx"), HTML)


ANSWERS: Final = {
    "too_many": Given(429, _error(66, _CONCURRENT)),
    "daily_limit": Given(429, _error(122, "Daily API rate limit met.")),
    "session_expired": Given(401, _error(184, _EXPIRED), ends_token=True),
    "internal_error": _edge(500, "Internal Server Error"),
    "bad_gateway": _edge(502, "Bad Gateway"),
    "unavailable": _edge(503, "Service Temporarily Unavailable"),
    "gateway_timeout": _edge(504, "Gateway Time-out"),
    "timeout": _edge(524, "A timeout occurred"),
}
KINDS: Final = {
    "list": kind("GET", r"^/api/v5/objects/[\w-]+$"),
    "read": kind("GET", r"^/api/v5/objects/[\w-]+/\d+$"),
    "export": kind("GET POST", r"^/api/v5/exports"),
    "write": kind("POST PATCH DELETE", r"^/api/v5/objects/"),
}


def _shorten(sent: Sent, dice: Random) -> Sent:
    query = parse_qsl(sent.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    known = dict(query)
    if "nextPageToken" in known:
        return sent  # nothing but `fields` may stand beside a token
    whole = int(known.get("limit") or 200)
    rest = [(name, value) for name, value in query if name != "limit"]
    rest.append(("limit", str(dice.randint(1, max(1, whole - 1)))))
    return Sent({**sent.scope, "query_string": urlencode(rest).encode()}, sent.body)


def _empty(sent: Sent, body: bytes) -> bytes | None:
    page = orjson.loads(body)
    query = dict(parse_qsl(sent.scope["query_string"].decode("latin-1")))
    token = query.get("nextPageToken")
    if token is None or not page.get("values"):
        return None
    here = {"nextPageToken": token, "nextPageUrl": page.get("nextPageUrl")}
    if page.get("nextPageUrl"):
        here["nextPageUrl"] = page["nextPageUrl"].replace(str(page["nextPageToken"]), token)
    return orjson.dumps({**page, **here, "values": []})


ACCOUNT_ENGAGEMENT: Final = Vendor("account_engagement", KINDS, ANSWERS, _shorten, _empty)
