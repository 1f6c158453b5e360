"""The door: whose token, which business unit, how many calls a day and at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from conftest import Account


def code(answer: requests.Response) -> tuple[int, int]:
    """Status and the platform's own number."""
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("Authorization", "Bearer 00Dmade!up", (401, 184)),
        ("Authorization", None, (401, 184)),
        ("Pardot-Business-Unit-Id", None, (401, 181)),
        ("Pardot-Business-Unit-Id", "0Uv000000000000AAA", (401, 182)),
    ],
)
def test_strangers_are_refused(
    account: Account, header: str, value: str | None, expected: tuple[int, int]
) -> None:
    """A token of the org and the id of the business unit are needed on every call."""
    headers = {**account.http.headers, header: value}
    url = f"{account.url}/api/v5/objects/prospects?fields=id"
    sent = {k: v for k, v in headers.items() if v is not None}
    assert code(requests.get(url, headers=sent, timeout=5)) == expected


def test_the_day_has_an_end_and_a_midnight(account: Account) -> None:
    """After the last call comes 429 with code 122, until the account's own midnight."""
    now = account.state.now()
    tomorrow = now.replace(hour=14, minute=50, second=0) + timedelta(days=1)
    account.pass_time(tomorrow - now)  # 23:50 in Tokyo
    account.configure(daily=2)
    headers = {"X-Return-Api-Usage": "1"}
    asked = {"params": {"fields": "id"}, "headers": headers}
    seen = [account.call("GET", "objects/lists", **asked) for _ in range(3)]
    assert [each.headers["x-api-usage"] for each in seen] == ["1/2", "2/2", "2/2"]
    assert code(seen[2]) == (429, 122)
    assert "Retry-After" not in seen[2].headers
    account.pass_time(timedelta(minutes=11))
    assert account.get("objects/lists", fields="id").status_code == 200
    assert "x-api-usage" not in account.get("objects/lists", fields="id").headers


def test_five_calls_at_once(account: Account) -> None:
    """A sixth connection is refused with code 66; others' connections count too."""
    account.configure(answer_seconds=0.5)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(account.get, "objects/lists", fields="id") for _ in range(8)]
        answers = [call.result() for call in calls]
    refused = [each for each in answers if each.status_code != 200]
    assert len(refused) == 3
    assert {code(each) for each in refused} == {(429, 66)}
    account.configure(answer_seconds=0, held=5)
    assert code(account.get("objects/lists", fields="id")) == (429, 66)


def test_a_role_may_not_reach_everything(account: Account) -> None:
    """An object that is denied is refused, its neighbours are not."""
    account.configure(denied=("users",))
    assert account.get("objects/users", fields="id").status_code == 403
    assert account.get("objects/lists", fields="id").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "objects/dragons"), ("GET", "dragons"), ("DELETE", "objects/visits/1")],
)
def test_there_is_no_such_thing(account: Account, method: str, path: str) -> None:
    """Unknown objects and actions are 404, with a code."""
    answer = account.call(method, path, params={"fields": "id"})
    assert answer.status_code == 404
    assert isinstance(answer.json()["code"], int)


def test_controls_do_what_people_do(account: Account) -> None:
    """Rows come in, others use up calls, and a record that is not there is told."""
    row = {"id": 4, "createdAt": "2026-03-02T00:00:00+00:00", "name": "Fair"}
    root = f"{account.url}/_sandbox/account_engagement"
    done = account.http.post(f"{root}/insert", json={"object": "campaigns", "rows": [row]})
    assert done.status_code == 204
    assert account.values("campaigns", fields="id,name") == [{"id": 4, "name": "Fair"}]
    account.http.post(f"{root}/spend", json={"calls": 50_000})
    assert code(account.get("objects/campaigns", fields="id")) == (429, 122)
    missing = account.http.post(f"{root}/delete", json={"object": "campaigns", "id": 9})
    assert missing.status_code == 400


def test_a_dead_token_stays_dead(account: Account, served) -> None:
    """When the org ends its sessions, this API refuses their tokens as well."""
    answer = requests.post(
        f"{served.info.https_url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(served.info.client_id, served.info.client_secret),
        verify=served.info.ca,
        timeout=5,
    )
    token = answer.json()["access_token"]
    headers = {**account.http.headers, "Authorization": f"Bearer {token}"}
    url = f"{account.url}/api/v5/objects/lists?fields=id"
    assert requests.get(url, headers=headers, timeout=5).status_code == 200
    with served.state.transaction() as db:
        db.execute("DELETE FROM sf_open_session WHERE token = ?", (token,))
    assert code(requests.get(url, headers=headers, timeout=5)) == (401, 184)
