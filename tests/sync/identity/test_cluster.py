"""Who is who: rules in order, vetoes above all."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mappings.spec import Confidence, KeyRule
from sync.identity.cluster import HUB, Known, cluster

NUMBER = KeyRule("number", veto=True)
DOMAIN = KeyRule("domain")
NAME = KeyRule("name", confidence=Confidence.LIKELY)
PHONE = KeyRule("phone", confidence=Confidence.POSSIBLE)
RULES = (NUMBER, DOMAIN, NAME, PHONE)


def one(**keys: str) -> dict[str, frozenset[str]]:
    return {kind: frozenset({value}) for kind, value in keys.items()}


def groups(members: dict[str, Any]) -> set[frozenset[str]]:
    return {frozenset(g) for g in cluster(members, RULES).groups}


def test_a_shared_key_joins() -> None:
    """Records that share a key are one thing; what joins them is the evidence."""
    grouping = cluster({"a": one(domain="x"), "b": one(domain="x"), "c": one(domain="y")}, RULES)
    assert set(grouping.groups) == {("a", "b"), ("c",)}
    assert (grouping.evidence["b"].rule, grouping.evidence["b"].confidence) == ("domain", 1.0)
    assert grouping.evidence["c"].rule == "first_seen"


def test_joins_reach_through_others() -> None:
    """One is two by number and two is three by domain: all three are one."""
    members = {"a": one(number="1"), "b": one(number="1", domain="x"), "c": one(domain="x")}
    assert groups(members) == {frozenset("abc")}


def test_different_numbers_veto_every_other_rule() -> None:
    """Two corporate numbers are two companies, whatever else they share; somebody is asked."""
    members = {"a": one(number="1", domain="x"), "b": one(number="2", domain="x")}
    assert groups(members) == {frozenset("a"), frozenset("b")}
    assert [d.reason for d in cluster(members, RULES).doubts] == ["same domain, but a veto differs"]


def test_a_key_of_two_enemies_joins_nobody() -> None:
    """A third record that shares a domain with two vetoed companies belongs to neither."""
    members = {
        "a": one(number="1", domain="x"),
        "b": one(number="2", domain="x"),
        "c": one(domain="x"),
    }
    assert groups(members) == {frozenset("a"), frozenset("b"), frozenset("c")}


def test_a_rule_may_be_held_apart_by_another_key() -> None:
    """A card joins the one colleague of its name; two with different addresses stay two."""
    email = KeyRule("email")
    name = KeyRule("name", confidence=Confidence.LIKELY, apart_by=("email",))
    card, ann, other = one(name="n"), one(name="n", email="a"), one(name="n", email="b")
    grouping = cluster({"ann": ann, "card": card}, (email, name))
    assert grouping.groups == (("ann", "card"),)
    grouping = cluster({"ann": ann, "card": card, "other": other}, (email, name))
    assert set(grouping.groups) == {("ann",), ("card",), ("other",)}
    assert {(d.left, d.right) for d in grouping.doubts} == {("ann", "card"), ("card", "other")}
    assert len(cluster({"ann": ann, "other": other}, (email, name)).doubts) == 0
    mobile = KeyRule("mobile")
    name = KeyRule("name", confidence=Confidence.LIKELY, apart_by=("email", "mobile"))
    ann, caller = one(name="n", email="a", mobile="1"), one(name="n", mobile="2")
    grouping = cluster({"ann": ann, "caller": caller, "other": other}, (email, mobile, name))
    assert set(grouping.groups) == {("ann",), ("caller",), ("other",)}
    assert [d.pair for d in grouping.doubts] == [("caller", "other")]


def test_two_subsidiaries_do_not_become_one_by_the_domain_of_their_group() -> None:
    """Two of one parent are two, asked of nobody, unless they are the same in every key."""
    parent, east, west = (one(domain="g", name=name) for name in ("p", "east", "west"))
    above = {"east": frozenset("p"), "west": frozenset("p"), "twin": frozenset("p")}
    known = Known(kin={("east", "p"), ("p", "west"), ("p", "twin")}, above=above)
    grouping = cluster({"p": parent, "east": east, "west": west}, RULES, known)
    assert (set(grouping.groups), grouping.doubts) == ({("p",), ("east",), ("west",)}, ())
    assert len(cluster({"east": east, "west": west}, RULES, known).groups) == 2
    grouping = cluster({"p": parent, "east": east, "twin": east}, RULES, known)
    assert set(grouping.groups) == {("p",), ("east", "twin")}
    grouping = cluster({"p": parent, "west": west, "copy": west}, RULES, known)
    assert (set(grouping.groups), grouping.doubts) == ({("p",), ("copy", "west")}, ())


def test_a_possible_key_only_asks() -> None:
    """A shared switchboard joins nobody; it leaves a doubt."""
    members = {"a": one(phone="1"), "b": one(phone="1")}
    grouping = cluster(members, RULES)
    assert len(grouping.groups) == 2
    assert [(d.left, d.right, d.reason) for d in grouping.doubts] == [("a", "b", "phone")]


def test_no_doubt_about_what_is_joined() -> None:
    """Two records joined by a strong key are in no doubt over a weak one."""
    members = {"a": one(phone="1", domain="x"), "b": one(phone="1", domain="x")}
    assert cluster(members, RULES).doubts == ()


def test_a_value_of_many_says_nothing() -> None:
    """A domain that more records share than a company can have is a hub."""
    members = {f"{i:03d}": one(domain="x") for i in range(HUB + 1)}
    assert len(groups(members)) == HUB + 1
    members.popitem()
    assert len(groups(members)) == 1


VALUES = st.sampled_from(["1", "2", "3"])
MEMBER = st.fixed_dictionaries(
    {},
    optional={
        kind: st.frozensets(VALUES, min_size=1, max_size=2)
        for kind in ("number", "domain", "name", "phone")
    },
)
MEMBERS = st.dictionaries(st.sampled_from("abcdefgh"), MEMBER, max_size=8)


@given(MEMBERS, st.randoms())
def test_order_does_not_matter(members: dict[str, Any], dice: Any) -> None:
    """The same records in any order give the same grouping."""
    shuffled = dict(dice.sample(sorted(members.items()), len(members)))
    assert cluster(members, RULES) == cluster(shuffled, RULES)


@given(MEMBERS)
def test_a_verdict_is_a_partition_without_enemies(members: dict[str, Any]) -> None:
    """Everybody is in exactly one group, and no group holds two numbers that differ."""
    grouping = cluster(members, RULES)
    assert sorted(ref for group in grouping.groups for ref in group) == sorted(members)
    for group in grouping.groups:
        numbers = {members[r]["number"] for r in group if members[r].get("number")}
        assert len(numbers) <= 1


def test_one_list_names_each_company_once() -> None:
    """A group's companies share a domain: of one object, two names are two; somebody is asked."""
    rules = (KeyRule("domain", apart_within=("name",)), NAME)
    members = {
        "sf/Account/1": one(domain="g", name="aoba"),
        "sf/Account/2": one(domain="g", name="midori"),
        "hs/companies/1": one(domain="g", name="aoba"),
        "hs/companies/2": one(domain="g", name="aobagroup"),
        "sf/Account/3": one(domain="h", name="青葉"),
        "hs/companies/3": one(domain="h", name="aobakk"),
    }
    found = cluster(members, rules)
    assert {frozenset(group) for group in found.groups} == {
        frozenset({"sf/Account/1", "hs/companies/1"}),
        frozenset({"sf/Account/2"}),
        frozenset({"hs/companies/2"}),
        frozenset({"sf/Account/3", "hs/companies/3"}),
    }
    assert {doubt.reason for doubt in found.doubts} >= {"same domain, but not the same name"}
