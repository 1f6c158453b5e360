"""The past of HubSpot's properties, with who wrote each value."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.hubspot.others.history import kind_of
from connectors.protocol import Settled, Verb, Write
from sandbox.hubspot.data import records, writes
from sandbox.hubspot.data.kinds import kind_of as type_of

if TYPE_CHECKING:
    from conftest import HubSpotAccount


def automation(account: HubSpotAccount, id: str, **fields: str) -> None:
    """What a workflow of the account does to a contact."""
    author = writes.Author("AUTOMATION_PLATFORM", "enrollmentId:7;actionExecutionIndex:0")
    row = records.read(account.state, type_of("contacts"), id)
    assert row is not None
    with account.state.transaction():
        writes.update(account.state, type_of("contacts"), row, fields, author)


def test_each_value_has_its_moment_and_its_writer(hubspot: HubSpotAccount) -> None:
    """A person, our app and a workflow are told apart; values are spelled as a read has them."""
    id = hubspot.hand.add("contacts", {"lastname": "A"})
    hubspot.pass_time(timedelta(minutes=5))
    since = hubspot.state.now()
    hubspot.hand.edit("contacts", id, {"city": "Kobe"})
    hubspot.pass_time(timedelta(minutes=5))
    write = Write("w", Verb.UPDATE, "contacts", {"city": "Osaka"}, id)
    assert hubspot.connector.write([write])[0].settled is Settled.WRITTEN
    hubspot.pass_time(timedelta(minutes=5))
    automation(hubspot, id, city="")
    found = hubspot.connector.history("contacts", [id, "999999"], ["city", "lastname"], since)
    assert [(each.id, each.field, each.value, each.by_kind) for each in found] == [
        (id, "city", "Kobe", "user"),
        (id, "city", "Osaka", "app"),
        (id, "city", None, "automation"),
    ]
    assert [each.by for each in found][:2] == ["1001", "1160452"]
    assert sorted(each.at for each in found) == [each.at for each in found]
    whole = hubspot.connector.history("contacts", [id], ["lastname"], since - timedelta(days=1))
    assert [each.value for each in whole] == ["A"]


def test_what_has_no_past_is_left_out(hubspot: HubSpotAccount) -> None:
    """Links, stamps, unknown fields and lists have none; where nothing is left, nobody is asked."""
    id = hubspot.hand.add("contacts", {"lastname": "A"})
    since = hubspot.state.now() - timedelta(days=1)
    hubspot.wire.seen.clear()
    none = ["associations.companies", "lastmodifieddate"]
    assert hubspot.connector.history("contacts", [id], none, since) == []
    assert list(hubspot.connector.history("lists", ["1"], ["name"], since)) == []
    assert hubspot.wire.seen == []
    assert hubspot.connector.history("contacts", [id], ["no_such_field"], since) == []


def test_history_is_read_fifty_records_at_a_time(hubspot: HubSpotAccount) -> None:
    """One hundred and twenty records cost three calls, however many fields are asked for."""
    ids = [hubspot.hand.add("contacts", {"lastname": f"n{n}"}) for n in range(120)]
    since = hubspot.state.now() - timedelta(days=1)
    found = hubspot.connector.history("contacts", ids, ["lastname", "city"], since)
    assert [each.id for each in found] == ids
    assert hubspot.calls("batch/read") == 3


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("CRM_UI", "user"),
        ("MOBILE_IOS", "user"),
        ("WORKFLOWS", "automation"),
        ("AUTOMATION_PLATFORM", "automation"),
        ("CALCULATED", "automation"),
        ("API", "app"),
        ("INTEGRATIONS_PLATFORM", "app"),
        ("SALESFORCE", "app"),
        ("FORM", "unknown"),
        (None, "unknown"),
    ],
)
def test_sources_say_who_wrote(source: str | None, kind: str) -> None:
    """The set of sources is open; what is not known is said to be unknown."""
    assert kind_of(source) == kind
