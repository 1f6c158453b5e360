"""One ASGI app for all platforms, the health check and the sandbox's own controls."""

from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from sandbox import admin, hubspot, salesforce
from sandbox.admin import Platform
from sandbox.network import Logged, NetworkLog
from sandbox.state import State
from sandbox.trouble import Troubled, Troubles

PLATFORMS: Final[dict[str, Platform]] = {"salesforce": salesforce, "hubspot": hubspot}


def app(state: State, log: NetworkLog) -> Starlette:
    """Serve every platform over this state; slashes at the end of a path do not matter."""
    troubles = Troubles()
    routes = admin.routes(state, log, PLATFORMS, troubles)
    for platform in PLATFORMS.values():
        routes.extend(platform.routes(state))
    built = Starlette(
        routes=routes,
        middleware=[
            Middleware(Logged, state=state, log=log),
            Middleware(Troubled, troubles=troubles),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=1),
        ],
    )
    built.router.redirect_slashes = False
    return built
