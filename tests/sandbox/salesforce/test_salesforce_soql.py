"""SOQL without a server: plans, nulls under NOT, date words."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import salesforce
from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import org_of
from sandbox.salesforce.soql.dates import span
from sandbox.salesforce.soql.lower import lower
from sandbox.salesforce.soql.pages import Queries
from sandbox.state import State

NOW = datetime(2026, 5, 20, 20, 0, tzinfo=UTC)  # already the 21st in Tokyo
CITIES = (None, "Osaka", "Tokyo")
SIZES = (None, 1, 2)


@pytest.fixture(scope="module")
def state():
    """Every pair of a city and a size, each null too, as one account."""
    with State(None, lambda: NOW) as opened:
        pairs = [(city, size) for city in CITIES for size in SIZES]
        salesforce.insert(
            opened,
            "Account",
            (
                {"Name": f"{city}/{size}", "BillingCity": city, "NumberOfEmployees": size}
                for city, size in pairs
            ),
        )
        yield opened


def test_a_query_too_deep_is_refused(state):
    """Nesting beyond what the sandbox takes answers the platform's own code."""
    deep = "(NOT " * 300 + "Name = 'a'" + ")" * 300
    with pytest.raises(FaultError) as caught:
        Queries(org_of(state)).run(
            f"SELECT Id FROM Account WHERE {deep}", "v59.0", everything=False
        )
    assert caught.value.code == "QUERY_TOO_COMPLICATED"


def plan(state: State, query: str) -> str:
    """How SQLite finds the rows of a query."""
    lowered = lower(org_of(state), query, "v59.0", everything=False)
    rows = state.db.execute(f"EXPLAIN QUERY PLAN {lowered.find}", lowered.values).fetchall()
    return " / ".join(row[3] for row in rows)


def test_a_poll_reads_only_its_span(state):
    """A window on SystemModstamp walks its covering index, without a sort."""
    found = plan(
        state,
        "SELECT Id FROM Contact WHERE SystemModstamp >= 2026-01-01T00:00:00Z "
        "AND SystemModstamp < 2026-02-01T00:00:00Z ORDER BY SystemModstamp, Id",
    )
    assert "COVERING INDEX sf_Contact_walk (SystemModstamp>? AND SystemModstamp<?)" in found
    assert "TEMP B-TREE" not in found


def test_ids_and_external_ids_are_looked_up(state):
    """A list of ids or keys is searched, never scanned."""
    for query in (
        "SELECT Id FROM Contact WHERE Id IN ('0035g0000000001AAA', '0035g0000000002AAA')",
        "SELECT Id FROM Task WHERE Tasuki_Key__c IN ('a', 'b')",
        "SELECT Id FROM Contact WHERE Email = 'a@b.example'",
    ):
        assert "SCAN" not in plan(state, query)


@st.composite
def conditions(draw, depth: int = 4):
    """A condition as SOQL text and as what it means."""
    nesting = ["not", "and", "or"] if depth else []
    kind = draw(st.sampled_from(["city", "size", "list", *nesting]))
    if kind == "city":
        equal, value = draw(st.booleans()), draw(st.sampled_from(CITIES))
        text = f"BillingCity {'=' if equal else '!='} " + (f"'{value}'" if value else "null")
        return text, lambda row: (row[0] == value) is equal
    if kind == "size":
        least = draw(st.integers(0, 3))
        return f"NumberOfEmployees >= {least}", lambda row: row[1] is not None and row[1] >= least
    if kind == "list":
        equal, value = draw(st.booleans()), draw(st.sampled_from(CITIES[1:]))
        text = f"BillingCity {'' if equal else 'NOT '}IN ('{value}')"
        return text, lambda row: (row[0] == value) is equal
    first, first_means = draw(conditions(depth - 1))
    if kind == "not":
        return f"(NOT ({first}))", lambda row: not first_means(row)
    second, second_means = draw(conditions(depth - 1))
    if kind == "and":
        return f"({first} AND {second})", lambda row: first_means(row) and second_means(row)
    return f"({first} OR {second})", lambda row: first_means(row) or second_means(row)


@given(condition=conditions())
def test_conditions_are_two_valued(state, condition):
    """Any nesting of NOT, AND, OR finds the rows that plain two-valued logic finds."""
    text, means = condition
    answer = Queries(org_of(state)).run(
        f"SELECT Name FROM Account WHERE {text}", "v59.0", everything=False
    )
    expected = sum(means((city, size)) for city in CITIES for size in SIZES)
    assert answer.rows == expected


@pytest.mark.parametrize(
    ("word", "first", "after"),
    [
        ("today", (2026, 5, 21), (2026, 5, 22)),
        ("last_n_days:7", (2026, 5, 14), (2026, 5, 22)),
        ("next_n_days:2", (2026, 5, 22), (2026, 5, 24)),
        ("this_week", (2026, 5, 17), (2026, 5, 24)),
        ("last_month", (2026, 4, 1), (2026, 5, 1)),
        ("this_quarter", (2026, 4, 1), (2026, 7, 1)),
        ("next_year", (2027, 1, 1), (2028, 1, 1)),
        ("last_n_months:14", (2025, 3, 1), (2026, 5, 1)),
    ],
)
def test_date_words_are_days_of_the_user(word, first, after):
    """Date words count in the user's time zone, weeks begin on Sunday."""
    assert span(word, NOW) == (date(*first), date(*after))


def test_a_word_that_is_no_date_is_none():
    """Anything else is left for the parser to refuse."""
    assert span("someday", NOW) is None
