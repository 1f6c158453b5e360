"""Search through the official client: operators, sorting, pages, the cap and the index lag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hubspot.crm.contacts import Filter, FilterGroup, PublicObjectSearchRequest
from hubspot.crm.contacts.exceptions import ApiException

from sandbox import hubspot
from sandbox.hubspot.data.times import millis

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

SEARCH = "/crm/v3/objects/contacts/search"


def rule(name: str, operator: str, **more: Any) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, **more}


def ids(*numbers: int) -> list[str]:
    return [str(number) for number in numbers]


def test_the_typed_client_walks_all_pages(crowd: Account) -> None:
    """200 records a page, an offset as cursor, a total, no link."""
    search = crowd.client.crm.contacts.search_api.do_search
    seen: list[str] = []
    after = None
    while True:
        group = FilterGroup(filters=[Filter(property_name="email", operator="HAS_PROPERTY")])
        asked = PublicObjectSearchRequest(
            filter_groups=[group],
            sorts=[{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}],
            properties=["email"],
            limit=200,
            after=after,
        )
        page = search(asked)
        seen += [each.id for each in page.results]
        assert page.total == 250
        if page.paging is None:
            break
        after = page.paging.next.after
    assert seen == [str(number) for number in range(1, 251)]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([rule("email", "EQ", value="PERSON7@firm7.example")], ids(7)),
        ([rule("email", "IN", values=["person7@firm7.example", "person9@firm9.example"])],
         ids(7, 9)),
        ([rule("email", "IN", values=["Person7@firm7.example"])], []),
        ([rule("lastname", "EQ", value="NAME7")], ids(7)),
        ([rule("lastname", "IN", values=["name7", "name8"])], ids(7, 8)),
        ([rule("tasuki_score", "BETWEEN", value="9", highValue="11")], ids(9, 10, 11)),
        ([rule("tasuki_score", "GT", value="248")], ids(249, 250)),
        ([rule("tasuki_score", "LTE", value="2")], ids(1, 2)),
        ([rule("tasuki_score", "IN", values=["3", "4"])], ids(3, 4)),
        ([rule("hs_object_id", "GT", value="248")], ids(249, 250)),
        ([rule("hs_object_id", "GTE", value="4"), rule("hs_object_id", "LT", value="6")],
         ids(4, 5)),
        ([rule("lifecyclestage", "EQ", value="customer"), rule("tasuki_score", "LT", value="7")],
         ids(3, 6)),
        ([rule("lifecyclestage", "EQ", value="Customer")], []),
        ([rule("lifecyclestage", "NEQ", value="lead"), rule("tasuki_score", "LT", value="4")],
         ids(3)),
        ([rule("firstname", "NOT_IN", values=["sora"]), rule("tasuki_score", "LT", value="5")],
         ids(2, 4)),
        ([rule("hs_email_optout", "EQ", value="true"), rule("tasuki_score", "LT", value="11")],
         ids(5, 10)),
        ([rule("email", "CONTAINS_TOKEN", value="person8")], ids(8)),
        ([rule("email", "CONTAINS_TOKEN", value="person24*")],
         ids(24, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249)),
        ([rule("lastname", "CONTAINS_TOKEN", value="*e249")], ids(249)),
        ([rule("lastname", "CONTAINS_TOKEN", value="name")], []),
        ([rule("email", "NOT_CONTAINS_TOKEN", value="example")], []),
        ([rule("city", "HAS_PROPERTY")], []),
        ([rule("city", "NOT_HAS_PROPERTY"), rule("tasuki_score", "EQ", value="4")], ids(4)),
        ([rule("associations.company", "EQ", value="3"), rule("tasuki_score", "LT", value="20")],
         ids(2, 14)),
    ],
)  # fmt: skip
def test_operators(crowd: Account, filters: list[dict[str, Any]], expected: list[str]) -> None:
    """Each operator selects what the API sheet says, case rules included."""
    assert crowd.found("contacts", *filters, limit=100) == expected


def test_moments_compare_as_milliseconds_or_iso(crowd: Account) -> None:
    """Dates are given as epoch milliseconds or ISO text, on system and ordinary properties."""
    moment = "2026-03-02T09:02:00.000Z"
    for name in ("createdate", "hs_analytics_last_timestamp"):
        for value in (moment, "1772442120000"):
            assert crowd.found("contacts", rule(name, "LTE", value=value)) == ids(1, 2)
    later = rule("lastmodifieddate", "GT", value="2026-03-03T13:08:00Z")
    assert crowd.found("contacts", later) == ids(249, 250)


def test_contacts_are_not_found_by_the_wrong_modified_date(crowd: Account) -> None:
    """Contacts know `lastmodifieddate`; by `hs_lastmodifieddate` search finds nothing."""
    assert crowd.found("contacts", rule("hs_lastmodifieddate", "GT", value="0")) == []
    assert crowd.found("companies", rule("hs_lastmodifieddate", "GT", value="0"), limit=3) == ids(
        1, 2, 3
    )


def test_groups_are_alternatives(crowd: Account) -> None:
    """Filter groups are OR, filters in a group AND."""
    groups = [{"filters": [rule("tasuki_score", "EQ", value=value)]} for value in ("3", "200")]
    answer = crowd.call("POST", SEARCH, {"filterGroups": groups}).json()
    assert [each["id"] for each in answer["results"]] == ids(3, 200)
    assert answer["total"] == 2


def test_sorting_and_free_text(crowd: Account) -> None:
    """One sort, both directions; a query looks into the searchable properties."""
    newest = crowd.found(
        "contacts", sorts=[{"propertyName": "createdate", "direction": "DESCENDING"}], limit=2
    )
    assert newest == ids(250, 249)
    assert crowd.found("contacts", query="name77") == ids(77)
    assert crowd.found("contacts", sorts=["-tasuki_score"], limit=1) == ids(250)


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 100, "after": "9901"},
        {"sorts": ["email", "city"]},
        {"filterGroups": [{"filters": [rule("nonsense", "EQ", value="1")]}]},
        {"filterGroups": [{"filters": [rule("email", "LIKE", value="1")]}]},
        {"filterGroups": [{"filters": [rule("email", "HAS_PROPERTY", value="1")]}]},
        {"filterGroups": [{"filters": [rule("email", "EQ")]}]},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [rule("email", "HAS_PROPERTY")] * 7}]},
        {"query": "x" * 3000},
    ],
)
def test_what_search_refuses(crowd: Account, body: dict[str, Any]) -> None:
    """Too much, too far, unknown or malformed is a 400 with the usual category."""
    answer = crowd.call("POST", SEARCH, body)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_ten_thousand_is_the_end(crowd: Account) -> None:
    """The page that ends at 10,000 is served; the typed client gets a 400 for the next."""
    assert crowd.call("POST", SEARCH, {"limit": 100, "after": "9900"}).status_code == 200
    with pytest.raises(ApiException) as caught:
        crowd.client.crm.contacts.search_api.do_search(
            PublicObjectSearchRequest(limit=100, after="10000")
        )
    assert caught.value.status == 400


def test_ten_thousand_and_one_with_one_timestamp(account: Account) -> None:
    """Records that share a modified millisecond are walked by `hs_object_id GT last`."""
    moment = account.clock.moment
    rows = (
        {"id": str(id), "properties": {"name": "x"}, "created": moment, "modified": moment}
        for id in range(1, 10_002)
    )
    hubspot.insert(account.state, "companies", rows)
    at = rule("hs_lastmodifieddate", "EQ", value=str(millis(moment)))
    whole = account.search("companies", at, limit=200, after="9800")
    assert whole["total"] == 10_001
    assert whole["paging"]["next"]["after"] == "10000"
    beyond = account.found(
        "companies", at, rule("hs_object_id", "GT", value="10000"), sorts=["hs_object_id"]
    )
    assert beyond == ids(10_001)


def test_search_never_shows_archived_records(crowd: Account) -> None:
    """An archived record leaves the search at once."""
    crowd.call("DELETE", "/crm/v3/objects/contacts/7")
    assert crowd.found("contacts", rule("tasuki_score", "EQ", value="7")) == []


def test_the_index_may_lag(account: Account) -> None:
    """With a lag, new records appear later and changed ones are found by their old values."""
    hubspot.configure(account.state, index_lag_seconds=5)
    id = account.create("companies", name="Old")
    assert account.found("companies", rule("name", "EQ", value="old")) == []
    account.clock.advance(6)
    assert account.found("companies", rule("name", "EQ", value="old")) == [id]
    hubspot.edit(account.state, "companies", id, {"name": "New"})
    assert account.read("companies", id, "name")["properties"]["name"] == "New"
    assert account.found("companies", rule("name", "EQ", value="new")) == []
    assert account.found("companies", rule("name", "EQ", value="old")) == [id]
    account.clock.advance(6)
    assert account.found("companies", rule("name", "EQ", value="new")) == [id]
    assert account.found("companies", rule("name", "EQ", value="old")) == []


def test_japanese_text_is_found_inside_words(account: Account) -> None:
    """Japanese has no spaces: a token matches inside the text."""
    id = account.create("companies", name="株式会社ながれ製作所")
    assert account.found("companies", rule("name", "CONTAINS_TOKEN", value="ながれ")) == [id]
    assert account.found("companies", rule("name", "EQ", value="株式会社ながれ製作所")) == [id]
