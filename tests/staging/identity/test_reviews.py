"""Doubts and rulings as they stand in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from staging import identities
from staging.identities import Link
from staging.identity import reviews, rulings
from staging.identity.reviews import Question
from tasuki.values import Ref

if TYPE_CHECKING:
    from sqlalchemy import Connection

NOW = "2026-01-05T09:00:00.000Z"
LATER = "2026-01-06T09:00:00.000Z"
ASKED = Question("a", "b", "name", {"share": ["name"]})


def states(db: Connection) -> list[tuple[str, str]]:
    return [(review.state, review.at) for review in reviews.listed(db, state="")[0]]


def test_a_doubt_is_asked_once(db: Connection) -> None:
    """The same pair in doubt again is the same question."""
    reviews.ask(db, "person", [ASKED], NOW)
    reviews.ask(db, "person", [ASKED], LATER)
    assert states(db) == [("open", NOW)]


def test_what_data_answered_is_asked_again(db: Connection) -> None:
    """A doubt that is no doubt any more is settled; it is open again when it comes back."""
    reviews.ask(db, "person", [ASKED], NOW)
    assert reviews.settle(db, "person", ["a"], [], LATER) == 1
    assert states(db) == [("settled", NOW)]
    reviews.ask(db, "person", [ASKED], LATER)
    assert states(db) == [("open", LATER)]


def test_what_a_person_answered_is_never_asked_again(db: Connection) -> None:
    """A decided review stays decided, whatever data says later."""
    reviews.ask(db, "person", [ASKED], NOW)
    id_ = reviews.review_id("person", "b", "a")
    reviews.decide(db, id_, "rejected", "ada", LATER)
    reviews.ask(db, "person", [ASKED], LATER)
    assert reviews.settle(db, "person", ["a", "b"], [], LATER) == 0
    found = reviews.find(db, id_)
    assert found is not None
    assert (found.state, found.decided_by) == ("rejected", "ada")


def test_only_doubts_about_the_records_at_hand_are_settled(db: Connection) -> None:
    """Another pair's question stays open, and so does one that still stands."""
    reviews.ask(db, "person", [ASKED, Question("c", "d", "phone", {})], NOW)
    still = [reviews.review_id("person", "a", "b")]
    assert reviews.settle(db, "person", ["a", "b"], still, LATER) == 0
    assert reviews.listed(db, entity="person")[1] == 2
    assert reviews.listed(db, entity="account")[1] == 0


def test_the_last_word_on_a_pair_counts(db: Connection) -> None:
    """Ruling again replaces the ruling; the order of the two records does not matter."""
    rulings.give(db, "person", [("b", "a")], "same", by="ada", reason="", now=NOW)
    rulings.give(db, "person", [("a", "b")], "different", by="bob", reason="no", now=LATER)
    (ruled,) = rulings.about(db, "person", ["b"])
    assert (ruled.left, ruled.right, ruled.verdict, ruled.by) == ("a", "b", "different", "bob")
    rulings.take_back(db, "person", ["b"], ["a", "c"])
    assert rulings.about(db, "person", ["a"]) == []


def test_a_bulk_proposal_stays_until_the_two_are_one(db: Connection) -> None:
    """No key shows what a clean-up proposes, so none takes it back; a join or a delete does."""
    left, right = Ref("crm", "people", "1"), Ref("crm", "people", "2")

    def belongs(ref: Ref, to: str) -> Link:
        return Link(ref.connection, ref.object, ref.id, "person", to, "r", "", 1.0, NOW, "rule")

    identities.relink(db, "person", [], [belongs(left, "p1"), belongs(right, "p2")], NOW)
    proposal = Question(str(left), str(right), reviews.PROBABLE, {})
    reviews.ask(db, "person", [proposal], NOW)
    assert reviews.settle(db, "person", [str(left)], [], LATER) == 0
    identities.relink(db, "person", [right], [belongs(right, "p1")], LATER)
    assert reviews.settle(db, "person", None, [], LATER) == 1
