"""What shows when: late commits, the delete log, the archive, field history."""

from datetime import UTC, datetime, timedelta

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest

from sandbox import salesforce as platform
from sandbox.salesforce.ids import new_id
from sandbox.server import Serving


@pytest.fixture
def clock(served: Serving):
    """Move the sandbox's time, whole minutes from now; back to the present afterwards."""

    def move(minutes: float) -> datetime:
        served.state.set_clock_offset(timedelta(minutes=minutes))
        return served.state.now()

    yield move
    served.state.set_clock_offset(timedelta())


def ids(salesforce, query: str, *, everything: bool = False) -> list[str]:
    """Ids a query finds."""
    found = salesforce.query_all(query, include_deleted=everything)
    return [each["Id"] for each in found["records"]]


def test_a_late_commit_shows_rows_behind_the_watermark(salesforce, control, clock, served):
    """A row appears with the stamp of its write, after a poll that should have seen it."""
    begun = served.state.now().replace(second=0, microsecond=0)
    late = control("salesforce/late/begin").json()["transaction"]
    lead = {"LastName": "Late", "Company": "C"}
    write = {"transaction": late, "object": "Lead", "fields": lead}
    assert control("salesforce/late/write", {**write, "operation": "create"}).status_code == 204
    now = clock(10)
    query = "SELECT Id FROM Lead WHERE LastName = 'Late'"
    assert ids(salesforce, query) == []
    span = (now - timedelta(minutes=20), now)
    held = salesforce.Lead.updated(*span)
    assert held["ids"] == []
    assert datetime.fromisoformat(held["latestDateCovered"]) == begun
    (id,) = control("salesforce/late/commit", {"transaction": late}).json()["ids"]
    assert ids(salesforce, query) == [id]
    stamp = salesforce.Lead.get(id)["SystemModstamp"]
    assert datetime.fromisoformat(stamp) < now - timedelta(minutes=9)
    assert salesforce.Lead.updated(*span)["ids"] == [id]


def test_a_late_commit_comes_by_itself(salesforce, control, clock):
    """A transaction with a length commits when the sandbox's time has passed it."""
    id = salesforce.Lead.create({"LastName": "Soon", "Company": "C"})["id"]
    late = control("salesforce/late/begin", {"seconds": 600}).json()["transaction"]
    fields = {"LastName": "Later"}
    write = {"transaction": late, "object": "Lead", "id": id, "fields": fields}
    control("salesforce/late/write", write)
    clock(9)
    assert salesforce.Lead.get(id)["LastName"] == "Soon"
    clock(11)
    assert salesforce.Lead.get(id)["LastName"] == "Later"


def test_a_trimmed_log_moves_the_earliest_date(salesforce, control, clock):
    """Deletes older than two hours vanish; earliestDateAvailable says so, unless it must not."""
    for told in (False, True):
        gone = salesforce.Case.create({"Subject": "S"})["id"]
        salesforce.Case.delete(gone)
        now = clock(180)
        span = (now - timedelta(hours=4), now)
        before = salesforce.Case.deleted(*span)
        assert [each["id"] for each in before["deletedRecords"]] == [gone]
        trimmed = control("salesforce/deletes/trim", {"object": "Case", "told": told}).json()
        assert trimmed == {"trimmed": 1}
        after = salesforce.Case.deleted(*span)
        assert after["deletedRecords"] == []
        moved = datetime.fromisoformat(after["earliestDateAvailable"]) > now - timedelta(hours=3)
        assert moved is told
        clock(0)


def test_a_purged_row_is_in_no_query(salesforce, control, clock):
    """Emptying the recycle bin leaves the delete log alone knowing the row."""
    gone = salesforce.Lead.create({"LastName": "Gone", "Company": "C"})["id"]
    salesforce.Lead.delete(gone)
    query = f"SELECT Id FROM Lead WHERE Id = '{gone}'"
    assert ids(salesforce, query, everything=True) == [gone]
    asked = {"object": "Lead", "ids": [gone]}
    assert control("salesforce/deletes/purge", asked).json() == {"purged": 1}
    assert ids(salesforce, query, everything=True) == []
    now = clock(2)
    log = salesforce.Lead.deleted(now - timedelta(hours=1), now)["deletedRecords"]
    assert gone in [each["id"] for each in log]


def test_too_many_ids_are_refused(salesforce, served):
    """More changes than one answer may list: EXCEEDED_ID_LIMIT."""
    people = ({"LastName": f"L{n}", "Company": "C"} for n in range(3))
    platform.insert(served.state, "Lead", people)
    served.state.set_setting("sf_replication_ids", "2")
    now = datetime.now(UTC) + timedelta(minutes=5)
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.Lead.updated(now - timedelta(hours=1), now)
    served.state.set_setting("sf_replication_ids", "")
    assert caught.value.content[0]["errorCode"] == "EXCEEDED_ID_LIMIT"


def test_archived_activities_hide_from_query(salesforce, control, served):
    """Closed tasks older than a year leave query and stay in queryAll, their stamp unmoved."""
    old = {"Subject": "Old", "CreatedDate": "2020-01-02T03:04:05.000+0000"}
    tasks = [
        {**old, "Id": new_id("00T", 901), "Status": "Completed"},
        {**old, "Id": new_id("00T", 902)},
    ]
    platform.insert(served.state, "Task", tasks)
    stamp = salesforce.Task.get(new_id("00T", 901))["SystemModstamp"]
    assert control("salesforce/archive").json() == {"archived": 1}
    query = "SELECT Id FROM Task WHERE Subject = 'Old' ORDER BY Id"
    assert ids(salesforce, query) == [new_id("00T", 902)]
    archived = "SELECT Id, SystemModstamp FROM Task WHERE IsArchived = true"
    (row,) = salesforce.query(archived, include_deleted=True)["records"]
    assert (row["Id"], row["SystemModstamp"]) == (new_id("00T", 901), stamp)


def history(salesforce, object: str, parent: str, id: str) -> list[tuple]:
    """Field, kind, old and new of each row of a record's history."""
    query = (
        f"SELECT Field, DataType, OldValue, NewValue FROM {object} WHERE {parent} = '{id}' "
        "ORDER BY Id"
    )
    names = ("Field", "DataType", "OldValue", "NewValue")
    return [tuple(each[name] for name in names) for each in salesforce.query(query)["records"]]


def test_field_history_follows_tracked_fields(salesforce, control):
    """Each changed tracked field is a row of its type; a lookup is told by name and by id."""
    first = salesforce.Account.create({"Name": "First"})["id"]
    second = salesforce.Account.create({"Name": "Second"})["id"]
    deal = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-01-31", "Amount": 5}
    id = salesforce.Opportunity.create({**deal, "AccountId": first})["id"]
    salesforce.Opportunity.update(id, {"Amount": 7.5, "AccountId": second, "NextStep": "call"})
    assert history(salesforce, "OpportunityFieldHistory", "OpportunityId", id) == [
        ("created", None, None, None),
        ("Account", "Text", "First", "Second"),
        ("Account", "EntityId", first, second),
        ("Amount", "Currency", 5.0, 7.5),
    ]
    query = f"SELECT (SELECT Amount FROM OpportunityHistories) FROM Opportunity WHERE Id = '{id}'"
    steps = salesforce.query(query)["records"][0]["OpportunityHistories"]["records"]
    assert [each["Amount"] for each in steps] == [5.0, 7.5]
    tracked = {"object": "Account", "fields": ["Partner__c"]}
    assert control("salesforce/track", tracked).status_code == 204
    salesforce.Account.update(first, {"Partner__c": True, "Name": "Other"})
    assert history(salesforce, "AccountHistory", "AccountId", first) == [
        ("created", None, None, None),
        ("Partner__c", "Boolean", False, True),
    ]


def test_a_conversion_is_in_the_leads_history(salesforce, control):
    """Converting writes leadConverted beside the status."""
    lead = salesforce.Lead.create({"LastName": "L", "Company": "C"})["id"]
    control("salesforce/convert", {"lead": lead})
    fields = [each[0] for each in history(salesforce, "LeadHistory", "LeadId", lead)]
    assert fields == ["created", "leadConverted", "Status"]
