"""The door: sign-in, limits, one endpoint, and every refusal in HubSpot's envelope."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.hubspot import trouble
from sandbox.hubspot.account import owners, pipelines, usage
from sandbox.hubspot.activity import emails, events, forms
from sandbox.hubspot.call import Answer, Call
from sandbox.hubspot.crm import associations, batch, lists, merges, objects, properties, search
from sandbox.hubspot.data.definitions import ready
from sandbox.hubspot.faults import Fault, not_found, unauthenticated
from sandbox.hubspot.limits import Gate
from sandbox.hubspot.paths import find, plain, table
from sandbox.hubspot.settings import settings, token
from sandbox.network import correlation, note_rows
from sandbox.state import State

_ROOTS: Final = ("crm", "events", "marketing", "email", "form-integrations", "account-info")
_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_JSON: Final = "application/json;charset=utf-8"
_MODULES: Final = (
    objects, batch, search, associations, properties, merges, lists,
    owners, pipelines, usage, events, emails, forms,
)  # fmt: skip
_TABLE: Final = table(endpoint for module in _MODULES for endpoint in module.ENDPOINTS)


def routes(state: State, clock: Callable[[], float] = monotonic) -> list[BaseRoute]:
    """Install the account's tables and answer its paths; `clock` measures the rate limits."""
    gate = Gate(ready(state), clock)

    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        with state.lock:
            met = trouble.meet(state, request.url.path)
            if met is not None and not met.applied:
                return trouble.answer(met)
            answer = _respond(state, gate, request, raw)
            return answer if met is None else trouble.answer(met)

    return [Route(f"/{root}/{{rest:path}}", endpoint, methods=_METHODS) for root in _ROOTS]


def _respond(state: State, gate: Gate, request: Request, raw: bytes) -> Response:
    now = settings(state)
    version, words = plain(request.url.path)
    search_call = words[:2] == ("crm", "objects") and words[-1] == "search"
    identity = _identity(request)
    headers = {"X-HubSpot-Correlation-Id": identity}
    try:
        if request.headers.get("authorization") != f"Bearer {token(state)}":
            raise unauthenticated()
        gate.admit(now, search=search_call)
        answer = _answer(state, gate, request, raw, version, words)
    except Fault as fault:
        headers.update(fault.headers)
        answer = Answer({**fault.body, "correlationId": identity}, fault.status)
    if not search_call and answer.status != 401:
        headers.update(gate.headers(now))
    note_rows(request.scope, answer.rows)
    return _wire(answer, headers)


def _answer(
    state: State,
    gate: Gate,
    request: Request,
    raw: bytes,
    version: str,
    words: tuple[str, ...],
) -> Answer:
    found = find(_TABLE, words)
    if found is None:
        raise not_found(f"No endpoint answers {request.url.path}")
    slot, parts = found
    handler = slot.handlers.get(request.method)
    if handler is None:
        raise Fault(405, f"{request.method} is not supported here", "METHOD_NOT_ALLOWED")
    _expect_json(request, raw)
    query = request.query_params.multi_items()
    origin = f"{request.url.scheme}://{request.url.netloc}"
    now = settings(state)
    call = Call(state, gate, now, origin, version, request.url.path, parts, query, raw)
    return handler(call)


def _expect_json(request: Request, raw: bytes) -> None:
    sent = request.headers.get("content-type", "application/json")
    if raw and "json" not in sent:
        raise Fault(415, f"Unsupported Media Type: {sent}", "VALIDATION_ERROR")


def _identity(request: Request) -> str:
    """The request's id: the network log's when the server keeps one."""
    return correlation(request.scope)


def _wire(answer: Answer, headers: dict[str, str]) -> Response:
    content: Any = b"" if answer.content is None else orjson.dumps(answer.content)
    return Response(content, answer.status, headers, media_type=None if not content else _JSON)
