"""The network log: one JSON line for each request, without tokens, values or bodies."""

import re
from collections import Counter
from email.utils import format_datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from urllib.parse import unquote_plus
from uuid import uuid4

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.state import State

_ROWS: Final = "sandbox.rows"
_CORRELATION: Final = "sandbox.correlation"
_NAMELESS: Final = (
    (re.compile(r"[^/]*(@|%40)[^/]*"), "{email}"),
    (re.compile(r"(?<=tokens/)[^/]+"), "{token}"),
    (re.compile(r"(/sobjects/\w+/\w+/)[^/]+$"), r"\1{value}"),
    (re.compile(r"(?<=/signed-files/).+"), "{signature}"),
)
"""What paths may hold and a log may not: addresses, tokens, values of external ids."""


def note_rows(scope: Scope, rows: int) -> None:
    """Tell the log how many records this answer returned or wrote."""
    scope[_ROWS][0] += rows  # a list: routers copy the scope, the copy shares the list


def correlation(scope: Scope) -> str:
    """The id of this request, as the log and the platform's error bodies show it."""
    return str(scope[_CORRELATION])


def platform_of(path: str) -> str:
    """Whose path this is."""
    if path.startswith(("/services", "/id/")):
        return "salesforce"
    if path.startswith("/api/v"):
        return "account_engagement"
    return "sandbox" if path.startswith(("/_sandbox", "/healthz")) else "hubspot"


def nameless(path: str) -> str:
    """A path without secrets and without values that may be a person's."""
    for pattern, word in _NAMELESS:
        path = pattern.sub(word, path)
    return path


class NetworkLog:
    """Counts every request; also writes each as a line when it was given a file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.calls: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.request_bytes: Counter[str] = Counter()
        self.response_bytes: Counter[str] = Counter()
        self._file = None if path is None else path.open("ab", buffering=0)

    def add(self, entry: dict[str, Any]) -> None:
        """Count and write one request."""
        platform = entry["platform"]
        self.calls[platform] += 1
        self.rows[platform] += entry["rows"]
        self.request_bytes[platform] += entry["request_bytes"]
        self.response_bytes[platform] += entry["response_bytes"]
        if self._file is not None:
            self._file.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))

    def reset(self) -> None:
        """Forget what was logged so far."""
        for counter in (self.calls, self.rows, self.request_bytes, self.response_bytes):
            counter.clear()
        if self._file is not None:
            self._file.truncate(0)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


class Logged:
    """ASGI middleware: gives each request its id and date, reports it to the log when answered."""

    def __init__(self, app: ASGIApp, state: State, log: NetworkLog) -> None:
        self._app = app
        self._state = state
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on and log its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        scope[_CORRELATION] = str(uuid4())
        scope[_ROWS] = [0]
        scope["path"] = path.rstrip("/") or "/"
        answer = {"status": 0, "request_bytes": 0, "response_bytes": 0}
        began = perf_counter()
        noted = False

        def note() -> None:
            nonlocal noted
            if not noted:
                self._log.add(self._entry(scope, path, answer, perf_counter() - began))
            noted = True

        async def heard() -> Message:
            message = await receive()
            answer["request_bytes"] += len(message.get("body", b""))
            return message

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                date = format_datetime(self._state.now(), usegmt=True).encode()
                message["headers"] = [*message.get("headers", ()), (b"date", date)]
            else:
                answer["response_bytes"] += len(message.get("body", b""))
                if not message.get("more_body", False):
                    note()  # before the client has it all: whoever got the answer finds the line
            await send(message)

        try:
            await self._app(scope, heard, watched)
        finally:
            note()

    def _entry(
        self, scope: Scope, path: str, answer: dict[str, int], seconds: float
    ) -> dict[str, Any]:
        parts = scope["query_string"].decode("latin-1").split("&")
        return {
            "time": self._state.now().isoformat(timespec="milliseconds"),
            "platform": platform_of(path),
            "method": scope["method"],
            "path": nameless(path),
            "query": sorted({unquote_plus(each.partition("=")[0]) for each in parts if each}),
            **answer,
            "rows": scope[_ROWS][0],
            "milliseconds": round(seconds * 1000, 1),
            "correlation": scope[_CORRELATION],
        }
