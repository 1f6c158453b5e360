"""Serving the app on loopback, over HTTP and HTTPS at once."""

import asyncio
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from os import getpid, getppid
from pathlib import Path
from signal import SIGINT, SIGTERM
from threading import Thread
from typing import Any, Final, cast

import orjson
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.app import app
from sandbox.hubspot import Sender
from sandbox.network import NetworkLog
from sandbox.state import State
from sandbox.trust import (
    Credentials,
    Tls,
    certificate,
    credentials,
    signing_key,
    write_private,
)
from sandbox.weather import controls
from sandbox.weather.passage import HANG_UP
from sandbox.weather.rules import Storm
from sandbox.weather.storm import StormError

_HOST: Final = "127.0.0.1"
_INFO: Final = "sandbox.json"
_LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Info:
    """Where a running sandbox is and how to sign in; the content of `sandbox.json`."""

    pid: int
    http_port: int
    https_port: int
    http_url: str
    https_url: str
    ca: str
    client_id: str
    client_secret: str
    hubspot_token: str
    network_log: str | None = None
    hubspot_client_id: str = ""
    hubspot_client_secret: str = ""
    hubspot_developer_key: str = ""
    salesforce_username: str = ""
    salesforce_password: str = ""
    salesforce_security_token: str = ""
    salesforce_refresh_token: str = ""
    salesforce_jwt_key: str = ""


def read_info(folder: Path) -> Info:
    """What the sandbox in this folder wrote when it was ready."""
    return Info(**orjson.loads((folder / _INFO).read_bytes()))


class Serving:
    """One app on two ports of loopback; made before it serves, so the ports are known."""

    def __init__(
        self,
        folder: Path,
        http_port: int = 0,
        https_port: int = 0,
        network_log: Path | None = None,
        storm: Storm | None = None,
    ) -> None:
        self._folder = folder
        self.state = State(folder / "sandbox.db")
        self._log = NetworkLog(network_log)
        tls = certificate(folder)
        self._sockets = self._open(storm, (http_port, https_port))
        built = app(self.state, self._log)
        self._servers = [_Server(_config(built)), _Server(_config(built, tls))]
        self._sender = Sender(self.state)
        jwt_key = signing_key(self.state, folder)
        self.info = _info(self._sockets, tls, credentials(self.state), network_log, jwt_key)

    async def run(self, parent: int | None = None) -> None:
        """Serve until `stop` is called, a signal arrives or the given parent process ends."""
        loop = asyncio.get_running_loop()
        serving = [
            asyncio.ensure_future(server.serve(sockets=[each]))
            for server, each in zip(self._servers, self._sockets, strict=True)
        ]
        for signal in (SIGTERM, SIGINT):
            try:
                loop.add_signal_handler(signal, self.stop)
            except (RuntimeError, ValueError, NotImplementedError):
                break  # not the main thread: the owner calls stop()
        self._sender.start()
        write_private(self._folder / _INFO, orjson.dumps(asdict(self.info)))
        watch = asyncio.ensure_future(self._leave_with(parent)) if parent else None
        try:
            await asyncio.gather(*serving)
        finally:
            if watch is not None:
                watch.cancel()
            self.close()

    async def _leave_with(self, parent: int) -> None:
        """Stop once the process that started this one is gone, however it went."""
        while getppid() == parent:  # noqa: ASYNC110 - no event tells of a parent's end
            await asyncio.sleep(_LOOK_SECONDS)
        self.stop()

    def _open(self, storm: Storm | None, ports: Iterable[int]) -> list[socket.socket]:
        """Begin the weather and listen. Errors: StormError, OSError, and nothing stays open."""
        made: list[socket.socket] = []
        try:
            if storm is not None:
                controls.begin(self.state, storm)
            made.extend(_bound(port) for port in ports)  # keeps the first when the second fails
        except (StormError, OSError):
            for each in made:
                each.close()
            self._log.close()
            self.state.close()
            raise
        return made

    def stop(self) -> None:
        """Finish the requests in hand, then leave `run`."""
        for server in self._servers:
            server.should_exit = True

    def close(self) -> None:
        """Let go of the ports, the files and `sandbox.json`."""
        for each in self._sockets:
            each.close()
        (self._folder / _INFO).unlink(missing_ok=True)
        self._sender.stop()
        self._log.close()
        controls.end(self.state)  # a restart begins with fine weather
        self.state.close()


def serve(
    folder: Path,
    http_port: int = 0,
    https_port: int = 0,
    network_log: Path | None = None,
    parent: int | None = None,
    storm: Storm | None = None,
) -> None:
    """Serve the sandbox of a folder until SIGTERM or SIGINT; port 0 takes a free one.

    With a `parent` process id it also ends when that process does.
    """
    asyncio.run(Serving(folder, http_port, https_port, network_log, storm).run(parent))


@contextmanager
def in_thread(folder: Path, network_log: Path | None = None) -> Iterator[Serving]:
    """Serve in a thread of this process: for tests; the block begins when both ports answer."""
    serving = Serving(folder, network_log=network_log)
    thread = Thread(target=lambda: asyncio.run(serving.run()), name="sandbox", daemon=True)
    thread.start()
    try:
        yield serving
    finally:
        serving.stop()
        thread.join()  # a loop left behind would keep its sockets


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to `Serving`, which has two of them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what is in hand; hang up on clients that only keep their connection."""
        closing = asyncio.ensure_future(super().shutdown(sockets))
        while not closing.done():
            await asyncio.wait({closing}, timeout=0.1)
            for each in list(self.server_state.connections):
                cycle = getattr(each, "cycle", None)
                if cycle is None or cycle.response_complete:
                    each.transport.abort()
        await closing


class _Joined:
    """A transport that sends all that is written in one turn of the loop at once.

    Status line, headers and body leave as one packet: clients that wait for acknowledgements do
    not stall between them.
    """

    def __init__(self, inner: asyncio.Transport) -> None:
        self._inner = inner
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send it with what else is written before the loop turns."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        """Send what waits, then close."""
        self._flush()
        self._inner.close()

    def abort(self) -> None:
        """Cut the line; what waits is lost."""
        self._waiting.clear()
        self._inner.abort()

    def _flush(self) -> None:
        whole = b"".join(self._waiting)
        self._waiting.clear()
        if whole and not self._inner.is_closing():
            self._inner.write(whole)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Protocol(H11Protocol):
    """HTTP whose answers leave in one piece, and whose calls can be cut off."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        joined = cast("asyncio.Transport", _Joined(transport))
        super().connection_made(joined)
        inner = cast("ASGIApp", self.app)

        async def cuttable(scope: Scope, receive: Receive, send: Send) -> None:
            scope[HANG_UP] = joined.abort
            await inner(scope, receive, send)

        self.app = cuttable


def _config(built: object, tls: Tls | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        built,  # type: ignore[arg-type]  # uvicorn's own ASGI type and Starlette's differ
        http=_Protocol,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,  # the app says the sandbox's own time
        timeout_keep_alive=60,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=262_144,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )


def _bound(port: int) -> socket.socket:
    """A listening socket: clients may connect before the loop runs, they wait in its queue."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.bind((_HOST, port))
    except OSError:
        made.close()
        raise
    made.listen(128)
    made.setblocking(False)
    return made


def _info(
    sockets: list[socket.socket],
    tls: Tls,
    known: Credentials,
    network_log: Path | None,
    jwt_key: Path,
) -> Info:
    http_port, https_port = (each.getsockname()[1] for each in sockets)
    return Info(
        pid=getpid(),
        http_port=http_port,
        https_port=https_port,
        http_url=f"http://localhost:{http_port}",
        https_url=f"https://localhost:{https_port}",
        ca=str(tls.ca.resolve()),
        client_id=known.client_id,
        client_secret=known.client_secret,
        hubspot_token=known.hubspot_token,
        network_log=str(network_log) if network_log else None,
        hubspot_client_id=known.hubspot_client_id,
        hubspot_client_secret=known.hubspot_client_secret,
        hubspot_developer_key=known.hubspot_developer_key,
        salesforce_username=known.salesforce_username,
        salesforce_password=known.salesforce_password,
        salesforce_security_token=known.security_token,
        salesforce_refresh_token=known.refresh_token,
        salesforce_jwt_key=str(jwt_key.resolve()),
    )
