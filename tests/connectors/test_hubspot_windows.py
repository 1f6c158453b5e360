"""What a pull of a HubSpot account proves, what it costs, and what comes along with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.hubspot.read import count
from connectors.protocol import Window
from sandbox import hubspot as sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conftest import HubSpotAccount

    from connectors.protocol import Page, Record

BORN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = timedelta(minutes=10)
LINKED = ["lastname", "associations.companies", "associations.deals"]


def contacts(account: HubSpotAccount, numbers: Iterable[int], modified: datetime = BORN) -> None:
    """Contacts loaded with one stamp."""
    load(account, "contacts", [(n, {"lastname": f"Name{n}"}) for n in numbers], modified)


def companies(account: HubSpotAccount, *numbers: int) -> None:
    """Companies by number."""
    load(account, "companies", [(n, {"name": f"Firm {n}"}) for n in numbers], BORN)


def load(
    account: HubSpotAccount, object: str, rows: list[tuple[int, dict[str, str]]], at: datetime
) -> None:
    """Records as an import leaves them."""
    made = [{"id": str(n), "properties": p, "created": BORN, "modified": at} for n, p in rows]
    sandbox.insert(account.state, object, made)


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


def merge(account: HubSpotAccount, primary: str, other: str) -> str:
    """Merge two contacts as the product does, over the API; the survivor's id."""
    api = account.connector.client.apis.batch.api_client
    answer = api.call_api(
        "/crm/v3/objects/contacts/merge",
        "POST",
        body={"primaryObjectId": primary, "objectIdToMerge": other},
        auth_settings=["oauth2"],
        _preload_content=False,
    )
    return str(answer.json()["id"])


def last_page(account: HubSpotAccount, fields: list[str], cursor: str | None = None) -> Page:
    """The page that ends a pull."""
    while True:
        page = account.connector.page("contacts", fields, cursor)
        if not page.more:
            return page
        cursor = page.next_cursor


# ── the proof ──


def test_a_first_pull_covers_everything_before_it_began(hubspot: HubSpotAccount) -> None:
    """Up to its beginning on HubSpot's clock, less the overlap; the count of that is right."""
    contacts(hubspot, range(1, 8))
    page = last_page(hubspot, ["lastname"])
    assert page.covered is not None
    assert page.covered.since is None
    behind = hubspot.state.now() - page.covered.until
    assert timedelta(minutes=2) <= behind < timedelta(minutes=3)
    assert hubspot.connector.count("contacts", page.covered) == 7


def test_each_pull_covers_from_where_the_last_one_rested(hubspot: HubSpotAccount) -> None:
    """Windows follow one another without a gap, and a whole small delta tells its total."""
    contacts(hubspot, range(1, 4))
    first = last_page(hubspot, ["lastname"])
    hubspot.pass_time(LATER)
    hubspot.hand.edit("contacts", "2", {"lastname": "edited"})
    hubspot.pass_time(LATER)
    page = hubspot.connector.page("contacts", ["lastname"], first.next_cursor)
    assert (page.more, page.total, len(page.records)) == (False, 1, 1)
    assert first.covered is not None
    assert page.covered is not None
    assert page.covered.since == first.covered.until
    assert hubspot.connector.count("contacts", page.covered) == 1


def test_a_window_that_lies_ahead_is_not_called_covered(hubspot: HubSpotAccount) -> None:
    """A pull from a moment within the overlap has nothing to prove."""
    now = hubspot.connector.cursor_from("contacts", hubspot.state.now())
    assert hubspot.connector.page("contacts", ["lastname"], now).covered is None


def test_a_cursor_from_a_moment_suits_every_object(hubspot: HubSpotAccount) -> None:
    """Records, events, e-mails, owners and lists all resume from one."""
    for object in ("contacts", "events/e_visited_page", "email_events", "owners", "lists"):
        cursor = hubspot.connector.cursor_from(object, BORN)
        assert hubspot.connector.page(object, ["id"], cursor).records == ()


def test_owners_prove_themselves(hubspot: HubSpotAccount) -> None:
    """A quiet pull needs no count; after somebody left, the count of the window agrees."""
    owner = {"email": "aoi@nagare.example", "firstName": "Aoi", "created": BORN}
    gone = {**owner, "id": "72", "userId": 8, "archived": True}
    sandbox.insert_owners(hubspot.state, [{**owner, "id": "71", "userId": 9}, gone])
    hubspot.pass_time(LATER)
    page = hubspot.connector.page("owners", ["email"], None)
    page = hubspot.connector.page("owners", ["email"], page.next_cursor)
    assert page.covered is not None
    assert page.covered.since is None
    assert hubspot.connector.count("owners", page.covered) == 2
    until = page.covered.until
    page = hubspot.connector.page("owners", ["email"], page.next_cursor)
    assert (page.more, page.total, len(page.records)) == (False, 1, 1)
    assert page.covered is not None
    assert page.covered.since == until
    assert hubspot.connector.count("owners", page.covered) == 0


# ── counts ──


@pytest.fixture
def capped(
    open_hubspot: Callable[..., HubSpotAccount], monkeypatch: pytest.MonkeyPatch
) -> HubSpotAccount:
    """An account whose searches count no further than ten, and reach no further."""
    monkeypatch.setattr(count, "CAP", 10)
    account = open_hubspot()
    request = account.wire.request

    def counting(method: str, url: str, *args: Any, **options: Any) -> Any:
        answer = request(method, url, *args, **options)
        if not url.endswith("/search"):
            return answer
        body = json.loads(answer.data)
        body["total"] = min(body["total"], 10)
        account.wire.answers.append(("/search", 200, json.dumps(body).encode()))
        return request(method, url, *args, **options)

    account.wire.request = counting  # type: ignore[method-assign]
    return account


def test_a_count_goes_past_the_end_of_counting(capped: HubSpotAccount) -> None:
    """Spread stamps, many equal ones, and windows in between are counted whole."""
    for n in range(1, 16):
        contacts(capped, range(n, n + 1), BORN + timedelta(seconds=n))
    contacts(capped, range(100, 137), BORN + timedelta(seconds=5))
    assert capped.connector.count("contacts") == 15 + 37
    window = Window(BORN + timedelta(seconds=5), BORN + timedelta(seconds=7))
    assert capped.connector.count("contacts", window) == 2 + 37
    assert capped.connector.count("contacts", Window(None, BORN)) == 0
    assert (
        capped.connector.count("contacts", Window(BORN + timedelta(seconds=7), BORN + LATER)) == 9
    )


# ── ties ──


def test_ids_sorted_as_text_lose_nothing(open_hubspot: Callable[..., HubSpotAccount]) -> None:
    """Where ids are sorted as text but compared as numbers, a tie is walked once more by length."""
    account = open_hubspot(search_page_size=3)
    contacts(account, [*range(8, 13), *range(98, 105)], BORN)
    request = account.wire.request

    def sorting(method: str, url: str, *args: Any, **options: Any) -> Any:
        asked = json.loads(options.get("body") or "{}")
        if not url.endswith("/search") or asked["sorts"][0]["propertyName"] != "hs_object_id":
            return request(method, url, *args, **options)
        body = json.dumps({**asked, "limit": 200})
        whole = json.loads(request(method, url, *args, **{**options, "body": body}).data)
        rows = sorted(whole["results"], key=lambda row: str(row["id"]))
        shown: dict[str, Any] = {"total": whole["total"], "results": rows[: asked["limit"]]}
        if len(rows) > asked["limit"]:
            shown["paging"] = {"next": {"after": str(asked["limit"])}}
        account.wire.answers.append(("/search", 200, json.dumps(shown).encode()))
        return request(method, url, *args, **options)

    account.wire.request = sorting  # type: ignore[method-assign]
    cursor = account.connector.cursor_from("contacts", BORN)
    found = {record.id for record in pull(account, "contacts", ["lastname"], cursor)[0]}
    assert found == {str(n) for n in (*range(8, 13), *range(98, 105))}


# ── what it costs ──


def test_a_first_pull_with_links_costs_its_pages(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """Links come inline: a thousand contacts of a thousand companies are ten calls."""
    account = open_hubspot()
    contacts(account, range(1, 1001))
    companies(account, *range(1, 1001))
    ties = [(n, n, 279) for n in range(1, 1001)]
    sandbox.insert_associations(account.state, "contacts", "companies", ties)
    records, _ = pull(account, "contacts", LINKED)
    assert len(account.wire.seen) == 10
    assert all(record.fields["associations.companies"] == [record.id] for record in records)


def test_a_quiet_run_costs_one_call_per_object(hubspot: HubSpotAccount) -> None:
    """Links are not asked for when nothing changed; owners, lists and events cost one call too."""
    contacts(hubspot, range(1, 8))
    companies(hubspot, 1, 2)
    owner = {"email": "aoi@nagare.example", "firstName": "Aoi", "created": BORN}
    sandbox.insert_owners(hubspot.state, [{**owner, "id": "71", "userId": 9}])
    objects = {
        "contacts": LINKED,
        "companies": ["name", "associations.contacts"],
        "owners": ["email"],
        "lists": ["name"],
        "events/e_visited_page": ["hs_url"],
        "email_events": ["type"],
    }
    cursors = {object: pull(hubspot, object, fields)[1] for object, fields in objects.items()}
    hubspot.pass_time(LATER)
    hubspot.wire.seen.clear()
    for object, fields in objects.items():
        pull(hubspot, object, fields, cursors[object])
    assert len(hubspot.wire.seen) == len(objects)


def test_links_of_a_thousand_changed_records_cost_one_call_each(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """Five searched pages are answered together, so that their links are read at once."""
    account = open_hubspot()
    for n in range(1, 901):
        contacts(account, [n], BORN + timedelta(milliseconds=n))
    cursor = account.connector.cursor_from("contacts", BORN)
    page = account.connector.page("contacts", LINKED, cursor)
    assert (len(page.records), page.total, page.more) == (900, 900, False)
    assert account.calls("search") == 5
    assert account.calls("associations/contacts/companies/batch/read") == 1


def test_links_alone_are_read_without_their_records(hubspot: HubSpotAccount) -> None:
    """Comparing associations costs one call per linked object and thousand records."""
    contacts(hubspot, range(1, 8))
    companies(hubspot, 5)
    sandbox.insert_associations(hubspot.state, "contacts", "companies", [(2, 5, 279)])
    ids = [str(n) for n in range(1, 8)]
    records = hubspot.connector.read("contacts", ids, LINKED[1:])
    assert [record.id for record in records] == ids
    assert {r.id for r in records if r.fields["associations.companies"]} == {"2"}
    assert [path.rpartition("/")[2] for _, path in hubspot.wire.seen] == ["read", "read"]
    assert hubspot.calls("contacts/batch/read") == 0


# ── what comes along ──


def test_a_delta_tells_who_was_absorbed(hubspot: HubSpotAccount) -> None:
    """A merge is learnt without the archived listing, in the pull that sees the survivor."""
    one = hubspot.hand.add("contacts", {"email": "a@firm.example"})
    two = hubspot.hand.add("contacts", {"email": "b@firm.example"})
    first = last_page(hubspot, ["lastname"])
    hubspot.pass_time(LATER)
    survivor = merge(hubspot, one, two)
    page = hubspot.connector.page("contacts", ["lastname"], first.next_cursor)
    merged = dict(page.merged)
    assert merged == {old: survivor for old in (one, two) if old != survivor}
    record = next(record for record in page.records if record.id == survivor)
    assert set(record.fields) == {"lastname"}
    assert dict(last_page(hubspot, ["lastname"]).merged) == merged


def test_history_is_read_where_a_field_asks_for_it(hubspot: HubSpotAccount) -> None:
    """Every value with its moment and source, newest first, the same in every way of reading."""
    id = hubspot.hand.add("contacts", {"lastname": "a", "lifecyclestage": "lead"})
    _, cursor = pull(hubspot, "contacts", ["lastname"])
    hubspot.pass_time(LATER)
    hubspot.hand.edit("contacts", id, {"lifecyclestage": "customer"})
    fields = ["lastname", "history.lifecyclestage"]
    (record,) = pull(hubspot, "contacts", fields)[0]
    told = record.fields["history.lifecyclestage"]
    assert [entry["value"] for entry in told] == ["customer", "lead"]
    assert {*told[0]} == {"value", "at", "source"}
    assert told[0]["at"] > told[1]["at"]
    ways: list[list[Record]] = [
        pull(hubspot, "contacts", fields, cursor)[0],
        [*hubspot.connector.read("contacts", [id], fields)],
        [*hubspot.connector.find("contacts", "lastname", ["a"], fields)],
    ]
    assert [way[0].fields for way in ways] == [record.fields] * 3


def test_discovery_offers_the_history_of_stages(hubspot: HubSpotAccount) -> None:
    """Properties whose past decides something are listed with their history."""
    (info,) = hubspot.connector.discover(["contacts"])
    fields = {field.name: field for field in info.fields}
    assert fields["history.lifecyclestage"].type == "json"
    assert not fields["history.lifecyclestage"].updateable


def test_what_is_archived_behind_a_long_walk_is_told_by_the_next(hubspot: HubSpotAccount) -> None:
    """The next list of deletes begins where this one began, however long it took."""
    contacts(hubspot, range(1, 31))
    start = hubspot.connector.deletes("contacts", None).next_cursor
    hubspot.pass_time(LATER)
    for id in ("10", "11", "12", "13"):
        hubspot.hand.delete("contacts", id)
    page = hubspot.connector.deletes("contacts", start)
    assert page.more
    hubspot.pass_time(LATER)
    hubspot.hand.delete("contacts", "1")
    hubspot.pass_time(LATER)
    hubspot.hand.delete("contacts", "20")
    told = set(page.ids)
    while page.more:
        page = hubspot.connector.deletes("contacts", page.next_cursor)
        told.update(page.ids)
    assert "1" not in told
    told.clear()
    page = hubspot.connector.deletes("contacts", page.next_cursor)
    while page.more:
        told.update(page.ids)
        page = hubspot.connector.deletes("contacts", page.next_cursor)
    assert "1" in told | set(page.ids)
