"""SQLite, PostgreSQL and plain Python answer every expression alike, whatever the rows hold."""

from __future__ import annotations

from typing import Any

from catalog.expression.check import anything
from catalog.expression.functions.table import FUNCTIONS

# Each function over fields, and the operators, on every hostile row.
EXPRESSIONS = (
    "coalesce(r.t, r.u, 'x')", "coalesce(r.i, r.n)", "coalesce(r.d, today())",
    "nullif(r.t, 'abc')", "nullif(r.i, 1)", "nullif(r.n, r.i)", "nullif(r.b, r.c)",
    "if(r.b, r.i, r.n)", "if(r.t = 'abc', r.d, r.e)", "if(r.i > 1 and r.b, null, r.t)",
    "least(r.i, r.n, r.j)", "greatest(r.i, r.n, r.j)", "least(r.t, r.u)", "greatest(r.t, r.u, 'b')",
    "least(r.d, r.e)", "greatest(r.s, r.z)", "greatest(r.i, r.j)",
    "abs(r.i)", "abs(r.n)", "round(r.n)", "round(r.n, 2)", "round(r.n, 6)", "round(r.i, 3)",
    "round(r.n / 3, 4)", "to_num(r.t)", "to_num(trim(r.t))", "to_num(concat(r.t, r.u))",
    "lower(r.t)", "upper(r.t)", "trim(r.t)", "length(r.t)", "lower(concat(r.t, r.u))",
    "starts_with(r.t, r.u)", "ends_with(r.t, r.u)", "contains(r.t, r.u)",
    "starts_with(r.t, 'a')", "ends_with(r.t, 'b')", "contains(r.t, '')", "contains(r.t, 'ヤ')",
    "substr(r.t, 2)", "substr(r.t, 2, 3)", "substr(r.t, r.i, r.j)", "substr(r.t, r.i)",
    "concat(r.t, r.u)", "concat(r.t, '-', null, upper(r.u))",
    "to_date(r.t)", "to_date(trim(r.t))", "to_date(r.u)",
    "days_since(r.d)", "days_until(r.d)", "days_since(r.s)", "days_until(r.s)",
    "days_between(r.d, r.e)", "days_between(r.s, r.z)", "days_between(to_date(r.t), r.d)",
    "add_days(r.d, r.i)", "add_days(r.s, r.i)", "add_days(r.d, 30)", "add_days(r.s, -1)",
    "add_days(add_days(r.d, 1), -1)", "add_days(r.d, r.i * 1000)",
    "add_months(r.d, r.i)", "add_months(r.d, 1)", "add_months(r.d, -13)",
    "add_months(r.d, r.i * 99)",
    "year(r.d)", "year(r.s)", "month(r.d)", "month(r.s)", "year(add_months(to_date(r.t), 11))",
    "today()", "now()", "r.n", "r.i + r.j", "r.i - r.j", "r.i * r.j", "r.i / r.j", "r.n + r.m",
    "r.n - r.m", "r.n * r.m", "r.n / r.m", "r.n * r.m * r.n / r.m", "-r.n", "-r.i", "r.i * 1.5",
    "r.i * r.j * r.i", "r.n / (r.m - r.n)", "r.i / 0", "(r.i + 1) / 2",
    "r.t = r.u", "r.t <> r.u", "r.t < r.u", "r.t >= r.u", "r.t < 'b'", "r.n = 0.1",
    "r.n + r.m = 0.3", "add_days('2026-01-31', 2147483648)", "add_months('2026-01-31', -99999999)",
    "r.n >= r.i", "r.i = 1.0", "r.i between r.n and 100", "r.t between 'A' and 'b'",
    "r.d < today()", "r.d between '2024-01-01' and '2026-12-31'", "r.s <= now()", "r.d = r.e",
    "r.s >= '2026-03-30'", "r.t in ('abc', '', 'it''s', '🦊🦊')", "r.i in (1, 7, -31)",
    "r.i in (1, 2.5)", "r.n in (1, 2.5, 0.1)", "r.b in (true)", "r.d in ('2026-03-31')",
    "r.t like 'a%'", "r.t like 'A%'", "r.t like '%b%'", "r.t like '_b_'",
    "r.t like 'a\\%b\\_c\\\\d[e]*?'",
    "r.t like '%[e]*_'", "r.t like ''", "r.t like '%'", "r.t not like '%　%'", "r.t like '__'",
    "r.b", "not r.b", "r.b = r.c", "r.b <> true", "r.b is true", "r.b is not false", "r.b is null",
    "r.n is null", "r.t is not null", "r.b and r.c", "r.b or r.c", "not (r.b and not r.c)",
    "r.b or r.i > 1 or r.t = 'abc'", "(r.n / r.m) > 1 is true", "not (r.t in ('abc')) or r.c",
    "case when r.b then r.i when r.c then r.n else 0 end", "case r.t when 'abc' then 1 end",
    "case when r.i > 0 then 'plus' when r.i < 0 then 'minus' end", "case when r.b then r.d end",
)  # fmt: skip


def test_every_function_is_covered() -> None:
    """No function of the table escapes the conformance test."""
    text = " ".join(EXPRESSIONS)
    assert [name for name in FUNCTIONS if f"{name}(" not in text] == []


def test_engines_answer_like_python(hostile: Any) -> None:
    """Every expression gives, row by row, what the Python reference gives."""
    for text in EXPRESSIONS:
        hostile.assert_alike(anything(text, hostile.scope))


def test_examples_hold_everywhere(hostile: Any) -> None:
    """Every example of the function table is true on the engine and in Python."""
    for function in FUNCTIONS.values():
        for text, expected in function.examples:
            tree = anything(text, hostile.scope)
            assert hostile.in_python(tree)[0] == expected, text
            assert hostile.answers(tree)[0] == expected, text


def test_a_where_keeps_only_what_is_true(hostile: Any) -> None:
    """A condition keeps the rows that Python finds true: unknown is left out."""
    for text in EXPRESSIONS:
        tree = anything(text, hostile.scope)
        if all(answer in (None, True, False) for answer in hostile.in_python(tree)) and "=" in text:
            kept = sum(answer is True for answer in hostile.in_python(tree))
            assert hostile.count(tree) == kept, text


def test_deep_nesting_stays_small(hostile: Any) -> None:
    """A long argument used several times is computed once: nesting never multiplies the text."""
    text = "r.d"
    for _ in range(4):
        text = f"add_days(add_months({text}, 1), 1)"
    tree = anything(text, hostile.scope)
    assert len(hostile.sql(tree)) < 60_000
    hostile.assert_alike(tree)
