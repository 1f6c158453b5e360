"""Batches: which writes go out together, in which order, and what that costs in calls."""

from __future__ import annotations

from connectors.protocol import Capabilities, Verb
from staging.write.plans import Change
from sync.write.batches import Calls, batches, calls
from sync.write.risk import risk_of

PLAIN = {"crm": Capabilities(writes=True, batch_size=2, page_size=100)}
ABLE = {
    "crm": Capabilities(
        writes=True, batch_size=2, guarded_size=1, bulk_from=5, bulk_size=100, history=True
    )
}
ORDER = {"crm/accounts": 0, "crm/people": 1, "crm/deals": 2}


def cell(
    write: str, object: str = "people", verb: str = Verb.UPDATE, before: object = None, **cause: str
) -> Change:
    """One planned cell of a write."""
    risk = risk_of(Verb(verb), object, before)
    name = f"{write}#{before}"
    return Change(
        name, "p", write, None, "crm", object, write, verb, "f", before, "new", risk, cause, write
    )


def test_parents_go_before_children_and_deletes_the_other_way_round() -> None:
    """Accounts, people, deals, then what hangs on them unknown to us; deletes last, backwards."""
    objects = ("tasks", "deals", "people", "accounts")
    made = [cell(f"c{o}", o, Verb.CREATE) for o in objects]
    gone = [cell(f"d{o}", o, Verb.DELETE) for o in reversed(objects)]
    found = [(b.verb, b.object) for b in batches(PLAIN, [*gone, *made], ORDER)]
    assert [o for v, o in found if v == Verb.CREATE] == ["accounts", "people", "deals", "tasks"]
    assert [o for v, o in found if v == Verb.DELETE] == ["tasks", "deals", "people", "accounts"]
    assert [v for v, _ in found] == [Verb.CREATE] * 4 + [Verb.DELETE] * 4


def test_urgent_lanes_go_first() -> None:
    """A handoff's task leaves before a mapping's account; a write leaves with its first lane."""
    late, both = cell("a", "accounts", Verb.CREATE), cell("b", lane="scenarios")
    first = cell("t", "tasks", Verb.CREATE, lane="handoffs")
    also = cell("b", before="x", lane="mappings")
    found = batches(PLAIN, [late, also, both, first], ORDER)
    assert [(b.lane, b.writes) for b in found] == [
        ("handoffs", ("t",)),
        ("scenarios", ("b",)),
        ("mappings", ("a",)),
    ]


def test_overwrites_are_guarded_where_the_system_can() -> None:
    """A write with one overwriting cell is guarded whole; elsewhere it shares a batch."""
    changes = [cell("a"), cell("b"), cell("b", before="old"), cell("c")]
    found = {b.writes: b.guarded for b in batches(ABLE, changes)}
    assert found == {("a", "c"): False, ("b",): True}
    plain = {b.writes: b.guarded for b in batches(PLAIN, changes)}
    assert plain == {("a", "b"): False, ("c",): False}


def test_many_writes_of_one_kind_are_one_bulk_batch() -> None:
    """From the threshold on, but never those that are guarded."""
    few = [cell(f"w{n}") for n in range(4)]
    assert [len(b.writes) for b in batches(ABLE, few)] == [2, 2]
    assert [len(b.writes) for b in batches(ABLE, [*few, cell("w4")])] == [5]
    over = [cell(f"o{n}", before="old") for n in range(6)]
    assert [len(b.writes) for b in batches(ABLE, over)] == [1] * 6


def test_writes_about_one_parent_stand_side_by_side() -> None:
    """Children of one account lock its row once, not once per batch."""
    changes = [cell(f"{n}", "people", Verb.CREATE, to=f"account {n % 2}") for n in range(4)]
    assert [b.writes for b in batches(PLAIN, changes)] == [("0", "2"), ("1", "3")]


def test_looks_and_writes_are_counted_apart() -> None:
    """A create is not looked at; an update is before, and after where its system keeps a past."""
    changes = [cell("n", verb=Verb.CREATE), cell("f"), cell("o", before="old")]
    assert calls(PLAIN, batches(PLAIN, changes)) == {"crm": {"mappings": Calls(1, 2)}}
    assert calls(ABLE, batches(ABLE, changes)) == {"crm": {"mappings": Calls(3, 3)}}
    assert Calls(3, 3).total == 6
    large = [cell(f"w{n}") for n in range(250)]
    bulk = {"crm": Capabilities(writes=True, page_size=100, bulk_from=200, bulk_size=10_000)}
    assert calls(bulk, batches(bulk, large)) == {"crm": {"mappings": Calls(3, 1)}}
