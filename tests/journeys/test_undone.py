"""Applied, edited by people, undone: what they edited stays and is listed."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.slow


def test_undo_leaves_alone_what_people_edited(ran: Any) -> None:
    """Edited cells keep what people wrote and are named; their neighbours go back."""
    plan_id = ran.kept("SELECT id FROM plan WHERE state = 'draft'")[0][0]
    applied = ran.tasuki("apply", plan_id, "--auto-approve", "--json").json
    edited, neighbour = (
        row[0]
        for row in ran.kept(
            "SELECT record_id FROM receipt WHERE object = 'companies' AND state = 'written' "
            "AND fields LIKE '%tasuki_score%' ORDER BY record_id LIMIT 2"
        )
    )
    ran.edit("hubspot", "companies", edited, tasuki_score="99")
    task = ran.rows("SELECT Id FROM sf_Task WHERE Tasuki_Key__c NOT NULL ORDER BY Id LIMIT 1")[0][0]
    ran.edit("salesforce", "Task", task, Subject="I rewrote this myself")

    shown = ran.tasuki("undo", applied["run_id"])
    assert shown.code == 0, shown.err
    assert "somebody edited it since; left as it is" in shown.out
    assert "Next: tasuki apply p_" in shown.out
    undone = ran.tasuki("undo", applied["run_id"], "--auto-approve", "--json")
    assert undone.code in (0, 4), undone.err

    assert _score(ran, edited) == "99"
    assert _score(ran, neighbour) in (None, "")
    kept = ran.rows("SELECT Id FROM sf_Task WHERE Tasuki_Key__c NOT NULL AND IsDeleted = 0")
    assert kept == [(task,)]


def _score(place: Any, company: str) -> Any:
    query = "SELECT json_extract(properties, '$.tasuki_score') FROM hs_record WHERE id = ?"
    ((value,),) = place.rows(f"{query} AND type = '0-2'", int(company))
    return value


def test_a_scenario_push_is_taken_back(ran: Any) -> None:
    """Its tasks are deleted, its places on lists given up; it is undone and never pushed again."""
    path = ran.project / "playbook/scenarios/renewal_90d.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("audience: signal.renewal_due_90d", "audience: account.orders > 0")
    path.write_text(text, encoding="utf-8")
    looked = ran.tasuki("scenario", "preview", "renewal_90d", "--by", "marketer", "--json")
    run = looked.json["scenario"]["run"]["id"]
    assert ran.tasuki("scenario", "approve", "renewal_90d", "--by", "manager").code == 0
    pushed = ran.tasuki("scenario", "push", "renewal_90d", "--json")
    assert pushed.code == 0, pushed.err
    assert _living(ran) > 0
    assert _members(ran) > 0

    undone = ran.tasuki("undo", run, "--auto-approve", "--json")
    assert undone.code == 0, undone.err
    assert _living(ran) == 0
    assert _members(ran) == 0
    assert ran.kept("SELECT state FROM scenario_run WHERE id = ?", run) == [("undone",)]
    again = ran.tasuki("undo", run)
    assert "is left to undo" in again.out
    refused = ran.tasuki("scenario", "push", "renewal_90d")
    assert refused.code == 5


def test_one_record_goes_back_and_says_so(ran: Any) -> None:
    """`undo connection/object/id` restores a company; its explanation tells of the undo."""
    plan_id = ran.kept("SELECT id FROM plan WHERE state = 'draft'")[0][0]
    ran.tasuki("apply", plan_id, "--auto-approve")
    (company,) = ran.kept(
        "SELECT record_id FROM receipt WHERE object = 'companies' AND state = 'written' "
        "AND fields LIKE '%tasuki_score%' ORDER BY record_id LIMIT 1"
    )[0]
    typo = ran.tasuki("undo", f"hubspto/companies/{company}")
    assert f"Did you mean `hubspot/companies/{company}`?" in typo.four_lines()["fix"]
    assert ran.tasuki("undo", f"hubspot/companies/{company}", "--auto-approve").code == 0
    assert _score(ran, company) in (None, "")
    told = ran.tasuki("explain", f"hubspot/companies/{company}")
    assert f"undo of record hubspot/companies/{company}" in told.out


def _living(place: Any) -> int:
    query = "SELECT count(*) FROM sf_Task WHERE Tasuki_Key__c NOT NULL AND IsDeleted = 0"
    return int(place.rows(query)[0][0])


def _members(place: Any) -> int:
    return int(place.rows("SELECT count(*) FROM hs_member WHERE list = 13")[0][0])
