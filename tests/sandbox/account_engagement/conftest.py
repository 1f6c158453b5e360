"""A sandbox served in a thread, with an empty Account Engagement and a token of its org."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox import account_engagement
from sandbox.account_engagement.account.settings import Settings
from sandbox.server import Serving, in_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.state import State

BORN = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


@dataclass
class Account:
    """One test's account: its state and a signed-in caller."""

    state: State
    http: requests.Session
    url: str

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.http.request(method, f"{self.url}/api/v5/{path}", **options)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.call("GET", path, params=query)

    def values(self, object: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.get(f"objects/{object}", **query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["values"])

    def insert(self, object: str, *rows: dict[str, Any]) -> None:
        account_engagement.insert(self.state, object, [{"createdAt": BORN, **r} for r in rows])

    def configure(self, **settings: Any) -> None:
        account_engagement.configure(self.state, **settings)

    def pass_time(self, by: timedelta) -> None:
        self.state.set_clock_offset(self.state.now() + by - datetime.now(UTC))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One sandbox for the module."""
    with in_thread(tmp_path_factory.mktemp("sandbox")) as serving:
        yield serving


@pytest.fixture(scope="module")
def session(served: Serving) -> Iterator[requests.Session]:
    """A session with a token of the org and the business unit's id."""
    with requests.Session() as http:
        http.trust_env = False
        http.verify = served.info.ca
        answer = http.post(
            f"{served.info.https_url}/services/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(served.info.client_id, served.info.client_secret),
        )
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        http.headers["Pardot-Business-Unit-Id"] = account_engagement.BUSINESS_UNIT
        yield http


@pytest.fixture
def account(served: Serving, session: requests.Session) -> Account:
    """An empty account that reads without lag."""
    found = Account(served.state, session, served.info.http_url)
    with served.state.transaction() as db:
        for table in ("ae_row", "ae_past", "ae_token", "ae_export", "ae_usage"):
            db.execute(f"DELETE FROM {table}")
    plain = Settings()
    names = Settings.__slots__
    found.configure(**{name: getattr(plain, name) for name in names})
    found.configure(lag_seconds=0)
    return found
