"""Queries through simple-salesforce."""

import pytest
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest

from sandbox import salesforce as org
from sandbox.salesforce.ids import new_id
from sandbox.server import Serving

CONTACTS = 4_500


@pytest.fixture(scope="module", autouse=True)
def world(served: Serving) -> None:
    """Three accounts, 4,500 contacts, a task on a contact."""
    owner = {"Id": new_id("005", 7), "LastName": "Mori", "Username": "mori@x.example"}
    org.insert(served.state, "User", [owner])
    names = ["Alpha", "beta", "株式会社ガンマ"]
    industries = ["Banking", None, "Retail"]
    org.insert(
        served.state,
        "Account",
        (
            {"Id": new_id("001", n), "Name": name, "Industry": industry, "OwnerId": owner["Id"]}
            for n, (name, industry) in enumerate(zip(names, industries, strict=True), start=1)
        ),
    )
    org.insert(
        served.state,
        "Contact",
        (
            {"Id": new_id("003", n), "LastName": f"L{n}", "AccountId": new_id("001", n % 3 + 1)}
            for n in range(1, CONTACTS + 1)
        ),
    )
    task = {"Subject": "Call", "WhoId": new_id("003", 5), "WhatId": new_id("001", 1)}
    org.insert(served.state, "Task", [{**task, "Status": "Completed"}])


def names(salesforce: Salesforce, condition: str) -> list[str]:
    """Names of the accounts that meet a condition."""
    found = salesforce.query(f"SELECT Name FROM Account WHERE {condition} ORDER BY Id")
    return [each["Name"] for each in found["records"]]


def test_pages_hold_2000_rows_and_lead_on(salesforce):
    """4,500 rows come as 2,000, 2,000 and 500; totalSize is the whole at once."""
    page = salesforce.query("SELECT Id FROM Contact ORDER BY SystemModstamp, Id")
    sizes, ids = [], []
    while True:
        sizes.append(len(page["records"]))
        ids += [each["Id"] for each in page["records"]]
        assert page["totalSize"] == CONTACTS
        if page["done"]:
            break
        page = salesforce.query_more(page["nextRecordsUrl"], identifier_is_url=True)
    assert sizes == [2000, 2000, 500]
    assert ids == [new_id("003", n) for n in range(1, CONTACTS + 1)]


def test_query_all_iter_walks_every_page(salesforce):
    """The library's own iterator reaches every row over HTTPS."""
    assert sum(1 for _ in salesforce.query_all_iter("SELECT Id FROM Contact")) == CONTACTS


def test_an_unknown_cursor_is_refused(salesforce):
    """A locator nobody gave out answers INVALID_QUERY_LOCATOR."""
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.query_more("0r8000000000000AAA-2000")
    assert caught.value.content[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_parents_come_nested_with_their_own_attributes(salesforce):
    """Account.Owner.Name is an object in an object; a missing parent is null."""
    record = salesforce.query(
        f"SELECT Id, Account.Name, Account.Owner.Name, ReportsTo.Name FROM Contact "
        f"WHERE Id = '{new_id('003', 1)[:15]}'"
    )["records"][0]
    assert record["attributes"]["url"].endswith(f"/sobjects/Contact/{new_id('003', 1)}")
    assert record["Account"]["Name"] == "beta"
    assert record["Account"]["attributes"]["type"] == "Account"
    assert record["Account"]["Owner"]["Name"] == "Mori"
    assert record["ReportsTo"] is None


def test_polymorphic_parents_answer_as_name(salesforce):
    """Who and What give the Name fields of whatever they point to."""
    record = salesforce.query(
        "SELECT Who.Name, Who.Type, What.Name, AccountId, IsClosed FROM Task "
        "WHERE Who.Type = 'Contact'"
    )["records"][0]
    assert record["Who"]["attributes"]["type"] == "Name"
    assert (record["Who"]["Name"], record["Who"]["Type"]) == ("L5", "Contact")
    assert record["What"]["Name"] == "Alpha"
    assert (record["AccountId"], record["IsClosed"]) == (new_id("001", 1), True)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Name = 'ALPHA'", ["Alpha"]),
        ("Name LIKE '%ガンマ'", ["株式会社ガンマ"]),
        ("Industry = null", ["beta"]),
        ("Industry != 'Banking'", ["beta", "株式会社ガンマ"]),
        ("NOT Industry = 'Banking'", ["beta", "株式会社ガンマ"]),
        ("Industry IN ('Banking', 'Retail') AND NOT (Name LIKE 'A%')", ["株式会社ガンマ"]),
        ("Industry NOT IN ('Banking')", ["beta", "株式会社ガンマ"]),
        ("(Name = 'Alpha' OR Name = 'beta') AND Partner__c = false", ["Alpha", "beta"]),
        (
            "CreatedDate = TODAY AND CreatedDate >= LAST_N_DAYS:3",
            ["Alpha", "beta", "株式会社ガンマ"],
        ),
        ("CreatedDate < 2020-01-01T00:00:00Z", []),
        ("Owner.Username = 'mori@x.example' AND Name > 'b'", ["beta", "株式会社ガンマ"]),
        ("Id IN (SELECT AccountId FROM Contact WHERE LastName = 'L1')", ["beta"]),
        ("Name = 'it\\'s'", []),
    ],
)
def test_conditions_mean_what_soql_means(salesforce, condition, expected):
    """Text ignores case, != and NOT keep nulls, date words and sub-selects work."""
    assert names(salesforce, condition) == expected


def test_counts_and_aggregates(salesforce):
    """count() has no records; other aggregates come as AggregateResult with expr names."""
    assert salesforce.query("SELECT COUNT() FROM Contact") == {
        "totalSize": CONTACTS,
        "done": True,
        "records": [],
    }
    rows = salesforce.query(
        "SELECT Account.Name, COUNT(Id), MAX(LastName) top FROM Contact GROUP BY Account.Name "
        "ORDER BY Account.Name LIMIT 1"
    )["records"]
    assert rows == [
        {
            "attributes": {"type": "AggregateResult"},
            "Name": "Alpha",
            "expr0": CONTACTS // 3,
            "top": "L999",
        }
    ]


def test_children_come_as_a_nested_result(salesforce):
    """A child subquery gives totalSize, done and records, or null when there are none."""
    rows = salesforce.query(
        "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 2), "
        "(SELECT Id FROM Opportunities) FROM Account WHERE Name = 'Alpha'"
    )["records"]
    assert rows[0]["Contacts"]["totalSize"] == 2
    assert rows[0]["Contacts"]["records"][0]["LastName"] == "L1002"
    assert rows[0]["Opportunities"] is None


def test_fields_all_needs_a_limit(salesforce):
    """FIELDS(ALL) works with LIMIT 200 and is refused without."""
    row = salesforce.query("SELECT FIELDS(ALL) FROM Account LIMIT 200")["records"][0]
    assert {"Corporate_Number__c", "BillingAddress", "SystemModstamp"} <= set(row)
    with pytest.raises(SalesforceMalformedRequest):
        salesforce.query("SELECT FIELDS(ALL) FROM Account")


def test_nulls_sort_first_unless_told(salesforce):
    """ORDER BY puts nulls first in both directions; NULLS LAST puts them last."""
    order = "SELECT Industry FROM Account ORDER BY Industry"
    assert salesforce.query(order)["records"][0]["Industry"] is None
    assert salesforce.query(f"{order} DESC")["records"][0]["Industry"] is None
    assert salesforce.query(f"{order} NULLS LAST")["records"][2]["Industry"] is None


@pytest.mark.parametrize(
    ("query", "code", "ending"),
    [
        ("SELECT Bacon__c FROM Account", "INVALID_FIELD", "appropriate names."),
        ("SELECT Id FROM Bacon", "INVALID_TYPE", "appropriate names."),
        ("SELECT Id FORM Account", "MALFORMED_QUERY", "unexpected token: 'FORM'"),
        ("SELECT Id FROM Account WHERE Name = 1", "INVALID_FIELD", "enclosed in quotes"),
        (
            "SELECT Id FROM Account WHERE Name='a' AND Name='b' OR Name='c'",
            "MALFORMED_QUERY",
            "'OR'",
        ),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
        ("SELECT Id FROM Account WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "x"),
        ("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD", "query call"),
    ],
)
def test_bad_queries_name_their_fault(salesforce, query, code, ending):
    """Each refusal carries the platform's code and text."""
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.query(query)
    (error,) = caught.value.content
    assert error["errorCode"] == code
    assert error["message"].endswith(ending)


def test_an_unknown_column_is_pointed_at(salesforce):
    """The message quotes the statement with a caret below the column."""
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.query("SELECT Bacon__c FROM Account LIMIT 2")
    message = caught.value.content[0]["message"]
    assert message.startswith(
        "\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\n"
        "No such column 'Bacon__c' on entity 'Account'."
    )


def test_datetimes_have_whole_seconds_and_no_colon(salesforce):
    """System datetimes look like 2026-01-02T03:04:05.000+0000."""
    stamp = salesforce.query("SELECT SystemModstamp FROM Account LIMIT 1")["records"][0]
    assert stamp["SystemModstamp"].endswith(".000+0000")
    assert len(stamp["SystemModstamp"]) == len("2026-01-02T03:04:05.000+0000")
