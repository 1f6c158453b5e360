"""Why a rule did what it did: the sentence, each predicate and its value, what is missing."""

from __future__ import annotations

import pytest

from playbook.explain import explain, explain_entity, in_words

RULES = {
    "score.yaml": """
kind: score
name: priority
entity: account
fit:
  large: {when: account.employees >= 100, points: 20}
  partner: {when: account.is_partner, points: -5}
engagement:
  read: {when: "engagement.kind = 'page_viewed'", each: 3, cap: 9, half_life: 7d, why: {en: reads}}
grades: {A: 20}
""",
    "signal.yaml": """
kind: signal
name: fell
entity: account
when: account.employees >= 150 and score.priority > 10 and account.city is not null
""",
    "ladder.yaml": """
kind: ladder
name: l
window: 90d
early_stages: [A]
late_stages: [B]
""",
    "handoff.yaml": """
kind: handoff
name: warm
from_team: marketing
to_team: inside_sales
offer_when: need.confidence >= 3
requires: [person.email]
sla: {accept_within: 4h, first_contact_within: 1bd}
""",
    "scenario.yaml": """
kind: scenario
name: renew
audience: account.employees >= 50
exclude: {a partner: account.is_partner}
branches: [{name: all, do: {sales_task: {subject: {en: x}, due: 1bd}}}]
""",
}


@pytest.fixture
def acme(desk):
    """Acme, 120 people, of whom Ada reads about FLOW."""
    for path, text in RULES.items():
        desk.file(path, text)
    desk.user("uma", "field_sales")
    desk.add("account", id="acme", employees=120)
    desk.add("person", id="ada", account_id="acme")
    desk.event("ada", 0, product="FLOW", interest="website", interest_stage="awareness")
    desk.run()
    return desk


def all_of(desk, language="en", id="acme"):
    """Every explanation about Acme, by rule."""
    with desk.store.reading() as db:
        told = explain_entity(db, desk.tools, desk.book, "account", id, language)
    return {each.rule: each for each in told}


def test_a_signal_tells_what_it_saw_and_what_is_missing(acme):
    """Each predicate with its value; the fewest that must turn; the nearest miss."""
    told = all_of(acme)["fell"]
    (reason,) = told.reasons
    assert (told.outcome, reason.verdict) == ("never opened", False)
    assert [(p.text, p.seen, p.verdict) for p in reason.predicates] == [
        ("account.employees >= 150", "120", False),
        ("score.priority > 10", "23", True),
        ("account.city is null", "?", True),
    ]
    assert [p.text for p in reason.missing] == ["account.employees >= 150", "account.city is null"]
    assert reason.missing[0].distance == 30
    assert "employees" in reason.says
    assert "従業員数" in all_of(acme, "ja")["fell"].reasons[0].says


def test_a_score_tells_every_part(acme):
    """Fit parts with the points they would give, engagement parts with those they gave."""
    told = all_of(acme)["priority"]
    assert told.outcome == "23 (A)"
    assert [(r.part, r.verdict, r.points) for r in told.reasons] == [
        ("large", True, 20),
        ("partner", None, -5),
        ("read", True, 3),
    ]


def test_a_handoff_tells_also_what_goes_without_saying(acme):
    """Whose hands it is in, whether it waits, and which facts it requires."""
    told = all_of(acme)["warm"]
    assert (told.entity, told.outcome) == ("need", "not offered")
    assert [(r.part, r.verdict) for r in told.reasons] == [
        ("offer_when", False),
        ("from_team", True),
        ("season", True),
        ("requires: person.email", False),
    ]


def test_a_scenario_tells_where_an_account_is_placed(acme):
    """The arm, and each condition on the way to it."""
    told = all_of(acme)["renew"]
    assert told.outcome == "treated: all"
    assert [(r.part, r.verdict) for r in told.reasons] == [
        ("audience", True),
        ("exclude: a partner", None),
        ("branch: all", True),
    ]
    acme.change("account", "acme", is_partner=True)
    assert all_of(acme)["renew"].outcome == "excluded: a partner"
    acme.change("account", "acme", employees=5)
    assert all_of(acme)["renew"].outcome == "not in the audience"


def test_an_outcome_follows_the_ledger(acme):
    """Offered, open, closed: what stands there today."""
    acme.change("account", "acme", employees=200, city="Kobe")
    acme.change("person", "ada", email="a@b.example")
    acme.event("ada", 0, kind="form_submitted", product="FLOW", interest="website")
    acme.run()
    told = all_of(acme)
    assert told["fell"].outcome == "open since 2026-05-20"
    assert told["warm"].outcome == "offered"
    acme.change("account", "acme", city=None)
    acme.run()
    assert all_of(acme)["fell"].outcome == "closed 2026-05-20"


def test_the_explanation_agrees_with_the_decision(acme):
    """The condition in Python and the one in SQL say the same of the same row."""
    for employees in (149, 150, None):
        for city in ("Kobe", None):
            acme.change("account", "acme", employees=employees, city=city)
            acme.run()
            told = all_of(acme)["fell"]
            assert told.outcome.startswith("open") == (told.reasons[0].verdict is True)


def test_nobody_known_is_explained_as_unknown(acme):
    """An id nobody has sees nothing, and nothing breaks."""
    with acme.store.reading() as db:
        rule = acme.book.signals[0]
        told = explain(db, acme.tools, acme.book, rule, "nobody", "en")
    assert told.reasons[0].verdict is not True


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_rule_reads_as_sentences(acme, language):
    """For the managers who own it and read no SQL."""
    book = acme.book
    for rule in (*book.scores, *book.signals, *book.handoffs, *book.scenarios):
        for part, said in in_words(rule, book.known, language):
            assert part
            assert said
            assert "account." not in said
