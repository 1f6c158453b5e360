"""What a connector must survive: bad moments on order, short pages, a person at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from hubspot.crm.companies import SimplePublicObjectInputForCreate
from urllib3.exceptions import ProtocolError

from sandbox import hubspot
from sandbox.hubspot.trouble import DROPPED, Trouble, order

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

COMPANIES = "/crm/v3/objects/companies"


def test_a_locked_record_passes_later(account: Account) -> None:
    """A 423 is met as often as ordered, then the same call passes."""
    order(account.state, Trouble(423, "/objects/companies", times=2))
    body = {"properties": {"name": "A"}}
    statuses = [account.call("POST", COMPANIES, body).status_code for _ in range(3)]
    assert statuses == [423, 423, 201]


@pytest.mark.parametrize(("applied", "made"), [(False, 0), (True, 1)])
def test_a_gateway_gives_up_with_html(account: Account, applied: bool, made: int) -> None:
    """A 502 has an HTML body, and the write behind it may or may not have happened."""
    order(account.state, Trouble(502, applied=applied))
    answer = account.call("POST", COMPANIES, {"properties": {"name": "A"}})
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert hubspot.counts(account.state)["companies"] == made


def test_a_connection_may_break_after_the_write(account: Account) -> None:
    """The official client sees a broken connection; the company was created all the same."""
    order(account.state, Trouble(DROPPED, applied=True))
    given = SimplePublicObjectInputForCreate(properties={"name": "A"})
    with pytest.raises(ProtocolError):
        account.client.crm.companies.basic_api.create(given)
    assert hubspot.counts(account.state)["companies"] == 1


def test_a_move_between_data_centres_names_its_end(account: Account) -> None:
    """A 477 is the one answer that carries Retry-After by itself."""
    order(account.state, Trouble(477))
    assert account.call("GET", COMPANIES).headers["Retry-After"] == "2"


def test_pages_may_be_short_and_empty(crowd: Account) -> None:
    """With short pages a listing starts empty and goes on as long as there is a cursor."""
    hubspot.configure(crowd.state, short_pages=True)
    first = crowd.call("GET", "/crm/v3/objects/contacts?limit=100").json()
    assert first["results"] == []
    seen, after = 0, first["paging"]["next"]["after"]
    while after:
        page = crowd.call("GET", f"/crm/v3/objects/contacts?limit=100&after={after}").json()
        seen += len(page["results"])
        after = page.get("paging", {}).get("next", {}).get("after")
    assert seen == 250


def test_a_person_edits_in_the_product(crowd: Account) -> None:
    """An edit by hand moves the modified date, names its user, and clears by None."""
    hubspot.edit(crowd.state, "contact", "7", {"lastname": "Ono", "lifecyclestage": None})
    shown = crowd.read("contacts", "7", "lastname", "lifecyclestage")
    assert shown["properties"]["lastname"] == "Ono"
    assert shown["properties"]["lifecyclestage"] is None
    assert shown["updatedAt"] == "2026-11-01T12:00:00.000Z"
    for object, id, fields in (
        ("contact", "9999", {"lastname": "x"}),
        ("contact", "7", {"nonsense": "x"}),
        ("unicorn", "7", {"lastname": "x"}),
    ):
        with pytest.raises(ValueError, match=r"exist|infer"):
            hubspot.edit(crowd.state, object, id, fields)


def test_rows_are_noted_for_the_network_log(crowd: Account) -> None:
    """The log of the sandbox learns how many records each answer carried."""
    answer = crowd.call("GET", "/crm/v3/objects/contacts?limit=30")
    assert isinstance(answer, httpx.Response)
    assert crowd.log.rows["hubspot"] == 30
