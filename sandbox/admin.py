"""The sandbox's own controls under `/_sandbox/`: what tests and the demo do as people do it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol, TypeAlias

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.network import NetworkLog
from sandbox.state import State

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


class Platform(Protocol):
    """A package whose `__init__` exports these three functions is served."""

    def routes(self, state: State) -> list[BaseRoute]:
        """Install the platform's tables and answer its paths (without trailing slashes)."""
        ...

    def counts(self, state: State) -> dict[str, int]:
        """How many live records each object holds."""
        ...

    def edit(self, state: State, object: str, id: str, fields: Mapping[str, Any]) -> None:
        """Change a record as a person would: not as the integration user or app."""
        ...


def routes(state: State, log: NetworkLog, platforms: Mapping[str, Platform]) -> list[BaseRoute]:
    """The health check and the controls."""

    async def health(_request: Request) -> Response:
        return _json({"status": "ok", "now": state.now().isoformat()})

    async def stats(_request: Request) -> Response:
        counters = {
            "calls": log.calls,
            "rows": log.rows,
            "request_bytes": log.request_bytes,
            "response_bytes": log.response_bytes,
        }
        return _json({name: dict(counter) for name, counter in counters.items()})

    async def counts(_request: Request) -> Response:
        return _json({name: platform.counts(state) for name, platform in platforms.items()})

    return [
        Route("/healthz", health),
        Route("/_sandbox/health", health),
        Route("/_sandbox/stats", stats),
        Route("/_sandbox/counts", counts),
        *_controls(state, log, platforms),
    ]


def _controls(state: State, log: NetworkLog, platforms: Mapping[str, Platform]) -> list[BaseRoute]:
    async def reset(_request: Request) -> Response:
        log.reset()
        return Response(status_code=204)

    async def clock(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        state.set_clock_offset(timedelta(seconds=float(asked["offset_seconds"])))
        return _json({"now": state.now().isoformat()})

    async def edit(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        platforms[asked["platform"]].edit(state, asked["object"], asked["id"], asked["fields"])
        return Response(status_code=204)

    return [
        control("log/reset", reset),
        control("clock", clock),
        control("edit", edit),
    ]


def control(path: str, endpoint: Endpoint) -> Route:
    """A control below `/_sandbox/`: POST JSON; 400 with the reason when it cannot be done."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (KeyError, TypeError, ValueError) as error:
            reason = {"error": type(error).__name__, "message": str(error)}
            return Response(orjson.dumps(reason), 400, media_type="application/json")

    return Route(f"/_sandbox/{path}", guarded, methods=["POST"])


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
