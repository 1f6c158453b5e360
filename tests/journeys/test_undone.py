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
