"""Visitors: cookies tied to contacts by forms and identities, custom events, form limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hubspot.events.send.exceptions import ApiException

from sandbox import hubspot

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

FORM = "b0f1-guid"
SUBMIT = f"/submissions/v3/integration/submit/4812345/{FORM}"
START = datetime(2026, 10, 20, 9, tzinfo=UTC)


@pytest.fixture
def site(account: Account) -> Account:
    """Give an account with one form."""
    born = {"id": FORM, "name": "Contact us", "created": START}
    hubspot.insert_forms(account.state, [born])
    return account


def control(account: Account, name: str, **asked: Any) -> Any:
    """Do what a browser or a person does."""
    answer = account.call("POST", f"/_sandbox/hubspot/{name}", asked)
    assert answer.status_code in (200, 204), answer.text
    return answer.json() if answer.content else None


def visit(account: Account, utk: str, *minutes: int, **more: Any) -> str | None:
    """Look at one page for each of these minutes after the start."""
    views = [
        {
            "url": f"https://nagare.example/{each}",
            "at": (START + timedelta(minutes=each)).isoformat(),
            **more,
        }
        for each in minutes
    ]
    contact: str | None = control(account, "visit", utk=utk, views=views)["contact"]
    return contact


def submit(account: Account, email: str, utk: str | None = None, **more: Any) -> httpx.Response:
    """Send the form as a browser does: without signing in."""
    fields = [{"objectTypeId": "0-1", "name": "email", "value": email}]
    context = {"pageUri": "https://nagare.example/contact", "pageName": "Contact"}
    body = {"fields": fields, "context": context | ({"hutk": utk} if utk else {}), **more}
    return httpx.post(account.url + SUBMIT, json=body)


def views(account: Account, contact: str) -> list[str]:
    """When a contact looked at pages, newest first, through the typed client."""
    page = account.client.events.events_api.get_page(
        object_type="contact", object_id=int(contact), event_type="e_visited_page"
    )
    return [each.occurred_at.isoformat() for each in page.results]


def the_contact(account: Account, email: str) -> str:
    """The id behind an address."""
    answer = account.call("GET", f"/crm/v3/objects/contacts/{email}?idProperty=email")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def test_a_form_brings_the_earlier_views_along(site: Account) -> None:
    """Views of an unknown cookie belong to nobody; the form moves them, with their own times."""
    assert visit(site, "utk-1", 0, 5, 90) is None
    assert site.call("GET", "/events/v3/events?eventType=e_visited_page").json()["results"] == []
    answer = submit(site, "Mio@firm.example", "utk-1")
    assert answer.json() == {"inlineMessage": "Thanks for submitting the form."}
    id = the_contact(site, "mio@firm.example")
    assert views(site, id) == [
        "2026-10-20T10:30:00+00:00",
        "2026-10-20T09:05:00+00:00",
        "2026-10-20T09:00:00+00:00",
    ]
    assert visit(site, "utk-1", 200) == id
    assert len(views(site, id)) == 4


def test_aggregates_follow(site: Account) -> None:
    """Counts, first and last page, sessions, source and conversions stand on the contact."""
    visit(site, "utk-1", 0, 5, 90, referrer="https://www.google.com/")
    submit(site, "mio@firm.example", "utk-1")
    names = (
        "hs_analytics_num_page_views hs_analytics_num_visits hs_analytics_first_url "
        "hs_analytics_last_timestamp hs_analytics_source num_conversion_events "
        "recent_conversion_event_name hs_object_source lifecyclestage"
    ).split()
    read = site.read("contacts", the_contact(site, "mio@firm.example"), *names)["properties"]
    assert [read[name] for name in names] == [
        "3",
        "2",
        "https://nagare.example/0",
        "2026-10-20T10:30:00.000Z",
        "ORGANIC_SEARCH",
        "1",
        "Contact: Contact us",
        "FORM",
        "lead",
    ]


def test_submissions_are_read_back(site: Account) -> None:
    """What was sent in comes out of the submissions endpoint and as an event."""
    submit(site, "mio@firm.example")
    path = f"/form-integrations/v1/submissions/forms/{FORM}"
    sent = site.call("GET", path).json()["results"][0]
    assert sent["values"][0]["value"] == "mio@firm.example"
    assert sent["pageUrl"] == "https://nagare.example/contact"
    found = site.call("GET", "/events/v3/events?eventType=e_form_submission_v2").json()["results"]
    assert found[0]["properties"]["hs_form_id"] == FORM


def test_one_browser_two_people(site: Account) -> None:
    """A second address from one browser renames its contact, unless the form makes new ones."""
    submit(site, "one@firm.example", "utk-1")
    first = the_contact(site, "one@firm.example")
    submit(site, "two@firm.example", "utk-1")
    assert the_contact(site, "two@firm.example") == first
    control(site, "form", id=FORM, createNewContactForNewEmail=True)
    submit(site, "three@firm.example", "utk-1")
    assert the_contact(site, "three@firm.example") != first
    shown = site.client.marketing.forms.forms_api.get_by_id(FORM).configuration
    assert shown.create_new_contact_for_new_email


def test_an_identity_holds_from_the_next_view(site: Account) -> None:
    """`identify` alone does nothing; with the next view the cookie is the contact's."""
    visit(site, "utk-1", 0)
    control(site, "identify", utk="utk-1", email="mio@firm.example")
    assert site.found("contacts") == []
    id = visit(site, "utk-1", 10)
    assert id is not None
    assert len(views(site, id)) == 2


def test_an_identity_brings_nobody_back(site: Account) -> None:
    """The address of a deleted contact stays deleted when a browser announces it."""
    id = site.create("contacts", email="gone@firm.example")
    site.call("DELETE", f"/crm/v3/objects/contacts/{id}")
    control(site, "identify", utk="utk-1", email="gone@firm.example")
    assert visit(site, "utk-1", 10) is None
    assert submit(site, "gone@firm.example", "utk-1").status_code == 200


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"fields": []}, "REQUIRED_FIELD"),
        ({"fields": [{"name": "email", "value": "nobody"}]}, "INVALID_EMAIL"),
        ({}, "INVALID_FIELDS"),
        (
            {"fields": [{"name": "email", "value": "a@b.example"}], "submittedAt": 1},
            "INVALID_SUBMITTED_AT",
        ),
    ],
)
def test_bad_submissions(site: Account, body: dict[str, Any], word: str) -> None:
    """A form without a usable address or with an impossible date is a 400 that says which."""
    answer = httpx.post(site.url + SUBMIT, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["errorType"]) == (400, word)


def test_forms_are_found_by_portal_and_guid(site: Account) -> None:
    """Another portal or an unknown form is a 404; the secure path asks for the token."""
    for path in (SUBMIT.replace("4812345", "1"), SUBMIT.replace(FORM, "other")):
        assert httpx.post(site.url + path, json={}).status_code == 404
    secure = SUBMIT.replace("/submit/", "/secure/submit/", 1)
    body = {"fields": [{"name": "email", "value": "a@b.example"}]}
    assert httpx.post(site.url + secure, json=body).status_code == 401
    assert site.call("POST", secure, body).status_code == 200


def test_too_many_forms(site: Account) -> None:
    """Fifty in ten seconds pass; ten refusals within a second block for a minute."""
    statuses = [submit(site, "a@b.example").status_code for _ in range(60)]
    assert statuses == [200] * 50 + [429] * 10
    site.clock.advance(11)
    assert submit(site, "a@b.example").status_code == 429
    site.clock.advance(60)
    assert submit(site, "a@b.example").status_code == 200


def test_custom_events(account: Account) -> None:
    """A defined event is sent through the typed client by id, e-mail or cookie, once per uuid."""
    path = "/events/v3/event-definitions"
    wanted = {"label": "Asked price", "propertyDefinitions": [{"name": "plan", "label": "Plan"}]}
    made = account.call("POST", path, wanted)
    assert made.status_code == 201
    name = made.json()["fullyQualifiedName"]
    assert name == "pe4812345_asked_price"
    id = account.create("contacts", email="mio@firm.example")
    api = account.client.events.send.basic_api
    given = {"eventName": name, "properties": {"plan": "large"}, "uuid": "u-1"}
    api.send({**given, "email": "mio@firm.example", "occurredAt": START})
    api.send({**given, "objectId": id, "occurredAt": START + timedelta(days=1)})
    found = account.call("GET", f"/events/v3/events?eventType={name}").json()["results"]
    assert [(each["objectId"], each["occurredAt"], each["properties"]) for each in found] == [
        (id, "2026-10-20T09:00:00.000Z", {"plan": "large"})
    ]
    for dated in ("/events/2026-03/send", "/events/custom/2026-09/send"):
        body = {"eventName": name, "objectId": id}
        assert account.call("POST", dated, body).status_code == 204
    batch = {"inputs": [{"eventName": name, "utk": "utk-9"} for _ in range(3)]}
    assert account.call("POST", "/events/v3/send/batch", batch).status_code == 204
    types = account.call("GET", "/events/v3/events/event-types").json()["eventTypes"]
    assert name in types


def test_custom_events_that_are_refused(account: Account) -> None:
    """Nobody named, nothing defined, an unknown property or a lower subscription: refused."""
    api = account.client.events.send.basic_api
    wanted = {"label": "Asked price"}
    assert account.call("POST", "/events/v3/event-definitions", wanted).status_code == 201
    assert account.call("POST", "/events/v3/event-definitions", wanted).status_code == 409
    name = "pe4812345_asked_price"
    for given in (
        {"eventName": "pe4812345_other", "utk": "x"},
        {"eventName": name},
        {"eventName": name, "utk": "x", "properties": {"colour": "red"}},
        {"eventName": name, "objectId": "999"},
    ):
        with pytest.raises(ApiException) as caught:
            api.send(given)
        assert caught.value.status == 400
    hubspot.configure(account.state, tier="professional")
    with pytest.raises(ApiException) as caught:
        api.send({"eventName": name, "utk": "x"})
    assert caught.value.status == 403


def test_event_definitions_change(account: Account) -> None:
    """Definitions are listed, relabelled, given properties and archived."""
    path = "/events/2026-03/event-definitions"
    account.call("POST", path, {"label": "Asked price"})
    one = f"{path}/pe4812345_asked_price"
    assert account.call("PATCH", one, {"label": "Price asked"}).json()["labels"]["singular"] == (
        "Price asked"
    )
    plan = {"name": "plan", "label": "Plan", "type": "string"}
    assert account.call("POST", f"{one}/property", plan).status_code == 201
    assert account.call("POST", f"{one}/property", plan).status_code == 409
    assert account.call("PATCH", f"{one}/property/plan", {"label": "The plan"}).status_code == 200
    assert account.call("GET", path).json()["results"][0]["properties"][0]["label"] == "The plan"
    assert account.call("DELETE", f"{one}/property/plan").status_code == 204
    assert account.call("DELETE", one).status_code == 204
    assert account.call("GET", one).status_code == 404
