"""A sandbox served in a thread, and the real client library signed in to it."""

from collections.abc import Iterator

import pytest
import requests
from simple_salesforce import Salesforce

from sandbox.server import Serving, in_thread


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One sandbox for the module."""
    folder = tmp_path_factory.mktemp("sandbox")
    with in_thread(folder, network_log=folder / "network.jsonl") as serving:
        yield serving


@pytest.fixture(scope="module")
def http(served: Serving) -> Iterator[requests.Session]:
    """A session that trusts this sandbox's CA and nothing of the environment."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = served.info.ca
        yield session


@pytest.fixture(scope="module")
def token(served: Serving, http: requests.Session) -> str:
    """A live access token."""
    answer = http.post(
        f"{served.info.https_url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(served.info.client_id, served.info.client_secret),
    )
    return str(answer.json()["access_token"])


@pytest.fixture(scope="module")
def salesforce(served: Serving, http: requests.Session, token: str) -> Salesforce:
    """simple-salesforce in direct mode: it never signs in again by itself."""
    return Salesforce(
        session_id=token,
        instance=f"localhost:{served.info.https_port}",
        session=http,
        version="59.0",
    )


@pytest.fixture
def control(served: Serving, http: requests.Session):
    """Post to one of the sandbox's own controls."""

    def post(path: str, body: object = None) -> requests.Response:
        return http.post(f"{served.info.http_url}/_sandbox/{path}", json=body)

    return post
