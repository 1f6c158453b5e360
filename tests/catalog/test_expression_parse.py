"""What is an expression and what is refused, each refusal at its place."""

from __future__ import annotations

import pytest

from catalog.expression.parse import parse
from catalog.expression.tree import names, written
from tasuki.errors import ExpressionError, Place

# What, and the line:column of the refusal when the text begins at line 1, column 1.
HOSTILE = [
    ("", "1:1"),
    ("   ", "1:1"),
    ("a.b = 1; drop table account", "1:8"),
    ("a.b -- = 1", "1:5"),
    ("a.b /* hidden */ = 1", "1:5"),
    ("(select 1) = 1", "1:2"),
    ("exists(select 1 from account)", "1:8"),
    ("a.b in (select id from account)", "1:9"),
    ("a.b = 1 union select 2", "1:15"),
    ("sum(a.b) over () > 1", "1:10"),
    ("count(*) > 1", "1:7"),
    ("a.* = 1", "1:3"),
    ("* = 1", "1:1"),
    ("a.b::int = 1", "1:4"),
    ("cast(a.b as int) = 1", "1:13"),
    ("date '2026-01-01' < a.b", "1:6"),
    ("a.b = $1", "1:7"),
    ("a.b = ?", "1:7"),
    ("a.b = :name", "1:7"),
    ("a.b = @name", "1:7"),
    ("a.b = {{ name }}", "1:7"),
    ("employees > 3", "1:1"),
    ("x.a.b = 1", "1:1"),
    ('"a"."b" = 1', "1:1"),
    ("a.b || 'x' = 'y'", "1:5"),
    ("a.b[1] = 1", "1:1"),
    ("a.b -> 'x' = 'y'", "1:1"),
    ("a.b ~ 'x'", "1:1"),
    ("a.b ilike 'x'", "1:1"),
    ("a.b is distinct from 1", "1:1"),
    ("a.b % 2 = 0", "1:1"),
    ("a.b collate \"C\" = 'x'", "1:13"),
    ("a.b = 'never closed", "1:1"),
    ("a.b = e'\\x41'", "1:7"),
    ("a.b = $$x$$", "1:7"),
    ("a.b = x'41'", "1:7"),
    ("a.b = 1e400", "1:7"),
    ("a.b = 99999999999999999999", "1:7"),
    ("a.b like a.c", "1:1"),
    ("a.b like 'x\\'", "1:10"),
    ("a.b in ()", "1:1"),
    ("a.b in (a.c)", "1:1"),
    ("a.b = 1 and", "1:9"),
    ("a.b = = 1", "1:7"),
    ("a.b = 1 c", "1:9"),
    ("(a.b = 1", "1:8"),
    ("interval '1 day' > a.b", "1:1"),
    ("current_user = 'x'", "1:1"),
    ("pg.sleep(1) = 1", "1:1"),
    ("row(1, 2) = (1, 2)", "1:14"),
    ("a.b = array[1]", "1:13"),
    ("a.b at time zone 'x' = a.c", "1:1"),
]


@pytest.mark.parametrize(("text", "where"), HOSTILE)
def test_what_does_not_belong_is_refused_at_its_place(text: str, where: str) -> None:
    """Everything beyond operators, case and the functions is refused, with line and column."""
    with pytest.raises(ExpressionError) as caught:
        parse(text, Place("rule.yaml", 1, 1))
    what, place, _, fix = caught.value.lines()
    assert place == f"rule.yaml:{where}"
    assert what[0].isupper() or what[0] in "'`"
    assert fix != "-"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 200 + "a.b" + ")" * 200 + " = 1",
        "not " * 1500 + "a.b",
        "- " * 1000 + "a.b = 1",
        "a.b" + " + a.b" * 200 + " = 1",
        "f(" * 30 + "a.b" + ")" * 30,
        " and ".join(["a.b = 1"] * 1000),
        "a.b in (" + ", ".join("1" * 3000) + ")",
        "case when a.b then " * 20 + "1" + " end" * 20,
    ],
)
def test_what_is_too_large_is_refused(text: str) -> None:
    """No depth or length reaches the engines' own limits."""
    with pytest.raises(ExpressionError, match=r"too deeply|too long"):
        parse(text)


def test_a_block_of_lines_keeps_its_places() -> None:
    """In a block of YAML every line begins at the column of the first."""
    text = "account.employees > 10\n  and account.name = 'x'\n  and nonsense"
    with pytest.raises(ExpressionError) as caught:
        parse(text, Place("rules/a.yaml", 7, 5, "when"))
    assert str(caught.value.where) == "rules/a.yaml:9:11 (when)"


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("A.B>=60 AND NOT c.d", "(a.b >= 60) and (not c.d)"),
        ("a.b != 1", "a.b <> 1"),
        ("a.b not in (1, -2)", "not (a.b in (1, -2))"),
        ("a.b not like 'x%'", "not (a.b like 'x%')"),
        ("a.b is not null", "not (a.b is null)"),
        ("a.b is true", "coalesce(a.b, false)"),
        ("a.b is not true", "not coalesce(a.b, false)"),
        ("case a.b when 1 then 2 end", "case when a.b = 1 then 2 else null end"),
        ("a.b + 1 * 2", "a.b + (1 * 2)"),
        ("-a.b", "0 - a.b"),
        ("to_date(a.b) < today()", "to_date(a.b) < today()"),
        ("a.b = 'it''s'", "a.b = 'it''s'"),
        ("a.b and (c.d and e.f)", "a.b and c.d and e.f"),
    ],
)
def test_each_form_has_one_spelling(text: str, again: str) -> None:
    """Different ways to write the same become one tree, written out in one way."""
    assert written(parse(text)) == again


def test_names_are_listed_once_in_order() -> None:
    """`names` tells which fields must be fetched to judge one row."""
    tree = parse("a.x > 1 and b.y = 'z' or a.x < 0 or a.w")
    assert names(tree) == (("a", "x"), ("b", "y"), ("a", "w"))
