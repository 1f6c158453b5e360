"""Sales through distributors in the generated world."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sandbox.world.generate import generate
from sandbox.world.shape import World

TODAY = date(2026, 11, 22)
WORLD = generate(1, 1.0, TODAY)


def _billed(world: World) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for row in world.sales.lines:
        if str(row["customer_code"]).startswith("D"):
            sums[str(row["customer_code"])] += int(str(row["amount"]))
    return dict(sums)


def test_distributors_are_partners_of_the_crm() -> None:
    """Each is marked as a partner in Salesforce and bought nothing for itself."""
    partners = {row["Id"] for row in WORLD.salesforce["Account"] if row["Partner__c"]}
    cases = WORLD.truth.planted["distributors"]
    assert len(cases) >= 2
    for case in cases:
        refs = {(system, object, id) for system, object, id in case["records"]}  # type: ignore[attr-defined]
        assert any(id in partners for _, object, id in refs if object == "Account")


def test_what_was_billed_is_told_end_user_by_end_user() -> None:
    """The truths of the end users, known and unknown, add up to what was billed."""
    planted = WORLD.truth.planted
    billed = sum(int(str(case["billed"])) for case in planted["distributors"])
    told = [*planted["end_users"], *planted["end_users_unmatched"]]
    assert sum(_billed(WORLD).values()) == billed == sum(int(str(c["amount"])) for c in told)
    assert {case["case"] for case in told} == {"by_code", "by_name", "unknown", "not_given"}


def test_what_is_due_is_paid_but_for_the_forgotten() -> None:
    """No line younger than its due day is paid; a few old ones are not paid either."""
    ages = [
        ((TODAY - date.fromisoformat(str(row["invoiced_on"]))).days, row["paid_on"])
        for row in WORLD.sales.lines
    ]
    assert all(paid is None for age, paid in ages if age < 45)
    forgotten = sum(1 for age, paid in ages if age >= 45 and paid is None)
    assert 0 < forgotten < len(ages) / 50
