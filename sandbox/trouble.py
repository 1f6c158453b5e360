"""Trouble on demand: answers a platform gives when it is unwell, or none at all."""

import re
from asyncio import sleep
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(slots=True)
class Trouble:
    """What happens to the next `times` requests whose method and path match.

    `status` answers instead of the platform. Without it the connection drops: before the platform
    saw the request, or with `after` once it did its work (the write is there, the receipt is not).
    """

    path: str = ""
    method: str | None = None
    status: int | None = None
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    after: bool = False
    delay_seconds: float = 0.0

    def meets(self, method: str, path: str) -> bool:
        """Whether this request is one of them."""
        fits = self.method is None or self.method == method
        return self.times > 0 and fits and re.search(self.path, path) is not None


class Troubles:
    """The trouble ordered and not used up yet, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Trouble] = []

    def order(self, asked: dict[str, Any]) -> None:
        """Add trouble; TypeError for a key it does not know."""
        self._waiting.append(Trouble(**asked))

    def clear(self) -> None:
        """Forget all trouble."""
        self._waiting.clear()

    def take(self, method: str, path: str) -> Trouble | None:
        """The trouble this request is in for."""
        found = next((each for each in self._waiting if each.meets(method, path)), None)
        if found is not None:
            found.times -= 1
            self._waiting = [each for each in self._waiting if each.times > 0]
        return found


class Troubled:
    """ASGI middleware that lets ordered trouble happen; the sandbox's own paths are exempt."""

    def __init__(self, app: ASGIApp, troubles: Troubles) -> None:
        self._app = app
        self._troubles = troubles

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or let its trouble happen."""
        own = scope["path"].startswith(("/_sandbox", "/healthz"))
        trouble = None if own else self._troubles.take(scope["method"], scope["path"])
        if trouble is None:
            await self._app(scope, receive, send)
            return
        if trouble.delay_seconds:
            await sleep(trouble.delay_seconds)
        if trouble.after:
            await self._app(scope, receive, _nowhere)
        if trouble.status is None:
            await _hang_up(send)
        else:
            await _answer(trouble, send)


async def _nowhere(message: Message) -> None:
    """Swallow an answer."""


async def _hang_up(send: Send) -> None:
    """Promise a body and send none: the server then closes the connection."""
    headers = [(b"content-length", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _answer(trouble: Trouble, send: Send) -> None:
    body = trouble.body.encode()
    given = {"content-type": "application/json;charset=UTF-8", **trouble.headers}
    headers = [(key.lower().encode(), value.encode()) for key, value in given.items()]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": trouble.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
