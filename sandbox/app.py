"""One ASGI app for all platforms, the health check and the sandbox's own controls."""

from collections.abc import Iterable
from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox import account_engagement, admin, hubspot, salesforce
from sandbox.admin import Platform
from sandbox.network import Logged, NetworkLog, platform_of
from sandbox.state import State
from sandbox.weather import controls
from sandbox.weather.passage import Weathered
from sandbox.weather.sky import weather_of

PLATFORMS: Final[dict[str, Platform]] = {
    "salesforce": salesforce,
    "hubspot": hubspot,
    "account_engagement": account_engagement,
}


def app(state: State, log: NetworkLog) -> ASGIApp:
    """Serve every platform over this state; slashes at the end of a path do not matter."""
    routes = [*admin.routes(state, log, PLATFORMS), *controls.routes(state)]
    for platform in PLATFORMS.values():
        routes.extend(platform.routes(state))
    packed = GZipMiddleware(_Crossroads(routes), minimum_size=1024, compresslevel=1)
    return Logged(Weathered(packed, state, weather_of(state)), state, log)


class _Crossroads:
    """Leads each call to its own platform's routes: nobody passes the doors of the others."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        found: dict[str, list[BaseRoute]] = {name: [] for name in (*PLATFORMS, "sandbox")}
        for each in routes:
            found[platform_of(str(getattr(each, "path", "")))].append(each)
        self._ways = {name: Router(those, redirect_slashes=False) for name, those in found.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one call on."""
        await self._ways[platform_of(scope["path"])](scope, receive, send)
