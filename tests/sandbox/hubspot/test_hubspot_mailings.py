"""Marketing e-mails: the list, one e-mail, statistics by e-mail and by interval, campaigns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hubspot.marketing.emails.exceptions import ApiException

from sandbox import hubspot

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

START = datetime(2026, 10, 1, tzinfo=UTC)
WINDOW = {"start_timestamp": START, "end_timestamp": START + timedelta(days=4)}


@pytest.fixture
def mailed(account: Account) -> Account:
    """Give two campaigns: each sent to four people, opened by two of them, one of them twice."""
    kinds = [("SENT", 4), ("DELIVERED", 4), ("OPEN", 2), ("CLICK", 1)]
    rows = [
        {
            "id": f"{campaign}-{kind}-{number}-{again}",
            "type": kind,
            "recipient": f"p{number}@firm.example",
            "created": START + timedelta(days=campaign - 40, hours=number),
            "emailCampaignId": campaign,
            "deviceType": "COMPUTER",
            "filteredEvent": number == 1,
        }
        for campaign in (41, 42)
        for kind, people in kinds
        for number in range(people)
        for again in range(2 if kind == "OPEN" and number == 0 else 1)
    ]
    hubspot.insert_email_events(account.state, rows)
    return account


def test_emails_are_listed_and_read(mailed: Account) -> None:
    """Every campaign is an e-mail; filters, order and pages hold through the typed client."""
    api = mailed.client.marketing.emails.marketing_emails_api
    page = api.get_page(limit=1, sort=["-createdAt"])
    assert (page.total, [each.id for each in page.results]) == (2, ["42"])
    rest = api.get_page(limit=1, sort=["-createdAt"], after=page.paging.next.after)
    assert [each.id for each in rest.results] == ["41"]
    assert rest.paging is None
    later = api.get_page(created_after=START + timedelta(days=1, hours=1))
    assert [each.id for each in later.results] == ["42"]
    assert api.get_page(is_published=False).results == []
    one = api.get_by_id(41, include_stats=True)
    assert one.stats.counters["sent"] == 4
    with pytest.raises(ApiException) as caught:
        api.get_by_id(7)
    assert caught.value.status == 404


def test_emails_written_in_the_product(mailed: Account) -> None:
    """A draft shows its own name and comes by both paths."""
    asked = {"id": 50, "name": "Autumn", "subject": "News", "isPublished": False}
    mailed.call("POST", "/_sandbox/hubspot/email", asked)
    one = mailed.call("GET", "/marketing/emails/2026-03/50").json()
    assert (one["name"], one["state"]) == ("Autumn", "DRAFT")
    found = mailed.call("GET", "/marketing/v3/emails/?isPublished=false").json()
    assert [each["id"] for each in found["results"]] == ["50"]


def test_statistics_count_people(mailed: Account) -> None:
    """A second opening of the same person does not count; ratios are in percent."""
    api = mailed.client.marketing.emails.statistics_api
    whole = api.get_emails_list(**WINDOW)
    assert whole.emails == [41, 42]
    assert (whole.aggregate.counters["sent"], whole.aggregate.counters["open"]) == (8, 4)
    assert whole.aggregate.ratios["openratio"] == 50.0
    assert whole.aggregate.device_breakdown["open_device_type"] == {"computer": 4}
    one = api.get_emails_list(**WINDOW, email_ids=[42])
    assert one.campaign_aggregations["42"].counters["click"] == 1


def test_statistics_by_interval(mailed: Account) -> None:
    """A histogram has one entry per interval of the window."""
    api = mailed.client.marketing.emails.statistics_api
    days = api.get_histogram(**WINDOW, interval="DAY")
    assert [each.aggregations.counters["sent"] for each in days.results] == [0, 4, 4, 0]
    months = "/marketing/v3/emails/statistics/histogram?interval=MONTH"
    span = "startTimestamp=2026-09-15T00:00:00Z&endTimestamp=2026-11-15T00:00:00Z"
    found = mailed.call("GET", f"{months}&{span}").json()
    assert [each["interval"]["start"][:10] for each in found["results"]] == [
        "2026-09-15",
        "2026-10-01",
        "2026-11-01",
    ]
    for wrong in ("interval=AGE", "interval=SECOND"):
        path = f"/marketing/v3/emails/statistics/histogram?{wrong}&{span}"
        assert mailed.call("GET", path).status_code == 400
    assert mailed.call("GET", "/marketing/v3/emails/statistics/list").status_code == 400


def test_campaigns_and_filtered_events(mailed: Account) -> None:
    """The legacy paths list campaigns with their counters and leave machine opens out."""
    path = "/email/public/v1/campaigns"
    first = mailed.call("GET", f"{path}?limit=1").json()
    assert ([each["id"] for each in first["campaigns"]], first["hasMore"]) == ([42], True)
    second = mailed.call("GET", f"{path}/by-id?limit=1&offset={first['offset']}").json()
    assert ([each["id"] for each in second["campaigns"]], second["hasMore"]) == ([41], False)
    assert mailed.call("GET", f"{path}/41").json()["counters"]["delivered"] == 4
    assert mailed.call("GET", f"{path}/7").status_code == 404
    asked = "/email/public/v1/events?campaignId=41&limit=100"
    everything = mailed.call("GET", asked).json()["events"]
    human = mailed.call("GET", f"{asked}&excludeFilteredEvents=true").json()["events"]
    assert (len(everything), len(human)) == (12, 9)
