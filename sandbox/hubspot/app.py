"""The door: sign-in, limits, one endpoint, and every refusal in HubSpot's envelope."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.hubspot.account import usage
from sandbox.hubspot.account.controls import controls
from sandbox.hubspot.activity import completions, events, forms, submissions
from sandbox.hubspot.activity import definitions as event_definitions
from sandbox.hubspot.call import Answer, Call
from sandbox.hubspot.consent import channels
from sandbox.hubspot.consent import endpoints as consent
from sandbox.hubspot.crm import associations, batch, merges, objects, search
from sandbox.hubspot.data.definitions import ready
from sandbox.hubspot.door.limits import Gate
from sandbox.hubspot.faults import Fault, not_found
from sandbox.hubspot.habits import workflows
from sandbox.hubspot.habits.automation import run as run_automation
from sandbox.hubspot.journal import pages
from sandbox.hubspot.journal import subscriptions as journal_subscriptions
from sandbox.hubspot.lists import definitions as lists
from sandbox.hubspot.lists import members
from sandbox.hubspot.mailings import emails, statistics
from sandbox.hubspot.mailings import events as email_events
from sandbox.hubspot.model import (
    allowances,
    groups,
    labels,
    owners,
    pipelines,
    properties,
    schemas,
)
from sandbox.hubspot.oauth import endpoints as tokens
from sandbox.hubspot.oauth.caller import NOBODY, Caller, enter
from sandbox.hubspot.paths import find, plain, table
from sandbox.hubspot.settings import settings
from sandbox.hubspot.transfer import exports, imports
from sandbox.hubspot.transfer.imports import run_due
from sandbox.hubspot.webhooks import subscriptions, targets
from sandbox.network import correlation, note_rows
from sandbox.state import State

_ROOTS: Final = (
    "crm", "crm-object-schemas", "automation", "events", "marketing", "email",
    "form-integrations", "submissions", "account-info",
    "oauth", "webhooks", "webhooks-journal", "communication-preferences", "signed-files",
)  # fmt: skip
_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_JSON: Final = "application/json;charset=utf-8"
_MODULES: Final = (
    objects, batch, search, associations, merges, lists, members, labels,
    properties, groups, schemas, allowances,
    owners, pipelines, usage, events, forms, tokens,
    targets, subscriptions, journal_subscriptions, pages, event_definitions, completions,
    submissions, consent, channels, emails, email_events, statistics,
    imports, exports, workflows,
)  # fmt: skip
_TABLE: Final = table(endpoint for module in _MODULES for endpoint in module.ENDPOINTS)


def routes(state: State, clock: Callable[[], float] = monotonic) -> list[BaseRoute]:
    """Install the account's tables and answer its paths; `clock` measures the rate limits."""
    gate = Gate(ready(state), clock)

    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        with state.lock:
            run_automation(state)
            run_due(state)
            return _respond(state, gate, request, raw)

    served = [Route(f"/{root}/{{rest:path}}", endpoint, methods=_METHODS) for root in _ROOTS]
    return [*served, *controls(state)]


def _respond(state: State, gate: Gate, request: Request, raw: bytes) -> Response:
    now = settings(state)
    version, words = plain(request.url.path)
    search_call = words[:2] == ("crm", "objects") and words[-1] == "search"
    identity = _identity(request)
    headers = {"X-HubSpot-Correlation-Id": identity}
    caller = NOBODY
    try:
        caller = _enter(state, request, words)
        if caller.counted:
            gate.admit(now, search=search_call, app=caller.app)
        answer = _answer(state, gate, request, raw, version, words, caller)
    except Fault as fault:
        headers.update(fault.headers)
        answer = Answer({**fault.body, "correlationId": identity}, fault.status)
    if not search_call and caller.counted:
        headers.update(_shown_limits(gate.headers(now, caller.app), caller))
    note_rows(request.scope, answer.rows)
    return _wire(answer, headers)


def _enter(state: State, request: Request, words: tuple[str, ...]) -> Caller:
    sent = request.headers.get("authorization", "")
    return enter(state, request.method, words, sent, request.query_params)


def _shown_limits(limits: dict[str, str], caller: Caller) -> dict[str, str]:
    """An OAuth app is not told about the account's day."""
    if caller.kind != "access":
        return limits
    return {name: value for name, value in limits.items() if "-Daily" not in name}


def _answer(
    state: State,
    gate: Gate,
    request: Request,
    raw: bytes,
    version: str,
    words: tuple[str, ...],
    caller: Caller,
) -> Answer:
    if len(request.url.query) > settings(state).longest_address:
        raise Fault(414, "URI Too Long", "VALIDATION_ERROR")
    found = find(_TABLE, words)
    if found is None:
        raise not_found(f"No endpoint answers {request.url.path}")
    slot, parts = found
    handler = slot.handlers.get(request.method)
    if handler is None:
        raise Fault(405, f"{request.method} is not supported here", "METHOD_NOT_ALLOWED")
    sent = request.headers.get("content-type", "application/json")
    _expect_json(sent, raw, words)
    query = request.query_params.multi_items()
    origin = f"{request.url.scheme}://{request.url.netloc}"
    now = settings(state)
    path = request.url.path
    call = Call(state, gate, now, origin, version, path, parts, query, raw, caller, sent)
    return handler(call)


def _expect_json(sent: str, raw: bytes, words: tuple[str, ...]) -> None:
    formed = "form" in sent and (words[0] == "oauth" or words == ("crm", "imports"))
    if raw and "json" not in sent and not formed:
        raise Fault(415, f"Unsupported Media Type: {sent}", "VALIDATION_ERROR")


def _identity(request: Request) -> str:
    """The request's id: the network log's when the server keeps one."""
    return correlation(request.scope)


def _wire(answer: Answer, headers: dict[str, str]) -> Response:
    headers.update(answer.headers)
    if isinstance(answer.content, bytes):
        return Response(answer.content, answer.status, headers)
    content: Any = b"" if answer.content is None else orjson.dumps(answer.content)
    return Response(content, answer.status, headers, media_type=None if not content else _JSON)
