"""`/healthz`: one word, for whoever watches the daemon; other routes answer beside it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

_BAD: Final = "degraded"


def endpoint(word: Callable[[], str], routes: Sequence[Route] = ()) -> Starlette:
    """An app that answers one word, and what else the daemon serves; 503 when it is a bad one."""

    def health(_request: Request) -> PlainTextResponse:
        said = word()
        return PlainTextResponse(said + "\n", 503 if said == _BAD else 200)

    return Starlette(routes=[Route("/healthz", health), *routes])


class _Server(uvicorn.Server):
    """A uvicorn server in a thread: signals belong to the daemon."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def answering(
    word: Callable[[], str], host: str, port: int, routes: Sequence[Route] = ()
) -> Iterator[int]:
    """Answer while the block lasts; the port (a free one for 0)."""
    config = uvicorn.Config(
        endpoint(word, routes),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
    )
    held = config.bind_socket()
    server = _Server(config)
    thread = threading.Thread(target=server.run, args=([held],), name="healthz", daemon=True)
    thread.start()
    try:
        yield int(held.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(timeout=5)
        held.close()
