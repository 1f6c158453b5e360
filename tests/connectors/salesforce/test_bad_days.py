"""The connector on the sandbox when the org is set up unkindly: keys, jobs, permissions, locks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.protocol import OpenContext, Settled, Verb, Write
from connectors.salesforce import SPEC
from sandbox.salesforce import edit, insert
from sandbox.salesforce.org import INTEGRATION_USER, PERSON, org_of
from sandbox.salesforce.retention import late as retention
from sandbox.salesforce.rows.convert import convert
from sandbox.salesforce.rows.merge import merge
from sandbox.salesforce.rows.write import create, delete
from tasuki.errors import BlockedError, SignInError
from tasuki.values import dumps, loads, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from connectors.protocol import Page
    from connectors.salesforce.connector import SalesforceConnector
    from sandbox.server import Serving
    from sandbox.state import State

CREDENTIALS = {
    "client credentials": "client_id client_secret",
    "JWT bearer": "client_id username private_key",
    "refresh token": "client_id client_secret refresh_token",
    "username and password": "client_id client_secret username password security_token",
    "SOAP login": "username password security_token",
}
FIELDS = ["Name", "NumberOfEmployees", "AnnualRevenue", "Partner__c", "Website", "CreatedDate"]


@pytest.fixture
def state(sandbox_server: Serving) -> State:
    """The sandbox's memory, for what only an administrator does."""
    return sandbox_server.state


@pytest.fixture
def control(
    sandbox_server: Serving, salesforce: SalesforceConnector
) -> Iterator[Callable[..., None]]:
    """Set the org up; what is undone afterwards is said beside the call."""
    undone: list[tuple[str, dict[str, Any]]] = []

    def post(path: str, body: dict[str, Any], undo: dict[str, Any] | None = None) -> None:
        url = f"{sandbox_server.info.https_url}/_sandbox/salesforce/{path}"
        answer = salesforce.client.session.post(url, json=body)
        assert answer.ok, answer.text
        if undo is not None:
            undone.append((path, undo))

    yield post
    for path, body in undone:
        post(path, body)


@pytest.fixture
def connect(
    sandbox_server: Serving, salesforce: SalesforceConnector
) -> Iterator[Callable[..., SalesforceConnector]]:
    """Further connectors to the same org, with settings of the test's own."""
    opened: list[SalesforceConnector] = []

    def open_with(**changes: Any) -> SalesforceConnector:
        settings = SPEC.settings.model_validate(
            {**salesforce.client.settings.model_dump(), **changes}
        )
        context = OpenContext("crm", Path("/"), salesforce.client.clock)
        opened.append(SPEC.open(settings, context))  # type: ignore[arg-type]
        opened[-1].client.sleep = lambda _: None
        return opened[-1]

    yield open_with
    for connector in opened:
        connector.close()


def add(state: State, object: str, **fields: Any) -> str:
    """A record made by a person."""
    org = org_of(state)
    return create(org, org.schema.objects[object], fields, user=PERSON)


def add_many(state: State, count: int) -> list[str]:
    """Accounts made by an import, each third without values."""
    ids = org_of(state).next_ids("001", count)
    rows = [
        {
            "Id": id,
            "Name": f'A "{n}", 株式会社',
            "NumberOfEmployees": n if n % 3 else None,
            "AnnualRevenue": n / 4 if n % 3 else None,
            "Partner__c": bool(n % 2),
        }
        for n, id in enumerate(ids)
    ]
    insert(state, "Account", rows)
    return ids


def pull(
    connector: SalesforceConnector, object: str, fields: Sequence[str], cursor: str | None = None
) -> list[Page]:
    """Every page from the cursor on."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        assert len(pages) < 500
        pages.append(connector.page(object, fields, cursor))
        cursor = pages[-1].next_cursor
    return pages


def content(pages: Sequence[Page]) -> dict[str, str]:
    """Id to everything that was read about it, to the type of each value."""
    return {
        r.id: repr((sorted(r.fields.items()), r.modified_at, r.modified_by))
        for p in pages
        for r in p.records
    }


# ── signing in ──


@pytest.mark.parametrize("flow", CREDENTIALS)
def test_every_flow_signs_in(sandbox_server, control, connect, flow) -> None:
    """Each way leads to a session that reads, and is renewed when it ends."""
    info = sandbox_server.info
    for switch in ("soap_login", "password_login"):
        control("switch", {"name": switch, "on": True}, {"name": switch, "on": False})
    known = {
        "client_id": info.client_id,
        "client_secret": info.client_secret,
        "username": info.salesforce_username,
        "password": info.salesforce_password,
        "security_token": info.salesforce_security_token,
        "refresh_token": info.salesforce_refresh_token,
        "private_key": Path(info.salesforce_jwt_key).read_text("utf-8"),
    }
    given = {name: known[name] for name in CREDENTIALS[flow].split()}
    connector = connect(**{**dict.fromkeys(known), **given})
    assert connector.client.settings.flow == flow
    assert connector.count("Account") == 0
    control("expire", {})
    assert connector.count("Account") == 0


def test_a_flow_that_the_org_blocks_says_so(sandbox_server, connect) -> None:
    """New orgs have no SOAP login: the remedy names another way."""
    info = sandbox_server.info
    given = {"username": info.salesforce_username, "password": info.salesforce_password}
    connector = connect(client_id=None, client_secret=None, **given)
    with pytest.raises(SignInError) as caught:
        connector.count("Account")
    assert "client credentials" in caught.value.remedy


# ── reading ──


def test_bulk_and_rest_tell_the_same(state, salesforce, connect) -> None:
    """A pull by Bulk API is the pull by REST, to the type of each value."""
    ids = add_many(state, 4_500)
    asked = [*FIELDS, "Owner.Email", "Owner.IsActive"]
    by_rest = content(pull(salesforce, "Account", asked))
    pages = pull(connect(bulk_above=2_000), "Account", asked)
    assert content(pages) == by_rest
    assert by_rest.keys() == set(ids)
    assert any(page.more and not page.records for page in pages)


def test_what_changes_while_a_job_runs_is_read(state, connect) -> None:
    """A change behind the first page comes with the job or with the next pull."""
    ids = add_many(state, 4_500)
    connector = connect(bulk_above=2_000)
    first = connector.page("Account", ["Name"], None)
    edit(state, "Account", ids[0], {"Name": "changed"})
    rest = pull(connector, "Account", ["Name"], first.next_cursor)
    again = pull(connector, "Account", ["Name"], rest[-1].next_cursor)
    found = {r.id: r.fields["Name"] for p in (*rest, *again) for r in p.records}
    assert found[ids[0]] == "changed"


def test_a_lost_field_permission_is_told_from_an_empty_field(state, salesforce, control) -> None:
    """What we may no longer see is named and missing, never None; it is asked for again later."""
    id = add(state, "Account", Name="Nagare", Website="x.example")
    seen = pull(salesforce, "Account", ["Name", "Website"])[-1]
    hidden = {"fields": {"Account.Website": []}}
    who = {"who": INTEGRATION_USER}
    control("permission", {**who, "permission": hidden}, {**who, "permission": None})
    page = pull(salesforce, "Account", ["Name", "Website"], None)[-1]
    (read,) = salesforce.read("Account", [id], ["Name", "Website"])
    assert (seen.unreadable, page.unreadable) == ((), ("Website",))
    assert page.records[0].fields == read.fields == {"Name": "Nagare"}
    control("permission", {**who, "permission": None})
    state.set_clock_offset(state.now() + timedelta(hours=2) - datetime.now(UTC))
    page = pull(salesforce, "Account", ["Name", "Website"], None)[-1]
    assert (page.unreadable, page.records[0].fields["Website"]) == ((), "x.example")


def test_a_lost_object_permission_blocks(salesforce, control) -> None:
    """The object and the permission are named."""
    who, hidden = {"who": INTEGRATION_USER}, {"objects": {"Lead": []}}
    control("permission", {**who, "permission": hidden}, {**who, "permission": None})
    with pytest.raises(BlockedError) as caught:
        salesforce.page("Lead", ["LastName"], None)
    assert "Lead" in caught.value.what
    assert "Read" in caught.value.remedy


def test_merges_are_followed_beyond_the_deleted(state, salesforce) -> None:
    """A survivor that was merged away before the cursor still leads to the last one."""
    first, second, third = (add(state, "Contact", LastName=name) for name in "ABC")
    org = org_of(state)
    merge(org, "Contact", third, [second])
    with state.transaction() as db:
        db.execute("DELETE FROM sf_deleted")
    cursor = salesforce.deletes("Contact", None).next_cursor
    delete(org, org.schema.objects["Contact"], first)
    with state.transaction() as db:
        db.execute("UPDATE sf_Contact SET MasterRecordId = ? WHERE Id = ?", (second, first))
    answer = salesforce.deletes("Contact", cursor)
    assert (answer.ids, answer.merged) == ((first,), {first: third})


def test_a_long_transaction_does_not_hold_up_a_list_of_deletes(state, salesforce) -> None:
    """More deletes than an answer takes, and a log held back: the run ends, the next goes on."""
    org = org_of(state)
    ids = [add(state, "Contact", LastName=f"N{n}") for n in range(9)]
    cursor = salesforce.deletes("Contact", None).next_cursor
    late = retention.begin(org)
    for id in ids:
        state.set_clock_offset(state.now() + timedelta(minutes=20) - datetime.now(UTC))
        delete(org, org.schema.objects["Contact"], id)
    state.set_setting("sf_replication_ids", "6")
    told: set[str] = set()
    try:
        cursor = _told(salesforce, cursor, told)
        assert len(told) < 9
        retention.roll_back(org, late)
        _told(salesforce, cursor, told)
    finally:
        state.set_setting("sf_replication_ids", "")
    assert told == set(ids)


def _told(salesforce: SalesforceConnector, cursor: str, told: set[str]) -> str:
    for _ in range(20):
        answer = salesforce.deletes("Contact", cursor)
        told.update(answer.ids)
        cursor = answer.next_cursor
        if not answer.more:
            return cursor
    raise AssertionError("it never ended")


def test_a_quiet_run_costs_two_calls_an_object(state, salesforce) -> None:
    """One query, one question for deletes; merges are looked up only when something is gone."""
    add(state, "Contact", LastName="Abe")
    cursor = pull(salesforce, "Contact", ["LastName"])[-1].next_cursor
    deletes = salesforce.deletes("Contact", None).next_cursor
    calls = salesforce.limits().calls
    page = salesforce.page("Contact", ["LastName"], cursor)
    assert not page.more
    assert page.total == len(page.records)
    assert salesforce.deletes("Contact", deletes).ids == ()
    assert salesforce.limits().calls - calls == 2
    assert page.covered is not None
    assert page.covered.since is not None
    assert (page.covered.since.microsecond, page.covered.until.microsecond) == (0, 0)


def test_deletes_that_nobody_tells_are_a_gap_once_a_day(state, salesforce) -> None:
    """Some rows vanish without a word: ids are compared, but not in every run."""
    every = org_of(state).schema.objects.items()
    object = next(name for name, each in every if "replicate" not in each.traits)
    fresh = salesforce.deletes(object, None).next_cursor
    quiet = salesforce.deletes(object, fresh)
    assert (quiet.gap, quiet.next_cursor) == (False, fresh)
    old = dumps({"since": stamp(state.now() - timedelta(days=1, minutes=1))})
    told = salesforce.deletes(object, old)
    assert told.gap
    assert loads(told.next_cursor)["since"] > loads(old)["since"]


def test_a_converted_lead_stays_and_names_its_contact(state, salesforce) -> None:
    """Conversion is no delete and no merge: the lead says whom it became."""
    lead = add(state, "Lead", LastName="Abe", Company="Nagare")
    cursor = salesforce.deletes("Lead", None).next_cursor
    made = convert(org_of(state), lead)
    page = pull(salesforce, "Lead", ["IsConverted", "ConvertedContactId"])[-1]
    assert page.records[0].fields == {"IsConverted": True, "ConvertedContactId": made.contact}
    assert salesforce.deletes("Lead", cursor).ids == ()


# ── writing ──


def test_a_lock_is_waited_for(state, salesforce, control) -> None:
    """A record that another writer holds for a moment is written in the end."""
    id = add(state, "Account", Name="Nagare")
    waits: list[float] = []
    salesforce.client.sleep = waits.append
    control("lock", {"ids": [id], "times": 2})
    (receipt,) = salesforce.write([Write("w", Verb.UPDATE, "Account", {"Website": "x.jp"}, id)])
    assert receipt.settled is Settled.WRITTEN
    assert len(waits) == 2


def test_no_assignment_rule_takes_the_owner(state, salesforce, connect) -> None:
    """Writes say FALSE unless the settings let the org's rules choose."""
    asked = [connector.client.settings.auto_assign for connector in (salesforce, connect())]
    assert asked == [False, False]
    sent: list[str] = []
    for connector in (salesforce, connect(auto_assign=True, api_version="60.0")):
        hook = connector.client.session.hooks["response"]
        hook.append(lambda answer, **_: sent.append(str(answer.request.headers)))
        connector.write([Write("w", Verb.CREATE, "Account", {"Name": "N"})])
    off, on = (text for text in sent if "Auto-Assign" in text)
    assert "'Sforce-Auto-Assign': 'FALSE'" in off
    assert "Sforce-Mru" not in off
    assert "'Sforce-Auto-Assign': 'TRUE'" in on
    assert "'Sforce-Mru': 'updateMru=false'" in on


def test_siblings_stand_together(state, salesforce) -> None:
    """Receipts keep the order of the batch although children go out by parent."""
    one, two = (add(state, "Account", Name=name) for name in "AB")
    batch = [
        Write(f"w{n}", Verb.CREATE, "Contact", {"LastName": f"L{n}", "AccountId": parent})
        for n, parent in enumerate([two, one, two, one])
    ]
    receipts = salesforce.write(batch)
    assert [receipt.key for receipt in receipts] == ["w0", "w1", "w2", "w3"]
    found = {
        r.id: r.fields["LastName"] for r in pull(salesforce, "Contact", ["LastName"])[0].records
    }
    assert [found[str(receipt.id)] for receipt in receipts] == ["L0", "L1", "L2", "L3"]


def test_notices_name_a_neighbour_and_a_day_that_runs_out(state, salesforce, control) -> None:
    """HubSpot's package betrays itself by its fields, the day by its counters."""
    assert salesforce.notices() == []
    field = {"name": "HubSpot_Inc__Contact_ID__c", "type": "string", "length": 20, "is": "null"}
    control("field", {"object": "Contact", "field": field})
    control(
        "limit",
        {"name": "DailyApiRequests", "max": 1000, "used": 950},
        {"name": "DailyApiRequests", "max": 100_000, "used": 0},
    )
    salesforce.client.described.clear()
    neighbour, day = salesforce.notices()
    assert (neighbour.code, neighbour.fields) == (
        "native_integration",
        ("Contact.HubSpot_Inc__Contact_ID__c",),
    )
    assert day.code == "calls_nearly_used"
