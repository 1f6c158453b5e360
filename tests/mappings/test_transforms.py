"""Transforms: their examples are their specification."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.transforms.catalogue import SOURCES, TRANSFORMS, pipeline
from mappings.transforms.company import check_digit
from mappings.transforms.registry import Habits, Transform

EXAMPLES = [
    pytest.param(transform, value, expected, id=f"{transform.name}-{value!r}")
    for transform in TRANSFORMS.values()
    for value, expected in transform.examples.items()
]
CHANGES_AGAIN = {"negate", "given_name", "family_name", "domain", "url_path", "site"}
"""Applied to their own answer these say something else, by their nature."""


@pytest.mark.parametrize(("transform", "value", "expected"), EXAMPLES)
def test_every_example_holds(transform: Transform, value: Any, expected: Any) -> None:
    """A transform does what its examples say, type included."""
    found = transform.bound()(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("transform", "value", "expected"), EXAMPLES)
def test_normal_forms_are_normal(transform: Transform, value: Any, expected: Any) -> None:
    """What a transform gave, it gives again: two-way sync comes to rest."""
    if expected not in (None, "") and transform.name not in CHANGES_AGAIN:
        assert transform.bound()(expected) == expected


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=lambda t: t.name)
def test_every_transform_is_documented(transform: Transform) -> None:
    """Each has a one-sentence promise and at least one example."""
    assert transform.promise.endswith(".")
    assert transform.examples
    assert transform.function.__module__ in {source.__name__ for source in SOURCES}


NOT_THAT = [
    "   ",
    "☃",
    "n/a",
    "12:99:99",
    "9999999999999999999999",
    "2026-13-45",
    "Tanaka-17-of",
    "://",
]


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=lambda t: t.name)
@pytest.mark.parametrize("value", NOT_THAT)
def test_nonsense_is_blank_or_refused_without_repeating_it(
    transform: Transform, value: str
) -> None:
    """What cannot be read makes a blank or a ValueError that does not hold the value."""
    said = ""
    try:
        transform.bound()(value)
    except (ValueError, OverflowError) as error:
        said = str(error)
    assert value not in said


@given(st.text(max_size=40))
def test_no_text_breaks_a_transform(text: str) -> None:
    """Any text is taken, made blank, or refused with ValueError or OverflowError."""
    for transform in TRANSFORMS.values():
        try:
            transform.bound()(text)
        except (ValueError, OverflowError):
            continue


FORMS = ["株式会社{}", "{}株式会社", "㈱{}", "{}（株）", "(株) {}", "{}\u3000㈱", "株式會社{}"]


@given(st.text("青葉商事髙橋アオバ", min_size=1, max_size=8), st.sampled_from(FORMS))
def test_a_companys_key_does_not_know_its_legal_form(stem: str, form: str) -> None:
    """Every Japanese spelling of a company's form, in any position, has one key."""
    key = TRANSFORMS["company_key"].bound()
    assert key(form.format(stem)) == key(f"株式会社{stem}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("青葉製作所", "青葉製作所ホールディングス"),
        ("青葉商事", "青葉商会"),
        ("Aoba Systems Inc.", "Aoba Services Inc."),
        ("サンプル東日本", "サンプル"),
    ],
)
def test_near_misses_have_different_keys(one: str, other: str) -> None:
    """A parent, a holding and a namesake are not the same company."""
    key = TRANSFORMS["company_key"].bound()
    assert key(one) != key(other)


@given(st.text(string.digits, min_size=12, max_size=12))
def test_a_corporate_number_tells_mistyping(twelve: str) -> None:
    """The right check digit passes; changing any one digit of the twelve does not."""
    read = TRANSFORMS["corporate_number"].bound()
    number = f"{check_digit(twelve)}{twelve}"
    assert read(number) == number
    for place in range(1, 13):
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert read(wrong) is None or check_digit(wrong[1:]) == int(wrong[0])


def test_a_project_says_which_mail_is_free() -> None:
    """A domain or address the project calls shared says nothing about anybody."""
    habits = Habits(
        free_mail=frozenset({"freemail.example"}), shared_mail=frozenset({"x@y.example"})
    )
    domain = TRANSFORMS["domain"].bound(habits=habits)
    assert domain("ada@freemail.example") is None
    assert domain("ada@aoba.example") == "aoba.example"
    assert TRANSFORMS["personal_email"].bound(habits=habits)("X@Y.example") is None


def test_an_argument_names_the_country_or_zone() -> None:
    """`{phone: US}` and `{date: Asia/Tokyo}` decide what a value leaves open."""
    assert TRANSFORMS["phone"].bound("US")("650-253-0000") == "+16502530000"
    late = "2026-01-01T15:30:00Z"
    assert TRANSFORMS["date"].bound("Asia/Tokyo")(late).isoformat() == "2026-01-02"
    assert TRANSFORMS["date"].bound()(late).isoformat() == "2026-01-01"


def test_a_blank_ends_a_pipeline() -> None:
    """Later steps never see what an earlier one made blank."""
    steps = pipeline([TRANSFORMS["trim"].bound(), TRANSFORMS["integer"].bound()])
    assert steps("  ") is None
    assert steps(" 7 ") == 7
