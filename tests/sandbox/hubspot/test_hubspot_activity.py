"""What people did: events, marketing e-mail and forms, through the clients connectors use."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hubspot.events.exceptions import ApiException

from sandbox import hubspot

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

VIEWED = "pe4812345_page_viewed"
SENT = "pe4812345_form_submitted"
START = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def visited(account: Account) -> Account:
    """Give an account with 30 page views of three contacts and one submitted form."""
    rows: list[dict[str, Any]] = [
        {
            "id": f"view-{number:03d}",
            "objectType": "CONTACT",
            "objectId": number % 3 + 1,
            "eventType": VIEWED,
            "occurredAt": START + timedelta(hours=number),
            "properties": {"hs_url": f"https://nagare.example/{number % 2}", "utk": "cookie"},
        }
        for number in range(30)
    ]
    form = {"form_name": "Contact", "utk": "cookie", "email": "a@example.test"}
    sent = {"id": "form-1", "eventType": SENT, "properties": form}
    hubspot.insert_events(account.state, [*rows, {**rows[0], **sent}])
    return account


def all_events(account: Account, **asked: Any) -> list[str]:
    """Every event id of a listing, page by page through the typed client."""
    api = account.client.events.events_api
    seen: list[str] = []
    after = None
    while True:
        page = api.get_page(limit=7, after=after, **asked)
        seen += [each.id for each in page.results]
        if page.paging is None:
            return seen
        after = page.paging.next.after


def test_events_of_a_type_are_paged_newest_first(visited: Account) -> None:
    """All events of one type need no contact id."""
    expected = [f"view-{number:03d}" for number in reversed(range(30))]
    assert all_events(visited, event_type=VIEWED) == expected
    assert all_events(visited, event_type=VIEWED, sort=["occurredAt"]) == expected[::-1]


def test_events_of_a_contact(visited: Account) -> None:
    """One contact's events come with every type, or only the one asked for."""
    seen = all_events(visited, object_type="contact", object_id=1)
    assert len(seen) == 11
    assert "form-1" in seen
    assert len(all_events(visited, object_type="contact", object_id=1, event_type=VIEWED)) == 10


def test_events_between_moments(visited: Account) -> None:
    """`occurredAfter` and `occurredBefore` bound the listing."""
    window = {
        "occurred_after": START + timedelta(hours=10),
        "occurred_before": START + timedelta(hours=12),
    }
    assert all_events(visited, event_type=VIEWED, **window) == ["view-012", "view-011", "view-010"]


def test_dated_path_and_shape(visited: Account) -> None:
    """The dated path answers the same events in the documented shape."""
    path = f"/events/event-occurrences/2026-03?eventType={SENT}"
    event = visited.call("GET", path).json()["results"][0]
    assert event == {
        "objectType": "CONTACT",
        "objectId": "1",
        "eventType": SENT,
        "occurredAt": "2026-10-01T00:00:00.000Z",
        "id": "form-1",
        "properties": {"form_name": "Contact", "utk": "cookie", "email": "a@example.test"},
    }
    assert visited.call("GET", f"/events/v3/events?eventType={SENT}").json()["results"] == [event]


def test_events_by_property(visited: Account) -> None:
    """`property.x=` filters on a value of the event."""
    path = f"/events/v3/events/?eventType={VIEWED}&property.hs_url=https://nagare.example/1"
    assert len(visited.call("GET", path).json()["results"]) == 15


def test_an_unbounded_listing_is_refused(visited: Account) -> None:
    """Without type, object or id there is nothing to read."""
    answer = visited.call("GET", "/events/v3/events")
    assert answer.status_code == 400
    assert "STORAGE_LOCATIONS" in answer.json()["subCategory"]


def test_event_types_are_listed(visited: Account) -> None:
    """Custom event types of the account stand among HubSpot's own, at every subscription."""
    hubspot.configure(visited.state, tier="professional")
    types = visited.call("GET", "/events/v3/events/event-types").json()["eventTypes"]
    assert {VIEWED, SENT, "e_visited_page"} <= set(types)


def test_events_need_enterprise(visited: Account) -> None:
    """Below Enterprise the events API is a 403 that names the missing grants."""
    hubspot.configure(visited.state, tier="professional")
    with pytest.raises(ApiException) as caught:
        visited.client.events.events_api.get_page(event_type=VIEWED)
    body = json.loads(caught.value.body)
    assert (caught.value.status, body["category"]) == (403, "MISSING_SCOPES")
    assert "business-intelligence" in body["errors"][0]["context"]["requiredGranularScopes"]


def test_email_events_are_read_newest_first(account: Account) -> None:
    """Opens and clicks come newest first, by recipient, kind and time, with an opaque offset."""
    rows = [
        {
            "id": f"mail-{number}",
            "type": "CLICK" if number % 3 == 0 else "OPEN",
            "recipient": f"P{number % 2}@example.test",
            "created": START + timedelta(minutes=number),
            "emailCampaignId": 40 + number % 2,
        }
        for number in range(25)
    ]
    hubspot.insert_email_events(account.state, rows)
    path = "/email/public/v1/events"
    first = account.call("GET", f"{path}?limit=20").json()
    assert first["hasMore"]
    second = account.call("GET", f"{path}?limit=20&offset={first['offset']}").json()
    seen = [each["id"] for each in first["events"] + second["events"]]
    assert seen == [f"mail-{number}" for number in reversed(range(25))]
    assert not second["hasMore"]
    assert first["events"][0]["created"] == 1790814240000
    asked = f"{path}?limit=100&recipient=p0@example.test&eventType=CLICK&startTimestamp="
    found = account.call("GET", f"{asked}{1790812800000 + 6 * 60_000}").json()["events"]
    assert [each["id"] for each in found] == ["mail-24", "mail-18", "mail-12", "mail-6"]


def test_forms_and_their_submissions(account: Account) -> None:
    """Forms are listed by the typed client; submissions come newest first, 50 a page."""
    rows = [
        {
            "form": "b0f1-guid",
            "formName": "Contact us",
            "submittedAt": START + timedelta(minutes=number),
            "pageUrl": "https://nagare.example/contact",
            "values": {"email": f"p{number}@example.test"},
        }
        for number in range(60)
    ]
    hubspot.insert_form_submissions(account.state, rows)
    forms = account.client.marketing.forms.forms_api
    assert [(each.id, each.name) for each in forms.get_page().results] == [
        ("b0f1-guid", "Contact us")
    ]
    path = "/form-integrations/v1/submissions/forms/b0f1-guid"
    first = account.call("GET", f"{path}?limit=50").json()
    second = account.call("GET", f"{path}{first['paging']['next']['link']}").json()
    emails = [each["values"][0]["value"] for each in first["results"] + second["results"]]
    assert emails == [f"p{number}@example.test" for number in reversed(range(60))]
    assert account.call("GET", f"{path}?limit=51").status_code == 400
    assert account.call("GET", "/form-integrations/v1/submissions/forms/x").status_code == 404
