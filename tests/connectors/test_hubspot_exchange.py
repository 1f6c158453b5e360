"""What a receipt keeps of the wire, and places on lists that are looked up again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.protocol import Exchange, Receipt, Settled, Verb, Write

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import HubSpotAccount

SECRET = "Sazanami"


def exchange_of(receipt: Receipt) -> Exchange:
    """The exchange of a receipt, without the value that was sent."""
    assert receipt.exchange is not None
    assert SECRET not in str(receipt.exchange)
    return receipt.exchange


def test_each_record_keeps_its_part_of_a_batch(hubspot: HubSpotAccount) -> None:
    """Call, status, the record's own part and HubSpot's name of the request; values are hidden."""
    ids = [hubspot.hand.add("contacts", {"lastname": f"n{n}"}) for n in range(2)]
    good = Write("a", Verb.UPDATE, "contacts", {"lastname": SECRET, "city": None}, ids[0])
    bad = Write("b", Verb.UPDATE, "contacts", {"role_in_purchase": SECRET}, ids[1])
    written, refused = (exchange_of(each) for each in hubspot.connector.write([good, bad]))
    assert (written.call, written.status) == ("POST /crm/v3/objects/contacts/batch/update", 207)
    assert written.request == {"id": ids[0], "properties": {"lastname": "…", "city": "…"}}
    assert written.answer["id"] == ids[0]
    assert written.answer["properties"] == {"lastname": "…"}
    assert refused.request["id"] == ids[1]
    assert refused.answer["category"] == "VALIDATION_ERROR"
    assert written.request_id
    assert written.request_id == refused.request_id


def test_an_answer_that_never_came_has_no_status(hubspot: HubSpotAccount) -> None:
    """A dropped line has none, a gateway's page its own; what was sent is told all the same."""
    write = Write("w", Verb.CREATE, "contacts", {"lastname": SECRET})
    hubspot.wire.cut.append("batch/create")
    lost = exchange_of(hubspot.connector.write([write])[0])
    assert (lost.status, lost.answer) == (None, None)
    assert lost.request == {"properties": {"lastname": "…"}}
    hubspot.wire.answers.append(("batch/create", 502, b"<html>"))
    assert exchange_of(hubspot.connector.write([write])[0]).status == 502


def test_a_record_found_to_be_there_was_not_sent(hubspot: HubSpotAccount) -> None:
    """Where nothing went out there is nothing to keep."""
    hubspot.hand.add("contacts", {"email": "a@firm.example"})
    keyed = Write("w", Verb.CREATE, "contacts", {}, None, ("email", "a@firm.example"))
    assert [each.exchange for each in hubspot.connector.write([keyed])] == [None]


def test_a_dated_path_is_told_as_it_was_called(open_hubspot: Callable[..., HubSpotAccount]) -> None:
    """The call stands under the address it really had."""
    account = open_hubspot(api_version="2026-09")
    id = account.hand.add("contacts", {"lastname": "A"})
    write = Write("w", Verb.UPDATE, "contacts", {"lastname": SECRET}, id)
    (receipt,) = account.connector.write([write])
    assert exchange_of(receipt).call == "POST /crm/objects/2026-09/contacts/batch/update"


def on_list(hubspot: HubSpotAccount, members: int) -> tuple[str, list[str]]:
    """A list and who is on it."""
    made = Write("w", Verb.CREATE, "lists", {"name": f"Seminar {members}"})
    (receipt,) = hubspot.connector.write([made])
    people = [hubspot.hand.add("contacts", {"lastname": f"n{n}"}) for n in range(members)]
    fields = [{"list_id": receipt.id, "record_id": each} for each in people]
    batch = [Write(f"{n}", Verb.CREATE, "list_memberships", each) for n, each in enumerate(fields)]
    receipts = hubspot.connector.write(batch)
    assert exchange_of(receipts[0]).call.startswith("PUT /crm/v3/lists/")
    assert {each.settled for each in receipts} == {Settled.WRITTEN}
    return str(receipt.id), people


def test_an_unknown_place_on_a_list_is_settled_by_reading(hubspot: HubSpotAccount) -> None:
    """The answer was lost: the place itself tells whether it stands, by the id its fields make."""
    list_id, (one, *_) = on_list(hubspot, 3)
    other = hubspot.hand.add("contacts", {"lastname": "late"})
    assert hubspot.connector.can.id_from == {"list_memberships": ("list_id", "record_id")}
    hubspot.wire.cut += ["memberships/add"] * 5
    fields = {"list_id": list_id, "record_id": other}
    (lost,) = hubspot.connector.write([Write("w", Verb.CREATE, "list_memberships", fields)])
    assert lost.settled is Settled.UNKNOWN
    asked = [f"{list_id}/{other}", f"{list_id}/{one}", f"{list_id}/999999", "999999/1"]
    found = hubspot.connector.read("list_memberships", asked, ["list_id", "record_id"])
    assert [(each.id, each.fields["record_id"]) for each in found] == [
        (f"{list_id}/{other}", other),
        (f"{list_id}/{one}", one),
    ]


def test_places_are_looked_up_the_cheaper_way(hubspot: HubSpotAccount) -> None:
    """One place on a large list costs two calls; many on a small one are read with the list."""
    list_id, people = on_list(hubspot, 300)
    hubspot.wire.seen.clear()
    hubspot.connector.read("list_memberships", [f"{list_id}/{people[0]}"], [])
    assert len(hubspot.wire.seen) == 2
    hubspot.wire.seen.clear()
    found = hubspot.connector.read("list_memberships", [f"{list_id}/{id}" for id in people], [])
    assert (len(found), len(hubspot.wire.seen)) == (300, 3)
