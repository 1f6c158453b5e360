"""Both engines decide alike: the installed playbook over the same rows, table by table."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from config.starter import init
from connectors.protocol import Record
from playbook.decide import ledger
from playbook.decide.ledger import Decision
from playbook.explain import explain_entity
from playbook.scenario.preview import preview
from playbook.scenario.push import PUSH
from staging.tables.decisions import ASSIGNMENT, HANDOFF, SCENARIO_RUN, SCORE, SIGNAL
from staging.tables.entities import ENTITY_TABLES, METRIC_TABLES
from staging.tables.writes import INTENT

STAGES = ("Prospecting", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review")
PATHS = ("/pricing/flow", "/PRICING/grid", "/cases/care", "/docs/flow", "/blog/x", "/jobs", "/100%")
KINDS = ("page_viewed", "page_viewed", "page_viewed", "form_submitted", "email_clicked")
TABLES = (
    SCORE,
    SIGNAL,
    HANDOFF,
    SCENARIO_RUN,
    ASSIGNMENT,
    INTENT,
    ENTITY_TABLES["need"],
    ENTITY_TABLES["engagement"],
    *METRIC_TABLES.values(),
)


class Lists:
    """A HubSpot whose every list exists."""

    def find(self, object: str, field: str, values: Any, fields: Any) -> list[Record]:
        """One list per name."""
        return [Record(f"list of {name}", {"name": name}) for name in values]


def fill(desk: Any) -> None:
    """Rows of every kind, the same each time, with unknown values among them."""
    rng = Random(7)
    for team in ("inside_sales", "field_sales", "customer_success"):
        for number in range(2):
            desk.user(f"{team}-{number}", team)
    users = [f"{t}-{n}" for t in ("inside_sales", "field_sales") for n in range(2)]
    for number in range(30):
        account(desk, rng, f"acc-{number:02d}", rng.choice([*users, None]))


def account(desk: Any, rng: Random, id: str, owner: str | None) -> None:
    """One account with people, visits, deals, sales and contracts."""
    known: dict[str, Any] = {
        "name": f"株式会社{id}",
        "employees": rng.choice([None, 30, 120, 900]),
        "industry": rng.choice([None, "Manufacturing", "Retail"]),
        "is_marked_customer": rng.choice([None, None, True, False, False]),
    }
    desk.add("account", id=id, owner_id=owner, is_partner=rng.random() < 0.1, **known)
    desk.link("account", id, "salesforce", "Account", f"001{id}")
    for number in range(rng.randint(1, 3)):
        person(desk, rng, id, f"{id}-p{number}")
    for number in range(rng.randint(0, 2)):
        opportunity(desk, rng, id, f"{id}-o{number}", owner)
    for day in rng.sample(range(180), 3) if rng.random() < 0.3 else []:
        amount = rng.choice([1_500_000.0, 400_000.25, -50_000.0])
        desk.add(
            "sale", account_id=id, invoiced_on=desk.day(day), amount=amount, invoice_no=f"{day}"
        )
    if rng.random() < 0.25:
        renews = desk.day(-rng.randint(-20, 100))
        desk.add("contract", account_id=id, product="FLOW", renews_on=renews)
    if rng.random() < 0.2:
        desk.add("case_", account_id=id, kind="Complaint", is_closed=False)


def person(desk: Any, rng: Random, account: str, id: str) -> None:
    role = rng.choice([None, "decision_maker", "influencer", "user"])
    values = {"email": f"{id}@x.example", "opted_out": rng.choice([None, False, True])}
    desk.add("person", id=id, account_id=account, role=role, family_name=id, **values)
    desk.link("person", id, "hubspot", "contacts", f"h{id}")
    visits = [
        {
            "kind": rng.choice(KINDS),
            "url": f"https://x.example{rng.choice(PATHS)}",
            "visitor": rng.choice([None, id]),
            "occurred_at": desk.ago(rng.uniform(0, 40)),
            "person_id": id,
        }
        for _ in range(rng.choice([2, 10, 70]))
    ]
    desk.add_many("engagement", visits)


def opportunity(desk: Any, rng: Random, account: str, id: str, owner: str | None) -> None:
    is_won = rng.random() < 0.3
    stage = "Closed Won" if is_won else rng.choice(STAGES)
    closed = {"is_closed": is_won, "is_won": rng.choice([None, False]) if not is_won else True}
    days = rng.randint(1, 100)
    desk.add(
        "opportunity",
        id=id,
        account_id=account,
        owner_id=owner,
        name=id,
        stage=stage,
        product=rng.choice(["FLOW", "GRID", "CARE", None]),
        amount=rng.choice([None, 480_000.0, 900_000.5, 2e6, 3e6]),
        close_date=rng.choice([None, desk.day(days)]),
        created_at=desk.ago(days + 10.0),
        **closed,
    )
    desk.link("opportunity", id, "salesforce", "Opportunity", f"006{id}")
    for number, moved in enumerate(sorted(rng.sample(range(1, 150), 3), reverse=True)):
        step = {"stage": STAGES[number // 2], "changed_at": desk.ago(moved)}
        desk.add("stage_change", opportunity_id=id, **step)
    task = {"kind": rng.choice(["task", "event"]), "is_done": rng.choice([None, True, False])}
    desk.add("activity", opportunity_id=id, account_id=account, due_at=desk.ago(days), **task)


def live(desk: Any) -> list[Any]:
    """A month of a company: decide, accept, return, time passes, push; everything that stands."""
    desk.connectors["hubspot"] = Lists()
    with desk.at_once():
        fill(desk)
    counts = [desk.run()]
    offers = [row.id for row in desk.all(HANDOFF) if row.state == "offered"]
    with desk.writing() as db:
        ledger.accept(db, desk.tools, Decision(offers[0], "ida"))
        ledger.return_(db, desk.tools, desk.book, Decision(offers[1], "ida", "duplicate"))
    desk.add("activity", kind="task", tasuki_key=f"handoff:{offers[2]}", is_done=True)
    desk.later(days=33)
    counts += [desk.run(), desk.run()]
    with desk.writing() as db:
        run = preview(db, desk.tools, desk.book, desk.book.scenario("renewal_90d"), "mia")
        db.execute(SCENARIO_RUN.update().values(state="approved"))
    counts.append(desk.step(PUSH, scenario_run=run))
    with desk.store.reading() as db:
        told = explain_entity(db, desk.tools, desk.book, "account", "acc-03", "en")
    seen = [[plain(tuple(row), run) for row in desk.all(table)] for table in TABLES]
    return [counts, seen, [str(each) for each in told]]


def plain(value: Any, run: str) -> Any:
    """The value without what the engines or the moment add: Decimals, random run ids."""
    if isinstance(value, (tuple, list)):
        return [plain(each, run) for each in value]
    if isinstance(value, dict):
        return {key: plain(each, run) for key, each in sorted(value.items())}
    if isinstance(value, str):
        return value.replace(run, "RUN")
    return float(value) if hasattr(value, "as_tuple") else value


@pytest.mark.postgres
def test_both_engines_decide_alike(make_desk, tmp_path, sqlite_url, postgres_url):
    """Scores, needs, signals, offers, tasks, placements and their explanations are equal."""
    folder = tmp_path / "project"
    init(folder)
    found = []
    for url in (sqlite_url, postgres_url):
        with make_desk(folder, url) as desk:
            found.append(live(desk))
    (one, *_), (other, *_) = found
    assert one == other
    assert one[0]["offered"] > 3
    assert one[0]["opened"] > 3
    assert one[2].get("offered", 0) == one[2].get("opened", 0) == 0
    for left, right, table in zip(found[0][1], found[1][1], TABLES, strict=True):
        assert left == right, table.name
    assert found[0][2] == found[1][2]


# ── cost follows what is dirty ──

BOUNDED = (
    (
        "SELECT id FROM engagement WHERE interest IS NULL AND url IS NOT NULL",
        "ix_engagement_untagged",
    ),
    ("SELECT 1 FROM activity WHERE tasuki_key = 'handoff:1'", "ix_activity_tasuki_key"),
    ("SELECT 1 FROM sale WHERE account_id IN ('a', 'b')", "ix_sale_account_id"),
    ("SELECT 1 FROM stage_change WHERE opportunity_id = 'a'", "ix_stage_change_opportunity_id"),
    (
        "SELECT 1 FROM signal WHERE rule = 'r' AND entity_id IN ('a', 'b') AND closed_at IS NULL",
        "uq_signal_open",
    ),
    (
        (
            "SELECT 1 FROM person JOIN engagement ON engagement.person_id = person.id"
            " WHERE person.account_id IN ('a', 'b')"
        ),
        "ix_engagement_person_id",
    ),
)


@pytest.mark.parametrize(("query", "index"), BOUNDED, ids=[index for _, index in BOUNDED])
def test_questions_about_a_few_touch_a_few(desk, query, index):
    """The plans go through indexes, so that a no-op run does not read the whole store."""
    with desk.store.reading() as db:
        plan = " ".join(row.detail for row in db.execute(text(f"EXPLAIN QUERY PLAN {query}")))
    assert index in plan
    assert "SCAN engagement" not in plan.replace("SCAN engagement USING", "")
