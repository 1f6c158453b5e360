"""The HTTP face: requests into calls, answers into responses."""

import gzip
import re
import zlib
from typing import Any, Final
from urllib.parse import parse_qsl, unquote
from weakref import WeakKeyDictionary

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.network import note_rows
from sandbox.salesforce.admin import admin_routes
from sandbox.salesforce.api import about
from sandbox.salesforce.api.call import Answer, Call, json, refused
from sandbox.salesforce.bulk.control import bulk_routes
from sandbox.salesforce.dispatch import answered
from sandbox.salesforce.faults import FaultError, bad_json, not_found
from sandbox.salesforce.login.app import App
from sandbox.salesforce.login.oauth import OAuth, read_form
from sandbox.salesforce.login.session import Session, Sessions
from sandbox.salesforce.login.soap import login
from sandbox.salesforce.org import Org, org_of
from sandbox.salesforce.retention.controls import retention_routes
from sandbox.salesforce.retention.late import settle
from sandbox.salesforce.rows.seed import seed
from sandbox.salesforce.setup.access import seen_by
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
        Route("/services/data/{rest:path}", service.data, methods=_METHODS),  # first: most asked
        Route("/services/data", service.versions),
        Route("/services/oauth2/token", service.token, methods=["POST"]),
        Route("/services/oauth2/revoke", service.revoke, methods=["GET", "POST"]),
        Route("/services/oauth2/userinfo", service.userinfo, methods=["GET", "POST"]),
        Route("/services/Soap/u/{version}", service.soap, methods=["POST"]),
        Route("/id/{organization}/{user}", service.identity, methods=["GET", "POST"]),
        *admin_routes(org_of(state), service.sessions),
        *retention_routes(org_of(state)),
        *bulk_routes(org_of(state)),
    ]


class _Service:
    """What the endpoints of one server share."""

    def __init__(self, state: State) -> None:
        self._org = org_of(state)
        self._app = App(self._org, credentials(state))
        self._queries: WeakKeyDictionary[Org, Queries] = WeakKeyDictionary()
        self.usage = self._org.usage
        self.sessions = Sessions(self._org)
        self._oauth = OAuth(self._app, self.sessions)

    async def token(self, request: Request) -> Response:
        """The token endpoint."""
        form = read_form(await request.body())
        authorization = request.headers.get("authorization")
        found = self._oauth.token(form, authorization, _asked_url(request), _own_url(request))
        return _response(found)

    async def revoke(self, request: Request) -> Response:
        """The end of one token."""
        form = {**request.query_params, **read_form(await request.body())}
        return _response(self._oauth.revoke(form))

    async def userinfo(self, request: Request) -> Response:
        """Who a token's user is."""
        authorization = request.headers.get("authorization")
        return _response(self._oauth.userinfo(authorization, _own_url(request)))

    async def identity(self, request: Request) -> Response:
        """The identity address of a token answer."""
        authorization = request.headers.get("authorization")
        asked = request.path_params
        return _response(self._oauth.identity(authorization, asked, _own_url(request)))

    async def soap(self, request: Request) -> Response:
        """SOAP login."""
        version, body = request.path_params["version"], await request.body()
        return _response(login(self._app, self.sessions, version, body, _own_url(request)))

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
        session = self.sessions.of(request.headers.get("authorization"))
        try:
            answer = self._answer(request, body, session)
        except FaultError as fault:
            answer = refused(fault)
        note_rows(request.scope, answer.rows)
        return _response(
            answer, {"Sforce-Limit-Info": self.usage.header(session.app if session else None)}
        )

    def _answer(self, request: Request, body: bytes, session: Session | None) -> Answer:
        if session is None:
            raise FaultError("INVALID_SESSION_ID", "Session expired or invalid")
        if not self._org.setup.on("api"):
            text = "The REST API is not enabled for this Organization."
            raise FaultError("API_DISABLED_FOR_ORG", text)
        raw = request.scope.get("raw_path") or request.url.path.encode()
        _, _, _, version, *path = raw.decode("latin-1").split("?")[0].rstrip("/").split("/")
        gone = _check_version(version)
        if gone is not None:
            return gone
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        method = query.pop("_HttpMethod", request.method)
        seen = seen_by(self._org, session.user)
        call = Call(
            org=self._org,
            seen=seen,
            user=session.user,
            app=session.app,
            usage=self.usage,
            queries=self._queries_of(seen),
            version=version,
            method=method,
            path=tuple(unquote(part) for part in path),
            query=query,
            headers=dict(request.headers),
            body=_read(body, request.headers),
        )
        self.usage.count(session.app)
        settle(self._org)
        return answered(call)

    def _queries_of(self, seen: Org) -> Queries:
        """The cursors over what a user sees: permissions that change end them."""
        if seen not in self._queries:
            self._queries[seen] = Queries(seen)
        return self._queries[seen]


def _asked_url(request: Request) -> str:
    """The address the client believes it called: a proxy in front may keep its Host."""
    host = request.headers.get("host", "")
    shared = host.endswith(".salesforce.com")
    return f"{'https' if shared else request.url.scheme}://{host}"


def _own_url(request: Request) -> str:
    """Where the org answers: the asked address, but never a shared login host."""
    asked = _asked_url(request)
    if asked.split("//")[1] not in {"login.salesforce.com", "test.salesforce.com"}:
        return asked
    _, port = request.scope["server"]
    return f"{request.url.scheme}://localhost:{port}"


def _check_version(version: str) -> Answer | None:
    match = _VERSION.fullmatch(version)
    number = int(match.group(1)) if match else 0
    if match and number <= about.RETIRED:
        text = f"API version {number}.0 is retired"
        return json([{"errorCode": "UNSUPPORTED_API_VERSION", "message": text}], 410)
    if not about.OLDEST <= number <= about.NEWEST:
        raise not_found()
    return None


def _read(body: bytes, headers: Any) -> Any:
    """A JSON body as its content, a CSV one as it came; either may be compressed."""
    if not body:
        return None
    encoding = headers.get("content-encoding", "")
    try:
        if encoding == "gzip":
            body = gzip.decompress(body)
        elif encoding == "deflate":
            body = zlib.decompress(body)
        if headers.get("content-type", "").startswith("text/csv"):
            return body
        return orjson.loads(body)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise bad_json(str(error)) from None


def _response(answer: Answer, headers: dict[str, str] | None = None) -> Response:
    kind = {"Content-Type": "application/json;charset=UTF-8"} if answer.body else {}
    every = {**_HEADERS, **kind, **answer.headers, **(headers or {})}
    return Response(answer.body, status_code=answer.status, headers=every)
