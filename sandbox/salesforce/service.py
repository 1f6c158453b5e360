"""The HTTP face: requests into calls, answers into responses."""

import gzip
import re
import zlib
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.network import note_rows
from sandbox.salesforce.admin import admin_routes
from sandbox.salesforce.api import about
from sandbox.salesforce.api.call import Answer, Call, json, refused
from sandbox.salesforce.dispatch import Resources
from sandbox.salesforce.faults import FaultError, bad_json, not_found
from sandbox.salesforce.login import Sessions, read_form
from sandbox.salesforce.org import org_of
from sandbox.salesforce.rows.seed import seed
from sandbox.salesforce.soql.pages import Queries
from sandbox.state import State
from sandbox.trust import credentials

_VERSION: Final = re.compile(r"v(\d{2})\.0")
_LONGEST: Final = 16_384
_METHODS: Final = ["GET", "POST", "PATCH", "DELETE", "PUT"]
_HEADERS: Final = {
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}


def routes(state: State) -> list[BaseRoute]:
    """Open the org and serve it."""
    seed(state)
    service = _Service(state)
    return [
        Route("/services/oauth2/token", service.token, methods=["POST"]),
        Route("/services/data", service.versions),
        Route("/services/data/{rest:path}", service.data, methods=_METHODS),
        *admin_routes(org_of(state), service.sessions),
    ]


class _Service:
    """What the endpoints of one server share."""

    def __init__(self, state: State) -> None:
        self._org = org_of(state)
        self._queries = Queries(self._org)
        self._resources = Resources()
        self.sessions = Sessions(self._org, credentials(state))

    async def token(self, request: Request) -> Response:
        """The token endpoint."""
        form = read_form(await request.body())
        instance = f"{request.url.scheme}://{request.headers.get('host', '')}"
        return _response(self.sessions.token(form, request.headers.get("authorization"), instance))

    async def versions(self, _request: Request) -> Response:
        """The version list."""
        return _response(about.versions())

    async def data(self, request: Request) -> Response:
        """Every data resource."""
        target = len(request.url.path) + len(request.url.query)
        if target > _LONGEST:
            return Response(status_code=414)
        if target + sum(len(k) + len(v) for k, v in request.headers.raw) > _LONGEST:
            return Response(status_code=431)
        body = await request.body()
        try:
            answer = self._answer(request, body)
        except FaultError as fault:
            answer = refused(fault)
        note_rows(request.scope, answer.rows)
        return _response(answer, {"Sforce-Limit-Info": self._resources.usage})

    def _answer(self, request: Request, body: bytes) -> Answer:
        if not self.sessions.alive(request.headers.get("authorization")):
            raise FaultError("INVALID_SESSION_ID", "Session expired or invalid")
        raw = request.scope.get("raw_path") or request.url.path.encode()
        _, _, _, version, *path = raw.decode("latin-1").split("?")[0].rstrip("/").split("/")
        gone = _check_version(version)
        if gone is not None:
            return gone
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        method = query.pop("_HttpMethod", request.method)
        call = Call(
            org=self._org,
            queries=self._queries,
            version=version,
            method=method,
            path=tuple(unquote(part) for part in path),
            query=query,
            headers=dict(request.headers),
            body=_read(body, request.headers.get("content-encoding", "")),
        )
        return self._resources.answer(call)


def _check_version(version: str) -> Answer | None:
    match = _VERSION.fullmatch(version)
    number = int(match.group(1)) if match else 0
    if 20 <= number <= 30:
        text = f"API version {number}.0 is retired"
        return json([{"errorCode": "UNSUPPORTED_API_VERSION", "message": text}], 410)
    if not about.OLDEST <= number <= about.NEWEST:
        raise not_found()
    return None


def _read(body: bytes, encoding: str) -> Any:
    if not body:
        return None
    try:
        if encoding == "gzip":
            body = gzip.decompress(body)
        elif encoding == "deflate":
            body = zlib.decompress(body)
        return orjson.loads(body)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise bad_json(str(error)) from None


def _response(answer: Answer, headers: dict[str, str] | None = None) -> Response:
    kind = {"Content-Type": "application/json;charset=UTF-8"} if answer.body else {}
    every = {**_HEADERS, **kind, **answer.headers, **(headers or {})}
    return Response(answer.body, status_code=answer.status, headers=every)
