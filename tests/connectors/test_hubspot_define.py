"""Properties made in a HubSpot account, and those that are there already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.hubspot.write.define import TYPES
from connectors.protocol import NewField, Receipt, Settled, Verb, Write
from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.oauth import tokens
from sandbox.hubspot.oauth.apps import own
from tasuki.errors import RejectedError, SignInError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import HubSpotAccount


@pytest.fixture
def fresh(hubspot: HubSpotAccount) -> Iterator[HubSpotAccount]:
    """An account whose properties are as before when the test is over."""
    yield hubspot
    with hubspot.state.transaction() as db:
        db.execute("DELETE FROM hs_property WHERE name LIKE 'tt_%'")
        db.execute("DELETE FROM hs_group WHERE name = 'tasuki'")


def field(name: str, type: str = "text", object: str = "contacts", **more: Any) -> NewField:
    """A field of the project."""
    return NewField(object, f"tt_{name}", type, {"en": name.capitalize()}, **more)


def why(receipt: Receipt) -> str:
    """The four lines of a refusal."""
    assert isinstance(receipt.error, RejectedError)
    return "\n".join(receipt.error.lines())


def test_every_type_of_field_is_made(fresh: HubSpotAccount) -> None:
    """All of an object in one call, in a group of our own; discovery shows them as asked for."""
    fields = [
        field(f"f_{type}", type, options=("a", "b") if type == "picklist" else ()) for type in TYPES
    ]
    receipts = fresh.connector.define(fields)
    assert [each.key for each in receipts] == [f"contacts.tt_f_{type}" for type in TYPES]
    assert {(each.settled, each.created) for each in receipts} == {(Settled.WRITTEN, True)}
    assert [path.rpartition("properties/")[2] for _, path in fresh.wire.seen] == [
        "contacts",
        "contacts/groups",
        "contacts/batch/create",
    ]
    (info,) = fresh.connector.discover(["contacts"])
    types = {each.name: each.type for each in info.fields if each.name.startswith("tt_f_")}
    assert types == {
        f"tt_f_{type}": {"longtext": "text", "int": "num"}.get(type, type) for type in TYPES
    }
    exchange = receipts[0].exchange
    assert exchange is not None
    assert (exchange.call, exchange.status) == (
        "POST /crm/v3/properties/contacts/batch/create",
        201,
    )


def test_what_is_there_already_is_written_not_created(fresh: HubSpotAccount) -> None:
    """The second time nothing is sent but the question what there is."""
    fields = [field("key", unique=True), field("grade", "picklist", options=("A",))]
    fresh.connector.define(fields)
    fresh.wire.seen.clear()
    again = fresh.connector.define([*fields, field("more")])
    assert [(each.settled, each.created) for each in again] == [
        (Settled.WRITTEN, False),
        (Settled.WRITTEN, False),
        (Settled.WRITTEN, True),
    ]
    assert len(fresh.wire.seen) == 2  # what there is, and the new one


def test_a_made_key_names_records_at_once(fresh: HubSpotAccount) -> None:
    """A unique field is upserted on by the same connector, without being opened anew."""
    fresh.connector.find("contacts", "email", ["a@b.example"], [])
    fresh.connector.define([field("key", unique=True)])
    write = Write("w", Verb.UPSERT, "contacts", {"lastname": "A"}, None, ("tt_key", "k1"))
    first, second = (fresh.connector.write([write])[0] for _ in range(2))
    assert (first.created, second.created) == (True, False)
    assert first.id == second.id


@pytest.mark.parametrize(
    ("standing", "wanted", "told"),
    [
        (field("x"), field("x", unique=True), "not unique, which cannot be changed later"),
        (field("x"), field("x", "date"), "its type is string, not date"),
        (
            field("x", "picklist", options=("A",)),
            field("x", "picklist", options=("A", "B")),
            "lacks the options B",
        ),
    ],
)
def test_what_stands_otherwise_is_refused_by_its_difference(
    fresh: HubSpotAccount, standing: NewField, wanted: NewField, told: str
) -> None:
    """A person may have made it: nothing is changed, and the neighbour is made all the same."""
    fresh.connector.define([standing])
    refused, made = fresh.connector.define([wanted, field("y")])
    assert refused.settled is Settled.REJECTED
    assert told in why(refused)
    assert (made.settled, made.created) == (Settled.WRITTEN, True)


def test_an_archived_name_is_restored(fresh: HubSpotAccount) -> None:
    """Making it again brings it back."""
    fresh.connector.define([field("x")])
    fresh.connector.client.call(fresh.connector.client.apis.properties.archive, "contacts", "tt_x")
    (receipt,) = fresh.connector.define([field("x")])
    assert (receipt.settled, receipt.created) == (Settled.WRITTEN, True)


def test_a_lost_answer_is_looked_up(fresh: HubSpotAccount) -> None:
    """The fields are asked for again: those that are there now were made by us."""
    fresh.wire.cut.append("properties/contacts/batch/create")
    receipts = fresh.connector.define([field("x"), field("y")])
    assert {(each.settled, each.created) for each in receipts} == {(Settled.WRITTEN, True)}
    assert fresh.calls("batch/create") == 1


def test_one_bad_field_harms_no_other(fresh: HubSpotAccount) -> None:
    """A batch refused as a whole is sent one by one; unknown objects are refused by name."""
    odd = NewField("contacts", "Tt Odd", "text", {"en": "Odd"})
    elsewhere = field("x", object="gadgets")
    receipts = fresh.connector.define([field("x"), odd, elsewhere, field("y")])
    assert [each.settled for each in receipts] == ["written", "rejected", "rejected", "written"]
    assert "gadgets" in why(receipts[2])


def test_a_missing_scope_is_named(
    fresh: HubSpotAccount, open_hubspot: Callable[..., HubSpotAccount]
) -> None:
    """Definitions need a scope beside the one for records; a token nobody knows stops it all."""
    assert kind_of("contacts").name == "contacts"
    scopes = ("crm.objects.contacts.write", "crm.schemas.contacts.read")
    held = tokens.mint(fresh.state, "access", own(fresh.state).id, scopes)
    account = open_hubspot(token=held.text)
    (receipt,) = account.connector.define([field("x")])
    assert "crm.schemas.contacts.write" in why(receipt)
    with pytest.raises(SignInError):
        open_hubspot(token="pat-nobody").connector.define([field("x")])
