"""A scenario pushed from the command line: previewed, agreed to by another person, written."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.slow

FILE = "playbook/scenarios/renewal_90d.yaml"


@pytest.fixture
def widened(ran: Any) -> Any:
    """A project whose scenario is for every customer, a third of them left alone."""
    path = ran.project / FILE
    text = path.read_text(encoding="utf-8")
    text = text.replace("audience: signal.renewal_due_90d", "audience: account.orders > 0")
    text = text.replace("percent: 15", "percent: 33")
    path.write_text(text, encoding="utf-8")
    return ran


def test_a_scenario_goes_from_preview_to_the_platforms(widened: Any) -> None:
    """Tasks and list places arrive for the treated only; holdout and excluded get nothing."""
    looked = widened.tasuki("scenario", "preview", "renewal_90d", "--by", "marketer", "--json")
    run = looked.json["scenario"]["run"]
    assert run["audience"] == sum(run["arms"].values())
    assert run["arms"]["treated"] > 0
    assert run["arms"]["holdout"] > 0

    early = widened.tasuki("scenario", "push", "renewal_90d")
    assert (early.code, early.four_lines()["error"].partition(",")[0]) == (
        5,
        "this scenario run is previewed",
    )
    alone = widened.tasuki("scenario", "approve", "renewal_90d", "--by", "marketer")
    assert alone.code == 5
    assert widened.tasks() == []

    agreed = widened.tasuki("scenario", "approve", "renewal_90d", "--by", "manager")
    assert agreed.code == 0, agreed.err
    pushed = widened.tasuki("scenario", "push", "renewal_90d", "--json")
    assert pushed.code == 0, pushed.err
    _arrived(widened, run)
    again = widened.tasuki("scenario", "push", "renewal_90d")
    assert again.code == 5


def _arrived(place: Any, run: dict[str, Any]) -> None:
    treated = {
        entity
        for (entity,) in place.kept(
            "SELECT entity_id FROM assignment WHERE scenario_run_id = ? AND arm = 'treated'",
            run["id"],
        )
    }
    keys = place.tasks()
    assert keys, "somebody of grade A gets a task"
    assert {key.rpartition(":")[2] for key in keys} <= treated
    members = {
        str(contact) for (contact,) in place.rows("SELECT record FROM hs_member WHERE list = 13")
    }
    accounts = place.kept(
        "SELECT link.id, person.account_id FROM link JOIN person ON person.id = link.entity_id "
        "WHERE link.connection = 'hubspot' AND link.object = 'contacts' AND link.valid_to IS NULL"
    )
    assert members
    assert {account for contact, account in accounts if contact in members} <= treated
