"""Law: what a system is asked for by a filter is at the least what the filter lets through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.protocol import Comparison, Filter, Op
from connectors.salesforce.read import pages
from connectors.salesforce.read.rows import query
from mappings.filter import lets_through
from sandbox import hubspot as hubspot_sandbox
from sandbox import salesforce as salesforce_sandbox
from sandbox.salesforce.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.protocol import Connector, Record
    from connectors.salesforce.connector import SalesforceConnector
    from tests.connectors.conftest import HubSpotAccount

BORN = datetime(2026, 1, 5, tzinfo=UTC)
WORDS = ("steel", "Steel", "STEEL works", "it's", 'a "b"', "back\\slash", "鋼", "Ä", "5", "100%_")
NUMBERS = (0, 5, 5.5, -3, 1_000_000)
DAYS = ("2026-01-01", "2026-01-02", "1999-12-31")
MOMENTS = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.500Z", "2026-01-02T03:04:05Z")
MANY = {Op.ONE_OF, Op.NONE_OF}


def comparison(names: Mapping[str, Sequence[Any]]) -> st.SearchStrategy[Comparison]:
    """One comparison of a field with values of its kind, or with others'."""
    others = (*WORDS[:2], 5, True, DAYS[0])

    def built(name: str, op: Op, values: list[Any]) -> Comparison:
        if op in {Op.BLANK, Op.FILLED}:
            return Comparison(name, op)
        return Comparison(name, op, tuple(values if op in MANY else values[:1]))

    def of(name: str) -> st.SearchStrategy[Comparison]:
        value = st.sampled_from([*names[name], *names[name], *others])
        values = st.lists(value, min_size=1, max_size=4, unique_by=repr)
        return st.builds(built, st.just(name), st.sampled_from(Op), values)

    return st.sampled_from(sorted(names)).flatmap(of)


def filters(names: Mapping[str, Sequence[Any]]) -> st.SearchStrategy[Filter]:
    """Some groups of some comparisons."""
    group = st.lists(comparison(names), min_size=1, max_size=5).map(tuple)
    return st.lists(group, min_size=1, max_size=6).map(tuple)


def everything(connector: Connector, object: str, fields: Sequence[str]) -> dict[str, Record]:
    """Every record, as a walk without a filter brings it."""
    return brought(connector, object, fields, None)


def brought(
    connector: Connector, object: str, fields: Sequence[str], filter: Filter | None
) -> dict[str, Record]:
    """Every record that a walk from the beginning brings."""
    found: dict[str, Record] = {}
    cursor, more = None, True
    while more:
        page = connector.page(object, fields, cursor, filter)
        found |= {record.id: record for record in page.records}
        cursor, more = page.next_cursor, page.more
    return found


def check(connector: Connector, object: str, known: Mapping[str, Record], filter: Filter) -> None:
    """At the least what the filter lets through, and as many as are counted."""
    fields = sorted(next(iter(known.values())).fields)
    told = brought(connector, object, fields, filter)
    wanted = {id for id, record in known.items() if lets_through(filter, record.fields)}
    assert wanted <= {*told} <= {*known}
    assert connector.count(object, None, filter) == len(told)


SF_FIELDS: dict[str, Sequence[Any]] = {
    "LastName": WORDS,
    "LeadSource": ("Web", "web", "Other"),
    "Birthdate": DAYS,
    "EmailBouncedDate": (*MOMENTS, *DAYS),
    "Tasuki_Score__c": NUMBERS,
    "AccountId": (new_id("001", 1), "nobody"),
    "Owner.Name": WORDS,
    "Description": WORDS,
    "No_Such_Field__c": WORDS,
}
READ = [name for name in SF_FIELDS if name != "No_Such_Field__c"]
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def contacts() -> list[dict[str, Any]]:
    """Contacts that differ in every field, blanks among them."""
    rows = []
    for number, word in enumerate((*WORDS, "plain", "last")):
        row: dict[str, Any] = {
            "Id": new_id("003", number + 1),
            "LastName": word,
            "Description": word,
        }
        row["CreatedDate"] = BORN + timedelta(seconds=number)
        if number % 3:
            row["LeadSource"] = ("Web", "Other")[number % 2]
            row["Birthdate"] = DAYS[number % 3]
            row["EmailBouncedDate"] = BORN - timedelta(days=number)
        if number % 4:
            row["Tasuki_Score__c"] = NUMBERS[number % 5]
        rows.append(row)
    return rows


def test_soql_brings_what_a_filter_lets_through(
    salesforce: SalesforceConnector, sandbox_server: Any
) -> None:
    """Whatever is compared with whatever, by REST; what SOQL cannot be asked brings more."""
    salesforce_sandbox.insert(sandbox_server.state, "Contact", contacts())
    known = everything(salesforce, "Contact", READ)
    assert len(known) == len(contacts())

    @settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
    @given(filters(SF_FIELDS))
    def law(filter: Filter) -> None:
        check(salesforce, "Contact", known, filter)

    law()


def test_bulk_brings_the_same(salesforce: SalesforceConnector, sandbox_server: Any) -> None:
    """A walk that Bulk API goes on with keeps to its filter."""
    client = salesforce.client
    object.__setattr__(client, "settings", client.settings.model_copy(update={"bulk_above": 0}))
    rows = [
        {
            "Id": new_id("003", n + 1),
            "LastName": f"n{n % 2}",
            "CreatedDate": BORN + timedelta(seconds=n),
        }
        for n in range(4_100)
    ]
    salesforce_sandbox.insert(sandbox_server.state, "Contact", rows)
    filter: Filter = ((Comparison("LastName", Op.IS, ("N1",)),),)
    told = brought(salesforce, "Contact", ["LastName"], filter)
    assert {record.fields["LastName"] for record in told.values()} == {"n1"}
    assert len(told) == 2_050 == salesforce.count("Contact", None, filter)


HUB_FIELDS: dict[str, Sequence[Any]] = {
    "name": WORDS,
    "type": ("PROSPECT", "prospect", "PARTNER", "unheard"),
    "numberofemployees": NUMBERS,
    "closedate": (*MOMENTS, *DAYS),
    "is_public": (True, False, "true"),
    "hs_lastmodifieddate": DAYS,
    "no_such_property": WORDS,
}


def companies() -> list[dict[str, Any]]:
    """Companies that differ in every property, blanks among them."""
    rows = []
    for number, word in enumerate((*WORDS, "plain", "last")):
        values = {"name": word}
        if number % 3:
            values |= {"type": ("PROSPECT", "PARTNER")[number % 2], "is_public": "true"}
            values["closedate"] = f"{BORN - timedelta(days=number):%Y-%m-%dT%H:%M:%S.000Z}"
        if number % 4:
            values["numberofemployees"] = str(NUMBERS[number % 5])
        at = BORN + timedelta(seconds=number // 4)
        rows.append({"id": number + 1, "properties": values, "created": at, "modified": at})
    return rows


def test_a_search_brings_what_a_filter_lets_through(hubspot: HubSpotAccount) -> None:
    """Whatever is compared with whatever, also where a window's stamps are all equal."""
    hubspot_sandbox.insert(hubspot.state, "companies", companies())
    fields = [
        name for name in HUB_FIELDS if name not in ("hs_lastmodifieddate", "no_such_property")
    ]
    known = everything(hubspot.connector, "companies", fields)
    assert len(known) == len(companies())

    @settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
    @given(filters(HUB_FIELDS))
    def law(filter: Filter) -> None:
        check(hubspot.connector, "companies", known, filter)

    law()


def test_a_scope_is_searched_for_in_large_pages(open_hubspot: Any) -> None:
    """Two filters in pages of 200: as many searches as it takes, and no listing."""
    account = open_hubspot()
    at = [BORN + timedelta(seconds=number) for number in range(500)]
    hubspot_sandbox.insert(
        account.state,
        "companies",
        [
            {"id": n + 1, "properties": {"name": "ab"[n % 2]}, "created": at[n], "modified": at[n]}
            for n in range(500)
        ],
    )
    filter: Filter = ((Comparison("name", Op.IS, ("A",)), Comparison("name", Op.FILLED)),)
    told = brought(account.connector, "companies", ["name"], filter)
    assert len(told) == 250
    assert account.calls("companies/search") == 2
    assert account.calls("objects/companies") == 0


def test_more_fields_than_a_uri_holds_are_read_by_id(
    salesforce: SalesforceConnector, sandbox_server: Any
) -> None:
    """What a page asks for beyond a URI's room comes by a second call, and is the same."""
    salesforce_sandbox.insert(sandbox_server.state, "Contact", contacts())
    names = ["LastName", "LeadSource", "Tasuki_Score__c", "Owner.Name"]
    question = pages.Question(salesforce.client, "Contact", names)
    narrow = pages.Question(salesforce.client, "Contact", names, room=20)
    assert (question.selected(names), narrow.selected(names)) == (names, ["Owner.Name"])
    known = brought(salesforce, "Contact", names, None)
    soql = narrow.statement(narrow.selected(names), pages.Walk())
    rows = query(salesforce.client, "Contact", soql)["records"]
    assert {record.id: record for record in narrow.records(rows, names)} == known
