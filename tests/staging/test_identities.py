"""Keys, links and references in the store."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from staging import identities
from staging.identities import Link
from staging.tables.identity import LINK
from staging.tables.staged import REFERENCE
from tasuki.values import Ref

A, B, C = (Ref("crm", "contacts", id_) for id_ in "abc")
LEAD = Ref("crm", "leads", "a")
NOW, LATER = "2026-01-05T00:00:00.000Z", "2026-01-06T00:00:00.000Z"


def link(ref: Ref, to: str, since: str = NOW) -> Link:
    return Link(
        ref.connection, ref.object, ref.id, "person", to, "email", "a@x", 1.0, since, "rule"
    )


def test_keys_are_replaced_as_a_whole(db: Connection) -> None:
    """A record has the keys it was last given and no other."""
    identities.set_keys(db, "person", {A: {"email": frozenset({"x", "y"})}, B: {}})
    identities.set_keys(db, "person", {A: {"email": frozenset({"z"}), "phone": frozenset({"1"})}})
    assert identities.keys_of(db, "person", [A, B]) == {
        A: {"email": frozenset({"z"}), "phone": frozenset({"1"})}
    }
    assert identities.keys_of(db, "account", [A]) == {}


def test_holders_share_a_value_of_one_kind(db: Connection) -> None:
    """Who has a key: by kind and value, over all objects."""
    x = frozenset({"x"})
    identities.set_keys(db, "person", {A: {"email": x}, LEAD: {"email": x}, B: {"domain": x}})
    assert identities.holders(db, "person", {"email": ["x", "none"]}) == {("email", "x"): {A, LEAD}}


def test_links_end_and_begin_and_stay_in_history(db: Connection) -> None:
    """A moved record has one present link and one that ended."""
    identities.relink(db, "person", [], [link(A, "p1"), link(B, "p1"), link(LEAD, "p2")], NOW)
    identities.relink(db, "person", [A], [link(A, "p2", LATER)], LATER)
    assert identities.links_of(db, "person", [A, B, C, LEAD]) == {A: "p2", B: "p1", LEAD: "p2"}
    members = identities.members_of(db, "person", ["p1", "p2"])
    assert {p: [m.ref for m in found] for p, found in members.items()} == {
        "p1": [B],
        "p2": [A, LEAD],
    }
    ends = select(LINK.c.valid_to).where(LINK.c.object == "contacts", LINK.c.id == "a")
    assert db.scalars(ends.order_by(LINK.c.seq)).all() == [LATER, None]


def test_references_are_replaced_per_record(db: Connection) -> None:
    """A record points at what it was last said to point at."""
    identities.set_references(
        db,
        [A, B],
        [
            (A, "account", "account_id", "ref:crm/companies/1"),
            (B, "account", "account_id", "ref:crm/companies/1"),
        ],
    )
    identities.set_references(db, [A], [(A, "account", "account_id", "ref:crm/companies/2")])
    assert identities.referrers(db, "account", ["ref:crm/companies/1"]) == {B}
    assert identities.referrers(db, "account", ["ref:crm/companies/2"]) == {A}
    assert identities.referrers(db, "person", ["ref:crm/companies/2"]) == set()
    identities.set_references(db, [A, B], [])
    assert db.scalar(select(func.count()).select_from(REFERENCE)) == 0
