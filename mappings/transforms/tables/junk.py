"""Values people type to get past a field: they say nothing about who somebody is."""

import re
import unicodedata
from typing import Final

JUNK: Final = frozenset(
    {
        "n/a", "na", "n.a", "none", "null", "nil", "nan", "undefined", "unknown", "not available",
        "not applicable", "not provided", "unspecified", "tbd", "tba", "blank", "empty", "no name",
        "test", "testing", "tester", "test test", "test account", "test company", "test user",
        "testtest", "dummy", "sample", "example", "foo", "foobar", "asdf", "asdfasdf", "qwerty",
        "self", "self employed", "self-employed", "freelance", "freelancer", "individual",
        "personal", "private", "student", "retired", "unemployed", "my company", "home",
        "なし", "無し", "ナシ", "無", "無い", "ない", "不明", "未定", "未入力", "未記入", "未登録",
        "未設定", "該当なし", "該当無し", "特になし", "名無し", "匿名", "非公開", "空白",
        "テスト", "てすと", "サンプル", "ダミー", "テスト太郎", "テスト会社", "テスト株式会社",
        "担当者", "ご担当者", "御担当者", "担当者様", "ご担当者様", "御担当者様", "ご担当者さま",
        "株式会社テスト", "個人", "個人事業主", "自営業", "フリーランス", "無職", "主婦", "学生",
    }
)  # fmt: skip
"""Whole values, small letters, one width, single spaces."""

_SAYS_SOMETHING: Final = re.compile(r"[^\W_]")
_SPACES: Final = re.compile(r"\s+")
_EDGES: Final = " .。,、-()[]<>「」【】*"
_NUMBER: Final = re.compile(r"\+?[\d\s().\-‐–—−]{6,}")
_IN_ORDER: Final = ("01234567890123456789", "98765432109876543210")


def is_junk(value: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether a value says nothing: no letter at all, a filler word, a made-up number.

    `more` holds the project's own fillers, in small letters and one width.
    """
    text = _SPACES.sub(" ", unicodedata.normalize("NFKC", value)).strip().casefold()
    if text in more or not _SAYS_SOMETHING.search(text):
        return True
    bare = text.strip(_EDGES)
    return bare in JUNK or bare in more or _is_one_letter(bare) or _is_made_up_number(text)


def _is_one_letter(text: str) -> bool:
    """`xxxx`, `ああああ`: one letter four times or more."""
    return len(text) >= 4 and len(set(text)) == 1 and not text.isdigit()


def _is_made_up_number(text: str) -> bool:
    """000000, 1234567890, and telephones such as 090-0000-0000: nobody's number."""
    if not _NUMBER.fullmatch(text):
        return False
    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) >= 6 and (len(set(digits)) == 1 or any(digits in run for run in _IN_ORDER)):
        return True
    is_telephone = text[0] in "0+" and 9 <= len(digits) <= 13
    return is_telephone and len(set(digits[-7:])) == 1
