"""Reading a HubSpot account: windows, ties, links, events, and what is left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import hubspot as sandbox
from sandbox.hubspot.crm import merges
from sandbox.weather.controls import begin, end
from sandbox.weather.storm import storm_of
from tasuki.errors import (
    BlockedError,
    BudgetError,
    ConfigError,
    RejectedError,
    SignInError,
    TransientError,
    UnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import HubSpotAccount

    from connectors.protocol import Record

BORN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = timedelta(minutes=10)


def contacts(account: HubSpotAccount, numbers: range, modified: datetime = BORN) -> None:
    """Contacts loaded with one stamp."""
    rows = [
        {
            "id": str(number),
            "properties": {"email": f"p{number}@firm.example", "lastname": f"Name{number}"},
            "created": BORN,
            "modified": modified,
        }
        for number in numbers
    ]
    sandbox.insert(account.state, "contacts", rows)


def companies(account: HubSpotAccount, *numbers: int) -> None:
    """Companies by number."""
    rows = [
        {"id": str(n), "properties": {"name": f"Firm {n}"}, "created": BORN, "modified": BORN}
        for n in numbers
    ]
    sandbox.insert(account.state, "companies", rows)


def pull(
    account: HubSpotAccount, object: str, fields: list[str], cursor: str | None = None
) -> tuple[list[Record], str]:
    """Every record from the cursor on, and the cursor to resume from."""
    records: list[Record] = []
    while True:
        page = account.connector.page(object, fields, cursor)
        records.extend(page.records)
        cursor = page.next_cursor
        if not page.more:
            return records, cursor


# ── windows ──


def test_more_ties_than_a_search_can_answer_all_arrive(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """Ten thousand and fifty records of one millisecond are walked by id, close to the floor."""
    account = open_hubspot()
    contacts(account, range(1, 2))
    _, cursor = pull(account, "contacts", ["lastname"])
    contacts(account, range(2, 10_052), account.state.now())
    account.wire.seen.clear()
    records, _ = pull(account, "contacts", ["lastname"], cursor)
    assert {record.id for record in records} >= {str(n) for n in range(2, 10_052)}
    assert account.calls("search") <= 10_050 // 200 + 5


def test_a_pull_without_news_costs_one_call(hubspot: HubSpotAccount) -> None:
    """Whatever the size of the account, once old changes left the overlap one search is enough."""
    contacts(hubspot, range(1, 20))
    _, cursor = pull(hubspot, "contacts", ["lastname"])
    hubspot.pass_time(LATER)
    _, cursor = pull(hubspot, "contacts", ["lastname"], cursor)
    hubspot.wire.seen.clear()
    records, _ = pull(hubspot, "contacts", ["lastname"], cursor)
    assert records == []
    assert len(hubspot.wire.seen) == 1


def test_a_lagging_index_loses_nothing(hubspot: HubSpotAccount) -> None:
    """A change that the index learns of only after the pull is seen by the next one."""
    contacts(hubspot, range(1, 5))
    _, cursor = pull(hubspot, "contacts", ["lastname"])
    sandbox.configure(hubspot.state, index_lag_seconds=30)
    hubspot.pass_time(LATER)
    hubspot.hand.edit("contacts", "2", {"lastname": "edited"})
    hubspot.pass_time(timedelta(seconds=5))
    seen, cursor = pull(hubspot, "contacts", ["lastname"], cursor)
    assert "edited" not in [record.fields["lastname"] for record in seen]
    hubspot.pass_time(timedelta(seconds=40))
    seen, _ = pull(hubspot, "contacts", ["lastname"], cursor)
    assert "edited" in [record.fields["lastname"] for record in seen]


def test_clocks_that_differ_lose_nothing(hubspot: HubSpotAccount) -> None:
    """Our clock may run hours before or behind HubSpot's."""
    for skew in (timedelta(hours=3), timedelta(hours=-3)):
        hubspot.connector.client.clock = _Skewed(hubspot, skew)
        id = hubspot.hand.add("contacts", {"lastname": "before"})
        _, cursor = pull(hubspot, "contacts", ["lastname"])
        _, cursor = pull(hubspot, "contacts", ["lastname"], cursor)
        hubspot.pass_time(LATER)
        hubspot.hand.edit("contacts", id, {"lastname": "after"})
        seen, _ = pull(hubspot, "contacts", ["lastname"], cursor)
        assert "after" in [record.fields["lastname"] for record in seen]


class _Skewed:
    """A machine whose clock is wrong."""

    def __init__(self, account: HubSpotAccount, by: timedelta) -> None:
        self.account, self.by = account, by

    def now(self) -> datetime:
        return self.account.state.now() + self.by


def test_stamps_never_count_as_fields(hubspot: HubSpotAccount) -> None:
    """A stamp that is asked for is told as the record's moment, and an empty text as nothing."""
    contacts(hubspot, range(1, 2))
    asked = ["lastname", "lastmodifieddate", "hs_lastmodifieddate", "firstname"]
    (record,) = pull(hubspot, "contacts", asked)[0]
    assert record.fields == {"lastname": "Name1", "firstname": None}
    assert record.modified_at == BORN


def test_field_names_that_fit_no_query_are_read_in_bulk(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """A long list of fields costs one more call per hundred records and loses nothing."""
    account = open_hubspot()
    contacts(account, range(1, 4))
    many = ["lastname", *(f"a_property_nobody_ever_defined_{n:03d}" for n in range(300))]
    records, cursor = pull(account, "contacts", many)
    assert [record.fields["lastname"] for record in records] == ["Name1", "Name2", "Name3"]
    account.pass_time(LATER)
    account.hand.edit("contacts", "2", {"lastname": "edited"})
    again, _ = pull(account, "contacts", many, cursor)
    assert {r.id: r.fields["lastname"] for r in again}["2"] == "edited"


# ── links ──


def test_links_read_the_same_in_both_ways(hubspot: HubSpotAccount) -> None:
    """A first pull and a later one give equal fields: primary first, each id once."""
    contacts(hubspot, range(1, 3))
    companies(hubspot, 5, 7, 11)
    kinds = [(1, 5, 279), (1, 7, 1), (1, 11, 279), (2, 11, 279)]
    sandbox.insert_associations(hubspot.state, "contacts", "companies", kinds)
    fields = ["lastname", "associations.companies", "associations.deals"]
    first, cursor = pull(hubspot, "contacts", fields)
    assert [record.fields["associations.companies"] for record in first] == [
        ["7", "5", "11"],
        ["11"],
    ]
    everything = hubspot.connector.cursor_from("contacts", BORN)
    again, _ = pull(hubspot, "contacts", fields, everything)
    assert {record.id: record.fields for record in again} == {r.id: r.fields for r in first}
    assert pull(hubspot, "contacts", fields, cursor)[0] == []
    read = hubspot.connector.read("contacts", ["1", "2"], fields)
    assert [record.fields for record in read] == [record.fields for record in first]


# ── finding, deletes, merges ──


def test_a_unique_key_is_found_at_once_however_the_index_lags(hubspot: HubSpotAccount) -> None:
    """E-mail goes past the search index, whatever its case."""
    sandbox.configure(hubspot.state, index_lag_seconds=3600)
    id = hubspot.hand.add("contacts", {"email": "a@firm.example"})
    (record,) = hubspot.connector.find("contacts", "email", ["A@firm.example"], ["email"])
    assert record.id == id


def test_other_fields_are_found_through_the_index_page_by_page(hubspot: HubSpotAccount) -> None:
    """A value that many records hold is found in full; similar values are not."""
    made = [hubspot.hand.add("contacts", {"lastname": "Mori"}) for _ in range(7)]
    hubspot.hand.add("contacts", {"lastname": "Mori Aoi"})
    found = hubspot.connector.find("contacts", "lastname", ["Mori"], ["lastname"])
    assert sorted(record.id for record in found) == sorted(made)


def test_a_merge_names_the_survivor(hubspot: HubSpotAccount) -> None:
    """Both absorbed ids lead to the record that holds them now."""
    one = hubspot.hand.add("contacts", {"email": "a@firm.example"})
    two = hubspot.hand.add("contacts", {"email": "b@firm.example"})
    cursor = hubspot.connector.deletes("contacts", None).next_cursor
    hubspot.pass_time(LATER)
    merged_id = merge(hubspot, one, two)
    answer = hubspot.connector.deletes("contacts", cursor)
    while answer.more:
        answer = hubspot.connector.deletes("contacts", answer.next_cursor)
    assert {one: merged_id, two: merged_id}.items() >= answer.merged.items()
    assert set(answer.merged) >= {one, two} - {merged_id}
    assert hubspot.connector.read("contacts", [merged_id], ["email"])[0].id == merged_id


def merge(account: HubSpotAccount, primary: str, other: str) -> str:
    """Merge two contacts as the product does, over the API; the survivor's id."""
    assert merges.ENDPOINTS
    api = account.connector.client.apis.batch.api_client
    body = {"primaryObjectId": primary, "objectIdToMerge": other}
    answer = api.call_api(
        "/crm/v3/objects/contacts/merge",
        "POST",
        body=body,
        auth_settings=["oauth2"],
        _preload_content=False,
    )
    return str(answer.json()["id"])


# ── events, owners, lists ──


def test_events_are_swept_by_type_oldest_first(open_hubspot: Callable[..., HubSpotAccount]) -> None:
    """Properties stand beside the event's own parts, and the next sweep repeats the last day."""
    account = open_hubspot(event_page_size=2)
    contacts(account, range(1, 2))
    rows: list[dict[str, Any]] = [
        {
            "id": f"e{n}",
            "objectType": "contacts",
            "objectId": "1",
            "eventType": "pe4812345_page_viewed",
            "occurredAt": BORN + timedelta(hours=12 * n),
            "properties": {"hs_url": f"https://nagare.example/{n}", "utk": "cookie"},
        }
        for n in range(5)
    ]
    sandbox.insert_events(account.state, rows)
    name = "events/pe4812345_page_viewed"
    records, cursor = pull(account, name, ["occurredAt", "objectId", "utk", "hs_url", "email"])
    assert [record.id for record in records] == ["e0", "e1", "e2", "e3", "e4"]
    assert records[0].fields == {
        "occurredAt": "2026-03-02T09:00:00.000Z",
        "objectId": "1",
        "utk": "cookie",
        "hs_url": "https://nagare.example/0",
        "email": None,
    }
    late = {**rows[0], "id": "late", "occurredAt": BORN + timedelta(hours=30)}
    sandbox.insert_events(account.state, [late])
    again, _ = pull(account, name, ["utk"], cursor)
    assert [record.id for record in again] == ["e2", "late", "e3", "e4"]


def test_a_page_that_is_too_large_for_events_is_asked_for_smaller(hubspot: HubSpotAccount) -> None:
    """HubSpot does not document the largest page, so a refusal is not the end."""
    hubspot.wire.answers.append(("events/v3/events", 400, b'{"category":"VALIDATION_ERROR"}'))
    assert hubspot.connector.page("events/e_visited_page", ["hs_url"], None).records == ()
    assert hubspot.calls("events/v3/events") == 1


def test_events_that_may_not_be_read_are_told_unreadable(hubspot: HubSpotAccount) -> None:
    """Below Enterprise nothing is taken for empty, the cursor stays, and a notice says why."""
    name = "events/e_visited_page"
    cursor = hubspot.connector.page(name, ["hs_url"], None).next_cursor
    sandbox.configure(hubspot.state, tier="professional")
    page = hubspot.connector.page(name, ["hs_url"], cursor)
    assert (page.records, page.more, page.next_cursor) == ((), False, cursor)
    assert page.unreadable == ("hs_url",)
    notice = next(n for n in hubspot.connector.notices() if n.code == "events_unreadable")
    assert "business-intelligence" in notice.text
    assert notice.fields == (name,)


def test_email_events_are_swept_back_to_the_cursor(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """Numbers and switches become text, nested parts get dotted names."""
    account = open_hubspot(event_page_size=2)
    rows = [
        {
            "id": f"m{n}",
            "type": "OPEN",
            "recipient": "a@firm.example",
            "created": BORN + timedelta(days=2 * n),
            "emailCampaignId": 7,
            "filteredEvent": False,
            "browser": {"name": "Firefox"},
        }
        for n in range(3)
    ]
    sandbox.insert_email_events(account.state, rows)
    fields = ["created", "emailCampaignId", "filteredEvent", "browser.name", "url"]
    records, cursor = pull(account, "email_events", fields)
    assert sorted(record.id for record in records) == ["m0", "m1", "m2"]
    first = next(record for record in records if record.id == "m0")
    assert first.fields == {
        "created": "2026-03-02T09:00:00.000Z",
        "emailCampaignId": "7",
        "filteredEvent": "false",
        "browser.name": "Firefox",
        "url": None,
    }
    assert [record.id for record in pull(account, "email_events", ["type"], cursor)[0]] == ["m2"]


def test_owners_include_those_who_left(hubspot: HubSpotAccount) -> None:
    """Archived owners keep their user id elsewhere; they are read again when somebody leaves."""
    owner = {"email": "aoi@nagare.example", "firstName": "Aoi", "created": BORN}
    rows = [
        {**owner, "id": "71", "userId": 9},
        {**owner, "id": "72", "userId": 8, "archived": True},
    ]
    sandbox.insert_owners(hubspot.state, rows)
    records, cursor = pull(hubspot, "owners", ["email", "userId", "archived"])
    assert [(r.id, r.fields["userId"], r.fields["archived"]) for r in records] == [
        ("71", "9", "false"),
        ("72", "8", "true"),
    ]
    assert hubspot.connector.count("owners") == 2
    assert [r.id for r in hubspot.connector.read("owners", ["72"], ["email"])] == ["72"]
    hubspot.wire.seen.clear()
    assert [record.id for record in pull(hubspot, "owners", ["email"], cursor)[0]] == ["71"]
    assert len(hubspot.wire.seen) == 1
    sandbox.insert_owners(hubspot.state, [{**owner, "id": "73", "userId": 10}])
    again, _ = pull(hubspot, "owners", ["email"], cursor)
    assert [record.id for record in again] == ["71", "73", "72"]


def test_events_cannot_be_read_by_id(hubspot: HubSpotAccount) -> None:
    """What HubSpot does not offer is refused before it is asked."""
    with pytest.raises(ConfigError):
        hubspot.connector.read("email_events", ["m1"], ["type"])
    with pytest.raises(ConfigError):
        hubspot.connector.count("events/e_visited_page")
    assert hubspot.connector.deletes("email_events", None).ids == ()


# ── metadata ──


def test_discovery_tells_options_keys_and_what_is_computed(hubspot: HubSpotAccount) -> None:
    """A property's type, options, uniqueness and writability come from the account."""
    (info,) = hubspot.connector.discover(["contacts"])
    fields = {field.name: field for field in info.fields}
    assert fields["email"].unique
    assert fields["role_in_purchase"].type == "picklist"
    assert "gatekeeper" in fields["role_in_purchase"].options
    assert fields["role_in_purchase"].restricted
    assert fields["tasuki_score"].type == "num"
    assert fields["hubspot_owner_id"].refers_to == ("owners",)
    assert not fields["hs_object_id"].createable
    assert fields["associations.companies"].refers_to == ("companies",)


def test_discovery_knows_the_pseudo_objects(hubspot: HubSpotAccount) -> None:
    """Without names come the standard objects, ours, and the account's own event types."""
    names = [info.name for info in hubspot.connector.discover()]
    assert {"contacts", "tasks", "owners", "lists", "list_memberships", "email_events"} <= {*names}


def test_tasks_are_named_by_their_unique_property(hubspot: HubSpotAccount) -> None:
    """The key on which tasks are made once is unique in the account."""
    (info,) = hubspot.connector.discover(["tasks"])
    assert {f.name for f in info.fields if f.unique} >= {"tasuki_key"}
    assert hubspot.connector.can.unique_keys["tasks"] == "tasuki_key"


def test_an_unknown_object_is_refused_by_name(hubspot: HubSpotAccount) -> None:
    """A mapping that names an object HubSpot does not have is told so."""
    with pytest.raises(RejectedError) as caught:
        hubspot.connector.discover(["gadgets"])
    assert "gadgets" in caught.value.what


# ── the account as a whole ──


def test_a_wrong_token_is_a_sign_in_error(open_hubspot: Callable[..., HubSpotAccount]) -> None:
    """The four lines hold the remedy and not the token."""
    account = open_hubspot(token="pat-wrong")
    with pytest.raises(SignInError) as caught:
        account.connector.count("contacts")
    assert "pat-wrong" not in "\n".join(caught.value.lines())


def test_a_token_of_another_account_is_refused_before_anything_is_read(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """With a hub id in the project, the first call asks whose token it is."""
    assert open_hubspot(portal_id=4812345).connector.count("contacts") == 0
    with pytest.raises(BlockedError, match="another HubSpot account"):
        open_hubspot(portal_id=1).connector.count("contacts")


def test_an_unanswered_question_lets_no_other_account_in(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """While HubSpot does not say whose token it is, nothing else is asked; then it is refused."""
    account = open_hubspot(portal_id=1, attempts=1)
    begin(account.state, storm_of({"rules": [{"times": 1, "answer": "unavailable"}]}))
    with pytest.raises(TransientError):
        account.connector.count("contacts")
    with pytest.raises(BlockedError, match="another HubSpot account"):
        account.connector.count("contacts")
    end(account.state)


def test_nobody_at_the_address_is_unreachable(open_hubspot: Callable[..., HubSpotAccount]) -> None:
    """A sandbox that is down is named by its address."""
    account = open_hubspot(base_url="http://127.0.0.1:9")
    with pytest.raises(UnreachableError) as caught:
        account.connector.count("contacts")
    assert "http://127.0.0.1:9" in caught.value.why


def test_a_burst_limit_is_waited_for(hubspot: HubSpotAccount) -> None:
    """A 429 is repeated, searches as well, and shows in the tally."""
    body = b'{"policyName":"TEN_SECONDLY_ROLLING"}'
    hubspot.wire.answers.extend([("search", 429, body), ("search", 502, b"<html>")])
    before = hubspot.connector.limits().calls
    assert hubspot.connector.count("contacts") == 0
    assert hubspot.connector.limits().calls == before + 3


def test_the_daily_allowance_is_told_and_ends_the_run(hubspot: HubSpotAccount) -> None:
    """The headers say how much is left; when nothing is, no call is repeated."""
    sandbox.configure(hubspot.state, daily=1000)
    hubspot.connector.ids("contacts", None)
    limits = hubspot.connector.limits()
    assert limits.allowed == 1000
    assert limits.used is not None
    hubspot.wire.answers.append(("contacts", 429, b'{"policyName":"DAILY"}'))
    with pytest.raises(BudgetError):
        hubspot.connector.ids("contacts", None)
    sandbox.configure(hubspot.state, daily=0)
