"""A HubSpot account over real HTTP, with a clock and a small population of the test's own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import httpx
import hubspot as hubspot_client
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from sandbox import hubspot
from sandbox.network import Logged, NetworkLog
from sandbox.state import State

BORN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOKEN = "pat-tasuki-sandbox"


class Clock:
    """Time that moves when a test says so."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
        self.ticks = 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.ticks

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.ticks += seconds


class Switch:
    """One listening server for all tests; each test plugs its own app in."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@dataclass
class Account:
    """One test's account: its state, its clock, the official client and a bare HTTP client."""

    state: State
    clock: Clock
    url: str
    client: Any
    http: httpx.Client
    log: NetworkLog

    def call(self, method: str, path: str, json: Any = None) -> httpx.Response:
        return self.http.request(method, path, json=json)

    def create(self, kind: str, **properties: str) -> str:
        answer = self.call("POST", f"/crm/v3/objects/{kind}", {"properties": properties})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def read(self, kind: str, id: str, *names: str) -> dict[str, Any]:
        path = f"/crm/v3/objects/{kind}/{id}?properties={','.join(names)}"
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def search(self, kind: str, *filters: dict[str, Any], **more: Any) -> Any:
        body = {"filterGroups": [{"filters": list(filters)}], **more}
        return self.call("POST", f"/crm/v3/objects/{kind}/search", body).json()

    def found(self, kind: str, *filters: dict[str, Any], **more: Any) -> list[str]:
        return [each["id"] for each in self.search(kind, *filters, **more)["results"]]


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Switch, str]]:
    """Serve on a free port for the whole session."""
    switch = Switch()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as the sandbox itself does
    config = uvicorn.Config(switch, log_level="critical", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield switch, f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def account(served: tuple[Switch, str]) -> Iterator[Account]:
    """Give an empty account with one owner, no limits on calls, and clients signed in to it."""
    switch, url = served
    clock = Clock()
    state = State(None, clock.now)
    hubspot.configure(state, burst=0, search_per_second=0)
    hubspot.insert_owners(
        state,
        [
            {
                "id": "71",
                "email": "aoi@nagare.example",
                "firstName": "Aoi",
                "lastName": "Mori",
                "userId": 9001,
                "created": BORN,
            }
        ],
    )
    log = NetworkLog()
    switch.app = Starlette(
        routes=hubspot.routes(state, clock.monotonic),
        middleware=[Middleware(Logged, state=state, log=log)],
    )
    client = hubspot_client.Client.create(access_token=TOKEN, host=url, base_url=url)
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        yield Account(state, clock, url, client, http, log)
    state.close()


@pytest.fixture
def crowd(account: Account) -> Account:
    """Give an account with 250 contacts and 12 companies, born one minute apart."""
    moments = [BORN + timedelta(minutes=number) for number in range(251)]
    hubspot.insert(
        account.state,
        "contacts",
        (
            {
                "id": str(number),
                "properties": {
                    "email": f"Person{number}@firm{number % 12}.example",
                    "firstname": "Sora" if number % 2 else "Mio",
                    "lastname": f"Name{number}",
                    "tasuki_score": number,
                    "hs_email_optout": number % 5 == 0,
                    "hs_analytics_last_timestamp": moments[number],
                    "lifecyclestage": "lead" if number % 3 else "customer",
                },
                "created": moments[number],
                "modified": moments[number] + timedelta(days=1),
            }
            for number in range(1, 251)
        ),
    )
    hubspot.insert(
        account.state,
        "companies",
        (
            {
                "id": str(number),
                "properties": {"name": f"Firm {number}", "domain": f"firm{number}.example"},
                "created": moments[number],
                "modified": moments[number],
            }
            for number in range(1, 13)
        ),
    )
    links = [(number, number % 12 + 1, 1) for number in range(1, 251)]
    hubspot.insert_associations(account.state, "contact", "company", links)
    return account
