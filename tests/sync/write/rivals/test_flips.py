"""Whoever sets back what we write is found, named once, and then left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.memory.client import MemoryConnector
from connectors.memory.faults import Mishap
from staging.write import rivals
from sync.erasure.erase import erase
from sync.write.intent import Intent
from tasuki.errors import TransientError
from tests.rehearsal import FILES, Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from connectors.protocol import Past

BOTH = "industry: {crm: industry, ma: industry, direction: both, clear: true, conflict: ma_wins}"
PUSHED = FILES["mappings/account.yaml"].replace(
    BOTH, "industry: {crm: industry, ma: industry, direction: push, to: ma, conflict: crm_wins}"
)
PROJECT = {"mappings/account.yaml": PUSHED}
FLOW = "Normalize industry"


class Telling(MemoryConnector):
    """A system whose history knows an automation by its name."""

    def history(
        self, object: str, ids: Sequence[str], fields: Sequence[str], since: datetime
    ) -> Sequence[Past]:
        """What the memory system remembers; who is no person of ours is an automation."""
        told = MemoryConnector.history(self, object, ids, fields, since)
        return [
            replace(past, by=FLOW, by_kind="automation") if past.by == "flow" else past
            for past in told
        ]


def populated(world: Rehearsal, companies: int = 1) -> list[str]:
    """Companies in both systems; what crm says of their industry is written to ma."""
    found = []
    for n in range(companies):
        said = {"name": f"Aoba {n}", "domain": f"aoba{n}.example"}
        world.crm.add("companies", {**said, "industry": "steel"})
        found.append(world.ma.add("orgs", {**said, "industry": "retail"}))
    assert world.sync()["plan"] is not None
    return found


def set_back(world: Rehearsal, *orgs: str, by: str = "flow", to: str = "retail") -> dict[str, Any]:
    """Somebody sets the industry of these to what it was; then a run, which is applied."""
    world.tick(4)
    for org in orgs:
        world.ma.edit("orgs", org, {"industry": to}, by=by)
    return world.sync()


def known(world: Rehearsal, *states: str) -> list[rivals.Rival]:
    with world.store.reading() as db:
        return rivals.listed(db, states or rivals.STATES)


def industry(world: Rehearsal, org: str) -> Any:
    return world.ma.living("orgs")[org].fields["industry"]


def telling(world: Rehearsal) -> None:
    """Let ma tell its past."""
    settings = world.connector("ma").settings.model_copy(update={"history": True})
    connector = Telling(world.ma, settings)
    world.tools = replace(world.tools, connectors={**world.tools.connectors, "ma": connector})


def test_one_flip_is_watched_and_written_over_as_the_mapping_says() -> None:
    """Set back once: written down, and written again; nobody is named or paused."""
    with rehearsal(PROJECT) as world:
        (org,) = populated(world)
        assert set_back(world, org)["plan"] is not None
        assert industry(world, org) == "steel"
        (rival,) = known(world)
        assert (rival.state, rival.flips, rival.writer_kind) == ("watched", 1, None)
        assert world.run()["plan"] is None


def test_the_second_flip_names_the_writer_and_ends_the_loop() -> None:
    """Set back again: paused, named by the system's own history, and every later run is silent."""
    with rehearsal(PROJECT) as world:
        telling(world)
        (org,) = populated(world)
        set_back(world, org)
        counts = set_back(world, org)
        assert counts["plan"] is None
        (held,) = counts["held"]
        assert held == {
            "rule": "account", "to": "ma/orgs", "field": "industry", "why": "rival", "n": 1,
            "writer": FLOW, "kind": "automation",
        }  # fmt: skip
        (rival,) = known(world, "paused")
        assert (rival.writer, rival.writer_kind, rival.rule) == (FLOW, "automation", "account")
        turns = [(m["value"], m["by"], m["ours"]) for m in rival.cycle]
        ours, theirs = ("steel", "Tasuki", True), ("retail", FLOW, False)
        assert turns == [ours, theirs, ours, theirs]
        assert [m["at"] for m in rival.cycle] == sorted(m["at"] for m in rival.cycle)
        writes = world.count("receipt")
        for _ in range(3):
            assert set_back(world, org)["plan"] is None
        assert (world.count("receipt"), industry(world, org)) == (writes, "retail")


def test_without_a_history_the_last_editor_is_all_that_is_known() -> None:
    """The record's own editor is named, of no kind; nobody is asked for the past."""
    with rehearsal(PROJECT) as world:
        (org,) = populated(world)
        world.connector("ma").faults.asked["history", "orgs"] = TransientError("never asked")
        set_back(world, org)
        set_back(world, org)
        (rival,) = known(world, "paused")
        assert (rival.writer, rival.writer_kind) == ("flow", "unknown")


def test_a_history_that_cannot_be_read_now_is_asked_for_by_a_later_run() -> None:
    """The cell is paused at once; its writer is named once the system answers, and asked once."""
    with rehearsal(PROJECT) as world:
        telling(world)
        (org,) = populated(world)
        world.connector("ma").faults.asked["history", "orgs"] = TransientError("not now")
        set_back(world, org)
        set_back(world, org)
        assert known(world, "paused")[0].writer_kind is None
        world.connector("ma").faults.asked.clear()
        world.run()
        assert known(world, "paused")[0].writer == FLOW
        world.connector("ma").faults.asked["history", "orgs"] = AssertionError("asked again")
        world.run()


def test_a_person_who_corrects_once_and_a_third_value_are_no_rivals() -> None:
    """A value that never stood there before is an edit like any other."""
    with rehearsal(PROJECT) as world:
        (org,) = populated(world)
        set_back(world, org, by="person", to="trade")
        assert known(world) == []
        set_back(world, org, by="person", to="banking")
        assert known(world) == []


def test_each_write_is_set_back_once_however_often_a_page_comes() -> None:
    """Overlapping pages, a later edit elsewhere and a replayed run count no flip twice."""
    with rehearsal(PROJECT, overlap=3, page_size=1) as world:
        (org,) = populated(world)
        set_back(world, org)
        world.run()
        world.ma.edit("orgs", org, {"town": "Sendai"}, by="person")
        world.sync()
        world.run()
        assert [rival.flips for rival in known(world)] == [1]


def test_an_unsettled_write_is_no_flip_until_it_is_known_to_be_written() -> None:
    """A write that never arrived left the old value: nobody set anything back."""
    with rehearsal(PROJECT) as world:
        (org,) = populated(world)
        world.connector("ma").faults.writes.append(Mishap.LOSE_REQUEST)
        world.crm.edit("companies", "companies-000001", {"industry": "trade"})
        world.settle()
        assert known(world) == []
        assert industry(world, org) == "trade"


def test_three_paused_records_pause_the_field_for_its_rule() -> None:
    """A workflow sets back a whole field: it is left alone on every record, also on new ones."""
    with rehearsal(PROJECT, page_size=50, batch_size=50) as world:
        orgs = populated(world, 4)
        set_back(world, *orgs[:3])
        set_back(world, *orgs[:3])
        whole = [rival for rival in known(world, "paused") if rival.record_id == rivals.WHOLE]
        assert [(each.field, each.rule, each.writer) for each in whole] == [
            ("industry", "account", "flow")
        ]
        world.crm.edit("companies", "companies-000004", {"industry": "trade", "staff": 7})
        plan = world.run()["plan"]
        assert {change.field for change in world.changes(plan)} == {"staff"}


@pytest.mark.parametrize("companies", [1, 3])
def test_resumed_it_is_written_again_and_two_more_flips_pause_it_again(companies: int) -> None:
    """A person lets go: the open wish is planned by the next run; the rival is not forgotten."""
    with rehearsal(PROJECT, page_size=50, batch_size=50) as world:
        orgs = populated(world, companies)
        set_back(world, *orgs)
        set_back(world, *orgs)
        with world.store.writing() as db:
            assert rivals.resume(db, "ma", "orgs", "industry", "sato") == companies
        assert world.sync()["plan"] is not None
        assert {industry(world, org) for org in orgs} == {"steel"}
        assert set_back(world, *orgs)["plan"] is not None
        assert known(world, "paused") == []
        assert set_back(world, *orgs)["plan"] is None
        assert len([r for r in known(world, "paused") if r.record_id != "*"]) == companies


def test_two_way_systems_that_fight_through_us_fall_silent() -> None:
    """Automations of both systems set one field back against each other; the breaker ends it."""
    with rehearsal() as world:
        world.crm.add("companies", {"name": "Aoba", "domain": "a.example", "industry": "steel"})
        world.ma.add("orgs", {"name": "Aoba", "domain": "a.example", "industry": "steel"})
        world.settle()
        (company,), (org,) = world.crm.living("companies"), world.ma.living("orgs")
        plans = []
        for _ in range(12):
            if industry(world, org) != "retail":
                world.ma.edit("orgs", org, {"industry": "retail"}, by="flow ma")
            if world.crm.living("companies")[company].fields["industry"] != "steel":
                world.crm.edit("companies", company, {"industry": "steel"}, by="flow crm")
            plans.append(world.sync()["plan"])
        assert plans[-4:] == [None] * 4
        assert known(world, "paused")


def wanted(rule: str, value: str) -> Intent:
    """A rule's wish about one cell of ma."""
    return Intent(
        id=f"{rule}:ma/orgs/orgs-000001", origin=rule, lane="mappings", verb="update",
        connection="ma", object="orgs", record_id="orgs-000001", fields={"phone": value},
        cause={"rule": rule.partition(":")[2], "why": "wished"},
    )  # fmt: skip


def test_two_of_our_own_rules_that_want_one_cell_are_both_held_and_told() -> None:
    """Neither value is written, each names the other rule, until they agree again."""
    with rehearsal(PROJECT) as world:
        populated(world)
        world.wish(wanted("score:fit", "1"), wanted("score:heat", "2"))
        for _ in range(2):
            counts = world.run()
            assert counts["plan"] is None
            assert [(h["rule"], h["with"], h["why"], h["n"]) for h in counts["held"]] == [
                ("fit", "heat", "clash", 1),
                ("heat", "fit", "clash", 1),
            ]
        world.wish(wanted("score:heat", "1"))
        plan = world.run()["plan"]
        assert [change.after for change in world.changes(plan)] == ["1"]


def test_an_erased_person_is_in_no_cycle(tmp_path: Path) -> None:
    """Who was set back is forgotten with the person: no rival holds a value of theirs."""
    person = FILES["mappings/person.yaml"].replace(
        "title: {crm: title, ma: jobtitle, direction: both, conflict: fill_blank_only}",
        "title: {crm: title, ma: jobtitle, direction: push, to: ma, conflict: crm_wins}",
    )
    with rehearsal({"mappings/person.yaml": person}) as world:
        world.tools = replace(
            world.tools, project=replace(world.tools.project, erasure_folder=tmp_path)
        )
        mail = {"email": "ada@aoba.example", "last": "Byron"}
        world.crm.add("people", {**mail, "title": "Countess"})
        contact = world.ma.add("contacts", {**mail, "jobtitle": "Analyst"})
        world.sync()
        for _ in range(2):
            world.ma.edit("contacts", contact, {"jobtitle": "Analyst"}, by="flow")
            world.sync()
        assert len(known(world, "paused")) == 1
        (row,) = world.rows("person").values()
        with world.store.writing() as db:
            erase(db, world.tools, row["id"])
        assert known(world) == []
