"""The Salesforce connector over HTTPS against the sandbox, through the real client library."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr, ValidationError

from connectors.protocol import LinkTo, OpenContext, Settled, Verb, Write
from connectors.salesforce import SPEC
from connectors.salesforce.ids import full_id, is_id
from connectors.salesforce.settings import SalesforceSettings
from sandbox.salesforce import insert
from sandbox.salesforce.org import INTEGRATION_USER, PERSON, org_of
from sandbox.salesforce.rows.convert import convert
from sandbox.salesforce.rows.write import create, delete
from tasuki.clock import FixedClock
from tasuki.errors import BlockedError, ConfigError, RejectedError, SignInError, UnreachableError
from tasuki.values import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.protocol import Page, Record
    from connectors.salesforce.connector import SalesforceConnector
    from sandbox.server import Serving
    from sandbox.state import State


@pytest.fixture
def state(sandbox_server: Serving) -> State:
    """The sandbox's memory, for what only an administrator does."""
    return sandbox_server.state


def add(state: State, object: str, **fields: Any) -> str:
    """A record made by a person."""
    org = org_of(state)
    return create(org, org.schema.objects[object], fields, user=PERSON)


def add_many(state: State, count: int) -> list[str]:
    """Accounts made by an import."""
    ids = org_of(state).next_ids("001", count)
    insert(state, "Account", [{"Id": id, "Name": f"A{n}"} for n, id in enumerate(ids)])
    return ids


def pull(
    connector: SalesforceConnector, object: str, fields: Sequence[str], cursor: str | None = None
) -> tuple[list[Record], str, int]:
    """Records of a whole pull, its last cursor, its pages."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        pages.append(connector.page(object, fields, cursor))
        cursor = pages[-1].next_cursor
    return [record for page in pages for record in page.records], str(cursor), len(pages)


def later(state: State, by: timedelta) -> None:
    """Move the sandbox's time on."""
    state.set_clock_offset(state.now() + by - datetime.now(UTC))


def write(verb: Verb, object: str, key: str = "w", **fields: Any) -> Write:
    """One write, its id among the fields."""
    return Write(key, verb, object, fields, fields.pop("id", None))


# ── reading ──


def test_parents_are_flattened_and_stamps_kept_apart(salesforce, state) -> None:
    """`Owner.Email` is a field like any other; attributes and stamps are not among the fields."""
    id = add(state, "Account", Name="Nagare")
    asked = ["Name", "Owner.Email", "Parent.Name", "SystemModstamp"]
    (record,), _, _ = pull(salesforce, "Account", asked)
    assert set(record.fields) == {"Name", "Owner.Email", "Parent.Name"}
    assert "@" in record.fields["Owner.Email"]
    assert record.fields["Parent.Name"] is None
    assert (record.id, record.modified_by) == (id, PERSON)
    assert record.modified_at is not None
    (read,) = salesforce.read("Account", [id], asked)
    assert read == record


def test_long_results_follow_the_locator(salesforce, state) -> None:
    """More rows than a page come once each, oldest change first, at the floor's number of calls."""
    ids = add_many(state, 4_100)
    calls = salesforce.limits().calls
    records, _, pages = pull(salesforce, "Account", ["Name"])
    assert sorted(record.id for record in records) == sorted(ids)
    assert [r.modified_at for r in records] == sorted(r.modified_at for r in records)
    assert salesforce.limits().calls - calls == pages + 1  # and the sign-in


def test_a_dead_locator_loses_nothing(salesforce, state) -> None:
    """A walk whose locator is gone starts again at the last second it saw."""
    ids = add_many(state, 2_500)
    first = salesforce.page("Account", ["Name"], None)
    cursor = loads(first.next_cursor)
    cursor["next"] = cursor["next"][:-12] + "zzzzzzz-2000"
    rest, _, _ = pull(salesforce, "Account", ["Name"], dumps(cursor))
    assert {r.id for r in (*first.records, *rest)} == set(ids)


def test_a_changed_field_list_does_not_go_on_with_the_old_statement(salesforce, state) -> None:
    """A cursor made for other fields starts a new statement instead of lacking columns."""
    add_many(state, 2_500)
    first = salesforce.page("Account", ["Name"], None)
    assert first.more
    second = salesforce.page("Account", ["Name", "Website"], first.next_cursor)
    assert all("Website" in record.fields for record in second.records)


def test_a_mass_change_is_not_read_again_for_ever(salesforce, state) -> None:
    """What was read twice within the overlap costs nothing once the overlap has passed."""
    add_many(state, 300)
    _, cursor, _ = pull(salesforce, "Account", ["Name"])
    later(state, timedelta(minutes=20))
    _, cursor, _ = pull(salesforce, "Account", ["Name"], cursor)
    later(state, timedelta(minutes=20))
    calls = salesforce.limits().calls
    records, _, _ = pull(salesforce, "Account", ["Name"], cursor)
    assert records == []
    assert salesforce.limits().calls - calls == 1


def test_a_field_we_cannot_see_is_named(salesforce, state) -> None:
    """A hidden field is left out of the records and named; it is never taken for empty."""
    id = add(state, "Account", Name="Nagare")
    asked = ["Name", "Bacon__c", "Owner.Email", "Owner.Shoe__c", "Nobody.Name"]
    page = salesforce.page("Account", asked, None)
    assert page.unreadable == ("Bacon__c", "Owner.Shoe__c", "Nobody.Name")
    assert [set(record.fields) for record in page.records] == [{"Name", "Owner.Email"}]
    for again in (
        salesforce.read("Account", [id], asked),
        salesforce.find("Account", "Name", ["Nagare"], asked),
    ):
        assert tuple(again) == page.records


def test_a_hidden_field_is_looked_up_once(salesforce, state) -> None:
    """While a connector is open, a quiet pull with a hidden field costs one call."""
    add(state, "Account", Name="Nagare")
    asked = ["Name", "Bacon__c"]
    _, cursor, _ = pull(salesforce, "Account", asked)
    calls = salesforce.limits().calls
    page = salesforce.page("Account", asked, cursor)
    assert page.unreadable == ("Bacon__c",)
    assert salesforce.limits().calls - calls == 1


def test_a_running_pull_remembers_what_it_is_not_shown(salesforce, state) -> None:
    """Another process that goes on with the cursor does not take the hidden field for empty."""
    add_many(state, 2_500)
    first = salesforce.page("Account", ["Name", "Bacon__c"], None)
    other = reopened(salesforce)
    rest = other.page("Account", ["Name", "Bacon__c"], first.next_cursor)
    other.close()
    assert (len(rest.records), rest.unreadable) == (500, ("Bacon__c",))
    assert {tuple(record.fields) for record in rest.records} == {("Name",)}


def test_an_object_we_cannot_see_blocks_with_its_name(salesforce) -> None:
    """Without Read on the object nothing is read, and the missing permission is named."""
    for ask in (
        lambda: salesforce.page("Bacon__c", ["Name"], None),
        lambda: salesforce.find("Bacon__c", "Name", ["x"], ["Name"]),
    ):
        with pytest.raises(BlockedError) as caught:
            ask()
        assert "Bacon__c" in caught.value.what
        assert "Read" in caught.value.why


def test_a_key_we_cannot_see_is_refused_by_name(salesforce) -> None:
    """Searching by a field that is not shown cannot be answered without it."""
    with pytest.raises(ConfigError, match="Bacon__c"):
        salesforce.find("Account", "Bacon__c", ["x"], ["Name"])


def test_the_last_page_says_what_is_covered(salesforce, state) -> None:
    """Windows join without a hole, end one overlap ago, and can be counted and read again."""
    ids = add_many(state, 2_500)
    first = salesforce.page("Account", ["Name"], None)
    assert (first.total, first.covered) == (2_500, None)
    last = salesforce.page("Account", ["Name"], first.next_cursor)
    assert last.total is None
    assert last.covered is not None
    assert last.covered.since is None
    overlap = salesforce.client.settings.overlap
    assert timedelta(0) <= state.now() - overlap - last.covered.until < timedelta(seconds=3)
    later(state, timedelta(minutes=20))
    half = salesforce.page("Account", ["Name"], last.next_cursor)
    second = salesforce.page("Account", ["Name"], half.next_cursor)
    assert half.total == len(half.records) + len(second.records) == 2_500
    assert second.covered is not None
    assert second.covered.since == last.covered.until
    assert salesforce.count("Account", second.covered) == len(ids)
    again = salesforce.page("Account", ["Name"], salesforce.cursor_from("Account", state.now()))
    assert again.records == ()


def test_too_many_fields_are_refused_before_sending(salesforce) -> None:
    """A statement that no URI holds is a mistake in the file, not a failed call."""
    calls = salesforce.limits().calls
    with pytest.raises(ConfigError, match="Too many fields of Account"):
        salesforce.page("Account", [f"Owner.Field_Number_{n}__c" for n in range(700)], None)
    assert salesforce.limits().calls == calls


def test_finding_survives_quotes_and_long_lists(salesforce, state) -> None:
    """Values are escaped, and more than fit a URI are asked for in several calls."""
    odd = 'O\'Neil \\ "Söhne" 株式会社'
    id = add(state, "Account", Name=odd)
    values = [odd, "", *(f"No such company number {n}" for n in range(900))]
    assert [record.id for record in salesforce.find("Account", "Name", values, [])] == [id]


def test_reading_by_id_takes_both_forms_and_refuses_misspelt_ones(salesforce, state) -> None:
    """A 15-character id is the same record; a wrong check or a foreign text is no record."""
    id = add(state, "Account", Name="Nagare")
    swapped = id[:15].swapcase() + id[15:]
    found = salesforce.read("Account", [id[:15], swapped, "nonsense", id], ["Name", "Owner.Email"])
    assert [record.id for record in found] == [id]


def test_archived_activities_are_read_and_counted(salesforce, state) -> None:
    """Activities older than a year leave `query`; they are still records to us."""
    id = add(state, "Task", Subject="Call", Tasuki_Key__c="k1")
    with state.transaction() as db:
        db.execute("UPDATE sf_Task SET IsArchived = 1")
    assert [record.id for record in pull(salesforce, "Task", ["Subject"])[0]] == [id]
    assert (salesforce.count("Task"), salesforce.ids("Task", None).ids) == (1, (id,))
    assert [r.id for r in salesforce.find("Task", "Tasuki_Key__c", ["k1"], [])] == [id]


def test_history_rows_have_their_own_stamps(salesforce, state) -> None:
    """History has no modifier and tells no deletes; it is read like the rest."""
    account = add(state, "Account", Name="Nagare")
    add(
        state,
        "Opportunity",
        Name="Flow",
        AccountId=account,
        StageName="Prospecting",
        CloseDate="2026-03-31",
    )
    records, _, _ = pull(salesforce, "OpportunityHistory", ["StageName"])
    assert "Prospecting" in {record.fields["StageName"] for record in records}
    start = salesforce.deletes("OpportunityHistory", None).next_cursor
    assert salesforce.deletes("OpportunityHistory", start).ids == ()


def test_merges_lead_to_the_last_survivor(salesforce, state) -> None:
    """A loser is deleted and points to who absorbed it, through a chain of merges."""
    first, second, third, gone = (add(state, "Account", Name=name) for name in "ABCD")
    cursor = salesforce.deletes("Account", None).next_cursor
    org = org_of(state)
    for loser, master in ((first, second), (second, third), (gone, None)):
        delete(org, org.schema.objects["Account"], loser)
        with state.transaction() as db:
            db.execute("UPDATE sf_Account SET MasterRecordId = ? WHERE Id = ?", (master, loser))
    answer = salesforce.deletes("Account", cursor)
    assert set(answer.ids) == {first, second, gone}
    assert answer.merged == {first: third, second: third}
    assert (answer.more, answer.gap) == (False, False)


def test_deletes_older_than_the_log_are_a_gap(salesforce, state) -> None:
    """A cursor from before the platform's reach says that ids must be compared."""
    cursor = salesforce.deletes("Account", None).next_cursor
    later(state, timedelta(days=20))
    salesforce.count("Account")  # learn the server's time
    assert salesforce.deletes("Account", cursor).gap


def test_discovery_tells_what_our_user_may_not_do(salesforce) -> None:
    """The describe's own flags, with the name a permission set has for each."""
    account, history = salesforce.discover(["Account", "OpportunityHistory"])
    assert account.refused == {}
    assert set(history.refused) == {"create", "update", "delete"}
    assert history.refused["update"] == "Edit on OpportunityHistory to the integration user"


def test_discovery_speaks_our_types(salesforce) -> None:
    """Describe becomes fields with our types, restricted options and what must be given."""
    contact, task = salesforce.discover(["Contact", "Task"])
    fields = {each.name: each for each in contact.fields}
    assert fields["LastName"].required
    assert not fields["FirstName"].required
    assert fields["Email"].type == "text"
    assert fields["AccountId"].refers_to == ("Account",)
    role = fields["Role_In_Purchase__c"]
    assert (role.type, role.restricted) == ("picklist", True)
    assert role.options == ("decision_maker", "influencer", "user", "gatekeeper")
    key = next(each for each in task.fields if each.name == "Tasuki_Key__c")
    assert (key.external_id, key.unique, key.length) == (True, False, 80)
    assert {"Account", "Lead", "User"} <= {each.name for each in salesforce.discover()}


# ── writing ──


def rejected(receipt: Any) -> tuple[str, ...]:
    """The four lines of a receipt's refusal."""
    assert receipt.settled is Settled.REJECTED
    assert isinstance(receipt.error, RejectedError)
    lines: tuple[str, ...] = receipt.error.lines()
    return lines


def test_values_arrive_as_the_platform_wants_them(salesforce, state) -> None:
    """Amounts, booleans, empty values and dates are written and read back."""
    made = write(
        Verb.CREATE, "Account", Name="N", Tasuki_Score__c=Decimal("12.50"), Partner__c=True
    )
    (receipt,) = salesforce.write([made])
    assert (receipt.settled, receipt.created) == (Settled.WRITTEN, True)
    clear = write(Verb.UPDATE, "Account", id=receipt.id, Tasuki_Score__c=None, Website="x.example")
    salesforce.write([clear])
    (record,) = salesforce.read("Account", [receipt.id], ["Tasuki_Score__c", "Partner__c"])
    assert record.fields == {"Tasuki_Score__c": None, "Partner__c": True}
    assert record.modified_by == INTEGRATION_USER


def test_refusals_name_the_field_the_reason_and_the_remedy(salesforce, state) -> None:
    """Each kind of bad record is parked in plain words, without the value that was refused."""
    id = add(state, "Contact", LastName="Abe")
    batch = [
        write(Verb.UPDATE, "Contact", "picklist", id=id, Role_In_Purchase__c="secret boss"),
        write(Verb.UPDATE, "Contact", "long", id=id, FirstName="secret" * 20),
        write(Verb.UPDATE, "Contact", "required", id=id, LastName=None),
        write(Verb.UPDATE, "Contact", "email", id=id, Email="secret"),
        write(Verb.UPDATE, "Contact", "good", id=id, Title="Director"),
    ]
    receipts = {receipt.key: receipt for receipt in salesforce.write(batch)}
    assert receipts.pop("good").settled is Settled.WRITTEN
    said = {key: rejected(receipt) for key, receipt in receipts.items()}
    assert "Role_In_Purchase__c" in said["picklist"][0]
    assert "at most 40 characters" in said["long"][2]
    assert "LastName" in said["required"][0]
    assert "INVALID_EMAIL_ADDRESS" in said["email"][0]
    assert "secret" not in str(said)
    assert all(fix != "-" for _, _, _, fix in said.values())


def test_a_converted_lead_and_a_deleted_record_are_told_apart(salesforce, state) -> None:
    """Both stay as they are; each says what happened to it. Deleting twice is done."""
    lead = add(state, "Lead", LastName="Abe", Company="Nagare")
    convert(org_of(state), lead)
    (receipt,) = salesforce.write([write(Verb.UPDATE, "Lead", id=lead, Title="x")])
    assert "converted" in rejected(receipt)[2]
    gone = add(state, "Contact", LastName="Abe")
    for _ in range(2):
        (receipt,) = salesforce.write([write(Verb.DELETE, "Contact", id=gone)])
        assert (receipt.settled, receipt.id) == (Settled.WRITTEN, gone)
    (receipt,) = salesforce.write([write(Verb.UPDATE, "Contact", id=gone, Title="x")])
    assert "deleted" in rejected(receipt)[2]


def test_a_task_is_found_by_its_key_before_it_is_made(salesforce, state) -> None:
    """Activity fields cannot be unique: the key is searched, and its links become lookups."""
    account, contact = add(state, "Account", Name="N"), add(state, "Contact", LastName="Abe")
    links = (LinkTo("Contact", contact), LinkTo("Account", account))
    task = write(Verb.CREATE, "Task", Subject="Call", Tasuki_Key__c="r1:k1")
    task = replace(task, natural_key=("Tasuki_Key__c", "r1:k1"), links=links)
    (first,), (second,) = salesforce.write([task]), salesforce.write([task])
    assert (first.created, second.created, first.id) == (True, False, second.id)
    (record,) = salesforce.read("Task", [first.id], ["WhoId", "WhatId"])
    assert record.fields == {"WhoId": contact, "WhatId": account}


def test_a_create_leaves_what_is_there(salesforce, state) -> None:
    """A task that somebody finished is not set back when the same create comes again."""
    task = write(Verb.CREATE, "Task", Subject="Call", Status="Not Started", Tasuki_Key__c="r1:k2")
    task = replace(task, natural_key=("Tasuki_Key__c", "r1:k2"))
    (made,) = salesforce.write([task])
    salesforce.write([write(Verb.UPDATE, "Task", id=made.id, Status="Completed")])
    (again,) = salesforce.write([task])
    assert (again.settled, again.created, again.id) == (Settled.WRITTEN, False, made.id)
    (record,) = salesforce.read("Task", [made.id], ["Status"])
    assert record.fields == {"Status": "Completed"}


def test_a_unique_key_is_upserted_by_the_platform(salesforce, state) -> None:
    """Where the org keeps a field unique, one call creates and updates, and nothing is searched."""
    org = org_of(state)
    if "Ext__c" not in org.schema.objects["Account"].fields:
        traits = "create update null external unique lookup"
        org.add_field("Account", {"name": "Ext__c", "type": "string", "length": 20, "is": traits})
    batch = [
        replace(write(Verb.UPSERT, "Account", n, Name=n), natural_key=("Ext__c", f"E{n}"))
        for n in "abc"
    ]
    first = salesforce.write(batch)
    calls = salesforce.limits().calls
    second = salesforce.write(batch)
    assert salesforce.limits().calls - calls == 1
    assert [receipt.created for receipt in (*first, *second)] == [True] * 3 + [False] * 3
    assert [receipt.id for receipt in first] == [receipt.id for receipt in second]


def test_a_batch_of_two_hundred_is_one_call(salesforce) -> None:
    """Writing costs `ceil(n / 200)` calls."""
    salesforce.count("Account")
    calls = salesforce.limits().calls
    batch = [write(Verb.CREATE, "Account", str(n), Name=f"N{n}") for n in range(200)]
    assert all(receipt.created for receipt in salesforce.write(batch))
    assert salesforce.limits().calls - calls == 1
    with pytest.raises(ValueError, match="at most 10000"):
        salesforce.write([replace(batch[0], key=str(n)) for n in range(10_001)])


def test_an_update_without_id_is_parked(salesforce) -> None:
    """Nothing says which record is meant, so nothing is sent."""
    (receipt,) = salesforce.write([write(Verb.UPDATE, "Account", Name="x")])
    assert "without an id" in rejected(receipt)[0]


def test_an_object_that_is_not_there_parks_its_writes(salesforce) -> None:
    """A wrong object name is told per record."""
    (receipt,) = salesforce.write([write(Verb.CREATE, "Nothing__c", Name="x")])
    assert rejected(receipt)[3]


# ── signing in ──


def reopened(salesforce: SalesforceConnector, **changes: Any) -> SalesforceConnector:
    """Another connector to the same org with other settings."""
    settings = salesforce.client.settings.model_copy(update=changes)
    context = OpenContext("crm", Path("/"), FixedClock(datetime(2026, 1, 5, tzinfo=UTC)))
    opened = SPEC.open(settings, context)
    opened.client.sleep = lambda _: None
    return opened


def test_an_ended_session_is_renewed_once(salesforce, sandbox_server) -> None:
    """A dead token costs one failed call and one sign-in, and the caller notices nothing."""
    salesforce.count("Account")
    url = f"{sandbox_server.info.https_url}/_sandbox/salesforce/expire"
    assert salesforce.client.session.post(url).status_code == 204
    calls = salesforce.limits().calls
    assert salesforce.count("Account") == 0
    assert salesforce.limits().calls - calls == 3


def test_a_wrong_secret_is_a_sign_in_error(salesforce) -> None:
    """Wrong credentials say so, and repeat neither the call nor the secret."""
    wrong = reopened(salesforce, client_secret=SecretStr("hunter2"))
    with pytest.raises(SignInError, match="invalid_client") as caught:
        wrong.count("Account")
    assert "hunter2" not in str(caught.value.lines())
    assert wrong.limits().calls == 1
    wrong.close()


def test_a_silent_address_is_unreachable(salesforce) -> None:
    """Nobody at the address blocks the connection after its attempts."""
    away = reopened(salesforce, login_url="https://localhost:9")
    with pytest.raises(UnreachableError) as caught:
        away.count("Account")
    assert "login_url" in caught.value.remedy
    with pytest.raises(UnreachableError):
        away.write([write(Verb.CREATE, "Account", Name="x")])
    away.close()


def test_an_unknown_authority_is_not_trusted(salesforce) -> None:
    """Without its CA file the sandbox is a stranger."""
    stranger = reopened(salesforce, ca_file=None)
    with pytest.raises(UnreachableError, match="certificate"):
        stranger.count("Account")
    stranger.close()


def test_a_missing_authority_file_is_said_at_once(salesforce) -> None:
    """A ca_file that is not there is a mistake in the project, found before the first call."""
    with pytest.raises(ConfigError, match="not there"):
        reopened(salesforce, ca_file=Path("no/such/ca.pem"))


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        ("http://acme.my.salesforce.com", "production"),
        ("https://login.salesforce.com", "production"),
        ("https://acme.my.salesforce.com", "sandbox"),
        ("https://acme--uat.sandbox.my.salesforce.com", "production"),
        ("https://acme.my.salesforce.com/some/path", "production"),
    ],
)
def test_addresses_that_contradict_themselves_are_refused(url, environment) -> None:
    """Plain HTTP, the shared sign-in host and the wrong environment never become a connection."""
    with pytest.raises(ValidationError):
        SalesforceSettings(
            login_url=url, environment=environment, client_id="x", client_secret=SecretStr("y")
        )


@pytest.mark.parametrize(
    ("short", "tail"), [("0014S000003Vl83", "QAC"), ("0034S000005YIzL", "QAW")]
)
def test_ids_carry_their_check(short, tail) -> None:
    """The 18-character form follows from the 15 characters, and a change of case breaks it."""
    assert full_id(short) == short + tail
    assert is_id(short + tail)
    assert not is_id(short.lower() + tail)
