"""The table of functions: what each takes, what it gives, and examples that a test runs.

Every function is total: whatever the row holds, it answers, if only with null.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from catalog.shape import Type

ANY: Final = frozenset({Type.TEXT, Type.INT, Type.NUM, Type.BOOL, Type.DATE, Type.TIME})
NUMBER: Final = frozenset({Type.INT, Type.NUM})
TEXT: Final = frozenset({Type.TEXT})
WHOLE: Final = frozenset({Type.INT})
DAY: Final = frozenset({Type.DATE, Type.TIME})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument a function takes."""

    name: str
    types: frozenset[Type]
    same: bool = False
    """All such arguments share one type (int widens to num)."""
    literal: tuple[int, int] | None = None
    """Only a written whole number in this range."""
    optional: bool = False
    many: bool = False
    """Repeats to the end."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the language."""

    name: str
    parameters: tuple[Parameter, ...]
    result: Type | None
    """None: the type the `same` arguments share."""
    en: str
    ja: str
    examples: tuple[tuple[str, object], ...]

    def least(self) -> int:
        """How many arguments it needs."""
        return sum(not p.optional for p in self.parameters)

    def most(self) -> int | None:
        """How many arguments it takes at most; None when they may go on."""
        repeats = bool(self.parameters) and self.parameters[-1].many
        return None if repeats else len(self.parameters)

    def parameter(self, index: int) -> Parameter:
        """What the argument at this place must be."""
        return self.parameters[min(index, len(self.parameters) - 1)]

    def signature(self) -> str:
        """How it is called, for people."""
        words = [f"[{p.name}]" if p.optional else p.name for p in self.parameters]
        dots = [", ..."] if self.most() is None else []
        return f"{self.name}({', '.join(words)}{''.join(dots)})"


def _same(name: str, types: frozenset[Type] = ANY, *, many: bool = False) -> Parameter:
    return Parameter(name, types, same=True, many=many)


def _text(name: str) -> Parameter:
    return Parameter(name, TEXT)


_CONDITION: Final = Parameter("condition", frozenset({Type.BOOL}))
_DAY: Final = Parameter("day", DAY)
_ORDERED: Final = NUMBER | DAY | TEXT

_GENERAL: Final = (
    Function(
        "coalesce",
        (_same("value"), _same("instead", many=True)),
        None,
        "The first value that is known.",
        "最初の空でない値。",
        (("coalesce(null, 2)", 2), ("coalesce('a', 'b')", "a"), ("coalesce(null, null, 1.5)", 1.5)),
    ),
    Function(
        "nullif",
        (_same("value"), _same("unknown")),
        None,
        "The value, or null when it equals the second one.",
        "値。第2引数と等しければ空。",
        (("nullif(3, 3)", None), ("nullif('a', '')", "a")),
    ),
    Function(
        "if",
        (_CONDITION, _same("then"), _same("otherwise")),
        None,
        "One of two values; an unknown condition takes the second.",
        "条件により2つの値の一方。条件が不明なら後者。",
        (("if(1 < 2, 'yes', 'no')", "yes"), ("if(nullif(1, 1) < 2, 1, 0)", 0)),
    ),
    Function(
        "least",
        (_same("value", _ORDERED), _same("other", _ORDERED, many=True)),
        None,
        "The smallest of the values that are known.",
        "空でない値のうち最小のもの。",
        (("least(3, 1.5)", 1.5), ("least(null, 4)", 4)),
    ),
    Function(
        "greatest",
        (_same("value", _ORDERED), _same("other", _ORDERED, many=True)),
        None,
        "The largest of the values that are known.",
        "空でない値のうち最大のもの。",
        (("greatest(3, 1.5)", 3.0), ("greatest(null, 'b', 'a')", "b")),
    ),
)
_NUMBERS: Final = (
    Function(
        "abs",
        (_same("number", NUMBER),),
        None,
        "The number without its sign.",
        "絶対値。",
        (("abs(-3)", 3), ("abs(1.5)", 1.5)),
    ),
    Function(
        "round",
        (
            Parameter("number", NUMBER),
            Parameter("digits", WHOLE, literal=(0, 6), optional=True),
        ),
        Type.NUM,
        "Rounded to 0–6 digits behind the point, halves away from zero.",
        "小数点以下 0〜6 桁に四捨五入。",
        (("round(2.5)", 3.0), ("round(-2.5)", -3.0), ("round(1.234, 2)", 1.23)),
    ),
    Function(
        "to_num",
        (_text("text"),),
        Type.NUM,
        "The number behind plain digits (`-12.5`); null for anything else.",
        "数字だけの文字列（`-12.5` など）を数値に。それ以外は空。",
        (("to_num('12.5')", 12.5), ("to_num('abc')", None), ("to_num('1,000')", None)),
    ),
)
_TEXTS: Final = (
    Function(
        "lower",
        (_text("text"),),
        Type.TEXT,
        "In small letters, also beyond ASCII.",
        "小文字に変換。",
        (("lower('Ａb')", "ａb"),),
    ),
    Function(
        "upper",
        (_text("text"),),
        Type.TEXT,
        "In capital letters, also beyond ASCII.",
        "大文字に変換。",
        (("upper('é')", "É"),),
    ),
    Function(
        "trim",
        (_text("text"),),
        Type.TEXT,
        "Without white space at both ends, full-width spaces included.",
        "前後の空白（全角を含む）を除く。",
        (("trim('　a b ')", "a b"),),
    ),
    Function(
        "length",
        (_text("text"),),
        Type.INT,
        "How many characters.",
        "文字数。",
        (("length('東京')", 2),),
    ),
    Function(
        "starts_with",
        (_text("text"), _text("start")),
        Type.BOOL,
        "Whether the text begins so; capitals count.",
        "指定の文字列で始まるか（大文字・小文字を区別）。",
        (("starts_with('abc', 'ab')", True), ("starts_with('abc', 'AB')", False)),
    ),
    Function(
        "ends_with",
        (_text("text"), _text("end")),
        Type.BOOL,
        "Whether the text ends so; capitals count.",
        "指定の文字列で終わるか。",
        (("ends_with('abc', 'bc')", True), ("ends_with('c', 'bc')", False)),
    ),
    Function(
        "contains",
        (_text("text"), _text("piece")),
        Type.BOOL,
        "Whether the piece stands anywhere in the text; capitals count.",
        "指定の文字列を含むか。",
        (("contains('abc', 'b')", True), ("contains('abc', '')", True)),
    ),
    Function(
        "substr",
        (
            _text("text"),
            Parameter("start", WHOLE),
            Parameter("length", WHOLE, optional=True),
        ),
        Type.TEXT,
        "A piece of the text; the first character is 1.",
        "文字列の一部。先頭は 1。",
        (
            ("substr('abcd', 2, 2)", "bc"),
            ("substr('abcd', 3)", "cd"),
            ("substr('abcd', 0, 2)", "ab"),
        ),
    ),
    Function(
        "concat",
        (_text("text"), Parameter("other", TEXT, many=True)),
        Type.TEXT,
        "The texts joined; null counts as empty.",
        "文字列の連結。空は空文字として扱う。",
        (("concat('a', null, 'b')", "ab"),),
    ),
)
_DAYS: Final = (
    Function(
        "to_date",
        (_text("text"),),
        Type.DATE,
        "The date behind `2026-01-31` or `2026/01/31`; null for anything else.",
        "`2026-01-31` または `2026/01/31` の形の文字列を日付に。それ以外は空。",
        (("to_date('2026/01/31')", "2026-01-31"), ("to_date('2026-02-30')", None)),
    ),
    Function(
        "days_since",
        (_DAY,),
        Type.INT,
        "Whole days from then to today (for an instant: full 24 hours until now).",
        "その日から今日までの日数（日時なら現在までの満日数）。",
        (("days_since(add_days(today(), -3))", 3), ("days_since(add_days(now(), -3))", 3)),
    ),
    Function(
        "days_until",
        (_DAY,),
        Type.INT,
        "Whole days from today (or now) to then; negative when it is past.",
        "今日（現在）からその日までの日数。過ぎていれば負。",
        (("days_until(add_days(today(), 90))", 90),),
    ),
    Function(
        "days_between",
        (_same("from", DAY), _same("to", DAY)),
        Type.INT,
        "Whole days from the first to the second.",
        "第1引数から第2引数までの日数。",
        (("days_between(to_date('2026-01-31'), to_date('2026-03-01'))", 29),),
    ),
    Function(
        "add_days",
        (_same("day", DAY), Parameter("days", WHOLE)),
        None,
        "The day (or instant) so many days later.",
        "指定日数後の日付（日時）。",
        (("add_days(to_date('2026-02-27'), 2)", "2026-03-01"),),
    ),
    Function(
        "add_months",
        (Parameter("date", frozenset({Type.DATE})), Parameter("months", WHOLE)),
        Type.DATE,
        "The same day so many months later, or that month's last day.",
        "指定月数後の同じ日。なければその月の末日。",
        (("add_months(to_date('2026-01-31'), 1)", "2026-02-28"),),
    ),
    Function(
        "year",
        (_DAY,),
        Type.INT,
        "The year; of an instant, in UTC.",
        "年（日時は UTC）。",
        (("year(to_date('2026-03-31'))", 2026),),
    ),
    Function(
        "month",
        (_DAY,),
        Type.INT,
        "The month, 1 to 12; of an instant, in UTC.",
        "月（1〜12、日時は UTC）。",
        (("month(to_date('2026-03-31'))", 3),),
    ),
    Function(
        "today",
        (),
        Type.DATE,
        "The day the run counts as today.",
        "実行時の「今日」。",
        (("days_since(today())", 0),),
    ),
    Function(
        "now",
        (),
        Type.TIME,
        "The instant the run counts as now.",
        "実行時の「現在」。",
        (("days_since(now())", 0),),
    ),
)


def _table(functions: Iterable[Function]) -> MappingProxyType[str, Function]:
    return MappingProxyType({function.name: function for function in functions})


FUNCTIONS: Final = _table((*_GENERAL, *_NUMBERS, *_TEXTS, *_DAYS))
