"""Labelled and primary links: read one by one, written under the account's own type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.protocol import LinkTo, Settled, Verb, Write
from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.model.labels import make

if TYPE_CHECKING:
    from tests.connectors.conftest import HubSpotAccount

PLAIN, BILLING, PRIMARY = (
    "associations.companies",
    "associations.companies#Billing contact",
    "associations.companies#Primary",
)


@pytest.fixture
def linked(hubspot: HubSpotAccount) -> tuple[HubSpotAccount, str, list[str]]:
    """A contact, three companies, and a label the account defines."""
    with hubspot.state.transaction():
        make(hubspot.state, "0-1", "0-2", "billing_contact", "Billing contact", "Billed company")
    assert kind_of("contacts").id == "0-1"
    contact = hubspot.hand.add("contacts", {"email": "a@b.example", "lastname": "A"})
    companies = [hubspot.hand.add("companies", {"name": f"c{n}"}) for n in range(3)]
    return hubspot, contact, companies


def tie(account: HubSpotAccount, contact: str, *links: LinkTo) -> Settled:
    """Link a contact."""
    write = Write("w", Verb.UPDATE, "contacts", {"lastname": "B"}, id=contact, links=links)
    (receipt,) = account.connector.write([write])
    return receipt.settled


def test_labels_are_told_apart(linked: tuple[HubSpotAccount, str, list[str]]) -> None:
    """A link under a label is listed under it and among all, whichever way it is read."""
    account, contact, (one, two, three) = linked
    links = (
        LinkTo("companies", one),
        LinkTo("companies", two, "Billing contact"),
        LinkTo("companies", three, "Primary"),
    )
    assert tie(account, contact, *links) is Settled.WRITTEN
    fields = ["lastname", PLAIN, BILLING, PRIMARY]
    expected = {PLAIN: [three, one, two], BILLING: [two], PRIMARY: [three]}
    (listed,) = account.connector.page("contacts", fields, None).records
    assert {name: listed.fields[name] for name in expected} == expected
    (read,) = account.connector.read("contacts", [contact], fields)
    assert read.fields == listed.fields
    (alone,) = account.connector.read("contacts", [contact], [BILLING, PRIMARY])
    assert alone.fields == {BILLING: [two], PRIMARY: [three]}


def test_a_create_sets_its_labelled_links(linked: tuple[HubSpotAccount, str, list[str]]) -> None:
    """A record is born, then linked under its label."""
    account, _, (one, *_) = linked
    link = LinkTo("companies", one, "Billing contact")
    write = Write("w", Verb.CREATE, "contacts", {"email": "new@b.example"}, links=(link,))
    (receipt,) = account.connector.write([write])
    assert receipt.settled is Settled.WRITTEN
    assert receipt.id is not None
    (read,) = account.connector.read("contacts", [receipt.id], [BILLING])
    assert read.fields == {BILLING: [one]}


def test_an_unknown_label_is_refused(linked: tuple[HubSpotAccount, str, list[str]]) -> None:
    """The account does not know the label: the link is parked, and the fix is told."""
    account, contact, (one, *_) = linked
    assert tie(account, contact, LinkTo("companies", one, "Nobody's")) is Settled.REJECTED


def test_discovery_names_the_labels(linked: tuple[HubSpotAccount, str, list[str]]) -> None:
    """Each label is a pseudo-field of its own, beside the one of all links."""
    account, *_ = linked
    (contacts,) = account.connector.discover(["contacts"])
    names = [field.name for field in contacts.fields if field.refers_to == ("companies",)]
    assert names[0] == PLAIN
    assert BILLING in names
