"""A sandbox under a changeable sky: one account of each platform over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sandbox import hubspot
from sandbox.salesforce.org import org_of
from sandbox.server import Serving, in_thread

COMPANIES = "/crm/v3/objects/companies"
QUERY = "/services/data/v59.0/query"


@dataclass
class Outside:
    """The sandbox, a client signed in to both platforms, and the weather."""

    serving: Serving
    http: httpx.Client
    session: str

    def storm(self, *rules: dict[str, Any], **more: Any) -> httpx.Response:
        """Let a storm of these rules begin."""
        return self.http.put("/_sandbox/weather", json={"rules": rules, **more})

    def counts(self) -> list[tuple[int, int]]:
        """Matched and happened, rule by rule."""
        rules = self.http.get("/_sandbox/weather").json()["rules"]
        return [(rule["matched"], rule["happened"]) for rule in rules]

    def hubspot(self, method: str, path: str, json: Any = None) -> httpx.Response:
        """Call HubSpot."""
        bearer = {"Authorization": f"Bearer {self.serving.info.hubspot_token}"}
        return self.http.request(method, path, json=json, headers=bearer)

    def salesforce(self, method: str, path: str, json: Any = None, **params: str) -> httpx.Response:
        """Call Salesforce."""
        bearer = {"Authorization": f"Bearer {self.session}"}
        return self.http.request(method, path, json=json, params=params or None, headers=bearer)

    def sign_in(self) -> None:
        """Take a new Salesforce session."""
        info = self.serving.info
        form = {"grant_type": "client_credentials", "client_id": info.client_id}
        form["client_secret"] = info.client_secret
        answer = self.http.post("/services/oauth2/token", data=form)
        self.session = answer.json()["access_token"]

    def accounts(self) -> list[str]:
        """The names of the living accounts, in order."""
        sql = "SELECT Name FROM sf_Account WHERE IsDeleted = 0 ORDER BY Name"
        return [name for (name,) in self.serving.state.db.execute(sql).fetchall()]


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("sandbox")
    with in_thread(folder, network_log=folder / "network.jsonl") as serving:
        client = httpx.Client(base_url=serving.info.http_url, trust_env=False, timeout=10)
        with client:
            outside = Outside(serving, client, "")
            outside.sign_in()
            yield outside


@pytest.fixture
def outside(_served: Outside) -> Iterator[Outside]:
    """Fine weather over an empty account of each platform."""
    state = _served.serving.state
    with state.transaction() as db:
        for table in ("hs_record", "hs_unique", "hs_association", "hs_alias"):
            db.execute(f"DELETE FROM {table}")
        for object in ("Account", "Contact", "Lead"):
            db.execute(f"DELETE FROM {org_of(state).tables[object].name}")
    hubspot.configure(state, burst=0, search_per_second=0, daily=0)
    _served.http.delete("/_sandbox/weather")
    if _served.salesforce("GET", QUERY, q="SELECT Id FROM Account LIMIT 1").status_code == 401:
        _served.sign_in()
    yield _served
    _served.http.delete("/_sandbox/weather")
