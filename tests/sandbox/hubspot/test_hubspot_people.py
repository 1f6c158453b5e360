"""What a connector must survive: short pages, a person at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox import hubspot

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account


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
