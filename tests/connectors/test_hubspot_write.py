"""Writing to a HubSpot account: receipts, refusals, links, lists, and answers that never come."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from connectors.hubspot.write.values import text
from connectors.protocol import LinkTo, Receipt, Settled, Verb, Write
from sandbox import hubspot as sandbox
from tasuki.errors import BudgetError, RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import HubSpotAccount


def task(number: int, *links: LinkTo, verb: Verb = Verb.CREATE, **fields: Any) -> Write:
    """A task with its natural key."""
    given = {
        "hs_task_subject": f"Call {number}",
        "hs_timestamp": datetime(2026, 11, 2, tzinfo=UTC),
        **fields,
    }
    return Write(f"t{number}", verb, "tasks", given, None, ("tasuki_key", f"k{number}"), links)


def contact(key: str, verb: Verb = Verb.CREATE, id: str | None = None, **fields: Any) -> Write:
    """A write of one contact."""
    return Write(key, verb, "contacts", fields, id)


def linked(account: HubSpotAccount, object: str, id: str, other: str) -> list[str]:
    """Linked ids as the connector reads them."""
    (record,) = account.connector.read(object, [id], [f"associations.{other}"])
    found: list[str] = record.fields[f"associations.{other}"]
    return found


def settled(receipts: Any) -> list[Settled]:
    """The endings of receipts."""
    return [receipt.settled for receipt in receipts]


def error_of(receipt: Receipt) -> RejectedError:
    """The refusal of a rejected write."""
    assert isinstance(receipt.error, RejectedError)
    return receipt.error


# ── values and refusals ──


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (Decimal("1.50"), "1.50"),
        (7, "7"),
        (date(2026, 11, 1), "2026-11-01"),
        (datetime(2026, 11, 1, 9, tzinfo=UTC), "2026-11-01T09:00:00.000Z"),
        (["a", "b"], "a;b"),
    ],
)
def test_values_become_text(value: object, expected: str) -> None:
    """HubSpot knows text only; nothing clears."""
    assert text(value) == expected


def test_nothing_clears_a_field(hubspot: HubSpotAccount) -> None:
    """None empties the property instead of being ignored as HubSpot ignores null."""
    id = hubspot.hand.add("contacts", {"lastname": "Mori", "firstname": "Aoi"})
    hubspot.connector.write([contact("w", Verb.UPDATE, id, firstname=None)])
    (record,) = hubspot.connector.read("contacts", [id], ["lastname", "firstname"])
    assert record.fields == {"lastname": "Mori", "firstname": None}


def test_a_value_that_is_no_option_is_parked_with_its_fix(hubspot: HubSpotAccount) -> None:
    """The refusal names the property and the remedy, not the value; neighbours are written."""
    ids = [hubspot.hand.add("contacts", {"lastname": name}) for name in "abc"]
    roles = ["user", "secretboss", "gatekeeper"]
    batch = [
        contact(role, Verb.UPDATE, id, role_in_purchase=role)
        for id, role in zip(ids, roles, strict=True)
    ]
    receipts = hubspot.connector.write(batch)
    assert settled(receipts) == ["written", "rejected", "written"]
    shown = "\n".join(error_of(receipts[1]).lines())
    assert "role_in_purchase" in shown
    assert "Add the option" in shown
    assert "secretboss" not in shown
    assert hubspot.calls("batch/update") == 1


def test_a_batch_refused_as_a_whole_is_halved_to_the_bad_record(hubspot: HubSpotAccount) -> None:
    """Without a word per record, halving finds the one that cannot pass."""
    ids = [hubspot.hand.add("contacts", {"lastname": f"n{n}"}) for n in range(8)]
    for _ in range(4):  # the whole, then each half that holds the bad one, down to itself
        hubspot.wire.answers.append(("batch/update", 400, b'{"category":"VALIDATION_ERROR"}'))
    batch = [contact(f"w{n}", Verb.UPDATE, id, lastname=f"new{n}") for n, id in enumerate(ids)]
    receipts = hubspot.connector.write(batch)
    assert settled(receipts) == ["rejected", *["written"] * 7]
    names = {f"new{n}" for n in range(1, 8)} | {"n0"}
    assert {*hubspot.hand.values("contacts", "lastname")} == names


def test_an_object_nobody_knows_is_not_halved(hubspot: HubSpotAccount) -> None:
    """A refusal that concerns every record is asked for once."""
    batch = [Write(f"w{n}", Verb.UPDATE, "gadgets", {"x": "1"}, str(n)) for n in range(8)]
    assert set(settled(hubspot.connector.write(batch))) == {Settled.REJECTED}
    assert hubspot.calls("batch/update") == 1


def test_a_record_twice_in_a_batch_is_written_in_order(hubspot: HubSpotAccount) -> None:
    """HubSpot refuses twins, so the second change goes in a second call and wins."""
    id = hubspot.hand.add("contacts", {"lastname": "a"})
    batch = [contact(f"w{n}", Verb.UPDATE, id, lastname=n) for n in "bc"]
    assert settled(hubspot.connector.write(batch)) == ["written", "written"]
    assert hubspot.hand.values("contacts", "lastname") == ["c"]


def test_large_batches_go_a_hundred_at_a_time(hubspot: HubSpotAccount) -> None:
    """Two hundred and fifty creates are three calls."""
    batch = [contact(f"w{n}", lastname=f"n{n}") for n in range(250)]
    receipts = hubspot.connector.write(batch)
    assert [receipt.key for receipt in receipts] == [f"w{n}" for n in range(250)]
    assert hubspot.calls("batch/create") == 3
    assert len(hubspot.hand.values("contacts", "lastname")) == 250


def test_an_address_that_is_taken_is_the_record_that_has_it(hubspot: HubSpotAccount) -> None:
    """Somebody may add the contact between our look and our create; without a key it is refused."""
    id = hubspot.hand.add("contacts", {"email": "a@firm.example"})
    hubspot.wire.answers.append(("batch/read", 404, b"{}"))
    keyed = Write("w", Verb.CREATE, "contacts", {}, None, ("email", "a@firm.example"))
    (receipt,) = hubspot.connector.write([keyed])
    assert (receipt.settled, receipt.id, receipt.created) == (Settled.WRITTEN, id, False)
    (plain,) = hubspot.connector.write([contact("w", email="a@firm.example")])
    assert plain.settled is Settled.REJECTED
    assert "a@firm.example" not in "\n".join(error_of(plain).lines())


# ── tasks and links ──


def test_a_task_is_made_with_its_links_in_one_call(hubspot: HubSpotAccount) -> None:
    """Contact and company come in the body of the create."""
    person = hubspot.hand.add("contacts", {"lastname": "Mori"})
    firm = hubspot.hand.add("companies", {"name": "Mori"})
    (receipt,) = hubspot.connector.write(
        [task(1, LinkTo("contacts", person), LinkTo("companies", firm))]
    )
    assert receipt.id is not None
    assert linked(hubspot, "tasks", receipt.id, "contacts") == [person]
    assert linked(hubspot, "companies", firm, "tasks") == [receipt.id]
    assert hubspot.calls("tasks/contacts/batch/create") == 0


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPSERT])
def test_a_task_made_again_keeps_one_record_and_its_links(
    hubspot: HubSpotAccount, verb: Verb
) -> None:
    """An upsert carries no links and a found task may lack them: they are set afterwards."""
    person = hubspot.hand.add("contacts", {"lastname": "Mori"})
    write = task(1, LinkTo("contacts", person), verb=verb)
    first, second = (hubspot.connector.write([write])[0] for _ in range(2))
    assert (first.id, first.created, second.created) == (second.id, True, False)
    assert linked(hubspot, "contacts", person, "tasks") == [first.id]


def test_a_created_task_that_a_person_changed_is_left_alone(hubspot: HubSpotAccount) -> None:
    """A repeated create does not reopen what somebody completed."""
    (receipt,) = hubspot.connector.write([task(1)])
    assert receipt.id is not None
    hubspot.hand.edit("tasks", receipt.id, {"hs_task_status": "COMPLETED"})
    hubspot.connector.write([task(1, hs_task_status="NOT_STARTED")])
    assert hubspot.hand.values("tasks", "hs_task_status") == ["COMPLETED"]


def test_a_link_to_nobody_is_told(hubspot: HubSpotAccount) -> None:
    """The neighbour's link is set; the bad one's receipt says that the record itself exists."""
    person = hubspot.hand.add("contacts", {"lastname": "Mori"})
    good = task(1, LinkTo("contacts", person), verb=Verb.UPSERT)
    bad = task(2, LinkTo("contacts", "999999"), verb=Verb.UPSERT)
    first, second = hubspot.connector.write([good, bad])
    assert (first.settled, second.settled) == (Settled.WRITTEN, Settled.REJECTED)
    assert second.id is not None
    assert len(linked(hubspot, "contacts", person, "tasks")) == 1


# ── answers that never come ──


def test_a_lost_update_is_sent_again(hubspot: HubSpotAccount) -> None:
    """What does the same twice is repeated, so the receipt is certain."""
    id = hubspot.hand.add("contacts", {"lastname": "a"})
    hubspot.wire.cut.append("batch/update")
    (receipt,) = hubspot.connector.write([contact("w", Verb.UPDATE, id, lastname="b")])
    assert receipt.settled is Settled.WRITTEN
    assert hubspot.calls("batch/update") == 2


@pytest.mark.parametrize("status", [502, 504, 524])
def test_a_create_behind_a_gateway_error_is_not_repeated(
    hubspot: HubSpotAccount, status: int
) -> None:
    """A page of HTML tells nothing: the outcome is unknown and the create goes out once."""
    hubspot.wire.answers.append(("batch/create", status, b"<html>"))
    (receipt,) = hubspot.connector.write([contact("w", lastname="a")])
    assert receipt.settled is Settled.UNKNOWN
    assert isinstance(receipt.error, TransientError)
    assert hubspot.calls("batch/create") == 0


def test_a_create_with_a_key_is_looked_up_after_a_lost_answer(hubspot: HubSpotAccount) -> None:
    """It was not there before and is there now: we made it."""
    hubspot.wire.cut.append("batch/create")
    (receipt,) = hubspot.connector.write([task(1)])
    assert (receipt.settled, receipt.created) == (Settled.WRITTEN, True)


def test_a_locked_or_busy_create_is_repeated(hubspot: HubSpotAccount) -> None:
    """423, 429 and 503 refuse before anything happens, so even a plain create is sent again."""
    for status in (423, 429, 503):
        hubspot.wire.answers.append(("batch/create", status, b"{}"))
    (receipt,) = hubspot.connector.write([contact("w", lastname="a")])
    assert receipt.settled is Settled.WRITTEN
    assert hubspot.hand.values("contacts", "lastname") == ["a"]


def test_an_allowance_that_ends_before_the_first_call_is_raised(hubspot: HubSpotAccount) -> None:
    """Nothing was sent, so the whole batch can wait."""
    hubspot.wire.answers.append(("batch/create", 429, b'{"policyName":"DAILY"}'))
    with pytest.raises(BudgetError):
        hubspot.connector.write([contact("w", lastname="a")])


def test_an_allowance_that_ends_midway_is_answered_per_write(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """What was written is told as written; the rest must be looked at before it is sent."""
    account = open_hubspot(batch_size=1)
    account.hand.add("contacts", {"email": "x@firm.example"})
    first = contact("1", lastname="a")
    second = Write(
        "2", Verb.UPSERT, "contacts", {"lastname": "b"}, None, ("email", "x@firm.example")
    )
    account.wire.answers.append(("batch/upsert", 429, b'{"policyName":"DAILY"}'))
    receipts = account.connector.write([first, second])
    assert settled(receipts) == ["written", "unknown"]
    assert isinstance(receipts[1].error, BudgetError)


def test_results_in_another_order_and_without_traces_are_told_apart(
    hubspot: HubSpotAccount,
) -> None:
    """Order is not promised; a key tells which result is whose."""
    rows = [{"id": str(n), "properties": {"tasuki_key": f"k{n}"}} for n in (2, 1)]
    body = json.dumps({"status": "COMPLETE", "results": rows}).encode()
    hubspot.wire.answers.append(("batch/create", 201, body))
    receipts = hubspot.connector.write([task(1), task(2)])
    assert [receipt.id for receipt in receipts] == ["1", "2"]


# ── lists ──


def test_a_list_is_made_once_by_name(hubspot: HubSpotAccount) -> None:
    """The same name is the same list, also after a lost answer."""
    write = Write("l", Verb.CREATE, "lists", {"name": "Renewals"})
    hubspot.wire.cut.append("lists")
    first, second = (hubspot.connector.write([write])[0] for _ in range(2))
    assert (first.settled, second.settled) == (Settled.WRITTEN, Settled.WRITTEN)
    assert first.id == second.id
    (found,) = hubspot.connector.find("lists", "name", ["Renewals"], ["processingType"])
    assert (found.id, found.fields) == (first.id, {"processingType": "MANUAL"})
    gone = hubspot.connector.write([Write("d", Verb.DELETE, "lists", {}, first.id)])
    assert settled(gone) == ["written"]
    assert hubspot.connector.count("lists") == 0


def test_members_are_added_and_taken_off_one_call_per_list(hubspot: HubSpotAccount) -> None:
    """Adding twice is once; a record that does not exist is rejected, its neighbours are added."""
    people = [hubspot.hand.add("contacts", {"lastname": name}) for name in "ab"]
    ids = [
        hubspot.connector.write([Write("l", Verb.CREATE, "lists", {"name": name})])[0].id
        for name in ("One", "Two")
    ]

    def members(verb: Verb, *records: str) -> list[Receipt]:
        return [
            *hubspot.connector.write(
                [
                    Write(f"{id}{r}", verb, "list_memberships", {"list_id": id, "record_id": r})
                    for id in ids
                    for r in records
                ]
            )
        ]

    added = members(Verb.CREATE, people[0], "999999", people[1])
    assert settled(added) == ["written", "rejected", "written"] * 2
    assert [receipt.created for receipt in added] == [True, False, True] * 2
    assert next(receipt.id for receipt in added if receipt.id) == f"{ids[0]}/{people[0]}"
    assert hubspot.calls("memberships/add") == 2
    assert [receipt.created for receipt in members(Verb.CREATE, people[0])] == [False, False]
    members(Verb.DELETE, people[0])
    found = hubspot.connector.find("list_memberships", "list_id", [str(ids[0])], ["record_id"])
    assert [record.fields["record_id"] for record in found] == [people[1]]


def test_a_dynamic_list_takes_no_members(hubspot: HubSpotAccount) -> None:
    """HubSpot decides who is on it; every write is rejected with one call."""
    born = datetime(2026, 3, 2, tzinfo=UTC)
    row = {"name": "All", "objectType": "contacts", "created": born}
    sandbox.insert_lists(hubspot.state, [{**row, "id": "7", "processingType": "DYNAMIC"}])
    fields = [{"list_id": "7", "record_id": str(n)} for n in range(3)]
    batch = [Write(f"{n}", Verb.CREATE, "list_memberships", f) for n, f in enumerate(fields)]
    assert settled(hubspot.connector.write(batch)) == ["rejected"] * 3
    assert hubspot.calls("memberships/add") == 1


def test_an_empty_batch_has_no_receipts(hubspot: HubSpotAccount) -> None:
    """Nothing to write is nothing to call."""
    assert list(hubspot.connector.write([])) == []
    assert hubspot.wire.seen == []
