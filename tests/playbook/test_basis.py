"""What metrics are counted from: the same answer as the bulk measures give."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.entities import ENTITIES
from playbook.measure.basis import BASES, RULES, tally
from playbook.measure.windows import Windows

EVERY = [(entity, m.name) for entity in ENTITIES for m in ENTITIES[entity].metrics]
COUNTED = (
    "open_opportunities", "won_opportunities", "open_complaints", "people",
    "page_views_30d", "pricing_views_30d", "forms_90d",
)  # fmt: skip


@pytest.mark.parametrize(("entity", "metric"), EVERY)
def test_every_metric_has_a_definition(entity: str, metric: str) -> None:
    """No measured number of the catalog is without its words in both languages."""
    basis = BASES.get((entity, metric))
    said = {"en": basis.en, "ja": basis.ja} if basis else RULES[entity, metric]
    assert all(said[language] for language in ("en", "ja"))


def _world(desk: Any) -> None:
    desk.add("account", id="acme", name="Acme")
    for days, amount in ((1, 10), (89, 200), (90, 3_000), (400, 40_000)):
        desk.add(
            "sale", account_id="acme", billed_account_id="acme", invoiced_on=desk.day(days),
            amount=amount, invoice_no=f"I{days}",
        )  # fmt: skip
    desk.add("opportunity", id="o1", account_id="acme", is_closed=False, amount=5)
    desk.add("opportunity", id="o2", account_id="acme", is_closed=True, is_won=True, amount=7)
    desk.add("case_", account_id="acme", kind="Complaint", is_closed=False)
    desk.add("person", id="ann", account_id="acme")
    for days, kind, stage in ((2, "page_viewed", "evaluation"), (29, "page_viewed", None),
                              (31, "page_viewed", None), (80, "form_submitted", None)):  # fmt: skip
        desk.add(
            "engagement", person_id="ann", kind=kind, interest_stage=stage,
            occurred_at=desk.ago(days), visitor="v",
        )  # fmt: skip
    desk.measure()


def test_the_rows_add_up_to_the_metric(desk: Any) -> None:
    """Sums, counts, oldest and newest: what is shown is what was measured."""
    _world(desk)
    stored = desk.metrics("account", "acme")
    windows = Windows(desk.clock.now())
    with desk.store.reading() as db:
        told = {m: tally(db, "account", m, "acme", windows) for _, m in BASES if _ == "account"}
    for name in COUNTED:
        assert (name, told[name].count) == (name, stored[name])
    for name in (
        "revenue_total",
        "revenue_365d",
        "revenue_90d",
        "revenue_prev_90d",
        "billed_total",
    ):
        assert (name, float(sum(row.value for row in told[name].rows))) == (
            name,
            float(stored[name]),
        )
    for name in ("last_order_on", "last_engaged_at"):
        assert (name, told[name].rows[0].value) == (name, stored[name])


def test_the_largest_few_are_named(desk: Any) -> None:
    """The rows are the greatest first, as refs of their systems, within the window of the day."""
    _world(desk)
    with desk.store.reading() as db:
        told = tally(db, "account", "revenue_365d", "acme", Windows(desk.clock.now()))
    assert [row.value for row in told.rows] == [3_000, 200, 10]
    assert all(row.ref.count("/") == 2 for row in told.rows)
    assert (told.since, told.until) == (desk.day(365), desk.day(0))
