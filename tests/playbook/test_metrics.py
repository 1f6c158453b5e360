"""The numbers of accounts, people and opportunities, and who is measured again when."""

from __future__ import annotations

from typing import Any

import pytest

from staging import queue

PROPERTY = ("is_customer", "orders", "revenue_total")


@pytest.fixture
def account(desk: Any) -> str:
    """An account nobody knows anything about."""
    return desk.add("account", id="acme", name="Acme")


def sale(desk: Any, account: str, days: int, amount: float, invoice: str = "") -> None:
    """One invoice line so many days ago."""
    number = invoice or f"I{days}"
    desk.add(
        "sale", account_id=account, invoiced_on=desk.day(days), amount=amount, invoice_no=number
    )


# ── accounts ──


def test_an_account_without_anything_has_zeros(desk, account):
    """Counts and sums are 0, not unknown; nothing makes it a customer."""
    desk.measure()
    found = desk.metrics("account", account)
    assert (found["orders"], float(found["revenue_90d"]), found["open_opportunities"]) == (0, 0, 0)
    assert (found["is_customer"], found["touched_30d"]) == (False, False)
    assert found["last_order_on"] is None


def test_windows_of_revenue_begin_and_end_on_their_days(desk, account):
    """The last 90 days are days 0 to 89; the 90 before are days 90 to 179; tomorrow is not yet."""
    for days, amount in ((-1, 1), (0, 10), (89, 100), (90, 1_000), (179, 10_000), (180, 100_000)):
        sale(desk, account, days, amount)
    desk.measure()
    found = desk.metrics("account", account)
    assert float(found["revenue_90d"]) == 110
    assert float(found["revenue_prev_90d"]) == 11_000
    assert float(found["revenue_total"]) == 111_110


def test_credit_notes_take_away_and_are_no_orders(desk, account):
    """Sums are net; an order is an invoice with something on it, however many lines."""
    sale(desk, account, 5, 500, "A")
    sale(desk, account, 5, 300, "A")
    sale(desk, account, 3, -200, "B")
    desk.measure()
    found = desk.metrics("account", account)
    assert float(found["revenue_90d"]) == 600
    assert (found["orders"], found["last_order_on"]) == (1, desk.day(5))


@pytest.mark.parametrize("sign", ["sale", "won", "contract", "marked"])
def test_any_sign_makes_a_customer(desk, account, sign):
    """An order, a won opportunity, a contract, or the word of a CRM."""
    if sign == "sale":
        sale(desk, account, 900, 5)
    elif sign == "won":
        desk.add("opportunity", account_id=account, is_closed=True, is_won=True)
    elif sign == "contract":
        desk.add("contract", account_id=account, product="CARE", renews_on=desk.day(10))
    else:
        desk.change("account", account, is_marked_customer=True)
    desk.measure()
    assert desk.metrics("account", account)["is_customer"] is True


def test_a_renewed_contract_is_not_due(desk, account):
    """The latest contract of each product counts, and only from today on."""
    for product, days in (("FLOW", 30), ("FLOW", 395), ("GRID", 60), ("CARE", -5)):
        desk.add("contract", account_id=account, product=product, renews_on=desk.day(-days))
    desk.measure()
    assert desk.metrics("account", account)["next_renewal_on"] == desk.day(-60)


def test_only_open_complaints_count(desk, account):
    """A closed complaint and an open question are none."""
    for kind, is_closed in (("complaint", False), ("complaint", True), ("question", False)):
        desk.add("case_", account_id=account, kind=kind, is_closed=is_closed)
    desk.measure()
    assert desk.metrics("account", account)["open_complaints"] == 1


def test_we_touched_it_when_something_was_done_or_held(desk, account):
    """A task counts once done, a meeting once held; what is planned does not."""
    desk.add("activity", account_id=account, kind="task", is_done=False, due_at=desk.ago(2))
    desk.add("activity", account_id=account, kind="event", due_at=desk.ago(-3))
    desk.measure()
    assert desk.metrics("account", account)["touched_30d"] is False
    desk.add("activity", account_id=account, kind="event", due_at=desk.ago(29))
    desk.measure()
    assert desk.metrics("account", account)["touched_30d"] is True
    desk.later(days=2)
    desk.measure()
    assert desk.metrics("account", account)["touched_30d"] is False


def test_engagement_of_all_its_people_counts(desk, account):
    """Views, forms and known visitors of the account are those of its people."""
    for id_ in ("ada", "bob"):
        desk.add("person", id=id_, account_id=account)
    desk.event("ada", 29, visitor="cookie")
    desk.event("bob", 31)
    desk.event("bob", 60, kind="form_submitted")
    desk.measure()
    found = desk.metrics("account", account)
    assert (found["people"], found["page_views_30d"], found["forms_90d"]) == (2, 1, 1)
    assert (found["active_prospects"], found["last_engaged_at"]) == (1, desk.ago(29))


@pytest.mark.parametrize("why", ["crawler", "bot", "staff", "no_consent", "quarantined"])
def test_what_is_set_aside_counts_in_no_number(desk, account, why):
    """Visits of robots, our own people and the like move no metric of a person or an account."""
    desk.add("person", id="ada", account_id=account)
    for kind in ("page_viewed", "form_submitted", "email_clicked"):
        desk.event("ada", 1, kind=kind, visitor="cookie", interest_stage="evaluation", ignored=why)
    desk.measure()
    theirs, its = desk.metrics("person", "ada"), desk.metrics("account", account)
    counts = ("page_views_30d", "pricing_views_30d", "forms_90d", "last_engaged_at")
    assert {row[name] or 0 for row in (theirs, its) for name in counts} == {0}
    assert (theirs["has_cookie"], theirs["email_clicks_90d"]) == (False, 0)
    assert its["active_prospects"] == 0


# ── people ──


def test_numbers_of_a_person(desk):
    """Each kind of event has its own number and window."""
    desk.add("person", id="ada")
    for kind, days in (
        ("page_viewed", 1),
        ("page_viewed", 31),
        ("form_submitted", 89),
        ("form_submitted", 91),
        ("email_clicked", 5),
        ("email_opened", 1),
    ):
        desk.event("ada", days, kind=kind)
    desk.event("ada", 2, interest_stage="evaluation", visitor="cookie")
    desk.measure()
    found = desk.metrics("person", "ada")
    assert (found["page_views_30d"], found["pricing_views_30d"]) == (2, 1)
    assert (found["forms_90d"], found["email_clicks_90d"]) == (1, 1)
    assert found["has_cookie"] is True
    assert found["last_engaged_at"] == desk.ago(1)


# ── opportunities ──


def deal(desk: Any, **values: Any) -> str:
    """An open deal, begun 100 days ago."""
    base = {"id": "deal", "is_closed": False, "created_at": desk.ago(100)}
    return desk.add("opportunity", **{**base, **values})


def idle(desk: Any) -> Any:
    """Days the deal has been idle."""
    desk.measure()
    return desk.metrics("opportunity", "deal")["idle_days"]


def test_a_deal_is_idle_since_its_stage_moved(desk):
    """The last change of the stage counts, not an edited amount that writes history too."""
    deal(desk)
    for days, stage in ((90, "Prospecting"), (45, "Proposal"), (3, "Proposal")):
        desk.add("stage_change", opportunity_id="deal", stage=stage, changed_at=desk.ago(days))
    assert idle(desk) == 45


@pytest.mark.parametrize(
    ("values", "days"),
    [
        ({"kind": "task", "is_done": True}, 7),
        ({"kind": "event"}, 7),
        ({"kind": "task", "is_done": False}, 100),
        ({"kind": "task", "is_done": False, "tasuki_key": "signal:1"}, 100),
        ({"kind": "task", "is_done": True, "tasuki_key": "signal:1"}, 7),
    ],
)
def test_what_shows_that_a_deal_lives(desk, values, days):
    """Tasks done and meetings held; an overdue task is none, whoever wrote it."""
    deal(desk)
    desk.add("activity", opportunity_id="deal", due_at=desk.ago(7), **values)
    assert idle(desk) == days


def test_a_task_is_planned_through_the_day_it_is_due(desk):
    """Due today at midnight is still ahead; due yesterday is over; done is nothing planned."""
    deal(desk)
    today = f"{desk.day(0)}T00:00:00.000Z"
    for due, is_done in ((desk.ago(1), False), (today, False), (desk.ago(-5), True)):
        desk.add("activity", opportunity_id="deal", kind="task", is_done=is_done, due_at=due)
    desk.measure()
    assert desk.metrics("opportunity", "deal")["next_activity_at"] == today


def test_our_own_task_is_no_plan_of_a_person(desk):
    """The task a signal gave does not end the signal before anybody did it."""
    deal(desk)
    desk.add(
        "activity", opportunity_id="deal", kind="task", tasuki_key="signal:1", due_at=desk.ago(-2)
    )
    desk.measure()
    assert desk.metrics("opportunity", "deal")["next_activity_at"] is None


def test_a_closed_deal_does_not_idle(desk):
    """Nobody waits for what is over."""
    deal(desk, is_closed=True)
    assert idle(desk) is None


# ── who is measured when ──


def test_a_change_measures_its_own_account_and_nobody_else(desk, account):
    """Cost follows what is dirty."""
    desk.add("account", id="other")
    desk.measure()
    desk.add("person", id="ada", account_id=account)
    assert desk.measure() == 2  # ada and her account


def test_time_alone_moves_what_is_near_a_window(desk, account):
    """Tomorrow the account with a fresh order is measured again; the quiet one is not."""
    desk.add("account", id="quiet")
    sale(desk, account, 89, 100)
    desk.measure()
    assert desk.measure() == 0
    desk.later(days=1)
    assert desk.measure() == 1
    assert float(desk.metrics("account", account)["revenue_90d"]) == 0


def test_what_was_measured_is_to_be_decided(desk, account):
    """Numbers that moved may move decisions."""
    desk.measure()
    with desk.writing() as db:
        assert queue.waiting(db, queue.DECIDE) == {"account": 1}
