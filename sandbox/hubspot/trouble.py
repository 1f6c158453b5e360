"""Bad moments on order: locks, gateways that give up, connections that break after the write."""

from dataclasses import asdict, dataclass, replace
from typing import Final

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.state import State

_NAME: Final = "hubspot_trouble"
_LOCKED: Final = b'{"status":"error","message":"This record is locked.","category":"CONFLICT"}'
_GATEWAY: Final = b"<html><head><title>Bad Gateway</title></head><body>cloudflare</body></html>"
DROPPED: Final = 0
"""The status of an answer that never arrives: the connection breaks."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the next calls whose path contains `path` meet; `applied` lets the work happen first."""

    status: int
    path: str = ""
    times: int = 1
    applied: bool = False


class Broken(Response):
    """An answer that begins and then breaks off with its connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body, send none."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


def order(state: State, *troubles: Trouble) -> None:
    """Let the next matching calls fail, in this order; no trouble clears what was ordered."""
    state.set_setting(_NAME, orjson.dumps([asdict(each) for each in troubles]).decode())


def meet(state: State, path: str) -> Trouble | None:
    """The trouble this call runs into; it is used up by that."""
    kept = [Trouble(**each) for each in orjson.loads(state.setting(_NAME) or "[]")]
    met = next((each for each in kept if each.path in path), None)
    if met is not None:
        left = (replace(each, times=each.times - (each is met)) for each in kept)
        order(state, *(each for each in left if each.times > 0))
    return met


def answer(trouble: Trouble) -> Response:
    """What the client sees of it."""
    if trouble.status == DROPPED:
        return Broken()
    if trouble.status in (502, 504, 524):
        return Response(_GATEWAY, trouble.status, media_type="text/html")
    headers = {"Retry-After": "2"} if trouble.status == 477 else {}
    return Response(_LOCKED, trouble.status, headers, media_type="application/json")
