"""What a visit is about, by the address that was read."""

from __future__ import annotations

import pytest

from staging.tables.entities import ENTITY_TABLES

RULES = """
kind: interest
name: website
pages:
  - {url: /pricing/flow, product: FLOW, stage: evaluation}
  - {url: "/docs/*/api", stage: use}
  - {url: /docs/, product: DOCS, stage: awareness}
  - {url: "/100%_sure"}
"""


@pytest.fixture
def visit(desk):
    """Look at a page and tell how the visit was tagged."""
    desk.file("interests.yaml", RULES)
    desk.add("person", id="ada")

    def tagged(url: str) -> tuple[str | None, str | None, str | None]:
        id_ = desk.event("ada", 1, url=url)
        desk.measure()
        row = desk.entity("engagement", id_)
        return row["interest"], row["product"], row["interest_stage"]

    return tagged


@pytest.mark.parametrize(
    ("url", "tag"),
    [
        ("https://x.example/pricing/flow?a=1", ("website", "FLOW", "evaluation")),
        ("https://x.example/PRICING/Flow", ("website", "FLOW", "evaluation")),
        ("https://x.example/docs/flow/v2/api", ("website", None, "use")),
        ("https://x.example/docs/flow", ("website", "DOCS", "awareness")),
        ("https://x.example/100%_sure", ("website", None, "awareness")),
        ("https://x.example/1000Xsure", ("-", None, None)),
        ("https://x.example/careers", ("-", None, None)),
    ],
)
def test_the_first_rule_that_matches_counts(visit, url, tag):
    """Small and capital letters are alike, `*` is anything, `%` and `_` are themselves."""
    assert visit(url) == tag


def test_other_rules_tag_everything_again(desk, visit):
    """A changed rule changes what was read yesterday, and whoever read it is measured again."""
    visit("https://x.example/careers")
    desk.file("interests.yaml", RULES + "  - {url: /careers, product: JOBS}\n")
    assert desk.measure() == 1
    events = desk.all(ENTITY_TABLES["engagement"])
    assert [e.product for e in events] == ["JOBS"]


def test_without_rules_nothing_is_tagged_and_nothing_breaks(desk):
    """A project need not have interests."""
    desk.add("person", id="ada")
    id_ = desk.event("ada", 1, url="https://x.example/")
    desk.measure()
    assert desk.entity("engagement", id_)["interest"] == "-"
