"""The webhooks journal: changes in order, by offsets that stay, through links that end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.hubspot.oauth import installation
from sandbox.hubspot.oauth.apps import APP_ID, CLIENT_ID, CLIENT_SECRET

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

JOURNAL = "/webhooks-journal/journal/2026-03"
SUBSCRIPTIONS = "/webhooks-journal/subscriptions/2026-03"


class Reader:
    """An app signed in for itself."""

    def __init__(self, account: Account) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        made = httpx.post(f"{account.url}/oauth/2026-03/token", data=form).json()
        headers = {"Authorization": f"Bearer {made['access_token']}"}
        self.http = httpx.Client(base_url=account.url, headers=headers)

    def get(self, path: str) -> httpx.Response:
        return self.http.get(f"{JOURNAL}/{path}")

    def events(self, path: str) -> tuple[list[Any], str]:
        """The events behind one page and the offset to go on from."""
        page = self.get(path).json()
        content = httpx.get(page["url"]).json()
        assert content["offset"] == page["currentOffset"]
        return content["journalEvents"], page["currentOffset"]

    def subscribe(self, **body: Any) -> httpx.Response:
        return self.http.post(SUBSCRIPTIONS, json=body)


@pytest.fixture
def reader(account: Account) -> Any:
    """Give an app that reads the journal of contacts."""
    made = Reader(account)
    wanted = {"subscriptionType": "OBJECT", "objectTypeId": "0-1", "portalId": 4812345}
    assert made.subscribe(**wanted).status_code == 201
    yield made
    made.http.close()


def test_changes_are_read_in_order(account: Account, reader: Reader) -> None:
    """Creations, updates and deletions come in the order they happened, with what changed."""
    id = account.create("contacts", email="a@nagare.example")
    account.create("companies", name="Not asked for")
    path = f"/crm/v3/objects/contacts/{id}"
    account.call("PATCH", path, {"properties": {"city": "Kobe"}})
    account.call("DELETE", path)
    events, offset = reader.events("earliest")
    assert [each["action"] for each in events] == ["CREATE", "UPDATE", "DELETE"]
    assert events[1]["propertyChanges"] == {"city": "Kobe"}
    assert {(each["objectTypeId"], each["objectId"]) for each in events} == {("0-1", int(id))}
    assert reader.get(f"offset/{offset}/next").status_code == 204
    account.create("contacts", email="b@nagare.example")
    later, _ = reader.events(f"offset/{offset}/next")
    assert [each["action"] for each in later] == ["CREATE"]
    assert reader.events("latest")[0] == later
    assert reader.events("earliest")[0] == events + later


def test_pages_hold_a_hundred(account: Account, reader: Reader) -> None:
    """Many changes come in pages; a batch gives several at once, and nothing twice."""
    for start in (0, 100, 200):
        inputs = [
            {"properties": {"email": f"p{number}@nagare.example"}}
            for number in range(start, start + 50)
        ]
        account.call("POST", "/crm/v3/objects/contacts/batch/create", {"inputs": inputs})
    pages = reader.get("batch/earliest/5").json()["results"]
    seen = [each for page in pages for each in httpx.get(page["url"]).json()["journalEvents"]]
    assert [len(pages), len(seen), len({each["objectId"] for each in seen})] == [2, 150, 150]
    rest = reader.get(f"batch/{pages[0]['currentOffset']}/next/5").json()["results"]
    assert [each["currentOffset"] for each in rest] == [pages[1]["currentOffset"]]
    asked = {"inputs": [pages[0]["currentOffset"]]}
    answer = reader.http.post(f"{JOURNAL}/batch/read", json=asked)
    assert answer.json()["results"][0]["currentOffset"] == pages[0]["currentOffset"]


def test_links_end_after_five_minutes(account: Account, reader: Reader) -> None:
    """A link opens without signing in, not for ever and not when changed."""
    account.create("contacts", email="a@nagare.example")
    url = reader.get("earliest").json()["url"]
    assert httpx.get(url).status_code == 200
    assert httpx.get(url + "0").status_code == 403
    account.clock.advance(301)
    assert httpx.get(url).status_code == 403


def test_subscriptions_choose(account: Account, reader: Reader) -> None:
    """Actions and properties bound what is told; associations are a subscription of their own."""
    for each in reader.http.get(SUBSCRIPTIONS).json()["results"]:
        assert reader.http.get(f"{SUBSCRIPTIONS}/{each['id']}").json() == each
        assert reader.http.delete(f"{SUBSCRIPTIONS}/{each['id']}").status_code == 204
    wanted = {"objectTypeId": "0-1", "actions": ["UPDATE"], "properties": ["city"]}
    assert reader.subscribe(subscriptionType="OBJECT", **wanted).status_code == 201
    assert reader.subscribe(subscriptionType="ASSOCIATION").status_code == 201
    assert reader.subscribe(subscriptionType="WEATHER").status_code == 400
    assert reader.subscribe(subscriptionType="OBJECT", actions=["FLY"]).status_code == 400
    id = account.create("contacts", email="a@nagare.example")
    firm = account.create("companies", name="Nagare")
    path = f"/crm/v3/objects/contacts/{id}"
    account.call("PATCH", path, {"properties": {"firstname": "Mio"}})
    account.call("PATCH", path, {"properties": {"firstname": "Sora", "city": "Kobe"}})
    linked = f"/crm/v4/objects/contacts/{id}/associations/default/companies/{firm}"
    account.call("PUT", linked)
    events, _ = reader.events("earliest")
    assert [each["action"] for each in events] == [
        "UPDATE",
        "ASSOCIATION_ADDED",
        "ASSOCIATION_ADDED",
    ]
    assert events[0]["propertyChanges"] == {"city": "Kobe"}
    assert {each["objectTypeId"] for each in events[1:]} == {"0-1", "0-2"}


def test_snapshots_appear_in_the_journal(account: Account, reader: Reader) -> None:
    """A record asked for as it is now is told like a change."""
    id = account.create("contacts", email="a@nagare.example", city="Kobe")
    wanted = {"portalId": 4812345, "objectTypeId": "0-1", "objectId": id, "properties": ["city"]}
    path = "/webhooks-journal/snapshots/2026-03/crm"
    answer = reader.http.post(path, json={"snapshotRequests": [wanted]})
    assert answer.status_code == 200
    events, _ = reader.events("latest")
    assert (events[0]["action"], events[0]["propertyChanges"]) == ("SNAPSHOT", {"city": "Kobe"})


def test_list_memberships_are_told(account: Account, reader: Reader) -> None:
    """Who joins and leaves a list, by hand or by its filters, is told with the list's id."""
    ids = [account.create("contacts", email=f"p{number}@nagare.example") for number in (1, 2)]
    made = {"objectTypeId": "0-1", "processingType": "MANUAL", "name": "Fair"}
    one = account.call("POST", "/crm/v3/lists", made).json()["list"]["listId"]
    other = account.call("POST", "/crm/v3/lists", {**made, "name": "Else"}).json()["list"]["listId"]
    wanted = {"subscriptionType": "LIST_MEMBERSHIP", "objectTypeId": "0-1", "listIds": [one]}
    assert reader.subscribe(**wanted).status_code == 201
    _, offset = reader.events("latest")
    for id in (one, other):
        account.call("PUT", f"/crm/v3/lists/{id}/memberships/add", ids)
    account.call("PUT", f"/crm/v3/lists/{one}/memberships/remove", ids[:1])
    events, _ = reader.events(f"offset/{offset}/next")
    told = [(each["action"], str(each["objectId"]), each["listId"]) for each in events]
    assert told == [
        ("ADDED_TO_LIST", ids[0], one),
        ("ADDED_TO_LIST", ids[1], one),
        ("REMOVED_FROM_LIST", ids[0], one),
    ]
    assert {each["type"] for each in events} == {"listMembership"}


def test_an_app_reads_of_its_own_coming_and_going(account: Account, reader: Reader) -> None:
    """Install and uninstall are told to the app they concern, and to no other."""
    other = installation.register(account.state, {"name": "Other"})
    assert reader.subscribe(subscriptionType="APP_LIFECYCLE_EVENT").status_code == 201
    for secrets in (other, {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}):
        asked = {"client_id": secrets["client_id"], "redirect_uri": "https://a.example"}
        code = installation.authorize(account.state, asked)["code"]
        form = {**asked, "client_secret": secrets["client_secret"], "code": code}
        form["grant_type"] = "authorization_code"
        assert httpx.post(f"{account.url}/oauth/v1/token", data=form).status_code == 200
        installation.uninstall(account.state, asked)
    events, _ = reader.events("earliest")
    assert [each["action"] for each in events] == ["APP_INSTALL", "APP_UNINSTALL"]
    assert {(each["type"], each["objectId"]) for each in events} == {("appLifecycleEvent", APP_ID)}


def test_only_apps_read_the_journal(account: Account) -> None:
    """The account's static token is refused; an unknown offset is a 404."""
    assert account.call("GET", f"{JOURNAL}/earliest").status_code == 403
    stranger = Reader(account)
    assert stranger.get("offset/none/next").status_code == 404
    stranger.http.close()
