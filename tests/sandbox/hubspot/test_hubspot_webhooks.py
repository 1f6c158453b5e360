"""Webhooks: subscriptions, what is delivered, how often, and how it is signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import hubspot as hubspot_client
import pytest
from hubspot.utils.signature import Signature
from hubspot.webhooks.exceptions import ApiException

from sandbox import hubspot
from sandbox.hubspot.oauth import apps, tokens
from sandbox.hubspot.oauth.apps import CLIENT_SECRET, DEVELOPER_KEY
from sandbox.hubspot.webhooks import queue, signature
from sandbox.hubspot.webhooks.changes import news

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

APP = 1160452
SETTINGS = f"/webhooks/v3/{APP}/settings"
SUBSCRIPTIONS = f"/webhooks/v3/{APP}/subscriptions"
BODY = (
    b'[{"eventId":1,"subscriptionId":25,"portalId":33,"appId":1160452,"occurredAt":1462216307945,'
    b'"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":1246965,'
    b'"propertyName":"lifecyclestage","propertyValue":"subscriber","changeSource":"CRM_UI"}]'
)
URI = "https://tasuki.example/hubspot/webhook"
MOMENT = "1700000000000"


@dataclass
class Receiver:
    """A listening server that keeps what it is sent and answers as told."""

    got: Queue[tuple[dict[str, str], bytes]] = field(default_factory=Queue)
    statuses: list[int] = field(default_factory=list)
    hold: Event = field(default_factory=Event)
    url: str = ""

    def requests(self, count: int) -> list[tuple[dict[str, str], list[Any]]]:
        """The next requests, waited for."""
        found = [self.got.get(timeout=10) for _ in range(count)]
        return [(headers, json.loads(body)) for headers, body in found]

    def notes(self, count: int) -> list[Any]:
        """The next notifications, however they are packed."""
        seen: list[Any] = []
        while len(seen) < count:
            seen += self.requests(1)[0][1]
        return seen


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listen on loopback until the test is over."""
    told = Receiver()
    told.hold.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.put((dict(self.headers), body))
            told.hold.wait(10)
            self.send_response(told.statuses.pop(0) if told.statuses else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield told
    told.hold.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hooked(account: Account, receiver: Receiver) -> Iterator[Account]:
    """Give an account whose deliveries go to the receiver."""
    account.http.headers["Authorization"] = f"Bearer {DEVELOPER_KEY}"
    asked = {"targetUrl": receiver.url, "throttling": {"maxConcurrentRequests": 10}}
    assert account.call("PUT", SETTINGS, asked).status_code == 200
    account.http.headers["Authorization"] = "Bearer pat-tasuki-sandbox"
    with hubspot.Sender(account.state):
        yield account


def subscribe(account: Account, event: str, **more: Any) -> int:
    """Subscribe the app, active at once."""
    body = {"eventType": event, "active": True, **more}
    answer = account.call("POST", f"{SUBSCRIPTIONS}?hapikey={DEVELOPER_KEY}", body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def until(account: Account, **tally: int) -> None:
    """Wait until the queue holds so many deliveries in each state."""
    for _ in range(2000):
        if queue.tally(account.state) == {"waiting": 0, "sending": 0, "failed": 0} | tally:
            return
        news(account.state).wait(0.005)
    raise AssertionError(queue.tally(account.state))


def test_signatures_are_the_known_ones() -> None:
    """The three versions give the values computed with the official helper."""
    known = "f7a772a10482fb8311402ed1b04fdecda14b346f95c1a0df1e9373d912052e93"
    assert signature.v1(CLIENT_SECRET, BODY) == known
    known = "6e820092b3a33ac254af45b8a067b01e2bb3ddd4471e64dadaa5c345613048e3"
    assert signature.v2(CLIENT_SECRET, "POST", URI, BODY) == known
    known = "LGgTrpm79i2BZCF9zpBxdWo96nMWj7IR5p8gCyrlrjY="
    assert signature.v3(CLIENT_SECRET, "POST", URI, BODY, MOMENT) == known
    escaped = URI.replace(":", "%3A").replace("/", "%2f")
    assert signature.v3(CLIENT_SECRET, "POST", escaped, BODY, MOMENT) == known
    kept = signature.v3(CLIENT_SECRET, "POST", f"{URI}?a=%20", BODY, MOMENT)
    assert kept != signature.v3(CLIENT_SECRET, "POST", f"{URI}?a= ", BODY, MOMENT)


def test_subscriptions_through_the_typed_client(account: Account) -> None:
    """Subscriptions are made paused, listed, switched on one by one or in a batch, and removed."""
    client: Any = hubspot_client.Client.create(api_key=DEVELOPER_KEY, host=account.url)
    api = client.webhooks.subscriptions_api
    made = api.create(APP, {"eventType": "contact.propertyChange", "propertyName": "city"})
    assert not made.active
    other = api.create(APP, {"eventType": "object.creation", "objectTypeId": "0-27"})
    assert api.update(made.id, APP, {"active": True}).active
    results = api.update_batch(APP, {"inputs": [{"id": int(other.id), "active": True}]}).results
    assert [each.active for each in results] == [True]
    assert [each.event_type for each in api.get_all(APP).results] == [
        "contact.propertyChange",
        "object.creation",
    ]
    api.archive(made.id, APP)
    with pytest.raises(ApiException) as caught:
        api.get_by_id(made.id, APP)
    assert caught.value.status == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"eventType": "contact.flight"},
        {"eventType": "contact.propertyChange"},
        {"eventType": "contact.creation", "propertyName": "city"},
        {"eventType": "contact.propertyChange", "propertyName": "hs_lastmodifieddate"},
        {"eventType": "object.creation"},
        {"eventType": "object.creation", "objectTypeId": "0-999"},
    ],
)
def test_impossible_subscriptions(account: Account, wrong: dict[str, str]) -> None:
    """What cannot be told cannot be subscribed to; nor can anything twice."""
    account.http.headers["Authorization"] = f"Bearer {DEVELOPER_KEY}"
    assert account.call("POST", SUBSCRIPTIONS, wrong).status_code == 400
    fine = {"eventType": "deal.creation"}
    statuses = [account.call("POST", SUBSCRIPTIONS, fine).status_code for _ in range(2)]
    assert statuses == [201, 400]


def test_settings_take_this_machine_only(account: Account) -> None:
    """A target elsewhere is refused, and so are five requests at once."""
    account.http.headers["Authorization"] = f"Bearer {DEVELOPER_KEY}"
    assert account.call("GET", SETTINGS).status_code == 404
    for url, most in (("https://elsewhere.example/x", 10), ("http://127.0.0.1:1/x", 5)):
        body = {"targetUrl": url, "throttling": {"maxConcurrentRequests": most}}
        assert account.call("PUT", SETTINGS, body).status_code == 400
    body = {"targetUrl": "http://localhost:9/x", "throttling": {"maxConcurrentRequests": 6}}
    assert account.call("PUT", f"/webhooks/2026-03/{APP}/settings", body).status_code == 200
    assert account.call("GET", SETTINGS).json()["throttling"] == {"maxConcurrentRequests": 6}
    assert account.call("DELETE", SETTINGS).status_code == 204


def test_webhooks_are_no_business_of_the_account_token(account: Account) -> None:
    """The account's own token and unknown apps are refused."""
    assert account.call("GET", SUBSCRIPTIONS).status_code == 401
    account.http.headers["Authorization"] = f"Bearer {DEVELOPER_KEY}"
    assert account.call("GET", "/webhooks/v3/404/subscriptions").status_code == 404


def test_a_change_is_delivered_signed(hooked: Account, receiver: Receiver) -> None:
    """A property change arrives in the captured shape; v1 and v3 signatures hold."""
    number = subscribe(hooked, "contact.propertyChange", propertyName="city")
    id = hooked.create("contacts", email="a@nagare.example")
    hubspot.edit(hooked.state, "contacts", id, {"city": "Kobe"})
    headers, body = receiver.got.get(timeout=10)
    note = json.loads(body)[0]
    assert note.pop("eventId") > 4_100_000_000
    assert note == {
        "subscriptionId": number,
        "portalId": 4812345,
        "appId": APP,
        "occurredAt": 1793534400000,
        "subscriptionType": "contact.propertyChange",
        "attemptNumber": 0,
        "objectId": int(id),
        "propertyName": "city",
        "propertyValue": "Kobe",
        "changeSource": "CRM_UI",
        "sourceId": "userId:1001",
    }
    assert headers["X-HubSpot-Signature-Version"] == "v1"
    assert Signature.is_valid(
        signature=headers["X-HubSpot-Signature"],
        client_secret=CLIENT_SECRET,
        request_body=body.decode(),
        signature_version="v1",
    )
    expected = signature.v3(
        CLIENT_SECRET, "POST", receiver.url, body, headers["X-HubSpot-Request-Timestamp"]
    )
    assert headers["X-HubSpot-Signature-v3"] == expected


def test_our_own_writes_come_back_named(hooked: Account, receiver: Receiver) -> None:
    """A write of the app is told with its own number as the source."""
    subscribe(hooked, "contact.creation")
    id = hooked.create("contacts", email="a@nagare.example")
    note = receiver.notes(1)[0]
    assert (note["changeSource"], note["sourceId"]) == ("INTEGRATION", str(APP))
    assert (note["objectId"], note["changeFlag"]) == (int(id), "NEW")


def test_another_apps_writes_come_back_in_its_name(hooked: Account, receiver: Receiver) -> None:
    """Whatever an app does is told under its own number: creates, links, archives and merges."""
    other = apps.register(hooked.state, "Other")
    access = tokens.install(hooked.state, other.id, other.scopes)
    for event in ("creation", "deletion", "merge", "associationChange"):
        subscribe(hooked, f"contact.{event}")
    hooked.http.headers["Authorization"] = f"Bearer {access.text}"
    ids = [hooked.create("contacts", email=f"{name}@nagare.example") for name in "abc"]
    company = hooked.create("companies", name="Nagare")
    path = f"/crm/v4/objects/contacts/{ids[0]}/associations/default/companies/{company}"
    assert hooked.call("PUT", path).status_code == 200
    assert hooked.call("DELETE", f"/crm/v3/objects/contacts/{ids[0]}").status_code == 204
    body = {"primaryObjectId": ids[1], "objectIdToMerge": ids[2]}
    assert hooked.call("POST", "/crm/v3/objects/contacts/merge", body).status_code == 200
    notes = receiver.notes(3 + 2 + 2 + 1 + 1)
    assert {each["sourceId"] for each in notes} == {str(other.id)}


def test_deliveries_hold_at_most_a_hundred(hooked: Account, receiver: Receiver) -> None:
    """A batch of 250 records comes in arrays of up to 100, each change once."""
    subscribe(hooked, "object.creation", objectTypeId="0-1")
    with ThreadPoolExecutor(3) as pool:
        for start in (0, 100, 200):
            inputs = [
                {"properties": {"email": f"p{number}@nagare.example"}}
                for number in range(start, min(start + 100, 250))
            ]
            pool.submit(
                hooked.call, "POST", "/crm/v3/objects/contacts/batch/create", {"inputs": inputs}
            )
    seen: list[Any] = []
    while len(seen) < 250:
        packed = receiver.requests(1)[0][1]
        assert len(packed) <= 100
        seen += packed
    assert len({each["objectId"] for each in seen}) == 250
    assert {each["objectTypeId"] for each in seen} == {"0-1"}


def test_a_failing_receiver_is_tried_again(hooked: Account, receiver: Receiver) -> None:
    """After an error the delivery comes again, counted, by the clock; ten times at most."""
    receiver.statuses = [500] * 11
    subscribe(hooked, "contact.creation")
    hooked.create("contacts", email="a@nagare.example")
    attempts = []
    for attempt in range(11):
        attempts.append(receiver.notes(1)[0]["attemptNumber"])
        until(hooked, **{"waiting" if attempt < 10 else "failed": 1})
        hooked.clock.advance(86_400)
        news(hooked.state).set()
    assert attempts == list(range(11))


def test_a_slow_receiver_counts_as_failed(account: Account, receiver: Receiver) -> None:
    """An answer that takes too long is a failure; what was taken comes again."""
    body = {"targetUrl": receiver.url, "throttling": {"maxConcurrentRequests": 10}}
    account.call("PUT", f"{SETTINGS}?hapikey={DEVELOPER_KEY}", body)
    subscribe(account, "contact.creation")
    receiver.hold.clear()
    with hubspot.Sender(account.state, patience_seconds=0.1):
        account.create("contacts", email="a@nagare.example")
        first = receiver.notes(1)[0]
        until(account, waiting=1)
        receiver.hold.set()
        account.clock.advance(600)
        second = receiver.notes(1)[0]
        until(account)
    assert (first["attemptNumber"], second["attemptNumber"]) == (0, 1)
    assert first["eventId"] == second["eventId"]


def test_associations_are_told_from_both_sides(hooked: Account, receiver: Receiver) -> None:
    """A primary company tells of two types, each from two sides; parting tells the same."""
    subscribe(hooked, "contact.associationChange")
    contact = hooked.create("contacts", email="a@nagare.example")
    company = hooked.create("companies", name="Nagare")
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}"
    label = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    assert hooked.call("PUT", path, label).status_code == 201
    notes = receiver.notes(4)
    sides = sorted((each["associationType"], each["isPrimaryAssociation"]) for each in notes)
    assert sides == [
        ("COMPANY_TO_CONTACT", False),
        ("COMPANY_TO_CONTACT", True),
        ("CONTACT_TO_COMPANY", False),
        ("CONTACT_TO_COMPANY", True),
    ]
    assert not any(each["associationRemoved"] for each in notes)
    assert hooked.call("DELETE", path).status_code == 204
    assert all(each["associationRemoved"] for each in receiver.notes(4))


def test_links_lost_with_a_record_are_told(hooked: Account, receiver: Receiver) -> None:
    """An archive takes its links away, a merge moves them to the new id; both are told."""
    subscribe(hooked, "company.associationChange")
    company = hooked.create("companies", name="Nagare")
    ids = [hooked.create("contacts", email=f"{name}@nagare.example") for name in "abc"]
    for id in ids:
        path = f"/crm/v4/objects/contacts/{id}/associations/default/companies/{company}"
        assert hooked.call("PUT", path).status_code == 200
    receiver.notes(6)

    assert hooked.call("DELETE", f"/crm/v3/objects/contacts/{ids[0]}").status_code == 204
    lost = receiver.notes(2)
    assert all(each["associationRemoved"] for each in lost)
    assert {each["fromObjectId"] for each in lost} == {int(ids[0]), int(company)}

    body = {"primaryObjectId": ids[1], "objectIdToMerge": ids[2]}
    made = hooked.call("POST", "/crm/v3/objects/contacts/merge", body).json()["id"]
    notes = receiver.notes(6)
    ends = {
        removed: {n["fromObjectId"] for n in notes if n["associationRemoved"] == removed}
        for removed in (True, False)
    }
    assert ends[True] == {int(ids[1]), int(ids[2]), int(company)}
    assert ends[False] == {int(made), int(company)}


def test_a_restore_is_told(hooked: Account, receiver: Receiver) -> None:
    """A record a person takes out of the bin is told as such."""
    subscribe(hooked, "contact.restore")
    id = hooked.create("contacts", email="a@nagare.example")
    assert hooked.call("DELETE", f"/crm/v3/objects/contacts/{id}").status_code == 204
    asked = {"object": "contacts", "ids": [id]}
    assert hooked.call("POST", "/_sandbox/hubspot/restore", asked).status_code < 300
    note = receiver.notes(1)[0]
    told = (note["subscriptionType"], note["objectId"], note["changeSource"])
    assert told == ("contact.restore", int(id), "CRM_UI")


def test_records_of_an_own_type_are_told(hooked: Account, receiver: Receiver) -> None:
    """A generic subscription names the type id of a custom object."""
    schema = {
        "name": "car",
        "labels": {"singular": "Car", "plural": "Cars"},
        "primaryDisplayProperty": "plate",
        "requiredProperties": ["plate"],
        "properties": [{"name": "plate", "label": "Plate", "type": "string", "fieldType": "text"}],
        "associatedObjects": [],
    }
    type = hooked.call("POST", "/crm-object-schemas/v3/schemas", schema).json()["objectTypeId"]
    subscribe(hooked, "object.creation", objectTypeId=type)
    id = hooked.create("car", plate="AB-1")
    note = receiver.notes(1)[0]
    assert (note["objectTypeId"], note["objectId"]) == (type, int(id))


def test_merges_and_deletions_are_told(hooked: Account, receiver: Receiver) -> None:
    """A merge names the new id; a privacy deletion is told twice; an archive once."""
    for event in ("merge", "deletion", "privacyDeletion"):
        subscribe(hooked, f"contact.{event}")
    ids = [hooked.create("contacts", email=f"{name}@nagare.example") for name in "abc"]
    body = {"primaryObjectId": ids[0], "objectIdToMerge": ids[1]}
    made = hooked.call("POST", "/crm/v3/objects/contacts/merge", body).json()["id"]
    note = receiver.notes(1)[0]
    assert note["primaryObjectId"] == int(ids[0])
    assert note["mergedObjectIds"] == [int(ids[1])]
    assert note["newObjectId"] == int(made)
    assert hooked.call("DELETE", f"/crm/v3/objects/contacts/{ids[2]}").status_code == 204
    assert receiver.notes(1)[0]["subscriptionType"] == "contact.deletion"
    hooked.call("POST", "/crm/v3/objects/contacts/gdpr-delete", {"objectId": made})
    kinds = {each["subscriptionType"] for each in receiver.notes(2)}
    assert kinds == {"contact.deletion", "contact.privacyDeletion"}


def test_weather_doubles_and_disorders(hooked: Account, receiver: Receiver) -> None:
    """Under a seed some notifications come twice, out of order and with an id seen before."""
    sky = {"seed": 7, "duplicate": 0.5, "shuffle": True, "repeat_id": 0.3}
    assert hooked.call("POST", "/_sandbox/hubspot/webhooks/weather", sky).status_code == 200
    subscribe(hooked, "contact.creation")
    inputs = [{"properties": {"email": f"p{number}@nagare.example"}} for number in range(60)]
    hooked.call("POST", "/crm/v3/objects/contacts/batch/create", {"inputs": inputs})
    until(hooked)
    seen: list[Any] = []
    while not receiver.got.empty():
        seen += receiver.requests(1)[0][1]
    ids = [each["objectId"] for each in seen]
    assert len(set(ids)) == 60
    assert len(ids) > 70
    assert ids != sorted(ids)
    assert sum(each["eventId"] == 1 for each in seen) > 5


def test_nothing_is_logged_without_subscribers(account: Account) -> None:
    """Writes leave no log while nobody listens; a paused subscription does not listen."""
    body = {"eventType": "contact.creation"}
    account.call("POST", f"{SUBSCRIPTIONS}?hapikey={DEVELOPER_KEY}", body)
    account.create("contacts", email="a@nagare.example")
    assert account.state.db.execute("SELECT count(*) FROM hs_change").fetchone()[0] == 0


def test_a_stopped_sender_leaves_the_rest(account: Account, receiver: Receiver) -> None:
    """What was queued while no sender ran is delivered by the next one."""
    body = {"targetUrl": receiver.url, "throttling": {"maxConcurrentRequests": 10}}
    account.call("PUT", f"{SETTINGS}?hapikey={DEVELOPER_KEY}", body)
    subscribe(account, "contact.creation")
    account.create("contacts", email="a@nagare.example")
    with pytest.raises(Empty):
        receiver.got.get_nowait()
    with hubspot.Sender(account.state):
        assert receiver.notes(1)[0]["subscriptionType"] == "contact.creation"
