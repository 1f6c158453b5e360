"""Preview: what records would become, without a store."""

from config.yaml import parse
from mappings.checking.preview import Given, WouldWrite, candidate, preview
from mappings.load import load

MAPPING = load(
    parse(
        """
kind: mapping
name: account
entity: account
sides: {sf: {object: Account}, hub: {object: companies}}
fields:
  name: {sf: Name, hub: name, conflict: sf_wins, direction: both, transform: [company_name]}
  phone: {sf: Phone, hub: phone, conflict: fill_blank_only, direction: both, transform: [phone]}
  employees: {sf: Size, hub: size, conflict: highest, direction: both}
  industry: {sf: Industry, hub: industry, conflict: union, direction: both}
""",
        "account.yaml",
    )
)


def test_records_meet_in_a_candidate_and_go_back_to_each() -> None:
    """Each policy decides its field; only cells that mean something else would be written."""
    shown = preview(
        MAPPING,
        [
            Given(
                "hub", {"name": "㈱ 青葉", "phone": "03-1234-5678", "size": "9", "industry": "A"}
            ),
            Given("sf", {"Name": "株式会社青葉", "Size": 12.0, "Industry": "A;B"}),
        ],
    )
    assert shown.candidate == {
        "name": "株式会社青葉",
        "phone": "+81312345678",
        "employees": 12,
        "industry": "A;B",
    }
    assert shown.writes == (
        WouldWrite("hub", "employees", "size", "9", 12),
        WouldWrite("hub", "industry", "industry", "A", "A;B"),
        WouldWrite("sf", "phone", "Phone", None, "+81312345678"),
    )
    assert shown.rejects == ()


def test_fill_blank_only_never_replaces() -> None:
    """Two different numbers stay as they are on both sides."""
    shown = preview(
        MAPPING, [Given("sf", {"Phone": "03-1111-2222"}), Given("hub", {"phone": "03-3333-4444"})]
    )
    assert shown.candidate["phone"] == "+81311112222"
    assert shown.writes == ()


def test_what_cannot_be_read_is_no_blank_to_be_filled() -> None:
    """A mistyped number is left to people, as a plan leaves it."""
    shown = preview(
        MAPPING, [Given("sf", {"Phone": "03-1111-2222"}), Given("hub", {"phone": "see below"})]
    )
    assert shown.writes == ()


def test_a_blank_loses_to_any_value() -> None:
    """The strongest side decides only when it has something to say."""
    merged = candidate(MAPPING, [("sf", {"name": None}), ("hub", {"name": "青葉"})])
    assert merged == {"name": "青葉"}
