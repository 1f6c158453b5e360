"""Scopes: which records belong to a side, and what a system is asked for instead of everything."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.expression.parse import LARGEST
from mappings.filter import Comparison, Op, lets_through
from mappings.reading.scope import read_scope
from mappings.scope import takes
from tasuki.errors import ExpressionError, Place

PLACE = Place("mappings/person.yaml", 7, 20)

TAKEN = {
    "Type = 'Customer'": [{"Type": "customer"}],
    "Type <> 'Partner'": [{"Type": "Customer"}],
    "Amount > 100": [{"Amount": 100.5}, {"Amount": "1,000"}],
    "Amount = 5": [{"Amount": "5.0"}],
    "Code = '5'": [{"Code": 5.0}],
    "IsDeleted = false": [{"IsDeleted": "false"}, {"IsDeleted": False}],
    "not hs_opted": [{"hs_opted": "false"}],
    "hs_opted is not true": [{}, {"hs_opted": ""}, {"hs_opted": "false"}],
    "email is null": [{"email": " "}, {}],
    "CloseDate <= '2026-01-31'": [
        {"CloseDate": "2026-01-31"},
        {"CloseDate": "2026-01-31T23:59:00Z"},
        {"CloseDate": "1769903999000"},
    ],
    "CreatedDate >= '2026-01-31T00:00:00Z'": [{"CreatedDate": "2026-01-31T00:00:00.000+0000"}],
    "Owner.Email like '%@AOBA.example'": [{"Owner.Email": "x@aoba.example"}],
    "stage in ('a', 'B') and n between 1 and 3": [{"stage": "b", "n": "3"}],
    "associations.companies is not null": [{"associations.companies": ["1"]}],
    "(Type = 'Customer') = true": [{"Type": "CUSTOMER"}],
    "case when Type = 'Customer' then true else false end": [{"Type": "customer"}],
    "coalesce(Type, 'None') = 'none'": [{}, {"Type": "NONE"}],
    "starts_with(Type, 'Cust') and contains(Type, 'TOM')": [{"Type": "cUSTOMer"}],
}
LEFT = {
    "Type = 'Customer'": [{}, {"Type": ""}, {"Type": "Partner"}],
    "Type <> 'Partner'": [{}, {"Type": "partner"}],
    "(Type <> 'Partner') = true": [{"Type": "PARTNER"}],
    "Amount > 100": [{"Amount": "many"}, {"Amount": None}, {"Amount": 100}],
    "not hs_opted": [{}, {"hs_opted": "true"}],
    "email is null": [{"email": "a@b.example"}],
    "CloseDate <= '2026-01-31'": [{"CloseDate": "2026-02-01T00:00:00Z"}],
    "associations.companies is not null": [{"associations.companies": []}],
}


@pytest.mark.parametrize("text", TAKEN)
def test_a_payload_is_understood_as_its_platform_spells_it(text: str) -> None:
    """Numbers and true or false as text, days and instants, text in any case."""
    scope = read_scope(text)
    assert all(takes(scope, payload) for payload in TAKEN[text])
    assert all(lets_through(scope.filter, payload) for payload in TAKEN[text])


@pytest.mark.parametrize("text", LEFT)
def test_unknown_is_not_in_scope(text: str) -> None:
    """A blank, or what cannot be read, is neither equal nor different."""
    assert not any(takes(read_scope(text), payload) for payload in LEFT[text])


def test_no_scope_takes_everything() -> None:
    """A side without a scope has every record."""
    assert takes(None, {})
    assert lets_through(None, {})


PUSHED = {
    "Type = 'a' or Type = 'b' and n > 5": (
        (Comparison("Type", Op.IS, ("a",)),),
        (Comparison("Type", Op.IS, ("b",)), Comparison("n", Op.MORE, (5,))),
    ),
    "not (a = 'x' or b is null)": (
        (Comparison("a", Op.IS_NOT, ("x",)), Comparison("b", Op.FILLED)),
    ),
    "5 < n": ((Comparison("n", Op.MORE, (5,)),),),
    "d = '2026-01-31'": (
        (Comparison("d", Op.AT_LEAST, ("2026-01-31",)),
         Comparison("d", Op.LESS, ("2026-02-01",))),
    ),
    "a like 'x%' and b = 'y'": (
        (Comparison("a", Op.FILLED), Comparison("b", Op.IS, ("y",))),
    ),
    "a > 'm'": ((Comparison("a", Op.FILLED),),),
    "a = 'x' or length(b) > 3": None,
    "lower(a) = 'x'": None,
    "a = 'x' and length(b) > 3": ((Comparison("a", Op.IS, ("x",)),),),
    "a = a": ((Comparison("a", Op.FILLED),),),
}  # fmt: skip


@pytest.mark.parametrize("text", PUSHED)
def test_what_can_be_asked_for_is_asked_for(text: str) -> None:
    """Comparisons go down in groups; what a system cannot be asked leaves more, never less."""
    assert read_scope(text).filter == PUSHED[text]


def test_too_many_alternatives_ask_for_more() -> None:
    """Groups multiply; past twenty the widest part is left to be looked at here."""
    part = " or ".join(f"{{0}} = '{n}'" for n in range(5))
    text = " and ".join(f"({part.format(name)})" for name in "abc")
    scope = read_scope(text)
    assert scope.filter is not None
    assert len(scope.filter) == 5


REFUSED = {
    "Type = ": ("7:25", "cannot be read at `=`"),
    "Amount > today()": ("7:29", "does not know `today`"),
    "a = 1 and a = 'x'": ("7:30", "compared with text here"),
    "a = 1 and lengt(b) = 2": ("7:30", "no function 'lengt'"),
    "Amount + 1": ("7:20", "is a condition"),
    'a = "x"': ("7:24", "without quotes"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_mistake_is_shown_where_it_stands(text: str) -> None:
    """Line and column of the very word, not of the key."""
    place, what = REFUSED[text]
    with pytest.raises(ExpressionError) as caught:
        read_scope(text, PLACE)
    assert str(caught.value.where).startswith(f"mappings/person.yaml:{place}")
    assert what in caught.value.what
    assert all(caught.value.lines())


# ── the law ──

NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, 2.5])
WORDS = st.sampled_from(["a", "B", "b", "ab", "true", "5"])
DAYS = st.sampled_from(["2026-01-31", "2026-02-01", "2024-02-29"])
MOMENTS = st.sampled_from(["2026-01-31T00:00:00Z", "2026-01-31T12:00:00.500+00:00"])
OPERATORS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def _quoted(text: str) -> str:
    return f"'{text}'"


def _tests(field: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    flipped = st.tuples(values, OPERATORS).map(lambda p: f"{p[0]} {p[1]} {field}")
    return st.one_of(
        st.tuples(OPERATORS, values).map(lambda p: f"{field} {p[0]} {p[1]}"),
        flipped,
        st.lists(values, min_size=1, max_size=3).map(lambda v: f"{field} in ({', '.join(v)})"),
        st.tuples(values, values).map(lambda p: f"{field} between {p[0]} and {p[1]}"),
        st.just(f"{field} is null"),
    )


LEAVES = st.one_of(
    _tests("num", NUMBERS.map(str)),
    _tests("word", WORDS.map(_quoted)),
    _tests("day", DAYS.map(_quoted)),
    _tests("at", MOMENTS.map(_quoted)),
    st.sampled_from(
        (
            "flag/flag = true/flag is not true/flag is not false/flag is true/word like 'a%'/"
            "length(word) > 1/num + 1 > 2/upper(word) = 'AB'"
        ).split("/")
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda p: f"({p[0]}) {p[1]} ({p[2]})"
        ),
        inner.map(lambda text: f"not ({text})"),
    ),
    max_leaves=6,
)
GARBAGE = st.sampled_from([None, "", " ", "n/a", [], -1, 2.5, True, "false", "2026-01-31", "1e400"])
PAYLOADS = st.fixed_dictionaries(
    {},
    optional={
        "num": NUMBERS | NUMBERS.map(str) | GARBAGE | st.just(LARGEST * 10),
        "word": WORDS | WORDS.map(str.upper) | GARBAGE,
        "day": DAYS | MOMENTS | GARBAGE | st.sampled_from(["2026/01/31", "1769903999000"]),
        "at": MOMENTS | DAYS | GARBAGE | st.just("2026-01-31T21:00:00.000+0900"),
        "flag": st.sampled_from([True, False, "true", "FALSE", "1"]) | GARBAGE,
    },
)


@settings(max_examples=200)
@given(TREES, st.lists(PAYLOADS, min_size=1, max_size=6))
def test_a_filter_never_asks_for_fewer(text: str, payloads: list[dict[str, Any]]) -> None:
    """What the scope takes, its filter lets through."""
    scope = read_scope(text)
    for payload in payloads:
        assert lets_through(scope.filter, payload) or not takes(scope, payload), payload
