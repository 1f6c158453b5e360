"""Writing to a business unit: shared addresses, lists, visitors, and reads that lag behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.protocol import LinkTo, Settled, Verb, Write
from tasuki.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Unit

EMAIL = ("email", "info@firm.example")


def prospect(verb: Verb, **fields: Any) -> Write:
    """A write of the prospect with one address."""
    return Write("w", verb, "prospects", fields, natural_key=EMAIL)


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPSERT])
def test_a_prospect_unseen_yet_is_not_doubled(open_unit: Callable[..., Unit], verb: Verb) -> None:
    """Reads lag a minute behind; a second write within it meets the first one's record."""
    unit = open_unit()
    unit.configure(lag_seconds=60)
    (one,) = unit.connector.write([prospect(verb, lastName="Ito")])
    (two,) = unit.connector.write([prospect(verb, lastName="Ito")])
    assert (one.created, two.created, one.id) == (True, False, two.id)
    assert unit.hand.values("prospects", "email") == [EMAIL[1]]


def test_a_shared_address_is_nobodys(open_unit: Callable[..., Unit]) -> None:
    """Where several prospects have the address none is written, and a person is told why."""
    unit = open_unit()
    for _ in range(2):
        unit.hand.add("prospects", {"email": EMAIL[1]})
    (receipt,) = unit.connector.write([prospect(Verb.UPSERT, lastName="Ito")])
    assert isinstance(receipt.error, RejectedError)
    assert "several prospects" in receipt.error.what
    assert EMAIL[1] not in "\n".join(receipt.error.lines())
    assert unit.hand.values("prospects", "lastName") == [None, None]


def test_a_create_leaves_what_is_there(open_unit: Callable[..., Unit]) -> None:
    """A prospect that people made meanwhile stays as they left it."""
    unit = open_unit()
    id = unit.hand.add("prospects", {"email": EMAIL[1], "lastName": "Sato"})
    (receipt,) = unit.connector.write([prospect(Verb.CREATE, lastName="Ito")])
    assert (receipt.settled, receipt.id, receipt.created) == (Settled.WRITTEN, id, False)
    assert unit.hand.values("prospects", "lastName") == ["Sato"]


def test_values_take_the_types_of_their_fields(open_unit: Callable[..., Unit]) -> None:
    """Numbers and flags that come as text are sent as the platform insists on."""
    unit = open_unit()
    id = unit.hand.add("prospects", {"email": EMAIL[1]})
    fields = {"score": "72", "optedOut": "true", "company": 7}
    (receipt,) = unit.connector.write([Write("w", Verb.UPDATE, "prospects", fields, id)])
    assert receipt.settled is Settled.WRITTEN
    for name, value in {"score": 72, "optedOut": True, "company": "7"}.items():
        assert unit.hand.values("prospects", name) == [value]


def test_list_membership(open_unit: Callable[..., Unit]) -> None:
    """Onto a list once, off it again, by the pair of ids; both may be repeated."""
    unit = open_unit()
    on = unit.hand.add("lists", {"name": "News"})
    who = unit.hand.add("prospects", {"email": EMAIL[1]})
    links = (LinkTo("lists", on), LinkTo("prospects", who))
    put = Write("w", Verb.CREATE, "list-memberships", {}, links=links)
    first, second = (unit.connector.write([put])[0] for _ in range(2))
    assert (first.created, second.created, first.id) == (True, False, second.id)
    take = Write("w", Verb.DELETE, "list-memberships", {"listId": on, "prospectId": who})
    assert [unit.connector.write([take])[0].settled for _ in range(2)] == [Settled.WRITTEN] * 2
    assert unit.hand.values("list-memberships", "id") == []


def test_a_visitor_is_named(open_unit: Callable[..., Unit]) -> None:
    """Prospect and company of a visitor are set by their actions."""
    unit = open_unit()
    who = unit.hand.add("prospects", {"email": EMAIL[1]})
    visitor = unit.hand.add("visitors", {"hostname": "aoba.example"})
    visit = unit.hand.add("visits", {"visitorId": int(visitor)})
    fields = {"prospectId": who, "companyName": "Aoba"}
    (receipt,) = unit.connector.write([Write("w", Verb.UPDATE, "visitors", fields, visitor)])
    assert receipt.settled is Settled.WRITTEN
    assert unit.hand.values("visitors", "companyName") == ["Aoba"]
    (seen,) = unit.connector.read("visits", [visit], ["prospectId"])
    assert str(seen.fields["prospectId"]) == who


@pytest.mark.parametrize("verb", [Verb.UPDATE, Verb.UPSERT, Verb.DELETE])
def test_a_write_must_say_of_what(open_unit: Callable[..., Unit], verb: Verb) -> None:
    """Without id and key there is nothing to write to."""
    (receipt,) = open_unit().connector.write([Write("w", verb, "prospects", {"lastName": "Ito"})])
    assert (receipt.settled, type(receipt.error)) == (Settled.REJECTED, RejectedError)


def test_a_repeated_delete_is_done(open_unit: Callable[..., Unit]) -> None:
    """What is gone already counts as deleted."""
    unit = open_unit()
    id = unit.hand.add("prospects", {"email": EMAIL[1]})
    delete = Write("w", Verb.DELETE, "prospects", {}, id)
    assert [unit.connector.write([delete])[0].settled for _ in range(2)] == [Settled.WRITTEN] * 2


def test_twins_of_a_lost_write_wait_with_it(open_unit: Callable[..., Unit]) -> None:
    """After a lost answer, another write of the same key in the batch is unknown as well."""
    unit = open_unit()
    unit.lose_answer()
    one, two = prospect(Verb.CREATE), Write("x", Verb.CREATE, "prospects", {}, natural_key=EMAIL)
    receipts = unit.connector.write([one, two])
    assert [(each.key, each.settled) for each in receipts] == [
        ("w", Settled.UNKNOWN),
        ("x", Settled.UNKNOWN),
    ]


def test_a_receipt_keeps_its_call_without_values(open_unit: Callable[..., Unit]) -> None:
    """Written, refused or lost: what went over the wire is told, values hidden; a look is not."""
    unit = open_unit()
    (made,) = unit.connector.write([prospect(Verb.UPSERT, lastName="Sazanami")])
    assert made.exchange is not None
    assert made.exchange.call == "POST /objects/prospects/do/upsertLatestByEmail"
    assert (made.exchange.status, made.exchange.answer["id"]) == (201, int(made.id or 0))
    assert made.exchange.request["prospect"] == {"lastName": "…"}
    (found,) = unit.connector.write([prospect(Verb.CREATE, lastName="Sazanami")])
    assert (found.settled, found.exchange) == (Settled.WRITTEN, None)
    unit.lose_answer()
    (lost,) = unit.connector.write([prospect(Verb.UPSERT, lastName="Sazanami")])
    assert lost.exchange is not None
    assert (lost.exchange.status, lost.exchange.answer) == (None, None)
    bad = Write("b", Verb.UPDATE, "prospects", {"lastName": "Sazanami"}, "999999")
    (refused,) = unit.connector.write([bad])
    assert refused.exchange is not None
    assert (refused.exchange.call, refused.exchange.status) == (
        "PATCH /objects/prospects/999999",
        404,
    )
    assert "Sazanami" not in str([made, lost, refused])
    assert EMAIL[1] not in str([made.exchange, lost.exchange])
