"""The door of `/api/v5/`: token, business unit, allowance, then one endpoint."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.account_engagement import exports, writes
from sandbox.account_engagement.account import quota
from sandbox.account_engagement.account.controls import controls
from sandbox.account_engagement.account.settings import settings
from sandbox.account_engagement.faults import (
    Fault,
    bad_token,
    invalid,
    missing,
    no_unit,
    not_allowed,
    wrong_unit,
)
from sandbox.account_engagement.identity import follow_conversions
from sandbox.account_engagement.model import OBJECTS, Object
from sandbox.account_engagement.query import listed
from sandbox.account_engagement.show import Shown, wanted
from sandbox.account_engagement.store import read, ready
from sandbox.network import note_rows
from sandbox.salesforce.org import org_of
from sandbox.state import State

_JSON: Final = "application/json;charset=UTF-8"
_METHODS: Final = ["GET", "POST", "PATCH", "DELETE"]
_ROOT: Final = "/api/v5/"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; `rows` is how many records it returned or wrote."""

    content: Any = None
    status: int = 200
    rows: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted call."""

    state: State
    method: str
    words: tuple[str, ...]
    """The path below `/api/v5/`."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    origin: str

    def body(self) -> dict[str, Any]:
        """The body, which must be a JSON object."""
        try:
            found = orjson.loads(self.raw or b"{}")
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise invalid("Input needs to be valid JSON")
        return found


def routes(state: State) -> list[BaseRoute]:
    """Install the account's tables and answer its paths."""
    connections = quota.Connections(ready(state))

    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            with state.lock:
                _check_caller(state, request.headers)
            with connections.one():
                await asyncio.sleep(settings(state).answer_seconds)
                with state.lock:
                    quota.spend(state)
                    follow_conversions(state)
                    answer = _answer(_call(state, request, raw))
        except Fault as fault:
            told = {"code": fault.code, "message": fault.message}
            answer = Answer(told, fault.status, headers=fault.headers)
        note_rows(request.scope, answer.rows)
        return _wire(answer, _usage(state, request))

    return [Route("/api/v5/{rest:path}", endpoint, methods=_METHODS), *controls(state)]


def _check_caller(state: State, headers: Mapping[str, str]) -> None:
    kind, _, token = headers.get("authorization", "").partition(" ")
    sql = "SELECT user FROM sf_open_session WHERE token = ?"
    found = state.db.execute(sql, (token.strip(),)).fetchone()
    alive = found is not None and org_of(state).value("User", found[0], "IsActive")
    if kind.lower() != "bearer" or not alive:
        raise bad_token()
    unit = headers.get("pardot-business-unit-id")
    if not unit:
        raise no_unit()
    if unit != settings(state).business_unit:
        raise wrong_unit()


def _usage(state: State, request: Request) -> dict[str, str]:
    if request.headers.get("x-return-api-usage") not in {"1", "true"}:
        return {}
    return {"x-api-usage": f"{quota.used(state)}/{settings(state).daily}"}


def _call(state: State, request: Request, raw: bytes) -> Call:
    words = tuple(request.url.path.removeprefix(_ROOT).split("/"))
    origin = f"{request.url.scheme}://{request.url.netloc}"
    query = dict(request.query_params)
    return Call(state, request.method, words, query, request.headers, raw, origin)


def _answer(call: Call) -> Answer:
    match call.words:
        case ("exports", *rest):
            return _exports(call, rest)
        case ("objects", name, *rest) if name in OBJECTS:
            if name in settings(call.state).denied:
                raise not_allowed(name)
            return _objects(call, OBJECTS[name], rest)
    raise missing("/".join(call.words))


def _objects(call: Call, object: Object, rest: list[str]) -> Answer:
    match call.method, rest:
        case "GET", []:
            page = listed(call.state, object, call.query, f"{call.origin}/{_path(call)}")
            return Answer(page.content, rows=len(page.content["values"]), headers=page.headers)
        case "POST", [] if "create" in object.does:
            return _shown(call, object, writes.make(call.state, object, call.body()), 201)
        case "POST", ["do", "upsertLatestByEmail"] if object.name == "prospects":
            id, new = writes.upsert_latest(call.state, call.body())
            return _shown(call, object, id, 201 if new else 200)
        case method, [id, *action] if id.isdigit():
            return _one(call, object, method, int(id), action)
    raise Fault(404, 2, "Invalid action")


def _one(call: Call, object: Object, method: str, id: int, action: list[str]) -> Answer:
    match method, action:
        case "GET", []:
            return _single(call, object, id)
        case "PATCH", [] if "update" in object.does:
            writes.alter(call.state, object, id, call.body())
            return _shown(call, object, id)
        case "DELETE", [] if "delete" in object.does:
            writes.remove(call.state, object, id)
            return Answer(status=204, rows=1)
        case "POST", ["do", what]:
            writes.act(call.state, object, id, what, call.body())
            return _shown(call, object, id)
    raise Fault(404, 2, "Invalid action")


def _single(call: Call, object: Object, id: int) -> Answer:
    """One record as of the cache; 304 when it has not changed since the moment that is named."""
    now = settings(call.state)
    at = call.state.now().timestamp() - now.lag_seconds
    paths = wanted(object, call.query.get("fields"))
    row = read(call.state, object.name, id, at)
    if row is None or row.deleted:
        raise missing(f"{object.name} {id}")
    last = datetime.fromtimestamp(row.updated, UTC)
    headers = {"Last-Modified": format_datetime(last, usegmt=True)}
    since = call.headers.get("if-modified-since")
    if since and last <= parsedate_to_datetime(since):
        return Answer(status=304, headers=headers)
    return Answer(Shown(call.state, at, now.zone).record(row, paths), rows=1, headers=headers)


def _shown(call: Call, object: Object, id: int, status: int = 200) -> Answer:
    """What a write left, from the primary: with the fields asked for, else the id."""
    fields = call.query.get("fields") or ",".join(call.body().get("fields") or ["id"])
    row = read(call.state, object.name, id)
    if row is None:
        raise missing(f"{object.name} {id}")
    shown = Shown(call.state, call.state.now().timestamp(), settings(call.state).zone)
    return Answer(shown.record(row, wanted(object, fields)), status, 1)


def _exports(call: Call, rest: list[str]) -> Answer:
    state = call.state
    match call.method, rest:
        case "POST", []:
            id = exports.begin(state, call.body())
            return Answer(exports.told(state, id, call.origin), 201)
        case "GET", [id] if id.isdigit():
            return Answer(exports.told(state, int(id), call.origin))
        case "GET", [id, "results", number] if id.isdigit() and number.isdigit():
            return Answer(exports.result(state, int(id), int(number)))
        case "POST", [id, "do", "cancel"] if id.isdigit():
            exports.end(state, int(id), "canceled")
            return Answer(exports.told(state, int(id), call.origin))
    raise missing("export")


def _path(call: Call) -> str:
    return f"{_ROOT.strip('/')}/{'/'.join(call.words)}"


def _wire(answer: Answer, more: Mapping[str, str]) -> Response:
    headers = {**answer.headers, **more}
    if isinstance(answer.content, bytes):
        return Response(answer.content, answer.status, headers, media_type="text/csv")
    content = b"" if answer.content is None else orjson.dumps(answer.content)
    return Response(content, answer.status, headers, media_type=_JSON if content else None)
