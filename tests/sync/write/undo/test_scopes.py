"""What may be undone, and by which word: a run, a plan, a scenario run, one record."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.protocol import Verb
from staging.bulk import upsert
from staging.tables.decisions import ASSIGNMENT, SCENARIO_RUN
from sync.write.intent import Intent
from sync.write.undo.scope import Of, resolve
from tasuki.errors import TasukiError, UnknownRecordError
from tests.rehearsal import Rehearsal, rehearsal


def phone(id_: str, value: Any, origin: str = "score:fit") -> Intent:
    """A wish for one company's phone."""
    return Intent(
        id=f"{origin}:{id_}",
        origin=origin,
        lane="mappings",
        verb=Verb.UPDATE,
        connection="crm",
        object="companies",
        record_id=id_,
        fields={"phone": value},
        cause={"rule": origin, "why": "because"},
    )


def write(world: Rehearsal, *wishes: Intent) -> tuple[str, str]:
    """Make these wishes true; the plan and the run that did."""
    world.wish(*wishes)
    plan = world.walk("replan")["plan"]
    world.apply(plan)
    return plan, str([run["id"] for run in world.all("run") if run["kind"] == "apply"][-1])


def company(world: Rehearsal) -> str:
    """A company the store knows."""
    id_ = world.crm.add("companies", {"name": "Aoba", "phone": "0"})
    world.settle()
    return id_


def test_every_word_finds_its_scope() -> None:
    """A run by its beginning or `latest`, the run that planned, a plan, a record."""
    with rehearsal() as world:
        id_ = company(world)
        plan, run = write(world, phone(id_, "1"))
        planned = next(r["id"] for r in world.all("run") if r["counts"].get("plan") == plan)
        words = {
            run: (Of.RUN, run),
            run[:18]: (Of.RUN, run),
            "latest": (Of.RUN, run),
            planned: (Of.PLAN, plan),
            plan[:9]: (Of.PLAN, plan),
            f"crm/companies/{id_}": (Of.RECORD, f"crm/companies/{id_}"),
        }
        with world.store.reading() as db:
            for word, scope in words.items():
                found = resolve(db, world.tools, word)
                assert (found.of, found.id) == scope


def test_a_word_that_means_nothing_is_answered_with_the_nearest() -> None:
    """Whoever misspells is told what is near."""
    id_ = "companies-000001"
    with rehearsal() as world:
        plan, _ = write(world, phone(company(world), "1"))
        with world.store.writing() as db:
            upsert(db, SCENARIO_RUN, [_scenario_run("sr_known")])
        near = {
            f"{plan[:-1]}x": plan,
            "sr_knowm": "sr_known",
            "lates": "latest",
            f"cmr/companies/{id_}": f"crm/companies/{id_}",
            f"crm/companys/{id_}": f"crm/companies/{id_}",
        }
        for word, meant in near.items():
            with world.store.reading() as db, pytest.raises(UnknownRecordError) as raised:
                resolve(db, world.tools, word)
            assert raised.value.remedy == f"Did you mean `{meant}`?"


def _scenario_run(id_: str, state: str = "pushed") -> dict[str, str]:
    return {
        "id": id_,
        "scenario": "spring",
        "state": state,
        "version": "1",
        "author": "me",
        "created_at": "2026-01-05T09:00:00.000Z",
    }


def test_a_record_goes_back_to_where_it_stood_before_us() -> None:
    """Three runs wrote it: undoing the record restores the value before the first of them."""
    with rehearsal() as world:
        id_ = company(world)
        for value in ("1", "2", "3"):
            write(world, phone(id_, value))
        undo = world.walk("undo", of=f"crm/companies/{id_}")
        world.apply(undo["plan"])
        assert world.crm.living("companies")[id_].fields["phone"] == "0"


def test_a_record_goes_back_to_a_date() -> None:
    """With a date, only what was written from then on is taken back."""
    with rehearsal() as world:
        id_ = company(world)
        write(world, phone(id_, "1"))
        world.tick(minutes=60)
        since = world.tools.now()
        write(world, phone(id_, "2"))
        undo = world.walk("undo", of=f"crm/companies/{id_}", since=since)
        world.apply(undo["plan"])
        assert world.crm.living("companies")[id_].fields["phone"] == "1"


def test_a_scenario_is_undone_wholly(store_url: str) -> None:
    """Its tasks go, what was not sent is not sent, and the push can never be made again."""
    with rehearsal(url=store_url) as world:
        company(world)
        with world.store.writing() as db:
            upsert(db, SCENARIO_RUN, [_scenario_run("sr_spring")])
            db.execute(ASSIGNMENT.insert(), [_treated("account-1"), _treated("account-9")])
        tasks = [_task(n) for n in range(3)]
        write(world, *tasks[:2])
        world.wish(tasks[2])
        undo = world.walk("undo", of="sr_spring")
        assert (undo["changes"], undo["kept"]) == (4, 0)
        world.apply(undo["plan"])
        assert world.crm.living("tasks") == {}
        assert {row["state"] for row in world.all("intent")} == {"undone"}
        assert [row["state"] for row in world.all("scenario_run")] == ["undone"]
        reached = {row["entity_id"]: row["reason"] for row in world.all("assignment")}
        assert reached == {"account-1": "undone", "account-9": None}
        with pytest.raises(TasukiError, match="undone"):
            world.walk("push", scenario_run="sr_spring")


def test_a_push_that_wrote_nothing_is_given_up() -> None:
    """Nothing was written yet: its wishes are withdrawn at once, and that is said."""
    with rehearsal() as world:
        with world.store.writing() as db:
            upsert(db, SCENARIO_RUN, [_scenario_run("sr_spring")])
        world.wish(_task(1))
        undo = world.walk("undo", of="sr_spring")
        assert (undo["plan"], undo["withdrawn"]) == (None, 1)
        assert world.walk("replan")["plan"] is None
        assert [row["state"] for row in world.all("scenario_run")] == ["undone"]


def _treated(account: str) -> dict[str, object]:
    row = {"scenario_run_id": "sr_spring", "entity": "account", "entity_id": account}
    return {**row, "arm": "treated", "in_audience": True}


def _task(number: int) -> Intent:
    return Intent(
        id=f"scenario:sr_spring:{number}",
        origin="scenario:sr_spring",
        lane="scenarios",
        verb=Verb.CREATE,
        connection="crm",
        object="tasks",
        fields={"subject": f"call {number}", "tasuki_key": f"k{number}"},
        cause={"rule": "spring", "why": "because"},
        natural_key=("tasuki_key", f"k{number}"),
        entity="account",
        entity_id=f"account-{number}",
    )
