"""Every planted rule holds, and nothing outside the planted lists comes near one.

The rules are worked out here again from the raw rows, with the numbers of `truth.rules`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest

from sandbox.world.generate import generate

if TYPE_CHECKING:
    from sandbox.world.shape import Cell, Row, World

TODAY = date(2026, 11, 21)
NOW = datetime.combine(TODAY, time(), UTC)
WORLDS = [(1, 1.0), (2, 1.0), (5, 0.3)]
pytestmark = pytest.mark.parametrize("made", WORLDS, ids=lambda made: f"seed{made[0]}x{made[1]}")


@cache
def world_of(made: tuple[int, float]) -> World:
    return generate(made[0], made[1], TODAY)


def planted(world: World, kind: str, key: str) -> set[str]:
    return {str(case[key]) for case in world.truth.planted[kind]}


def number(world: World, rule: str, name: str) -> int:
    found = world.truth.rules[rule][name]
    assert isinstance(found, int)
    return found


def whole(cell: Cell) -> int:
    assert isinstance(cell, int)
    return cell


def moment(cell: Cell) -> datetime:
    assert isinstance(cell, datetime)
    return cell


def company_of(world: World) -> dict[tuple[str, str], str]:
    return {(r.object, r.id): r.company for r in world.truth.records if r.company}


# ── opportunities ──


def idle_days(world: World) -> dict[str, float]:
    """Per open deal: days since its last stage change or touch; below zero when one is planned."""
    open_ids = {
        str(row["Id"])
        for row in world.salesforce["Opportunity"]
        if not str(row["StageName"]).startswith("Closed")
    }
    last: dict[str, datetime] = {}
    stages: dict[str, str] = {}
    for row in sorted(
        world.salesforce["OpportunityHistory"], key=lambda r: moment(r["CreatedDate"])
    ):
        id = str(row["OpportunityId"])
        if stages.get(id) != row["StageName"]:
            last[id] = moment(row["CreatedDate"])
        stages[id] = str(row["StageName"])
    for id, touched in touches(world):
        if id in open_ids:
            last[id] = max(last[id], touched)
    return {id: (NOW - last[id]) / timedelta(days=1) for id in open_ids}


def touches(world: World) -> list[tuple[str, datetime]]:
    found = []
    for row in world.salesforce["Task"]:
        if row["Status"] == "Completed":
            found.append((str(row["WhatId"]), moment(row["CompletedDateTime"])))
        else:
            due = date.fromisoformat(str(row["ActivityDate"]))
            if due >= TODAY:
                found.append((str(row["WhatId"]), datetime.combine(due, time(), UTC)))
    events = world.salesforce["Event"]
    return found + [(str(row["WhatId"]), moment(row["StartDateTime"])) for row in events]


def test_exactly_the_planted_deals_stall(made: tuple[int, float]) -> None:
    """Open deals idle for more than stalled_days are the planted ones."""
    world = world_of(made)
    limit = number(world, "opportunity_stalled", "stalled_days")
    found = {id for id, days in idle_days(world).items() if days > limit}
    assert found == planted(world, "opportunities_stalled", "opportunity")


def test_no_deal_is_near_the_limit(made: tuple[int, float]) -> None:
    """Ten days lie between any deal and the rule's edge, so that time zones decide nothing."""
    world = world_of(made)
    limit = number(world, "opportunity_stalled", "stalled_days")
    assert not [id for id, days in idle_days(world).items() if abs(days - limit) < 10]


def test_waiting_deals_would_fool_a_weaker_rule(made: tuple[int, float]) -> None:
    """Most traps have an old stage, and the just-moved ones have only old activity."""
    world = world_of(made)
    waiting = {
        str(case["opportunity"]): case["case"]
        for case in world.truth.planted["opportunities_waiting"]
    }
    changed = {
        str(row["Id"]): (NOW - moment(row["LastStageChangeDate"])).days
        for row in world.salesforce["Opportunity"]
    }
    for id, case in waiting.items():
        assert (changed[id] < 30) == (case == "just_moved")
    assert len(waiting) >= len(world.truth.planted["opportunities_stalled"])


def test_stage_in_row_is_last_stage_in_history(made: tuple[int, float]) -> None:
    """History and opportunity agree about stage and its date."""
    world = world_of(made)
    rows = {row["Id"]: row for row in world.salesforce["Opportunity"]}
    last: dict[str, Row] = {}
    for row in world.salesforce["OpportunityHistory"]:
        last[str(row["OpportunityId"])] = row
    assert set(last) == set(rows)
    assert all(row["StageName"] == rows[id]["StageName"] for id, row in last.items())
    assert all(row["Amount"] == rows[id]["Amount"] for id, row in last.items())


# ── orders ──


def volumes(world: World) -> dict[str, tuple[int, int]]:
    """Per true company: net JPY of the window before the last one, and of the last one."""
    owner = company_of(world)
    window = number(world, "order_volume_fell", "window_days")
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in world.sales.lines:
        age = (TODAY - date.fromisoformat(str(row["invoiced_on"]))).days
        if age < 2 * window:
            company = owner["customers", str(row["customer_code"])]
            sums[company][age < window] += whole(row["amount"])
    return {company: (before, last) for company, (before, last) in sums.items()}


def test_exactly_the_planted_volumes_fell(made: tuple[int, float]) -> None:
    """Companies whose sufficient net volume fell by fell_percent are the planted ones."""
    world = world_of(made)
    percent = number(world, "order_volume_fell", "fell_percent")
    minimum = number(world, "order_volume_fell", "minimum_prior_jpy")
    found = {
        company
        for company, (before, last) in volumes(world).items()
        if before >= minimum and last <= before * (100 - percent) / 100
    }
    assert found == planted(world, "order_volume_fell", "company")


def test_no_volume_is_near_the_limit(made: tuple[int, float]) -> None:
    """A fall is clear or there is none: nobody with a sufficient volume lost 20 to 40 percent."""
    world = world_of(made)
    minimum = number(world, "order_volume_fell", "minimum_prior_jpy")
    for before, last in volumes(world).values():
        if before > minimum * 0.5:
            assert not 0.60 < last / before < 0.80
        if last < before * 0.8:
            assert before > minimum * 1.4 or before < minimum * 0.6


def test_no_invoice_lies_on_a_window_edge(made: tuple[int, float]) -> None:
    """Counting a day more or less changes no window."""
    world = world_of(made)
    window = number(world, "order_volume_fell", "window_days")
    for row in world.sales.lines:
        age = (TODAY - date.fromisoformat(str(row["invoiced_on"]))).days
        if age < 2 * window + 4:
            assert 4 <= age % window <= window - 4


def test_volume_traps_fool_a_weaker_rule(made: tuple[int, float]) -> None:
    """Gross sums, single customer codes or no minimum would each flag a trap."""
    world = world_of(made)
    owner = company_of(world)
    gross: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    by_code: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in world.sales.lines:
        age = (TODAY - date.fromisoformat(str(row["invoiced_on"]))).days
        if age < 180:
            by_code[str(row["customer_code"])][age < 90] += whole(row["amount"])
            if row["kind"] == "invoice":
                company = owner["customers", str(row["customer_code"])]
                gross[company][age < 90] += whole(row["amount"])
    cases = world.truth.planted["order_volume_held"]
    assert any(_fell(gross[str(c["company"])]) for c in cases if c["case"] == "credit_note")
    recoded = planted_case(world, "order_volume_held", "recoded")
    assert any(_fell(sums) for code, sums in by_code.items() if owner["customers", code] in recoded)
    held = volumes(world)
    assert all(_fell(list(held[id])) for id in planted_case(world, "order_volume_held", "small"))
    missed = planted_case(world, "order_volume_fell", "fell_by_credit_note")
    assert not any(_fell(gross[id]) for id in missed)


def planted_case(world: World, kind: str, case: str) -> set[str]:
    cases = world.truth.planted[kind]
    return {str(each["company"]) for each in cases if each["case"] == case}


def _fell(sums: list[int]) -> bool:
    return sums[0] > 0 and sums[1] <= sums[0] * 0.7


def test_exactly_the_planted_customers_never_ordered(made: tuple[int, float]) -> None:
    """Customers by any CRM's word, without a line in either sales source, are the planted ones."""
    world = world_of(made)
    owner = company_of(world)
    customers = {
        owner["Account", str(row["Id"])]
        for row in world.salesforce["Account"]
        if str(row["Type"]).startswith("Customer")
    }
    customers |= {
        owner["companies", str(row["id"])]
        for row in world.hubspot.objects["companies"]
        if row["lifecyclestage"] == "customer"
    }
    customers |= {
        owner["Account", str(row["AccountId"])]
        for row in world.salesforce["Opportunity"]
        if row["StageName"] == "Closed Won"
    }
    assert customers - ordering(world) == planted(world, "customers_never_ordered", "company")


def ordering(world: World) -> set[str]:
    owner = company_of(world)
    ordered = {owner["customers", str(row["customer_code"])] for row in world.sales.lines}
    for row in world.sales.legacy:
        code = str(row["得意先コード"])
        ordered.add(owner.get(("legacy", code)) or owner["customers", code])
    return ordered


def test_customers_that_only_seem_never_to_have_ordered(made: tuple[int, float]) -> None:
    """The traps ordered under another spelling, in the old system, or long ago."""
    world = world_of(made)
    assert planted(world, "customers_ordered", "company") <= ordering(world)
    booked = {company_of(world)["customers", str(r["customer_code"])] for r in world.sales.lines}
    assert not planted_case(world, "customers_ordered", "legacy_only") & booked
    cases = world.truth.planted
    assert len(cases["customers_ordered"]) >= len(cases["customers_never_ordered"])


def test_customers_no_crm_knows_are_the_unmatched(made: tuple[int, float]) -> None:
    """Money without a CRM record is the planted remainder, to the yen."""
    world = world_of(made)
    owner = company_of(world)
    known = {
        company for (object, _), company in owner.items() if object in {"Account", "companies"}
    }
    money: dict[str, int] = defaultdict(int)
    for row in world.sales.lines:
        company = owner["customers", str(row["customer_code"])]
        if company not in known:
            money[str(row["customer_code"])] += whole(row["amount"])
    cases = world.truth.planted["customers_unmatched"]
    assert money == {case["customer_code"]: case["amount"] for case in cases}


# ── renewals, complaints ──


def test_exactly_the_planted_renewals_are_due(made: tuple[int, float]) -> None:
    """Contracts that end within renewal_days and have no later sibling are the planted ones."""
    world = world_of(made)
    limit = TODAY + timedelta(days=number(world, "renewal_due", "renewal_days"))
    latest: dict[tuple[str, str], str] = {}
    for row in world.sales.contracts:
        key = (str(row["customer_code"]), str(row["sku"]))
        latest[key] = max(latest.get(key, ""), str(row["renews_on"]))
    found = set()
    for row in world.sales.contracts:
        renews = str(row["renews_on"])
        is_last = latest[str(row["customer_code"]), str(row["sku"])] == renews
        if is_last and TODAY.isoformat() <= renews <= limit.isoformat():
            found.add(str(row["contract_id"]))
    assert found == planted(world, "renewals_due", "contract_id")
    cases = world.truth.planted
    assert len(cases["renewals_not_due"]) >= len(cases["renewals_due"])


def test_no_renewal_is_near_a_limit(made: tuple[int, float]) -> None:
    """No contract ends within five days of either end of the window."""
    for row in world_of(made).sales.contracts:
        days = (date.fromisoformat(str(row["renews_on"])) - TODAY).days
        assert abs(days) > 5
        assert abs(days - 90) > 5


def test_open_complaints_are_the_planted_ones(made: tuple[int, float]) -> None:
    """An open case of type Complaint is listed; closed complaints and open questions are not."""
    world = world_of(made)
    found = {
        str(row["Id"])
        for row in world.salesforce["Case"]
        if row["Type"] == "Complaint" and row["Status"] != "Closed"
    }
    assert found == planted(world, "open_complaints", "case_id")
    kinds = {(row["Type"], row["Status"] == "Closed") for row in world.salesforce["Case"]}
    assert len(kinds) == 4


# ── heavy readers ──


def test_exactly_the_planted_prospects_are_hot(made: tuple[int, float]) -> None:
    """Deciding people with many recent views at an account nobody works on are the planted ones."""
    world = world_of(made)
    since = NOW - timedelta(days=number(world, "prospect_hot", "days"))
    views = recent_views(world, since)
    limit = number(world, "prospect_hot", "views")
    idle = idle_accounts(world)
    free = {
        str(person["id"])
        for person in world.truth.people
        if person["role"] == "decision_maker" and person["company"] in idle
    }
    found = {person for person, count in views.items() if count >= limit and person in free}
    assert found == planted(world, "prospects_hot", "person")
    assert not [person for person in free - found if views[person] > limit * 0.5]
    assert len(world.truth.planted["prospects_not_hot"]) >= len(found)


def recent_views(world: World, since: datetime) -> dict[str, int]:
    """Page views per true person: a cookie's spans decide."""
    spans = {cookie.utk: cookie.spans for cookie in world.truth.cookies}
    views: dict[str, int] = defaultdict(int)
    for event in world.hubspot.events:
        if event.event_type.endswith("page_viewed") and event.occurred_at >= since:
            held = [
                p for p, at in spans[event.properties["utk"]] if not at or at <= event.occurred_at
            ]
            views[held[-1]] += 1
    return views


def idle_accounts(world: World) -> set[str]:
    """Companies that are no customer, no partner and have no open opportunity."""
    owner = company_of(world)
    busy = {
        owner["Account", str(row["Id"])]
        for row in world.salesforce["Account"]
        if row["Partner__c"] or str(row["Type"]).startswith("Customer")
    }
    busy |= {
        owner["companies", str(row["id"])]
        for row in world.hubspot.objects["companies"]
        if row["lifecyclestage"] == "customer"
    }
    busy |= {
        owner["Account", str(row["AccountId"])]
        for row in world.salesforce["Opportunity"]
        if not str(row["StageName"]).startswith("Closed")
    }
    return {str(row["id"]) for row in world.truth.companies} - busy


def test_a_high_score_alone_means_nothing(made: tuple[int, float]) -> None:
    """The traps read as much as the prospects; only the old ones did so long ago."""
    world = world_of(made)
    limit = number(world, "prospect_hot", "views")
    views = recent_views(world, NOW - timedelta(days=number(world, "prospect_hot", "days")))
    cases = world.truth.planted["prospects_not_hot"]
    kinds = {case["case"] for case in cases}
    assert kinds == {"customer", "in_deal", "partner", "not_deciding", "cooled"}
    for case in cases:
        assert (views[str(case["person"])] >= limit) == (case["case"] != "cooled")
