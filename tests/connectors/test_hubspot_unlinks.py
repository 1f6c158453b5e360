"""Links taken away with a write: all of a link or one label, after its fields and its new links."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.protocol import LinkTo, Receipt, Settled, Verb, Write
from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.model.labels import make

if TYPE_CHECKING:
    from tests.connectors.conftest import HubSpotAccount

LABEL = "Billing contact"
PLAIN, BILLING = "associations.companies", f"associations.companies#{LABEL}"


@pytest.fixture
def tied(hubspot: HubSpotAccount) -> tuple[HubSpotAccount, str, list[str]]:
    """A contact linked to two companies, to the second under a label too."""
    with hubspot.state.transaction():
        make(hubspot.state, "0-1", "0-2", "billing_contact", LABEL, "Billed company")
    assert kind_of("contacts").id == "0-1"
    contact = hubspot.hand.add("contacts", {"lastname": "A"})
    companies = [hubspot.hand.add("companies", {"name": f"c{n}"}) for n in range(3)]
    links = (LinkTo("companies", companies[0]), LinkTo("companies", companies[1], LABEL))
    assert change(hubspot, contact, links=links).settled is Settled.WRITTEN
    return hubspot, contact, companies


def change(
    account: HubSpotAccount,
    contact: str,
    *,
    links: tuple[LinkTo, ...] = (),
    unlinks: tuple[LinkTo, ...] = (),
) -> Receipt:
    """One update with links set and taken away."""
    fields = {"lastname": "B"}
    write = Write("w", Verb.UPDATE, "contacts", fields, contact, links=links, unlinks=unlinks)
    (receipt,) = account.connector.write([write])
    return receipt


def ends(account: HubSpotAccount, contact: str) -> tuple[list[str], list[str]]:
    """The companies linked at all, and those under the label."""
    (record,) = account.connector.read("contacts", [contact], [PLAIN, BILLING])
    return record.fields[PLAIN], record.fields[BILLING]


def test_a_link_is_taken_away_twice_as_once(tied: tuple[HubSpotAccount, str, list[str]]) -> None:
    """The other link stays; a second time there is nothing left to take, and that is no error."""
    account, contact, (one, two, _) = tied
    for _ in range(2):
        receipt = change(account, contact, unlinks=(LinkTo("companies", one),))
        assert receipt.settled is Settled.WRITTEN
        assert ends(account, contact) == ([two], [two])


def test_a_plain_unlink_takes_the_labels_too(tied: tuple[HubSpotAccount, str, list[str]]) -> None:
    """Without a label the two records are parted altogether."""
    account, contact, (one, two, _) = tied
    assert change(account, contact, unlinks=(LinkTo("companies", two),)).error is None
    assert ends(account, contact) == ([one], [])


def test_one_label_goes_and_the_link_stays(tied: tuple[HubSpotAccount, str, list[str]]) -> None:
    """Under a label only the label is taken; one that the account does not have is none to take."""
    account, contact, (one, two, _) = tied
    assert change(account, contact, unlinks=(LinkTo("companies", two, LABEL),)).error is None
    (record,) = account.connector.read("contacts", [contact], [PLAIN, BILLING])
    assert record.fields[BILLING] == []
    assert one in record.fields[PLAIN]
    gone = change(account, contact, unlinks=(LinkTo("companies", one, "Nobody's"),))
    assert gone.settled is Settled.WRITTEN


def test_new_links_come_before_old_ones_go(tied: tuple[HubSpotAccount, str, list[str]]) -> None:
    """A contact that changes companies is never without one; the old stays if the new fails."""
    account, contact, (one, two, three) = tied
    moved = {"links": (LinkTo("companies", three),), "unlinks": (LinkTo("companies", one),)}
    assert change(account, contact, **moved).settled is Settled.WRITTEN
    assert ends(account, contact)[0] == [two, three]
    paths = [path for _, path in account.wire.seen if "batch/" in path]
    wanted = ["batch/update", "contacts/companies/batch/create", "contacts/companies/batch/archive"]
    assert [path.endswith(end) for path, end in zip(paths[-4:-1], wanted, strict=True)] == [
        True
    ] * 3
    failed = change(
        account,
        contact,
        links=(LinkTo("companies", "999999"),),
        unlinks=(LinkTo("companies", three),),
    )
    assert (failed.settled, failed.id) == (Settled.REJECTED, contact)
    assert three in ends(account, contact)[0]


def test_an_unlink_without_an_answer_is_told(tied: tuple[HubSpotAccount, str, list[str]]) -> None:
    """Half done is not done: the receipt carries the record's id, and is unknown."""
    account, contact, (one, *_) = tied
    account.wire.answers += [("companies/batch/archive", 502, b"<html>")] * 5
    receipt = change(account, contact, unlinks=(LinkTo("companies", one),))
    assert (receipt.settled, receipt.id) == (Settled.UNKNOWN, contact)
    assert receipt.exchange is not None
    assert receipt.exchange.call == "POST /crm/v4/associations/contacts/companies/batch/archive"
    assert receipt.exchange.status == 502


def test_unlinks_go_a_hundred_at_a_time(hubspot: HubSpotAccount) -> None:
    """One hundred and fifty contacts leave one company in two calls."""
    company = hubspot.hand.add("companies", {"name": "c"})
    ids = [hubspot.hand.add("contacts", {"lastname": f"n{n}"}) for n in range(150)]
    away = (LinkTo("companies", company),)
    batch = [Write(id, Verb.UPDATE, "contacts", {"city": "Kobe"}, id, unlinks=away) for id in ids]
    assert {each.settled for each in hubspot.connector.write(batch)} == {Settled.WRITTEN}
    assert hubspot.calls("companies/batch/archive") == 2
    assert hubspot.calls("batch/update") == 2
