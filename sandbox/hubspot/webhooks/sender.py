"""The thread that carries deliveries out: bounded, not patient, gone with the server."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Final, Self

import httpx

from sandbox.hubspot.data.times import millis
from sandbox.hubspot.oauth import apps
from sandbox.hubspot.webhooks import queue
from sandbox.hubspot.webhooks.changes import news
from sandbox.hubspot.webhooks.queue import Parcel
from sandbox.hubspot.webhooks.signature import headers
from sandbox.hubspot.webhooks.targets import target
from sandbox.hubspot.webhooks.weather import weather
from sandbox.state import State

_IN_FLIGHT: Final = 10
_PATIENCE_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.25


class Sender:
    """Sends what the log of one state queues; a context manager, or `start` and `stop`."""

    def __init__(self, state: State, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._state = state
        self._news = news(state)
        self._stopping = False
        self._under_way: Counter[int] = Counter()
        self._guard = Lock()
        self._http = httpx.Client(timeout=patience_seconds, trust_env=False, verify=False)  # noqa: S501 - loopback only
        self._pool = ThreadPoolExecutor(_IN_FLIGHT, thread_name_prefix="hubspot-delivery")
        self._thread = Thread(target=self._run, name="hubspot-sender", daemon=True)

    def start(self) -> None:
        """Begin with whatever is left from last time."""
        queue.recover(self._state)
        self._news.set()
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way, send nothing new."""
        self._stopping = True
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(cancel_futures=True)
        self._http.close()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _run(self) -> None:
        """Sleep until something is queued; while retries wait, look at the clock now and then."""
        while not self._stopping:
            held = queue.tally(self._state)["waiting"]
            self._news.wait(_LOOK_SECONDS if held else None)
            self._news.clear()
            if not self._stopping:
                self._send_due()

    def _send_due(self) -> None:
        for app in queue.waiting_apps(self._state):
            settings = target(self._state, app)
            while settings is not None and self._has_room(app, settings):
                parcel = queue.take(self._state, app)
                if parcel is None:
                    break
                with self._guard:
                    self._under_way[app] += 1
                sent = self._pool.submit(self._post, parcel, settings["targetUrl"])
                sent.add_done_callback(partial(self._settle, parcel))

    def _has_room(self, app: int, settings: Mapping[str, Any]) -> bool:
        most: int = settings["throttling"]["maxConcurrentRequests"]
        with self._guard:
            return self._under_way[app] < min(most, _IN_FLIGHT)

    def _post(self, parcel: Parcel, url: str) -> bool:
        """Whether the receiver took it: any 2xx within the patience."""
        owner = apps.find(self._state, id=parcel.app)
        secret = "" if owner is None else owner.client_secret
        now = str(millis(self._state.now()))
        signed = headers(secret, url, parcel.body, now, weather(self._state).signature)
        known = {"Content-Type": "application/json", "User-Agent": "HubSpot Webhooks"}
        try:
            answer = self._http.post(url, content=parcel.body, headers=known | signed)
        except httpx.HTTPError:
            return False
        return bool(answer.is_success)

    def _settle(self, parcel: Parcel, sent: Future[bool]) -> None:
        with self._guard:
            self._under_way[parcel.app] -= 1
        if sent.cancelled():
            return
        if sent.result():
            queue.arrived(self._state, parcel)
        else:
            queue.failed(self._state, parcel)
        self._news.set()
