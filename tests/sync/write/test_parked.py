"""What is refused waits by its cause, is tried again on a clock, and is given up in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.protocol import Verb, Write
from staging.write import parking
from sync.write import intent
from sync.write.intent import Intent
from tasuki.errors import RejectedError, UnknownRecordError
from tasuki.service.accounts import audited
from tasuki.service.app import App
from tasuki.service.writing import parked
from tasuki.values import instant
from tests.rehearsal import FILES, Rehearsal, rehearsal

HOUR = timedelta(hours=1)


def strict(times: int) -> dict[str, str]:
    """A project that tries again so often."""
    return {"tasuki.yaml": FILES["tasuki.yaml"] + f"retries: {{times: {times}}}\n"}


def refuse(world: Rehearsal, *subjects: str) -> set[str]:
    """Let the CRM refuse tasks of these subjects; take one out and it takes it."""
    bad = set(subjects)

    def rule(write: Write) -> RejectedError | None:
        if write.fields.get("subject") in bad:
            return RejectedError(
                "no such subject.", why="it is on a list", remedy="Choose another."
            )
        return None

    world.crm.rules.append(rule)
    return bad


def task(key: str = "k1", subject: str = "call", origin: str = "signal:idle") -> Intent:
    """Want one task, as a rule of the playbook does."""
    return Intent(
        id=f"signal:{key}",
        origin=origin,
        lane="handoffs",
        verb=Verb.UPSERT,
        connection="crm",
        object="tasks",
        fields={"subject": subject, "tasuki_key": key},
        natural_key=("tasuki_key", key),
        cause={"rule": "idle", "place": "playbook/signals/idle.yaml:4:1", "why": "idle"},
    )


def app(world: Rehearsal) -> App:
    """What the services are handed."""
    return App(world.tools.project, world.store, world.tools)


def rows(world: Rehearsal, *states: str) -> list[dict[str, Any]]:
    """Everything parked in these states."""
    return [row for row in world.all("parked") if row["state"] in (states or parking.WAITING)]


@pytest.fixture
def world() -> Iterator[Rehearsal]:
    """An empty company."""
    with rehearsal() as found:
        yield found


def test_what_was_refused_says_why_and_which_line_is_to_blame(world: Rehearsal) -> None:
    """One row per wish: reason, fix, line, name of the record, and the hour of the next try."""
    refuse(world, "bad")
    world.wish(task("k1", "bad"), task("k2", "bad"), task("k3"))
    world.sync()
    found = parked.show(app(world))
    (cause,) = found.causes
    assert (cause["reason"], cause["fix"]) == (
        "no such subject: it is on a list",
        "Choose another.",
    )
    assert (cause["count"], cause["place"]) == (2, "playbook/signals/idle.yaml:4:1")
    assert (found.standing.waiting, found.standing.dead) == (2, 0)
    assert found.standing.next_at == world.all("parked")[0]["next_at"]
    assert len(world.crm.living("tasks")) == 1


def test_the_clock_doubles_until_nobody_tries_any_more() -> None:
    """Refused again as it was, it waits twice as long; after the last try a person must act."""
    with rehearsal(strict(times=2)) as world:
        refuse(world, "bad")
        world.wish(task("k1", "bad"))
        world.sync()
        for attempt, hours in enumerate((1, 2), start=1):
            (row,) = rows(world)
            assert (row["attempts"], row["state"]) == (attempt, "open")
            assert instant(row["next_at"]) - instant(row["at"]) == timedelta(hours=hours)
            assert world.run()["plan"] is None
            world.clock.at += timedelta(hours=hours)
            assert world.sync()["retried"] == 1
        (row,) = rows(world)
        assert (row["attempts"], row["state"], row["next_at"]) == (3, "dead", None)
        world.clock.at += timedelta(days=400)
        assert (world.run()["retried"], world.crm.living("tasks")) == (0, {})


def test_what_passes_at_a_later_try_waits_no_more(world: Rehearsal) -> None:
    """The system takes it now: written once, and closed."""
    bad = refuse(world, "bad")
    world.wish(task("k1", "bad"))
    world.sync()
    bad.clear()
    world.clock.at += HOUR
    world.sync()
    assert (len(world.crm.living("tasks")), rows(world), len(rows(world, "closed"))) == (1, [], 1)


def test_other_values_are_another_wish(world: Rehearsal) -> None:
    """A wish that changed is planned at once, and its count begins anew."""
    refuse(world, "bad", "worse")
    world.wish(task("k1", "bad"))
    world.sync()
    world.clock.at += HOUR
    world.sync()
    assert [row["attempts"] for row in rows(world)] == [2]
    world.wish(task("k1", "worse"))
    world.sync()
    assert [(row["attempts"], row["state"]) for row in rows(world)] == [(1, "open")]


def test_nothing_is_parked_that_nobody_wants(world: Rehearsal) -> None:
    """A wish that is withdrawn takes what was parked of it along."""
    refuse(world, "bad")
    world.wish(task("k1", "bad"))
    world.sync()
    with world.store.writing() as db:
        intent.withdraw(db, ["signal:k1"])
    world.run()
    assert (rows(world), parked.standing(app(world)).waiting) == ([], 0)


def test_a_person_tries_again_only_what_failed(world: Rehearsal) -> None:
    """The plan holds the refused wish alone, though another waits; both are there in the end."""
    bad = refuse(world, "bad")
    world.wish(task("k1", "bad"), task("k2"))
    plan = world.run()["plan"]
    world.apply(plan)
    failed = world.all("parked")[0]["run_id"]
    world.wish(task("k3"))
    bad.clear()
    counts = world.walk("retry", of=failed, by="anna")
    assert {c.intent_id for c in world.changes(counts["plan"])} == {"signal:k1"}
    (made,) = [p for p in world.all("plan") if p["id"] == counts["plan"]]
    assert (made["origin"], counts["writes"]) == (f"retry:{failed}", 1)
    assert [row["settled_by"] for row in rows(world, "retried")] == ["anna"]
    world.apply(counts["plan"])
    assert {row.fields["subject"] for row in world.crm.living("tasks").values()} == {"bad", "call"}
    assert rows(world) == []
    world.settle()
    assert len(world.crm.living("tasks")) == 3


def test_what_is_dead_comes_back_by_a_person() -> None:
    """Given up by the clock, opened by hand, written."""
    with rehearsal(strict(times=0)) as world:
        bad = refuse(world, "bad")
        world.wish(task("k1", "bad"))
        world.sync()
        assert [row["state"] for row in rows(world)] == ["dead"]
        bad.clear()
        world.apply(world.walk("retry", of="", by="anna")["plan"])
        assert (len(world.crm.living("tasks")), rows(world)) == (1, [])


def test_a_dropped_write_stays_away_until_its_values_change(world: Rehearsal) -> None:
    """Who gave it up and why is kept; the same wish is not sent, another one is."""
    refuse(world, "bad")
    world.wish(task("k1", "bad"))
    world.sync()
    (gone,) = parked.drop(app(world), "anna", ["signal:k1"], reason="not ours")
    line = audited(app(world))[0]
    assert (line.who, line.action, line.detail["reason"]) == ("anna", "parked.dropped", "not ours")
    world.clock.at += timedelta(days=9)
    world.wish(task("k1", "bad"))
    assert (gone.id, world.run()["plan"], rows(world)) == ("signal:k1", None, [])
    world.wish(task("k1", "good"))
    world.settle()
    assert len(world.crm.living("tasks")) == 1


def test_a_dropped_write_is_taken_back_by_retry(world: Rehearsal) -> None:
    """A plain retry leaves it away, `dropped` opens it."""
    bad = refuse(world, "bad")
    world.wish(task("k1", "bad"))
    world.sync()
    parked.drop(app(world), "anna", code=RejectedError.code)
    bad.clear()
    assert world.walk("retry", of="")["plan"] is None
    world.apply(world.walk("retry", of="", dropped=True)["plan"])
    assert len(world.crm.living("tasks")) == 1


def test_nobody_drops_what_is_not_there(world: Rehearsal) -> None:
    """A name that means nothing parked is refused."""
    with pytest.raises(UnknownRecordError, match="nothing is parked as signal:k9"):
        parked.drop(app(world), "anna", ["signal:k9"])


def test_a_cell_that_was_not_read_is_read_again(world: Rehearsal) -> None:
    """Retry hands its record on once more; dropped, it stays away while its reason does."""
    company = world.crm.add("companies", {"name": "a", "staff": "many"})
    world.run()
    assert world.walk("retry", of="")["cells"] == 1
    assert len(rows(world)) == 1
    parked.drop(app(world), "anna", [f"crm/companies/{company}"])
    world.crm.edit("companies", company, {"name": "b"})
    world.run()
    assert rows(world) == []
    world.walk("retry", of="", dropped=True)
    assert len(rows(world)) == 1


def test_the_values_of_then_or_of_today(world: Rehearsal) -> None:
    """As planned, the refused value is sent; else what the mappings say today."""
    company = world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example"})
    org = world.ma.add("orgs", {"name": "Aoba (old)", "domain": "aoba.example"})
    refused = [RejectedError("not now"), None]
    world.ma.rules.append(lambda _write: refused.pop(0) if refused else None)
    world.sync()
    assert [row["intent_id"] for row in rows(world)] == [f"mapping:account:ma/orgs/{org}"]
    assert str(rows(world)[0]["place"]).startswith("mappings/account.yaml:")
    assert rows(world)[0]["label"] == "Aoba"
    counts = world.walk("retry", of="", as_planned=True)
    assert "merge.entities" not in world.steps
    world.apply(counts["plan"])
    assert world.ma.living("orgs")[org].fields["name"] == "Aoba"
    assert company in world.crm.living("companies")


def test_a_rule_that_is_not_named_goes_on_alone(world: Rehearsal) -> None:
    """Two rules write one record and one field is refused: only the rule that wants it waits."""
    company = world.crm.add("companies", {"name": "Aoba"})
    refusal = RejectedError("The field tier takes no such value.")
    world.crm.rules.append(lambda write: refusal if "tier" in write.fields else None)
    for name in ("tier", "score"):
        place = {"rule": name, "place": f"playbook/scores/{name}.yaml:3:1"}
        fields = {name: "A"}
        world.wish(replace(task(name), verb=Verb.UPDATE, object="companies", record_id=company,
                           fields=fields, natural_key=None, cause=place))  # fmt: skip
    counts = world.apply(world.run()["plan"])
    assert (counts["parked"], counts["refused"]) == (1, 1)
    assert [(row["id"], row["place"]) for row in rows(world)] == [
        ("signal:tier", "playbook/scores/tier.yaml:3:1")
    ]
    world.sync()
    assert world.crm.living("companies")[company].fields["score"] == "A"
