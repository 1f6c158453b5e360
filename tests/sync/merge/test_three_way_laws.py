"""What holds for any records, bases, policies and orders: the laws of one field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from mappings.spec import Policy, Rule
from sync.merge.three_way import (
    ABSENT,
    Candidate,
    Choice,
    Current,
    Decision,
    held,
    is_blank,
    merge_field,
    owned,
    parts,
    same,
)

SIDES = ("crm", "ma", "erp")
OWNER = Policy(Rule.OWNER_BY_STAGE, SIDES, {"marketing": "ma", "field_sales": "crm"})
PLAIN = [Policy(rule, SIDES) for rule in Rule if rule is not Rule.OWNER_BY_STAGE]
POLICIES = st.sampled_from([*PLAIN, owned(OWNER, "marketing"), owned(OWNER, "field_sales")])
VALUE = st.sampled_from([None, "", "a", "b", "a;b", "c;a"])
REFS = st.integers(1, 2)
STAMP = st.sampled_from("123") | st.none()
VOICE = st.builds(
    lambda side, n, value, base, at: Candidate(f"{side}/o/{n}", side, value, base, at),
    st.sampled_from(SIDES), REFS, VALUE, VALUE | st.just(ABSENT), STAMP,
)  # fmt: skip
VOICES = st.lists(VOICE, max_size=6, unique_by=lambda v: v.ref)
CURRENT = st.builds(Current, VALUE, st.sampled_from(["crm/o/1", "ma/o/1", None]))


def settled(voices: list[Candidate]) -> list[Candidate]:
    """The same records once merged: what each says is agreed."""
    return [replace(voice, base=voice.value) for voice in voices]


@given(VOICES, CURRENT, POLICIES, st.booleans(), st.randoms())
def test_any_order(
    voices: list[Candidate], current: Current, policy: Policy, clear: bool, dice: Any
) -> None:
    """Convergence: the order in which records come does not matter, for any policy."""
    one = merge_field(voices, current, policy, clear=clear)
    assert merge_field(dice.sample(voices, len(voices)), current, policy, clear=clear) == one


@given(VOICES, CURRENT, POLICIES, st.booleans())
@example(
    [Candidate("crm/o/1", "crm", "b"), Candidate("erp/o/1", "erp", "a", None)],
    Current(None, None),
    Policy(Rule.ASK, SIDES),
    False,
)
def test_merging_again_is_silent(
    voices: list[Candidate], current: Current, policy: Policy, clear: bool
) -> None:
    """Replay: once merged, the same records change nothing (a dispute keeps its bases, and is)."""
    first = merge_field(voices, current, policy, clear=clear)
    after = voices if first.in_conflict else settled(voices)
    again = merge_field(after, held(first.value, first.winner, first.why), policy, clear=clear)
    third = merge_field(after, held(again.value, again.winner, again.why), policy, clear=clear)
    assert again.in_conflict == first.in_conflict
    if first.winner is not None:
        assert same(again.value, first.value)
    assert (third.value, third.winner) == (again.value, again.winner)


@given(VOICES, CURRENT, POLICIES)
def test_a_blank_never_erases(voices: list[Candidate], current: Current, policy: Policy) -> None:
    """Blank safety: as long as the record whose value it is stays, a filled field stays filled."""
    choice = merge_field(voices, current, policy)
    stays = current.ref is None or any(v.ref == current.ref for v in voices)
    if stays and not is_blank(current.value) and policy.rule is not Rule.UNION:
        assert not is_blank(choice.value)
    if any(not is_blank(v.value) for v in voices):
        assert not is_blank(choice.value) or policy.rule is Rule.UNION


@given(VOICES, CURRENT, POLICIES)
def test_only_values_that_were_said(
    voices: list[Candidate], current: Current, policy: Policy
) -> None:
    """What a field becomes, a record says, or the entity held; a union has no part of its own."""
    choice = merge_field(voices, current, policy)
    said = [current.value, *(v.value for v in voices)]
    if policy.rule is Rule.UNION:
        assert parts(choice.value) <= {part for value in said for part in parts(value)}
    else:
        assert choice.value in [None, *said]


@given(VOICES, CURRENT, st.sampled_from(["marketing", "field_sales"]), st.booleans())
def test_the_owner_is_never_overruled(
    voices: list[Candidate], current: Current, team: str, clear: bool
) -> None:
    """`owner_by_stage`: what the owner's side says is the field's; nobody is ever asked."""
    owner = OWNER.by_stage[team]
    choice = merge_field(voices, current, owned(OWNER, team), clear=clear)
    mine = [v.value for v in voices if v.side == owner and not is_blank(v.value)]
    assert not choice.in_conflict
    if mine and not clear:
        assert choice.value in [*mine, current.value]
        assert len(set(mine)) > 1 or choice.value == mine[0]


@given(VOICES, CURRENT, st.sampled_from("abc"))
def test_a_decision_holds_until_somebody_moves_on(
    voices: list[Candidate], current: Current, value: str
) -> None:
    """What a person decided stands for the values it was made of, in any later merge of them."""
    decision = Decision(value, None, "mia", {v.ref: v.value for v in voices})
    for records in (voices, settled(voices)):
        choice = merge_field(records, current, Policy(Rule.ASK, SIDES), decision=decision)
        if records:
            assert choice == Choice(value, None, "decided by mia")
    moved = [replace(v, value="new", base=v.value) for v in voices[:1]] + voices[1:]
    if moved and not same(voices[0].value, "new"):
        choice = merge_field(moved, current, Policy(Rule.ASK, SIDES), decision=decision)
        assert not choice.why.startswith("decided")


@given(VOICES, CURRENT, POLICIES, st.booleans())
def test_a_late_page_moves_nothing(
    voices: list[Candidate], current: Current, policy: Policy, clear: bool
) -> None:
    """A stale value is as if the record still said what had been agreed."""
    agreed = settled(voices)
    late = [replace(v, stale="z") for v in agreed]
    one = merge_field(late, current, policy, clear=clear)
    assert one == merge_field(agreed, current, policy, clear=clear)
    assert one.value != "z"


def test_a_lossy_side_agrees_as_far_as_it_can() -> None:
    """A side that shows only lower case says the same as one that shows both: nobody is asked."""
    lossy = Candidate("ma/o/1", "ma", "aoba kk", reads=str.lower)
    exact = Candidate("crm/o/1", "crm", "Aoba KK")
    for pair in ([lossy, exact], [replace(lossy, base="x"), replace(exact, base="X")]):
        choice = merge_field(pair, Current("X", "crm/o/1"), Policy(Rule.ASK, SIDES))
        assert (choice.value, choice.in_conflict) == ("Aoba KK", False)


def test_equal_stamps_are_no_race() -> None:
    """`latest_wins` of equal stamps leaves it to the order of the sides, not to ids."""
    voices = [Candidate(f"{side}/o/1", side, side, "x", "1") for side in ("erp", "ma", "crm")]
    assert merge_field(voices, Current("x", None), Policy(Rule.LATEST_WINS, SIDES)).value == "crm"


def test_what_cannot_be_compared_is_asked() -> None:
    """`highest` of a word and a number is no question for a rule."""
    voices = [Candidate("crm/o/1", "crm", 5, 1), Candidate("ma/o/1", "ma", "many", 1)]
    assert merge_field(voices, Current(1, None), Policy(Rule.HIGHEST, SIDES)).in_conflict


def test_a_union_forgets_only_where_it_may_clear() -> None:
    """What somebody took out of a multiple choice stays out with `clear`, else it comes back."""
    voices = [Candidate("crm/o/1", "crm", "a", "a;b"), Candidate("ma/o/1", "ma", "b;a", "a;b")]
    union = Policy(Rule.UNION, SIDES)
    held = Current("a;b", "crm/o/1")
    assert merge_field(voices, held, union).value == "a;b"
    assert merge_field(voices, held, union, clear=True).value == "a"
    again = merge_field(settled(voices), Current("a", "crm/o/1"), union, clear=True)
    assert again.value == "a"
