"""The network log: one JSON line for each request, without tokens or bodies."""

from collections import Counter
from email.utils import format_datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.state import State

_ROWS: Final = "sandbox.rows"
_CORRELATION: Final = "sandbox.correlation"


def note_rows(scope: Scope, rows: int) -> None:
    """Tell the log how many records this answer returned or wrote."""
    scope[_ROWS][0] += rows  # a list: routers copy the scope, the copy shares the list


def correlation(scope: Scope) -> str:
    """The id of this request, as the log and the platform's error bodies show it."""
    return str(scope[_CORRELATION])


def platform_of(path: str) -> str:
    """Whose path this is."""
    if path.startswith("/services"):
        return "salesforce"
    return "sandbox" if path.startswith(("/_sandbox", "/healthz")) else "hubspot"


class NetworkLog:
    """Counts every request; also writes each as a line when it was given a file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.calls: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self._file = None if path is None else path.open("ab", buffering=0)

    def add(self, entry: dict[str, Any]) -> None:
        """Count and write one request."""
        platform = entry["platform"]
        self.calls[platform] += 1
        self.rows[platform] += entry["rows"]
        self.bytes[platform] += entry["bytes"]
        if self._file is not None:
            self._file.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))

    def reset(self) -> None:
        """Forget what was logged so far."""
        for counter in (self.calls, self.rows, self.bytes):
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
        answer = {"status": 0, "bytes": 0}
        began = perf_counter()
        noted = False

        def note() -> None:
            nonlocal noted
            if not noted:
                self._log.add(self._entry(scope, path, answer, perf_counter() - began))
            noted = True

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                date = format_datetime(self._state.now(), usegmt=True).encode()
                message["headers"] = [*message.get("headers", ()), (b"date", date)]
            else:
                answer["bytes"] += len(message.get("body", b""))
                if not message.get("more_body", False):
                    note()  # before the client has it all: whoever got the answer finds the line
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            note()

    def _entry(
        self, scope: Scope, path: str, answer: dict[str, int], seconds: float
    ) -> dict[str, Any]:
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return {
            "time": self._state.now().isoformat(timespec="milliseconds"),
            "platform": platform_of(path),
            "method": scope["method"],
            "path": path,
            "query": sorted({key for key, _ in query}),
            **answer,
            "rows": scope[_ROWS][0],
            "milliseconds": round(seconds * 1000, 1),
            "correlation": scope[_CORRELATION],
        }
