"""Laws that hold for every expression, drawn at random, on each engine and in Python."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.expression.check import anything, check
from catalog.expression.evaluate import opposite
from catalog.expression.parse import parse
from catalog.expression.scope import Scope
from catalog.expression.sentence import sentence
from catalog.expression.tree import And, Between, Compare, Node, Not, Or, written
from catalog.labels import Language
from catalog.shape import Type
from tasuki.errors import ExpressionError

on_engine = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

FIELDS = {
    "t": Type.TEXT,
    "u": Type.TEXT,
    "i": Type.INT,
    "j": Type.INT,
    "n": Type.NUM,
    "m": Type.NUM,
    "b": Type.BOOL,
    "c": Type.BOOL,
    "d": Type.DATE,
    "e": Type.DATE,
    "s": Type.TIME,
    "z": Type.TIME,
}
SCOPE = Scope({"r": FIELDS}, "r")
TEXT, INT, NUM, BOOL, DATE, TIME = "text", "int", "num", "bool", "date", "time"
_KINDS = {
    TEXT: Type.TEXT,
    INT: Type.INT,
    NUM: Type.NUM,
    BOOL: Type.BOOL,
    DATE: Type.DATE,
    TIME: Type.TIME,
}
_LITERALS = {
    TEXT: ["'abc'", "''", "'ヤマダ'", "'it''s'", "'12.5'", "'B'"],
    INT: ["0", "1", "-7", "30", "365", "2147483648"],
    NUM: ["0.5", "2.675", "-1.5", "1e6", "1000000000000000.0"],
    BOOL: ["true", "false"],
    DATE: ["today()", "to_date('2024-02-29')"],
    TIME: ["now()", "add_days(now(), -1)"],
}
# `{text}` and the like stand for an expression of that type.
_FORMS = {
    TEXT: [
        "coalesce({text}, {text})", "nullif({text}, {text})", "if({bool}, {text}, {text})",
        "least({text}, {text})", "greatest({text}, {text})", "lower({text})", "upper({text})",
        "trim({text})", "substr({text}, {int}, {int})", "substr({text}, {int})",
        "concat({text}, {text})", "case when {bool} then {text} end",
    ],
    INT: [
        "({int} + {int})", "({int} - {int})", "({int} * {int})", "abs({int})", "length({text})",
        "days_since({date})", "days_until({time})", "days_between({date}, {date})",
        "days_between({time}, {time})", "year({date})", "month({time})", "coalesce({int}, {int})",
        "nullif({int}, {int})", "least({int}, {int})", "if({bool}, {int}, null)",
    ],
    NUM: [
        "({num} + {num})", "({num} - {int})", "({num} * {num})", "({int} / {int})",
        "({num} / {num})", "abs({num})", "round({num}, 2)", "round({num})", "to_num({text})",
        "coalesce({num}, {int})", "greatest({num}, {int})", "if({bool}, {int}, {num})",
        "case when {bool} then {num} when {bool} then {int} else {num} end", "nullif({num}, {int})",
    ],
    BOOL: [
        "({num} < {int})", "({num} >= {num})", "({text} = {text})", "({text} < {text})",
        "({date} <= {date})", "({time} > {time})", "({int} <> {int})", "({bool} = {bool})",
        "({bool} and {bool})", "({bool} or {bool})", "(not {bool})", "({text} is null)",
        "({num} is not null)", "({num} between {int} and {num})", "({int} in (1, 2.5, -7))",
        "({text} in ('abc', ''))", "({text} like '%a_c%')", "starts_with({text}, {text})",
        "ends_with({text}, {text})", "contains({text}, {text})", "({bool} is true)",
        "coalesce({bool}, {bool})", "if({bool}, {bool}, {bool})",
    ],
    DATE: [
        "add_days({date}, {int})", "add_months({date}, {int})", "to_date({text})",
        "least({date}, {date})", "coalesce({date}, {date})", "if({bool}, {date}, {date})",
    ],
    TIME: ["add_days({time}, {int})", "greatest({time}, {time})", "coalesce({time}, {time})"],
}  # fmt: skip


def expressions(kind: str, depth: int = 3) -> st.SearchStrategy[str]:
    """Text of an expression of that type."""
    fields = [f"r.{name}" for name, type_ in FIELDS.items() if type_ is _KINDS[kind]]
    leaves = st.sampled_from([*fields, *fields, *_LITERALS[kind]])
    return st.one_of(leaves, _formed(kind, depth)) if depth else leaves


@st.composite
def _formed(draw: st.DrawFn, kind: str, depth: int) -> str:
    form = draw(st.sampled_from(_FORMS[kind]))
    for name in _KINDS:
        while f"{{{name}}}" in form:
            form = form.replace(f"{{{name}}}", draw(expressions(name, depth - 1)), 1)
    return form


def any_expression() -> st.SearchStrategy[str]:
    """Text of an expression of some type."""
    return st.sampled_from(list(_KINDS)).flatmap(expressions)


# ── laws ──


def tree_of(text: str, hostile: Any) -> Node | None:
    """The typed tree, or None where the draw is refused for its size."""
    with suppress(ExpressionError):
        return anything(text, hostile.scope)
    return None


@on_engine
@given(text=any_expression())
def test_engine_answers_like_python(hostile: Any, text: str) -> None:
    """Whatever is written, the engine and Python give the same for every row."""
    tree = tree_of(text, hostile)
    if tree is not None:
        hostile.assert_alike(tree)


@on_engine
@given(one=expressions(BOOL, 2), other=expressions(BOOL, 2))
def test_logic_keeps_its_laws(hostile: Any, one: str, other: str) -> None:
    """Double negation, De Morgan and exchange hold on the engine, unknown included."""
    a, b = tree_of(one, hostile), tree_of(other, hostile)
    if a is None or b is None:
        return
    plain = hostile.answers(a)
    assert hostile.answers(Not(Not(a))) == plain
    assert hostile.answers(Not(a)) == [opposite(answer) for answer in plain]
    assert hostile.answers(Not(And((a, b)))) == hostile.answers(Or((Not(a), Not(b))))
    assert hostile.answers(Not(Or((a, b)))) == hostile.answers(And((Not(a), Not(b))))
    assert hostile.answers(And((a, b))) == hostile.answers(And((b, a)))


@on_engine
@given(
    words=st.sampled_from([INT, NUM, DATE, TEXT]).flatmap(
        lambda kind: st.tuples(*[expressions(kind, 1)] * 3)
    )
)
def test_short_forms_mean_their_long_forms(hostile: Any, words: tuple[str, str, str]) -> None:
    """`between` is two comparisons, a comparison turned round is its mirror."""
    trees = [tree_of(word, hostile) for word in words]
    item, low, high = trees
    if item is None or low is None or high is None:
        return
    pair = And((Compare(">=", item, low), Compare("<=", item, high)))
    assert hostile.answers(Between(item, low, high)) == hostile.answers(pair)
    less, more = Compare("<", item, low), Compare(">", low, item)
    assert hostile.answers(less) == hostile.answers(more)
    assert hostile.answers(Not(less)) == hostile.answers(Compare(">=", item, low))


@given(text=any_expression())
def test_what_is_written_reads_back(text: str) -> None:
    """A tree written out and read again is the same tree."""
    with suppress(ExpressionError):
        tree = parse(text)
        assert parse(written(tree)) == tree


@given(text=any_expression(), lang=st.sampled_from(["en", "ja"]))
def test_everything_can_be_said(text: str, lang: Language) -> None:
    """Whatever passes the check has a sentence in both languages."""
    with suppress(ExpressionError):
        said = sentence(check(parse(text), SCOPE), lang)
        assert said
        assert "{" not in said


@given(text=st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the parser fail in any way but a positioned refusal."""
    with suppress(ExpressionError):
        assert written(parse(text))
