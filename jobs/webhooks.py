"""Webhooks: signed hints of what changed, noted for the next run and never believed unread.

A delivery is answered at once: its signature is checked over the raw bytes and the public address,
and the records it names are marked. Nothing is read here, since a system that waits too long for
an answer sends everything again. Whatever is lost on the way, polling finds.
"""

from collections.abc import Callable, Sequence
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.protocol import Delivery, Hint
from sync.complete import hints as noted
from tasuki.errors import SignInError
from tasuki.service.app import App
from tasuki.wiring import hints_of

LOG: Final = structlog.get_logger("tasuki.webhooks")
_MOST_BYTES: Final = 1_000_000
"""Far more than a hundred notifications."""


def route(app: App) -> Route:
    """`POST /webhooks/CONNECTION`; 204 when the hints are noted, 401 when they are not believed."""

    async def receive(request: Request) -> Response:
        name = request.path_params["connection"]
        if name not in app.project.connections:
            return Response(status_code=404)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        headers = {key.lower(): value for key, value in request.headers.items()}
        delivery = Delivery(request.method, _address(app, request), headers, body)
        return Response(status_code=take(app, name, delivery))

    return Route("/webhooks/{connection}", receive, methods=["POST"])


def take(
    app: App,
    connection: str,
    delivery: Delivery,
    read: Callable[[App, str, Delivery], Sequence[Hint]] = hints_of,
) -> int:
    """Note what a delivery says; the HTTP status that answers it."""
    try:
        found = read(app, connection, delivery)
    except SignInError as error:
        LOG.warning("webhooks.refused", connection=connection, why=error.why)
        return 401
    except ValueError:
        LOG.warning("webhooks.unreadable", connection=connection)
        return 400
    with app.store.writing() as db:
        count = noted.note(db, app.tools, connection, found)
    LOG.info("webhooks.noted", connection=connection, hints=len(found), ours=count)
    return 204


async def _body(request: Request) -> bytes | None:
    """The raw bytes; None when they are too many."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _MOST_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _address(app: App, request: Request) -> str:
    """The full public address, which is what was signed."""
    if app.project.public_url is None:
        return str(request.url)
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{app.project.public_url.rstrip('/')}{request.url.path}{query}"
