"""Letting the weather happen to a call: people move, answers change, lines break."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.network import correlation, platform_of
from sandbox.state import State
from sandbox.weather import movers
from sandbox.weather.sky import Call, Sky, Strike, given
from sandbox.weather.storm import VENDORS
from sandbox.weather.vendor import Given, Sent, Vendor

HANG_UP: Final = "sandbox.hang_up"
"""Where the server leaves the means to cut this call's connection."""


@dataclass(slots=True)
class _Held:
    """An answer that waits before it is sent."""

    start: Message = field(default_factory=dict)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        """Keep one message of the answer."""
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    def replace(self, body: bytes) -> None:
        """Another body under the same head."""
        rest = [each for each in self.start["headers"] if each[0].lower() != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        self.start, self.body = {**self.start, "headers": [*rest, length]}, body

    async def release(self, send: Send) -> None:
        """Send it on."""
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})


@dataclass(frozen=True, slots=True)
class _Crossing:
    """One call under way through the weather."""

    app: ASGIApp
    vendor: Vendor
    scope: Scope
    receive: Receive
    send: Send


class Weathered:
    """ASGI middleware that lets the weather happen; the sandbox's own paths are exempt."""

    def __init__(self, app: ASGIApp, state: State, sky: Sky) -> None:
        self._app = app
        self._state = state
        self._sky = sky

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one call on, or let happen what befalls it."""
        platform = "sandbox" if self._sky.calm else platform_of(scope["path"])
        if platform == "sandbox":
            await self._app(scope, receive, send)
            return
        ended = self._sky.dead.get(_authorization(scope))
        if ended is not None:
            await _answer(VENDORS[ended].answers["session_expired"], scope, send)
            return
        strikes = self._sky.strikes(Call(platform, scope["method"], scope["path"]))
        for each in strikes:
            self._move(each, platform)
        crossing = _Crossing(self._app, VENDORS[platform], scope, receive, send)
        await self._cross(crossing, [each for each in strikes if not _only_moves(each)])

    async def _cross(self, crossing: _Crossing, strikes: Sequence[Strike]) -> None:
        if not strikes:
            await self._app(crossing.scope, crossing.receive, crossing.send)
            return
        end = next((each for each in strikes if each.rule.ends), None)
        held = _Held()
        if end is None or end.rule.applied or end.rule.drop == "after":
            await _carry_out(crossing, strikes, held)
        delay = max(each.rule.delay_seconds for each in strikes)
        if delay and await _is_gone(crossing.receive, delay):
            return
        if end is None:
            await held.release(crossing.send)
        elif end.rule.drop is not None:
            await _hang_up(crossing)
        else:
            await self._end(crossing, end)

    async def _end(self, crossing: _Crossing, end: Strike) -> None:
        """The platform's answer for a bad day, instead of its own."""
        reply = given(end.rule, crossing.vendor.name) or Given(500)
        authorization = _authorization(crossing.scope)
        if reply.ends_token and not authorization.startswith(crossing.vendor.lasting):
            self._sky.dead[authorization] = crossing.vendor.name
        wait = end.rule.retry_after_seconds
        headers = {} if wait is None else {"Retry-After": str(wait)}
        await _answer(reply, crossing.scope, crossing.send, headers)

    def _move(self, strike: Strike, platform: str) -> None:
        move = strike.rule.move
        if move is None:
            return
        named = move if move.platform else move.model_copy(update={"platform": platform})
        movers.act(self._state, named, strike.dice)


def _only_moves(strike: Strike) -> bool:
    rule = strike.rule
    return not (rule.ends or rule.delay_seconds or rule.page or rule.locked)


async def _carry_out(crossing: _Crossing, strikes: Sequence[Strike], held: _Held) -> None:
    """Let the platform do its work, on the call as the weather left it."""
    shapes = [each for each in strikes if each.rule.page or each.rule.locked]
    if not shapes:
        await crossing.app(crossing.scope, crossing.receive, held.take)
        return
    plain = [each for each in crossing.scope["headers"] if each[0] != b"accept-encoding"]
    sent = Sent({**crossing.scope, "headers": plain}, await _body(crossing.receive))
    for each in shapes:
        if each.rule.page == "short":
            sent = crossing.vendor.shorten(sent, each.dice)
    locked = next((each for each in shapes if each.rule.locked), None)
    if locked is not None and await _without_locked(crossing, sent, locked, held):
        return
    await crossing.app(sent.scope, _replay(sent.body, crossing.receive), held.take)
    if any(each.rule.page == "empty" for each in shapes) and held.start["status"] == 200:
        empty = crossing.vendor.empty(sent, held.body)
        if empty is not None:
            held.replace(empty)


async def _without_locked(crossing: _Crossing, sent: Sent, strike: Strike, held: _Held) -> bool:
    """Write a batch without its locked records; whether there were any."""
    lock, share = crossing.vendor.lock, strike.rule.locked
    split = lock(sent, strike.dice, share) if lock and share and sent.body is not None else None
    if split is None:
        return False
    if split.sent is None:
        head = [(b"content-type", b"application/json;charset=UTF-8")]
        held.start = {"type": "http.response.start", "status": 200, "headers": head}
        held.replace(split.join(None))
        return True
    await crossing.app(split.sent.scope, _replay(split.sent.body, crossing.receive), held.take)
    if held.start["status"] == 200:
        held.replace(split.join(held.body))
    return True


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """A receive that tells the whole body once and then goes on as before."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _is_gone(receive: Receive, seconds: float) -> bool:
    """Wait so long; whether the client hung up meanwhile."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(watch(), seconds)
    except TimeoutError:
        return False
    return True


async def _hang_up(crossing: _Crossing) -> None:
    """Cut the connection without a byte of an answer."""
    cut: Callable[[], None] | None = crossing.scope.get(HANG_UP)
    if cut is not None:
        cut()
        await _is_gone(crossing.receive, 1.0)


async def _answer(
    reply: Given, scope: Scope, send: Send, more: dict[str, str] | None = None
) -> None:
    text = reply.body.replace("{correlation}", correlation(scope)).replace("{uuid}", str(uuid4()))
    body = text.encode()
    named = {"content-type": reply.type, **reply.headers, **(more or {})}
    headers = [(key.lower().encode(), value.encode()) for key, value in named.items()]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _authorization(scope: Scope) -> str:
    found: dict[bytes, Any] = dict(scope["headers"])
    return str(found.get(b"authorization", b"").decode("latin-1"))
