"""The account itself: sign-in, limits, owners, pipelines, property definitions, usage."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import hubspot as hubspot_client
import pytest
from hubspot.crm.contacts.exceptions import ApiException
from hubspot.crm.properties import PropertyCreate

from sandbox import hubspot

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

CONTACTS = "/crm/v3/objects/contacts"


def owner(number: int) -> dict[str, Any]:
    return {"id": number, "email": f"o{number}@nagare.example", "userId": number + 9000}


def test_only_the_token_of_the_account_passes(account: Account) -> None:
    """A wrong or missing token is a 401 in HubSpot's envelope."""
    stranger = hubspot_client.Client.create(access_token="pat-wrong", host=account.url)
    with pytest.raises(ApiException) as caught:
        stranger.crm.contacts.basic_api.get_page()
    body = json.loads(caught.value.body)
    assert (caught.value.status, body["category"]) == (401, "INVALID_AUTHENTICATION")
    assert httpx.get(f"{account.url}{CONTACTS}").status_code == 401


def test_the_token_is_the_one_the_sandbox_made(account: Account) -> None:
    """A token kept in the state replaces the well-known one."""
    account.state.set_setting("hubspot_token", "pat-na1-other")
    assert account.call("GET", CONTACTS).status_code == 401
    other = {"Authorization": "Bearer pat-na1-other"}
    assert httpx.get(f"{account.url}{CONTACTS}", headers=other).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/crm/v3/objects/unicorns", 400),
        ("GET", "/crm/v3/nothing/here", 404),
        ("PUT", "/crm/v3/objects/contacts", 405),
        ("GET", "/crm/v3/objects/contacts?limit=101", 400),
        ("GET", "/crm/v3/objects/contacts/404", 404),
        ("GET", "/crm/v3/objects/contacts/1?idProperty=lastname", 400),
    ],
)
def test_refusals_share_one_envelope(account: Account, method: str, path: str, status: int) -> None:
    """Every refusal carries status, message, category and a correlation id."""
    answer = account.call(method, path)
    assert answer.status_code == status
    assert {"status", "message", "category", "correlationId"} <= set(answer.json())


def test_another_content_type_is_refused(account: Account) -> None:
    """A form body is a 415."""
    assert account.http.post(CONTACTS, data={"a": "b"}).status_code == 415


def test_burst_is_a_rolling_window(account: Account) -> None:
    """The call above the burst gets a 429 without Retry-After, until the window moved on."""
    hubspot.configure(account.state, burst=3)
    for left in ("2", "1", "0"):
        answer = account.call("GET", CONTACTS)
        assert answer.headers["X-HubSpot-RateLimit-Remaining"] == left
    assert answer.headers["X-HubSpot-RateLimit-Max"] == "3"
    assert answer.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    with pytest.raises(ApiException) as caught:
        account.client.crm.contacts.basic_api.get_page()
    body = json.loads(caught.value.body)
    assert (caught.value.status, body["errorType"]) == (429, "RATE_LIMIT")
    assert body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert "Retry-After" not in caught.value.headers
    account.clock.advance(10)
    assert account.call("GET", CONTACTS).status_code == 200


def test_retry_after_can_be_switched_on(account: Account) -> None:
    """For clients that read it, a 429 may carry Retry-After."""
    hubspot.configure(account.state, burst=1, retry_after=True)
    account.call("GET", CONTACTS)
    assert account.call("GET", CONTACTS).headers["Retry-After"] == "10"


def test_search_has_its_own_second(account: Account) -> None:
    """Five searches a second, outside the burst, without rate headers."""
    hubspot.configure(account.state, burst=1, search_per_second=5)
    answers = [account.call("POST", f"{CONTACTS}/search", {}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[5].json()["policyName"] == "SECONDLY"
    assert not [name for answer in answers for name in answer.headers if "ratelimit" in name]
    account.clock.advance(1)
    assert account.call("POST", f"{CONTACTS}/search", {}).status_code == 200
    assert account.call("GET", CONTACTS).status_code == 200


def test_the_day_ends_in_the_zone_of_the_account(account: Account) -> None:
    """The daily limit is shown with its usage and resets at the account's own midnight."""
    hubspot.configure(account.state, daily=2)
    usage = account.call("GET", "/account-info/v3/api-usage/daily/private-apps").json()
    assert usage["results"][0]["currentUsage"] == 1
    assert usage["results"][0]["resetsAt"] == "2026-11-01T15:00:00.000Z"
    account.call("GET", CONTACTS)
    refused = account.call("GET", CONTACTS)
    assert refused.json()["policyName"] == "DAILY"
    assert refused.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    account.clock.advance(timedelta(hours=3).total_seconds())
    assert account.call("GET", CONTACTS).status_code == 200


def test_details_name_the_account(account: Account) -> None:
    """The account answers with its id, zone and currency, under v3 and dated paths."""
    details = account.call("GET", "/account-info/v3/details").json()
    assert (details["portalId"], details["timeZone"]) == (4812345, "Asia/Tokyo")
    assert (details["utcOffset"], details["companyCurrency"]) == ("+09:00", "JPY")
    assert account.call("GET", "/account-info/2026-03/details").json() == details


def test_owners_are_paged_and_found(account: Account) -> None:
    """Owners page by id, are found by e-mail and user id; archived ones apart, without userId."""
    born = account.clock.moment
    people = [{**owner(number), "created": born} for number in range(100, 221)]
    gone = {**owner(300), "created": born, "archived": True}
    hubspot.insert_owners(account.state, [*people, gone])
    owners = account.client.crm.owners.owners_api
    first = owners.get_page(limit=100)
    second = owners.get_page(limit=100, after=first.paging.next.after)
    seen = [each.id for each in first.results + second.results]
    assert seen == ["71", *(str(number) for number in range(100, 221))]
    assert owners.get_page(email="AOI@nagare.example").results[0].user_id == 9001
    assert owners.get_by_id(9001, id_property="userId").id == "71"
    archived = owners.get_page(archived=True).results[0]
    assert (archived.user_id, archived.user_id_including_inactive) == (None, 9300)


def test_the_sales_pipeline_has_its_stages(account: Account) -> None:
    """The default deal pipeline shows its stages with probability and whether they close."""
    pipelines = account.client.crm.pipelines.pipelines_api.get_all("deals").results
    assert [each.id for each in pipelines] == ["default"]
    stages = {each.id: each.metadata for each in pipelines[0].stages}
    assert stages["closedwon"] == {"isClosed": "true", "probability": "1.0"}
    assert (
        account.client.crm.pipelines.pipeline_stages_api.get_by_id(
            "deals", "default", "contractsent"
        ).label
        == "Contract Sent"
    )


def test_definitions_tell_type_options_and_who_may_write(account: Account) -> None:
    """The properties of the demo company are installed, with unique and read-only marks."""
    properties = account.client.crm.properties.core_api
    found = {each.name: each for each in properties.get_all("contacts").results}
    assert found["email"].has_unique_value
    assert [each.value for each in found["role_in_purchase"].options] == [
        "decision_maker",
        "influencer",
        "user",
        "gatekeeper",
    ]
    assert found["lastmodifieddate"].modification_metadata.read_only_value
    assert found["tasuki_score"].type == "number"
    assert properties.get_by_name("tasks", "tasuki_key").has_unique_value
    wanted = {"corporate_number", "customer_code", "tasuki_grade", "salesforceaccountid"}
    companies = properties.get_all("companies").results
    assert wanted <= {each.name for each in companies if not each.hubspot_defined}


def test_a_property_is_made_used_and_changed(account: Account) -> None:
    """A new unique property works at once; its uniqueness and name stay, options are replaced."""
    properties = account.client.crm.properties.core_api
    made = properties.create(
        "companies",
        PropertyCreate(
            name="vendor_key",
            label="Vendor key",
            type="string",
            field_type="text",
            group_name="companyinformation",
            has_unique_value=True,
        ),
    )
    assert made.has_unique_value
    account.create("companies", name="A", vendor_key="1")
    body = {"properties": {"name": "B", "vendor_key": "1"}}
    assert account.call("POST", "/crm/v3/objects/companies", body).status_code == 409
    path = "/crm/v3/properties/companies/vendor_key"
    assert account.call("PATCH", path, {"label": "Key"}).json()["label"] == "Key"
    assert account.call("PATCH", path, {"hasUniqueValue": False}).status_code == 400
    again = {"name": "vendor_key", "label": "x", "type": "string", "fieldType": "text"}
    again["groupName"] = "companyinformation"
    taken = account.call("POST", "/crm/v3/properties/companies", again)
    assert taken.status_code == 409
    assert taken.json()["category"] == "OBJECT_ALREADY_EXISTS"


def test_new_options_are_valid_values(account: Account) -> None:
    """A PATCH of options replaces the list that values are checked against."""
    path = "/crm/v3/properties/contacts/role_in_purchase"
    options = [{"label": "Sponsor", "value": "sponsor"}]
    assert account.call("PATCH", path, {"options": options}).status_code == 200
    account.create("contacts", email="a@example.test", role_in_purchase="sponsor")
    refused = {"properties": {"email": "b@example.test", "role_in_purchase": "user"}}
    assert account.call("POST", CONTACTS, refused).status_code == 400


def test_an_archived_property_is_gone_and_comes_back(account: Account) -> None:
    """Archived definitions are listed apart; making the name again restores it."""
    path = "/crm/v3/properties/contacts"
    assert account.call("DELETE", f"{path}/salesforceleadid").status_code == 204
    names = [each["name"] for each in account.call("GET", path).json()["results"]]
    assert "salesforceleadid" not in names
    archived = account.call("GET", f"{path}?archived=true").json()["results"]
    assert [each["name"] for each in archived] == ["salesforceleadid"]
    body = {"name": "salesforceleadid", "label": "Lead", "type": "string", "fieldType": "text"}
    assert (
        account.call("POST", path, {**body, "groupName": "contactinformation"}).status_code == 201
    )
    assert account.call("DELETE", f"{path}/email").status_code == 400
    assert account.call("GET", f"{path}/nonsense").json()["category"] == "OBJECT_NOT_FOUND"


def test_counts_and_restart(account: Account, tmp_path: Any) -> None:
    """What was written is counted, and another state on the same file finds it again."""
    from sandbox.state import State

    path = tmp_path / "world.db"
    with State(path, account.clock.now) as first:
        hubspot.routes(first)
        row = {"id": "5", "properties": {"name": "A"}, "created": account.clock.moment}
        hubspot.insert(first, "companies", [{**row, "modified": account.clock.moment}])
    with State(path, account.clock.now) as second:
        assert hubspot.counts(second)["companies"] == 1
        hubspot.edit(second, "companies", "5", {"name": "B"})
