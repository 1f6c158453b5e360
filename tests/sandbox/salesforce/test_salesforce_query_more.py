"""Less common SOQL through the sandbox's own query engine: functions, sub-selects, cursors."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from sandbox import salesforce
from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.ids import new_id
from sandbox.salesforce.org import Org, org_of
from sandbox.salesforce.retention.deletes import purge
from sandbox.salesforce.rows.write import delete
from sandbox.salesforce.soql.jitter import page_size_jitter
from sandbox.salesforce.soql.pages import Queries
from sandbox.state import State

NOW = datetime(2026, 5, 20, 20, 0, tzinfo=UTC)


@pytest.fixture
def org() -> Org:
    """Three accounts of 0, 3 and 30 contacts, an opportunity for every month, tasks on both."""
    state = State(None, lambda: NOW)
    owner = {"Id": new_id("005", 7), "LastName": "Mori", "Username": "mori@x.example"}
    salesforce.insert(state, "User", [owner])
    accounts = [{"Id": new_id("001", n), "Name": f"A{n}", "Phone": f"0{n}"} for n in (1, 2, 3)]
    salesforce.insert(state, "Account", accounts)
    people = [(2, n) for n in range(3)] + [(3, n) for n in range(30)]
    contacts = ({"LastName": f"L{n:02}", "AccountId": new_id("001", a)} for a, n in people)
    salesforce.insert(state, "Contact", contacts)
    deals = (
        {
            "Name": f"O{month}",
            "StageName": "Closed Won" if month % 2 else "Prospecting",
            "CloseDate": f"2026-{month:02}-01",
            "Amount": month * 1000.5,
            "AccountId": new_id("001", 1),
            "CreatedDate": f"2026-{month:02}-01T20:00:00.000+0000",
        }
        for month in range(1, 13)
    )
    salesforce.insert(state, "Opportunity", deals)
    account = {"Subject": "Call", "WhatId": new_id("001", 1)}
    salesforce.insert(state, "Task", [account, {"Subject": "Letter", "WhoId": new_id("003", 1)}])
    salesforce.insert(state, "Task", [{"Subject": "None"}])
    return org_of(state)


def ask(org: Org, query: str, *, page: int = 2_000, everything: bool = False) -> dict:
    """The answer to one statement."""
    answer = Queries(org).run(query, "v59.0", everything=everything, page=page)
    return orjson.loads(answer.body)


def walk(org: Org, query: str, page: int) -> list[list[dict]]:
    """Every page of a statement."""
    queries = Queries(org)
    answer = orjson.loads(queries.run(query, "v59.0", everything=False, page=page).body)
    pages = [answer["records"]]
    while not answer["done"]:
        locator = answer["nextRecordsUrl"].rpartition("/")[2]
        answer = orjson.loads(queries.more(locator, "v59.0", page).body)
        pages.append(answer["records"])
    return pages


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("CALENDAR_YEAR(CloseDate)", 2026),
        ("CALENDAR_QUARTER(CloseDate)", 4),
        ("FISCAL_QUARTER(CloseDate)", 4),
        ("CALENDAR_MONTH(CloseDate)", 12),
        ("DAY_IN_YEAR(CloseDate)", 335),
        ("DAY_IN_WEEK(CloseDate)", 3),
        ("WEEK_IN_MONTH(CloseDate)", 1),
        ("WEEK_IN_YEAR(CloseDate)", 48),
        ("HOUR_IN_DAY(CreatedDate)", 20),
        ("HOUR_IN_DAY(convertTimezone(CreatedDate))", 5),
        ("DAY_IN_MONTH(convertTimezone(CreatedDate))", 2),
        ("DAY_ONLY(CreatedDate)", "2026-12-01"),
    ],
)
def test_parts_of_dates_group(org, function, expected):
    """Date functions group rows; datetimes count in UTC unless convertTimezone() asks."""
    found = ask(
        org,
        f"SELECT {function} part, COUNT(Id) n FROM Opportunity WHERE Name = 'O12' "
        f"GROUP BY {function}",
    )
    assert [(each["part"], each["n"]) for each in found["records"]] == [(expected, 1)]


def test_aggregates_name_their_columns(org):
    """Aliases name columns, unnamed ones count up from expr0, HAVING filters groups."""
    (row,) = ask(
        org,
        "SELECT StageName stage, COUNT(), COUNT_DISTINCT(AccountId), SUM(Amount) total, "
        "MIN(CloseDate), AVG(Amount) FROM Opportunity GROUP BY StageName "
        "HAVING SUM(Amount) > 40000 ORDER BY SUM(Amount) DESC NULLS LAST",
    )["records"]
    assert row == {
        "attributes": {"type": "AggregateResult"},
        "stage": "Prospecting",
        "expr0": 6,
        "expr1": 1,
        "total": 42 * 1000.5,
        "expr2": "2026-02-01",
        "expr3": 7 * 1000.5,
    }


def test_type_of_shows_each_type_its_fields(org):
    """TYPEOF gives the fields of the type met, those of ELSE, or null."""
    query = "SELECT Subject, TYPEOF What WHEN Account THEN Phone, Name END FROM Task ORDER BY Id"
    first, second, third = ask(org, query)["records"]
    assert first["What"]["attributes"]["type"] == "Account"
    assert (first["What"]["Phone"], first["What"]["Name"]) == ("01", "A1")
    assert second["What"] is None
    assert third["What"] is None
    query = (
        "SELECT TYPEOF Who WHEN Lead THEN Company ELSE Name END FROM Task WHERE Subject = 'Letter'"
    )
    (row,) = ask(org, query)["records"]
    assert (row["Who"]["attributes"]["type"], row["Who"]["Name"]) == ("Contact", "L00")


def test_labels_are_the_values_here(org):
    """toLabel() answers under the field's name, an alias wins."""
    (row,) = ask(
        org,
        "SELECT toLabel(StageName), FORMAT(Amount) shown FROM Opportunity WHERE Name = 'O2'",
    )["records"]
    assert (row["StageName"], row["shown"]) == ("Prospecting", "2,001.00")


def test_children_count_towards_the_page(org):
    """A page of 20 holds two parents with 3 children; the parent of 30 comes alone, in pieces."""
    query = (
        "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account ORDER BY Id"
    )
    first, second = walk(org, query, 20)
    assert [each["Name"] for each in first] == ["A1", "A2"]
    assert first[0]["Contacts"] is None
    assert first[1]["Contacts"]["done"]
    (big,) = second
    assert big["Contacts"]["totalSize"] == 30
    assert not big["Contacts"]["done"]
    assert len(big["Contacts"]["records"]) == 20
    locator = big["Contacts"]["nextRecordsUrl"].rpartition("/")[2]
    rest = orjson.loads(Queries(org).more(locator, "v59.0", 20).body)
    assert rest["done"]
    names = [each["LastName"] for each in big["Contacts"]["records"] + rest["records"]]
    assert names == [f"L{n:02}" for n in range(30)]


def test_wide_records_keep_every_field(org):
    """A record of more fields than SQLite takes arguments comes whole, nested parents too."""
    fields = ", ".join(each for each in org.schema.objects["Account"].fields)
    more = ", ".join(f"Account.{each}" for each in org.schema.objects["Account"].fields)
    (row,) = ask(org, f"SELECT {fields} FROM Account WHERE Name = 'A2'")["records"]
    assert list(row) == ["attributes", *org.schema.objects["Account"].fields]
    found = ask(org, f"SELECT {more} FROM Contact WHERE Account.Name = 'A2' LIMIT 1")["records"]
    assert found[0]["Account"] == row


def test_a_cursor_survives_a_restart_and_dies_after_two_days(tmp_path):
    """Another process on the same file follows it; past two days it is INVALID_QUERY_LOCATOR."""
    moment = [NOW]
    path = tmp_path / "sandbox.db"
    with State(path, lambda: moment[0]) as state:
        salesforce.insert(state, "Lead", ({"LastName": f"L{n}", "Company": "C"} for n in range(9)))
        found = ask(org_of(state), "SELECT LastName FROM Lead ORDER BY Id", page=4)
        locator = found["nextRecordsUrl"].rpartition("/")[2]
        salesforce.edit(state, "Lead", new_id("00Q", 5), {"LastName": "Changed"})
    with State(path, lambda: moment[0]) as state:
        queries = Queries(org_of(state))
        rest = orjson.loads(queries.more(locator, "v59.0", 4).body)
        assert [each["LastName"] for each in rest["records"]] == ["Changed", "L5", "L6", "L7"]
        moment[0] += timedelta(days=2)
        with pytest.raises(FaultError) as caught:
            queries.more(locator, "v59.0", 4)
    assert caught.value.code == "INVALID_QUERY_LOCATOR"


@pytest.mark.parametrize("least", [0, 1, 3])
def test_pages_shrink_on_demand_and_lose_nothing(org, least):
    """With jitter pages come short, perhaps empty, the same under a seed, and all rows arrive."""
    query = "SELECT LastName FROM Contact ORDER BY Id"
    page_size_jitter(org.state, seed=7, least=least)
    pages = walk(org, query, 10)
    assert pages == walk(org, query, 10)
    sizes = [len(each) for each in pages]
    assert sum(sizes) == 33
    assert len(set(sizes)) > 1
    assert min(sizes[:-1]) >= least
    page_size_jitter(org.state, None)
    assert [len(each) for each in walk(org, query, 10)] == [10, 10, 10, 3]


@pytest.mark.parametrize(
    ("query", "code", "ending"),
    [
        ("SELECT Name n FROM Account", "MALFORMED_QUERY", "field aliasing"),
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "aggregated: Name"),
        ("SELECT COUNT(Id) n, MAX(Name) n FROM Account", "MALFORMED_QUERY", "alias: n"),
        ("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY", "operator SUM"),
        ("SELECT Id FROM Account ORDER BY Description", "MALFORMED_QUERY", "query call"),
        ("SELECT Id FROM Account WHERE Name = 'a\\x'", "MALFORMED_QUERY", "string literal."),
        (f"SELECT Id FROM Account WHERE Name = '{'x' * 4001}'", "MALFORMED_QUERY", "characters"),
        ("SELECT Id FROM Account WHERE IsDeleted > true", "INVALID_QUERY_FILTER_OPERATOR", "field"),
        ("SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR", "field"),
        ("SELECT Id FROM Account WHERE Name INCLUDES ('a')", "INVALID_QUERY_FILTER_OPERATOR", "ld"),
        ("SELECT Id, FIELDS(STANDARD) FROM Account", "INVALID_FIELD", "selected: Id"),
        ("SELECT FIELDS(ALL) FROM Account LIMIT 201", "MALFORMED_QUERY", "at most 200"),
        (f"SELECT Id FROM Account -- {'x' * 100_000}", "MALFORMED_QUERY", "100000 characters."),
        (
            "SELECT Parent.Parent.Parent.Parent.Parent.Parent.Name FROM Account",
            "MALFORMED_QUERY",
            "Name",
        ),
        ("SELECT Who.Account.Name FROM Task", "INVALID_FIELD", "appropriate names."),
        ("SELECT TYPEOF Owner WHEN User THEN Name END FROM Account", "INVALID_FIELD", "Owner"),
    ],
)
def test_what_soql_cannot_say_is_refused(org, query, code, ending):
    """Each rule of the language has its code and text."""
    with pytest.raises(FaultError) as caught:
        ask(org, query)
    assert caught.value.code == code
    assert caught.value.message.endswith(ending)


def test_fields_all_is_free_of_the_limit_for_ids(org):
    """FIELDS(ALL) needs no LIMIT when at most 200 ids are asked for."""
    found = ask(org, f"SELECT FIELDS(ALL) FROM Account WHERE Id IN ('{new_id('001', 1)[:15]}')")
    assert found["records"][0]["Name"] == "A1"


def test_junction_rows_are_gone_for_good(org):
    """A deleted row nobody can restore shows in no query; a restorable one in queryAll."""
    deal, member = new_id("006", 1), {"ContactId": new_id("003", 1)}
    salesforce.insert(
        org.state, "OpportunityContactRole", [{**member, "OpportunityId": deal, "IsDeleted": True}]
    )
    salesforce.insert(org.state, "Lead", [{"LastName": "L", "Company": "C", "IsDeleted": True}])
    for name, shown in (("OpportunityContactRole", 0), ("Lead", 1)):
        assert ask(org, f"SELECT Id FROM {name}")["totalSize"] == 0
        assert ask(org, f"SELECT Id FROM {name}", everything=True)["totalSize"] == shown


def test_a_purged_rows_place_is_not_given_away(org):
    """A walk over a row that is purged meanwhile does not meet a newer row in its place."""
    queries = Queries(org)
    query = "SELECT LastName FROM Contact ORDER BY Id"
    first = orjson.loads(queries.run(query, "v59.0", everything=False, page=32).body)
    contact = org.schema.objects["Contact"]
    delete(org, contact, new_id("003", 33))
    assert purge(org, contact, [new_id("003", 33)]) == 1
    salesforce.insert(org.state, "Contact", [{"LastName": "Newer"}])
    locator = first["nextRecordsUrl"].rpartition("/")[2]
    last = orjson.loads(queries.more(locator, "v59.0", 32).body)
    assert (last["records"], last["done"], last["totalSize"]) == ([], True, 33)
    names = [each["LastName"] for each in ask(org, query, everything=True)["records"]]
    assert len(names) == 33
    assert names[-1] == "Newer"
