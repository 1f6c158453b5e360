"""The console as one application: every page with its JSON twin, every action, the static files."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from console.access import accounts
from console.access.guard import Guard
from console.access.limit import Attempts
from console.follow import Follow
from console.page import Action, Next, Page
from console.render.pages import STATIC, page
from console.site import ACTIONS, OPEN_PAGES, PAGES
from console.visit import COOKIE, House, NotAllowedError, SignInNeeded, Visit, visit
from jobs.runtime import Runtime
from tasuki.errors import (
    BlockedError,
    ConfigError,
    TasukiError,
    TransientError,
    UnknownRecordError,
)
from tasuki.service import overview
from tasuki.service.app import App

STATUS: Final[tuple[tuple[type[TasukiError], int], ...]] = (
    (SignInNeeded, 401),
    (NotAllowedError, 403),
    (UnknownRecordError, 404),
    (ConfigError, 422),
    (BlockedError, 503),
    (TransientError, 503),
    (TasukiError, 409),
)
"""What each family of errors is over HTTP; the first that fits counts."""
_YEAR: Final = "public, max-age=31536000, immutable"
_PREFERENCE_SECONDS: Final = 31_536_000
Handler = Callable[[Request], Awaitable[Response]]


class Kept(StaticFiles):
    """Static files; addressed with a digest, so browsers keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with the time it may be kept."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = _YEAR
        return answer


def create(app: App, runtime: Runtime) -> FastAPI:
    """The console over one open project and whoever carries out its runs."""
    accounts.follow_project(app)
    house = House(app, Follow(runtime), Attempts(app.tools.clock))
    api = FastAPI(title="Tasuki", docs_url=None, redoc_url=None, openapi_url=None)
    api.add_middleware(Guard)
    api.mount("/static", Kept(directory=STATIC), name="static")
    for each in PAGES:
        _get(api, f"{each.path}.json", _twin(house, each))
    for each in (*PAGES, *OPEN_PAGES):
        _get(api, each.path, _shown(house, each, is_open=each in OPEN_PAGES))
    for action in ACTIONS:
        api.add_api_route(action.path, _done(house, action), methods=["POST"], response_model=None)
    _get(api, "/", _home)
    _get(api, "/healthz", _health(house))
    _answer_errors(api, house)
    return api


def _get(api: FastAPI, path: str, handler: Handler) -> None:
    api.add_api_route(path, handler, methods=["GET"], response_model=None)


async def _home(_request: Request) -> Response:
    return RedirectResponse("/overview", 303)


def _health(house: House) -> Handler:
    async def health(_request: Request) -> Response:
        return PlainTextResponse(await run_in_threadpool(overview.health_word, house.app))

    return health


def _shown(house: House, which: Page, *, is_open: bool) -> Handler:
    async def show(request: Request) -> Response:
        return await run_in_threadpool(_show, house, which, request, is_open)

    return show


def _show(house: House, which: Page, request: Request, is_open: bool) -> Response:  # noqa: FBT001
    asked = visit(house, request, {})
    if not is_open:
        asked.need(which.needs)
    return HTMLResponse(_html(asked, which.template, which.read(asked)))


def _twin(house: House, which: Page) -> Handler:
    async def show(request: Request) -> Response:
        return await run_in_threadpool(_as_json, house, which, request)

    return show


def _as_json(house: House, which: Page, request: Request) -> Response:
    asked = visit(house, request, {})
    asked.need(which.needs)
    return JSONResponse(jsonable_encoder(which.read(asked)))


def _done(house: House, action: Action) -> Handler:
    async def do(request: Request) -> Response:
        form = {key: str(value) for key, value in (await request.form()).items()}
        return await run_in_threadpool(_do, house, action, request, form)

    return do


def _do(house: House, action: Action, request: Request, form: Mapping[str, str]) -> Response:
    asked = visit(house, request, form)
    if action.needs is not None:
        asked.need(action.needs)
    return _go(asked, action.do(asked))


def _go(asked: Visit, onward: Next) -> Response:
    answer = RedirectResponse(onward.to, 303)
    for name, value in onward.cookies.items():
        if not value:
            answer.delete_cookie(name)
            continue
        answer.set_cookie(
            name,
            value,
            max_age=_lasts(name),
            httponly=True,
            secure=asked.is_secure,
            samesite="lax",
        )
    return answer


def _lasts(cookie: str) -> int:
    if cookie == COOKIE:
        return int(accounts.SESSION_LASTS.total_seconds())
    return _PREFERENCE_SECONDS


def _html(asked: Visit, template: str, model: Any) -> str:
    given = {
        "page": model,
        "visit": asked,
        "me": asked.who,
        "may": asked.may,
        "shown": asked.shown,
        "query": asked.query,
        "path": asked.path,
        "nonce": asked.nonce,
        "project": asked.app.project,
        "connections": overview.bands(asked.app) if asked.who.login else (),
    }
    return page(asked.language, template, given)


# ── errors ──


def _answer_errors(api: FastAPI, house: House) -> None:
    async def ours(request: Request, error: Exception) -> Response:
        found = error if isinstance(error, TasukiError) else TasukiError(str(error))
        return await run_in_threadpool(_failed, house, request, found)

    async def theirs(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        found = TasukiError("There is no such page", where=request.url.path, remedy="Go back.")
        return await run_in_threadpool(_failed, house, request, found, status)

    api.add_exception_handler(TasukiError, ours)
    api.add_exception_handler(HTTPException, theirs)


def _failed(house: House, request: Request, error: TasukiError, status: int = 0) -> Response:
    status = status or next(code for kind, code in STATUS if isinstance(error, kind))
    if request.url.path.endswith(".json"):
        names = ("what", "where", "why", "fix")
        told = dict(zip(names, error.lines(), strict=True))
        return JSONResponse({"error": {"code": error.code, **told}}, status)
    if isinstance(error, SignInNeeded):
        return RedirectResponse(_sign_in_first(request), 303)
    asked = visit(house, request, {})
    return HTMLResponse(_html(asked, "error.html", {"error": error, "status": status}), status)


def _sign_in_first(request: Request) -> str:
    wanted = request.url.path
    is_plain = request.method == "GET" and wanted not in ("/", "/overview")
    return f"/sign-in?next={wanted}" if is_plain else "/sign-in"
