"""Likeness: what approximate rules compare."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.matching.likeness import likeness

KINDS = ("name", "company", "person", "given_name", "email", "phone", "domain", "text", "city")
TEXT = st.text("青葉髙橋アオバabc1 ・-@.", max_size=12)


@pytest.mark.parametrize("kind", KINDS)
@given(left=TEXT, right=TEXT)
def test_likeness_is_a_share_and_knows_no_left_and_right(kind: str, left: str, right: str) -> None:
    """From 0 to 1, the same in both directions."""
    found = likeness(kind, left, right)
    assert 0 <= found <= 1
    assert found == likeness(kind, right, left)


@pytest.mark.parametrize(
    ("kind", "left", "right", "least", "most"),
    [
        ("name", "株式会社青葉製作所", "青葉製作所（株）", 1, 1),
        ("name", "Aoba Systems Co., Ltd.", "Aoba Sytems Inc.", 0.9, 0.99),
        ("name", "Systems Aoba", "Aoba Systems", 1, 1),
        ("name", "青葉製作所", "青葉製作所ホールディングス", 0, 0.7),
        ("name", "青葉1号ファンド", "青葉2号ファンド", 0, 0.5),
        ("name", "株式会社ＫＳＫ", "ＫＳＫ合同会社", 0.9, 0.99),
        ("name", "n/a", "n/a", 0, 0),
        ("person", "青山 太郎", "太郎 青山", 1, 1),
        ("person", "髙橋 健一", "高橋 健一 様", 1, 1),
        ("person", "Ada Lovelace", "Ada Lovelase", 0.9, 0.99),
        ("email", "ada@aoba.example", "ADA@aoba.example", 1, 1),
        ("phone", "03-1234-5678", "+81 3 1234 5678", 1, 1),
        ("domain", "www.aoba.example", "https://aoba.example/", 1, 1),
    ],
)
def test_only_real_differences_count(
    kind: str, left: str, right: str, least: float, most: float
) -> None:
    """Spellings of one value are alike to 1; another number, form or holding is less so."""
    assert least <= likeness(kind, left, right) <= most


def test_a_name_cut_off_by_a_field_is_nearly_the_name() -> None:
    """The first 40 characters of a long name are more alike than their letters alone."""
    name = "Aoba International Marine Instruments Holdings Corporation"
    assert likeness("name", name, name[:40]) >= 0.95
