"""What one field becomes when its records moved."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.spec import Policy, Rule
from sync.merge.three_way import ABSENT, Candidate, Current, merge_field

ORDER = ("crm", "ma")
CRM_WINS = Policy(Rule.SIDE_WINS, ORDER)
LATEST = Policy(Rule.LATEST_WINS, ORDER)
FILL = Policy(Rule.FILL_BLANK_ONLY, ORDER)
HIGHEST = Policy(Rule.HIGHEST, ORDER)
UNION = Policy(Rule.UNION, ORDER)
ASK = Policy(Rule.ASK, ORDER)


def said(side: str, value: Any, base: Any = ABSENT, at: str = "1") -> Candidate:
    return Candidate(f"{side}/o/1", side, value, base, at)


def became(
    *voices: Candidate,
    current: Any = None,
    by: str | None = None,
    policy: Policy = ASK,
    **more: Any,
) -> tuple[Any, bool]:
    ref = f"{by}/o/1" if by else None
    choice = merge_field(voices, Current(current, ref), policy, **more)
    return choice.value, choice.in_conflict


def test_nobody_moved() -> None:
    """Values equal to their bases keep what the entity holds."""
    assert became(said("crm", "a", "a"), said("ma", "b", "b"), current="a", by="crm") == (
        "a",
        False,
    )


def test_one_moved() -> None:
    """The one that moved is taken, whatever the policy prefers."""
    voices = said("crm", "a", "a"), said("ma", "c", "a")
    assert became(*voices, current="a", by="crm", policy=CRM_WINS) == ("c", False)


def test_moved_to_the_same() -> None:
    """Two that moved to one value agree."""
    assert became(said("crm", "c", "a"), said("ma", "c", "b"), current="a", by="crm") == (
        "c",
        False,
    )


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(CRM_WINS, ("c", False)), (LATEST, ("d", False)), (FILL, ("a", False)), (ASK, ("a", True))],
)
def test_moved_apart(policy: Policy, expected: tuple[Any, bool]) -> None:
    """The policy decides between two that moved apart; `ask` keeps the value and asks."""
    voices = said("crm", "c", "a", at="1"), said("ma", "d", "a", at="2")
    assert became(*voices, current="a", by="crm", policy=policy) == expected


def test_the_highest_of_two_that_moved() -> None:
    """`highest` takes the greater number."""
    voices = said("crm", 5, 1), said("ma", 7, 1)
    assert became(*voices, current=1, by="crm", policy=HIGHEST) == (7, False)


def test_a_blank_moves_nothing_unless_it_may_clear() -> None:
    """An emptied cell is no change; with `clear` it is one."""
    voices = said("crm", None, "a"), said("ma", "a", "a")
    assert became(*voices, current="a", by="ma", policy=CRM_WINS) == ("a", False)
    assert became(*voices, current="a", by="ma", policy=CRM_WINS, clear=True) == (None, False)


def test_the_first_link_is_decided_by_first_sync() -> None:
    """Without a base the mapping's first_sync decides, not a flood of conflicts."""
    voices = said("crm", "a"), said("ma", "b")
    assert became(*voices, policy=ASK, first_sync=FILL) == ("a", False)
    assert became(*voices, policy=ASK) == ("a", True)


def test_a_newcomer_meets_the_policy() -> None:
    """A record linked later competes with the one whose value the entity holds."""
    voices = said("ma", "a", "a"), said("crm", "b")
    assert became(*voices, current="a", by="ma", policy=CRM_WINS) == ("b", False)
    assert became(*voices, current="a", by="ma", policy=FILL, first_sync=FILL) == ("b", False)


def test_the_holder_left() -> None:
    """When the record whose value it was is gone, the others decide anew."""
    assert became(said("ma", "b", "b"), current="a", by="crm", policy=CRM_WINS) == ("b", False)


def test_union_collects() -> None:
    """`union` holds every part once, sorted."""
    voices = said("crm", "b;a"), said("ma", "c; a", "c; a")
    assert became(*voices, current="x", by="crm", policy=UNION) == ("a;b;c", False)


VALUE = st.sampled_from([None, "", "a", "b", "c"])
VOICE = st.builds(
    lambda n, side, value, base, at: Candidate(f"{side}/o/{n}", side, value, base, at),
    st.integers(1, 3), st.sampled_from(ORDER), VALUE, VALUE | st.just(ABSENT), st.just("1"),
)  # fmt: skip
VOICES = st.lists(VOICE, max_size=5, unique_by=lambda v: v.ref)
POLICIES = st.sampled_from([CRM_WINS, LATEST, FILL, UNION, ASK, HIGHEST])
CURRENT = st.builds(Current, VALUE, st.sampled_from(["crm/o/1", "ma/o/1", None]))


@given(VOICES, CURRENT, POLICIES, st.booleans(), st.randoms())
def test_order_of_the_records_does_not_matter(
    voices: list[Candidate], current: Current, policy: Policy, clear: bool, dice: Any
) -> None:
    """Any order of the same records gives the same choice."""
    try:
        choice = merge_field(voices, current, policy, clear=clear)
    except TypeError:  # `highest` of words and blanks is no question
        assert policy is HIGHEST
        return
    shuffled = dice.sample(voices, len(voices))
    assert merge_field(shuffled, current, policy, clear=clear) == choice


@given(VOICES, CURRENT, st.sampled_from([CRM_WINS, LATEST, FILL, ASK]))
def test_no_value_is_made_up(voices: list[Candidate], current: Current, policy: Policy) -> None:
    """What a field becomes, somebody said or it was."""
    choice = merge_field(voices, current, policy)
    assert choice.value in {None, current.value, *(v.value for v in voices)}


@given(VOICES, CURRENT, st.sampled_from([CRM_WINS, LATEST, FILL]))
def test_merging_twice_is_merging_once(
    voices: list[Candidate], current: Current, policy: Policy
) -> None:
    """Once merged, the bases hold what was said and a second merge changes nothing."""
    first = merge_field(voices, current, policy)
    agreed = [Candidate(v.ref, v.side, v.value, v.value, v.modified_at) for v in voices]
    second = merge_field(agreed, Current(first.value, first.winner), policy)
    assert second.value == first.value or first.winner is None


@pytest.mark.parametrize(
    ("policy", "became_", "is_disputed"), [(ASK, None, True), (LATEST, "kobe", False)]
)
def test_records_that_met_long_ago_are_no_first_sync(
    policy: Policy, became_: Any, is_disputed: bool
) -> None:
    """Both were blank, both are filled apart: the field's own policy decides, not first_sync."""
    voices = said("crm", "osaka", None, "1"), said("ma", "kobe", None, "2")
    found = became(*voices, policy=policy, first_sync=FILL)
    assert found == (became_, is_disputed)
