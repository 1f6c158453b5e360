"""Points for what somebody is and did, faded, capped, graded, and shown when it matters."""

from __future__ import annotations

import pytest

from playbook.decide.scores import grade_of, reasons
from staging.tables.decisions import SCORE
from staging.tables.writes import INTENT

SCORES = """
kind: score
name: priority
entity: account
fit:
  large: {when: account.employees >= 100, points: 20, why: {en: large, ja: 大企業}}
  count: {when: account.is_partner, points: -5, why: {en: a partner}}
engagement:
  read:
    {when: "engagement.kind = 'page_viewed'", each: 10, cap: 25, half_life: 10d, why: {en: reads}}
  asked: {when: "engagement.kind = 'form_submitted'", each: 8, cap: 8, half_life: 20d}
grades: {A: 40, B: 20}
write:
  salesforce: {Account: {Score__c: value, Grade__c: grade, Why__c: top_reasons}}
write_step: 5
"""


@pytest.fixture
def acme(desk):
    """A large account with one person and one Salesforce record."""
    desk.file("priority.yaml", SCORES)
    desk.add("account", id="acme", employees=100)
    desk.add("person", id="ada", account_id="acme")
    desk.link("account", "acme", "salesforce", "Account", "001A")
    return desk


def score(desk):
    """The one score as it stands."""
    (row,) = desk.all(SCORE)
    return float(row.value), row.grade, {p["part"]: p["points"] for p in row.parts}


def test_what_somebody_is_gives_its_points(acme):
    """True parts count, also negative ones; false and unknown parts do not."""
    acme.run()
    assert score(acme) == (20, "B", {"large": 20})
    acme.change("account", "acme", is_partner=True, employees=None)
    acme.run()
    assert score(acme) == (-5, None, {"count": -5})


@pytest.mark.parametrize(("days", "points"), [(0, 10), (10, 5), (20, 2.5), (200, 0)])
def test_an_event_is_worth_half_after_each_half_life(acme, days, points):
    """10 points today are 5 in ten days and 2.5 in twenty."""
    acme.event("ada", days)
    acme.run()
    assert score(acme)[2].get("read", 0) == points


def test_parts_have_caps_and_their_own_half_lives(acme):
    """Many views give no more than their cap; a form fades slower."""
    for _ in range(9):
        acme.event("ada", 1)
    acme.event("ada", 20, kind="form_submitted")
    acme.run()
    assert score(acme) == (49, "A", {"large": 20, "read": 25, "asked": 4})


def test_events_yet_to_come_and_of_others_do_not_count(acme):
    """Tomorrow's event and a stranger's are not the account's."""
    acme.add("person", id="stranger")
    acme.event("stranger", 1)
    acme.event("ada", -1)
    acme.run()
    assert score(acme)[0] == 20


def test_what_is_set_aside_gives_no_points(acme):
    """A robot's visit, or a colleague's, is worth nothing."""
    acme.event("ada", 1, ignored="bot")
    acme.event("ada", 1, kind="form_submitted", ignored="staff")
    acme.run()
    assert score(acme) == (20, "B", {"large": 20})


def test_time_alone_fades_a_score(acme):
    """Nothing happens for ten days, and half is gone."""
    acme.event("ada", 0)
    acme.run()
    assert score(acme)[0] == 30
    acme.later(days=10)
    acme.run()
    assert score(acme)[0] == 25


def test_a_score_of_a_person_sees_the_person_alone(desk):
    """The colleague's visits are the colleague's."""
    desk.file(
        "p.yaml",
        SCORES.replace("entity: account", "entity: person")
        .replace("account.employees >= 100", "person.role = 'user'")
        .replace("account.is_partner", "person.opted_out"),
    )
    desk.add("account", id="acme")
    for id_ in ("ada", "bob"):
        desk.add("person", id=id_, account_id="acme")
    desk.event("ada", 0)
    desk.run()
    assert {row.entity_id: float(row.value) for row in desk.all(SCORE)} == {"ada": 10, "bob": 0}


# ── writing back ──


def written(desk):
    """What Salesforce is to show."""
    return list(desk.intents("score:").values())


def test_a_score_is_shown_with_grade_and_reasons(acme):
    """Value, grade and the strongest reasons go to the fields the rule names."""
    acme.event("ada", 0)
    acme.run()
    assert written(acme) == [
        {"Score__c": 30, "Grade__c": "B", "Why__c": "large (+20), reads (+10)"}
    ]


def test_it_is_written_again_only_when_it_matters(acme):
    """Less than the step changes nothing, the step or another grade does."""
    acme.run()
    acme.change("account", "acme", is_partner=True, employees=100)  # 15: the grade falls
    acme.run()
    assert [w["Score__c"] for w in written(acme)] == [15]
    acme.event("ada", 15, kind="form_submitted")  # 4.8 more, back to B
    acme.run()
    assert [w["Score__c"] for w in written(acme)] == [15]
    acme.event("ada", 40)  # 0.6 more: 20.4 is B again
    acme.run()
    assert [w["Score__c"] for w in written(acme)] == [20.4]


def test_nobody_is_told_of_nothing(desk):
    """A score below one step that has no grade is not written the first time."""
    desk.file("priority.yaml", SCORES)
    desk.add("account", id="acme")
    desk.link("account", "acme", "salesforce", "Account", "001A")
    desk.run()
    assert not written(desk)


def test_a_record_that_comes_later_shows_the_score_too(acme):
    """A second record of the account is written although the score stands still."""
    acme.run()
    acme.link("account", "acme", "hubspot", "companies", "7")
    acme.file(
        "priority.yaml",
        SCORES.replace("write_step", "  hubspot: {companies: {score: value}}\nwrite_step"),
    )
    acme.change("account", "acme", city="Kobe")
    acme.run()
    assert {"score": 20} in written(acme)


def test_another_rule_scores_everybody_anew(acme):
    """A changed file is news for every account, dirty or not."""
    acme.run()
    acme.file("priority.yaml", SCORES.replace("points: 20", "points: 50"))
    acme.run()
    assert score(acme)[:2] == (50, "A")


def test_the_best_grade_reached_counts():
    """The order in the file does not matter."""
    grades = {"C": 10.0, "A": 50.0, "B": 30.0}
    assert [grade_of(grades, v) for v in (9.9, 10, 30, 49.9, 50)] == [None, "C", "B", "B", "A"]


def test_reasons_are_told_in_the_language_asked_for():
    """The strongest first, whatever its sign; a part without words has its name."""
    parts = [
        {"part": "a", "points": 5.0, "why": {"en": "reads", "ja": "閲覧"}},
        {"part": "b", "points": -20.0, "why": {}},
        {"part": "c", "points": 1.5, "why": {"en": "clicks"}},
        {"part": "d", "points": 1.0, "why": {}},
    ]
    assert reasons(parts, "en") == "b (-20), reads (+5), clicks (+1.5)"
    assert reasons(parts, "ja") == "b (-20)、閲覧 (+5)、c (+1.5)"


def test_a_score_that_is_no_more_writes_nothing_more(acme) -> None:
    """Its file is deleted before its wish was written: no plan sends it any more."""
    acme.measure()
    acme.decide()
    assert {row.state for row in acme.all(INTENT)} == {"open"}
    (acme.folder / "playbook" / "priority.yaml").unlink()
    acme.decide()
    assert {row.state for row in acme.all(INTENT)} == {"withdrawn"}
