"""Salesforce's bad days, worded as its answers are (API notes, sections 3 and 7)."""

from random import Random
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import orjson

from sandbox.weather.vendor import HTML, Given, Sent, Split, Vendor, kind, page_of

_DATA: Final = r"^/services/data/v\d\d\.0"
_ROW: Final = "unable to obtain exclusive access to this record or 1 records: {id}"


def _error(code: str, message: str) -> str:
    return f'[{{"message":"{message}","errorCode":"{code}"}}]'


def _limited(message: str) -> Given:
    return Given(403, _error("REQUEST_LIMIT_EXCEEDED", f"{message} Limit exceeded."))


_EXPIRED: Final = _error("INVALID_SESSION_ID", "Session expired or invalid")
_LOCKED: Final = _error("UNABLE_TO_LOCK_ROW", _ROW.format(id="001000000000000"))
_BUSY: Final = _error("SERVER_UNAVAILABLE", "Server temporarily unavailable. Please try again.")


def _edge(status: int, title: str) -> Given:
    return Given(status, page_of(str(status), title, "sfdcedge"), HTML)


ANSWERS: Final = {
    "too_many": _limited("ConcurrentPerOrgLongTxn"),
    "daily_limit": _limited("TotalRequests"),
    "session_expired": Given(401, _EXPIRED, ends_token=True),
    "locked": Given(400, _LOCKED),
    "query_timeout": Given(400, _error("QUERY_TIMEOUT", "Your query ran too long.")),
    "invalid_locator": Given(400, _error("INVALID_QUERY_LOCATOR", "invalid query locator")),
    "unknown_exception": Given(500, _error("UNKNOWN_EXCEPTION", "An unexpected error occurred.")),
    "server_unavailable": Given(503, _BUSY),
    "rerouted": Given(420),
    "internal_error": _edge(500, "Internal Server Error"),
    "bad_gateway": _edge(502, "Bad Gateway"),
    "unavailable": _edge(503, "Service Unavailable"),
    "gateway_timeout": _edge(504, "Gateway Time-out"),
    "timeout": _edge(524, "A timeout occurred"),
}
KINDS: Final = {
    "token": kind("POST", r"^/services/(oauth2/token|Soap)"),
    "query": kind("GET", rf"{_DATA}/query(All)?(/|$)"),
    "page": kind("GET", rf"{_DATA}/query(All)?/."),
    "replication": kind("GET", rf"{_DATA}/sobjects/\w+/(updated|deleted)$"),
    "describe": kind("GET", rf"{_DATA}/sobjects(/\w+/describe)?$"),
    "read": kind("GET POST", rf"{_DATA}/(sobjects/\w+/\w{{15,18}}|composite/sobjects/\w+)$"),
    "collection": kind("POST PATCH DELETE", rf"{_DATA}/composite/sobjects(/\w+/\w+)?$"),
    "composite": kind("POST", rf"{_DATA}/composite(/(graph|batch|tree/\w+))?$"),
    "bulk": kind("GET POST PUT PATCH DELETE", rf"{_DATA}/jobs/"),
    "limits": kind("GET", rf"{_DATA}/limits"),
    "write": kind("POST PUT PATCH DELETE", rf"{_DATA}/(sobjects|composite)(?!/sobjects/\w+$)"),
}


def _shorten(sent: Sent, dice: Random) -> Sent:
    size = f"batchSize={dice.randint(200, 1999)}".encode()
    rest = [each for each in sent.scope["headers"] if each[0] != b"sforce-query-options"]
    return Sent({**sent.scope, "headers": [*rest, (b"sforce-query-options", size)]}, sent.body)


def _empty(sent: Sent, body: bytes) -> bytes | None:
    page = orjson.loads(body)
    if not isinstance(page, dict) or not page.get("records"):
        return None
    here = sent.scope["path"]
    if KINDS["page"].path.search(here) is None:
        following = page.get("nextRecordsUrl")
        if following is None:
            return None
        here = f"{following.rpartition('-')[0]}-0"
    return orjson.dumps({**page, "done": False, "nextRecordsUrl": here, "records": []})


def _lock(sent: Sent, dice: Random, share: float) -> Split | None:
    """The chosen records fail; with allOrNone the whole batch goes with them."""
    if not KINDS["collection"].holds(sent.scope["method"], sent.scope["path"]):
        return None
    deletes = sent.scope["method"] == "DELETE"
    asked = _deletes(sent) if deletes else orjson.loads(sent.body)
    records = asked.get("records", [])
    held = [place for place in range(len(records)) if dice.random() < share]
    if not held:
        return None
    if str(asked.get("allOrNone", "")).lower() == "true":
        answer = orjson.dumps([_failed(each, place in held) for place, each in enumerate(records)])
        return Split(None, lambda _: answer)
    free = [each for place, each in enumerate(records) if place not in held]
    rest = _without(sent, asked, free, deletes=deletes) if free else None
    return Split(rest, lambda answer: _joined(records, held, answer))


def _deletes(sent: Sent) -> dict[str, Any]:
    query = dict(parse_qsl(sent.scope["query_string"].decode("latin-1")))
    ids = [{"id": each} for each in query.get("ids", "").split(",") if each]
    return {**query, "records": ids}


def _without(sent: Sent, asked: dict[str, Any], free: list[Any], *, deletes: bool) -> Sent:
    if not deletes:
        return Sent(sent.scope, orjson.dumps({**asked, "records": free}))
    ids = ",".join(each["id"] for each in free)
    query = {**{k: v for k, v in asked.items() if k != "records"}, "ids": ids}
    return Sent({**sent.scope, "query_string": urlencode(query).encode()}, sent.body)


def _joined(records: list[Any], held: list[int], answer: bytes | None) -> bytes:
    told = orjson.loads(answer) if answer else []
    if not isinstance(told, list):
        return answer or b""
    rest = iter(told)
    whole = [
        _failed(each, locked=True) if place in held else next(rest)
        for place, each in enumerate(records)
    ]
    return orjson.dumps(whole)


def _failed(record: Any, locked: bool) -> dict[str, Any]:  # noqa: FBT001 - one of two wordings
    id = record.get("id") or record.get("Id") or "001000000000000"
    code, message = "UNABLE_TO_LOCK_ROW", _ROW.format(id=str(id)[:15])
    if not locked:
        code = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
        message = (
            "Record rolled back because not all records were valid and the request was using "
            "AllOrNone header"
        )
    error = {"statusCode": code, "message": message, "fields": []}
    return {"success": False, "errors": [error]}


MOVES: Final = frozenset("create edit delete purge undelete merge convert relink tie".split())
SALESFORCE: Final = Vendor("salesforce", KINDS, ANSWERS, _shorten, _empty, _lock, moves=MOVES)
