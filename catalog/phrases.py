"""How operators and functions are said, in English and Japanese: one table per language."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from catalog.labels import Language


@dataclass(frozen=True, slots=True)
class Phrases:
    """What one language needs to say an expression."""

    compare: Mapping[str, str]
    """Operator -> clause about {a} and {b}; a trailing `d` marks the ones about days."""
    call: Mapping[str, str]
    """Function -> noun phrase about {a} and {b}; `name!` is a clause, `not name!` its opposite."""
    also: str
    either: str
    listed: str
    """Between the options of a list."""
    last: str
    """Before the last option."""
    group: str
    quote: str
    yes: str
    no: str
    unknown: str
    empty: str
    branch: str
    otherwise: str


_EN: Final = Phrases(
    compare=MappingProxyType(
        {
            "=": "{a} is {b}",
            "<>": "{a} is not {b}",
            "<": "{a} is less than {b}",
            "<=": "{a} is at most {b}",
            ">": "{a} is more than {b}",
            ">=": "{a} is at least {b}",
            "<d": "{a} is before {b}",
            "<=d": "{a} is on or before {b}",
            ">d": "{a} is after {b}",
            ">=d": "{a} is on or after {b}",
            "in": "{a} is one of {b}",
            "not in": "{a} is none of {b}",
            "between": "{a} is between {b} and {c}",
            "not between": "{a} is not between {b} and {c}",
            "null": "{a} is not known",
            "not null": "{a} is known",
            "like": "{a} matches the pattern {b}",
            "not like": "{a} does not match the pattern {b}",
            "signal": "the signal {a} is on",
            "not signal": "the signal {a} is off",
            "holds": "{a}",
            "not holds": "it is not so that {a}",
            "or unknown": "{a} (or nothing is known)",
        }
    ),
    call=MappingProxyType(
        {
            "+": "{a} plus {b}",
            "-": "{a} minus {b}",
            "*": "{a} times {b}",
            "/": "{a} divided by {b}",
            "coalesce": "{a} (where unknown, {b})",
            "nullif": "{a} (unknown when it is {b})",
            "least": "the smallest of {list}",
            "greatest": "the largest of {list}",
            "abs": "the size of {a}",
            "round": "{a}, rounded",
            "to_num": "{a} read as a number",
            "lower": "{a} in small letters",
            "upper": "{a} in capital letters",
            "trim": "{a} without outer spaces",
            "length": "the length of {a}",
            "starts_with!": "{a} starts with {b}",
            "not starts_with!": "{a} does not start with {b}",
            "ends_with!": "{a} ends with {b}",
            "not ends_with!": "{a} does not end with {b}",
            "contains!": "{a} contains {b}",
            "not contains!": "{a} does not contain {b}",
            "substr": "the part of {a} from character {b}",
            "concat": "{list} joined",
            "to_date": "{a} read as a date",
            "days_since": "the number of days since {a}",
            "days_until": "the number of days until {a}",
            "days_between": "the number of days from {a} to {b}",
            "add_days": "{b} days after {a}",
            "back_days": "{b} days before {a}",
            "add_months": "{b} months after {a}",
            "back_months": "{b} months before {a}",
            "year": "the year of {a}",
            "month": "the month of {a}",
            "today": "today",
            "now": "now",
            "score": "{a} score",
            "grade": "{a} grade",
            "field": "{a} {b}",
        }
    ),
    also=" and ",
    either=" or ",
    listed=", ",
    last=" or ",
    group="({a})",
    quote='"{a}"',
    yes="yes",
    no="no",
    unknown="unknown",
    empty="empty text",
    branch="{b} if {a}, ",
    otherwise="otherwise {a}",
)
_JA: Final = Phrases(
    compare=MappingProxyType(
        {
            "=": "{a}が{b}",
            "<>": "{a}が{b}以外",
            "<": "{a}が{b}未満",
            "<=": "{a}が{b}以下",
            ">": "{a}が{b}を超える",
            ">=": "{a}が{b}以上",
            "<d": "{a}が{b}より前",
            "<=d": "{a}が{b}以前",
            ">d": "{a}が{b}より後",
            ">=d": "{a}が{b}以降",
            "in": "{a}が{b}のいずれか",
            "not in": "{a}が{b}のいずれでもない",
            "between": "{a}が{b}から{c}まで",
            "not between": "{a}が{b}から{c}までの範囲外",
            "null": "{a}が不明",
            "not null": "{a}が判明している",
            "like": "{a}がパターン{b}に合う",
            "not like": "{a}がパターン{b}に合わない",
            "signal": "アラート{a}が出ている",
            "not signal": "アラート{a}が出ていない",
            "holds": "{a}に該当する",
            "not holds": "{a}に該当しない",
            "or unknown": "{a}（または不明）",
        }
    ),
    call=MappingProxyType(
        {
            "+": "{a}＋{b}",
            "-": "{a}−{b}",
            "*": "{a}×{b}",
            "/": "{a}÷{b}",
            "coalesce": "{a}（不明なら{b}）",
            "nullif": "{a}（{b}なら不明）",
            "least": "{list}のうち最小",
            "greatest": "{list}のうち最大",
            "abs": "{a}の絶対値",
            "round": "{a}（四捨五入）",
            "to_num": "{a}を数値にした値",
            "lower": "{a}の小文字表記",
            "upper": "{a}の大文字表記",
            "trim": "前後の空白を除いた{a}",
            "length": "{a}の文字数",
            "starts_with!": "{a}が{b}で始まる",
            "not starts_with!": "{a}が{b}で始まらない",
            "ends_with!": "{a}が{b}で終わる",
            "not ends_with!": "{a}が{b}で終わらない",
            "contains!": "{a}が{b}を含む",
            "not contains!": "{a}が{b}を含まない",
            "substr": "{a}の{b}文字目から",
            "concat": "{list}をつないだ文字列",
            "to_date": "{a}を日付にした値",
            "days_since": "{a}からの経過日数",
            "days_until": "{a}までの日数",
            "days_between": "{a}から{b}までの日数",
            "add_days": "{a}の{b}日後",
            "back_days": "{a}の{b}日前",
            "add_months": "{a}の{b}か月後",
            "back_months": "{a}の{b}か月前",
            "year": "{a}の年",
            "month": "{a}の月",
            "today": "今日",
            "now": "現在",
            "score": "スコア「{a}」",
            "grade": "ランク「{a}」",
            "field": "{a}の{b}",
        }
    ),
    also="、かつ、",
    either="、または、",
    listed="、",
    last="、",
    group="（{a}）",
    quote="「{a}」",
    yes="はい",
    no="いいえ",
    unknown="不明",
    empty="空文字",
    branch="{a}なら{b}、",
    otherwise="それ以外は{a}",
)
PHRASES: Final[Mapping[Language, Phrases]] = MappingProxyType({"en": _EN, "ja": _JA})
