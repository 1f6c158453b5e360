"""What goes wrong on one stream ends that stream: named, nothing half-kept; the rest goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from tasuki.errors import (
    BlockedError,
    BudgetError,
    ConfigError,
    RejectedError,
    SignInError,
    TransientError,
    UnreachableError,
)
from tests.rehearsal import Rehearsal, rehearsal

LAG: dict[str, Any] = {"lag": timedelta(minutes=1)}


def both(world: Rehearsal) -> None:
    """A record in four objects of two systems."""
    world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example"})
    world.crm.add("people", {"email": "a@aoba.example", "last": "Ito"})
    world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example"})
    world.ma.add("contacts", {"email": "a@aoba.example", "last": "Ito"})
    world.tick(5)


def staged(world: Rehearsal) -> set[str]:
    return {f"{row['connection']}/{row['object']}" for row in world.all("record")}


def cursors(world: Rehearsal, object: str) -> list[Any]:
    return [row for row in world.all("cursor") if row["object"] == object]


@pytest.mark.parametrize(
    "error",
    [
        BudgetError("the day's calls are used up", remedy="Wait until midnight."),
        BlockedError("we may not read this object", remedy="Give the user read permission."),
        TransientError("the system is away"),
        RejectedError("there is no such object"),
    ],
)
def test_an_answer_to_one_stream_ends_that_stream_only(error: Exception) -> None:
    """The other objects of both systems are read; the run is partial and names the one with why."""
    with rehearsal(**LAG) as world:
        both(world)
        world.connector("crm").faults.asked["page", "companies"] = error
        counts = world.run()
        assert staged(world) == {"crm/people", "ma/orgs", "ma/contacts"}
        assert list(counts["stopped"]) == ["crm/companies"] == counts["incomplete"]
        assert counts["stopped"]["crm/companies"]["what"] == str(error)
        assert [run["state"] for run in world.all("run")] == ["partial"]
        assert [row["stream"] for row in cursors(world, "companies")] == ["deletes"]
        assert world.count("account") == 1
        world.connector("crm").faults.asked.clear()
        assert world.run()["complete"]
        assert "crm/companies" in staged(world)


@pytest.mark.parametrize("error", [SignInError("who are you"), UnreachableError("nobody there")])
def test_a_closed_connection_is_not_knocked_at_again(error: Exception) -> None:
    """A sign-in that is refused ends the pull of its connection; the other connection goes on."""
    with rehearsal(**LAG) as world:
        both(world)
        faults = world.connector("crm").faults
        for verb in ("page", "deletes"):
            for object_ in world.crm.shapes:
                faults.asked[verb, object_] = error
        counts = world.run()
        assert staged(world) == {"ma/orgs", "ma/contacts"}
        assert {kind.partition("/")[0] for kind in counts["stopped"]} == {"crm"}
        assert len(counts["stopped"]) == 3
        assert world.connector("crm").calls <= 3


def test_a_run_of_which_nothing_is_left_fails_with_the_reason() -> None:
    """When every stream stopped, there is nothing to go on with: the error is the run's."""
    with rehearsal(**LAG) as world:
        both(world)
        for name in ("crm", "ma"):
            faults = world.connector(name).faults
            faults.calls.extend([SignInError("the token has expired")] * 9)
        with pytest.raises(SignInError, match="expired"):
            world.run()
        assert [run["state"] for run in world.all("run")] == ["failed"]
        assert world.all("cursor") == []


def test_a_refused_project_fails_after_the_others_kept_their_page() -> None:
    """A mistake in the project's files ends the run, but no page that was on its way is lost."""
    with rehearsal(**LAG) as world:
        both(world)
        world.run()
        world.crm.add("tasks", {"subject": "call"})
        world.ma.edit("orgs", "orgs-000001", {"town": "Sendai"})
        world.tick(5)
        at = cursors(world, "companies")
        world.connector("crm").faults.asked["page", "companies"] = ConfigError("no such field")
        with pytest.raises(ConfigError, match="no such field"):
            world.run()
        found = {row["object"]: row["payload"] for row in world.all("record")}
        assert (found["tasks"]["subject"], found["orgs"]["town"]) == ("call", "Sendai")
        assert cursors(world, "companies") == at
        assert [run["state"] for run in world.all("run")][-1] == "failed"


def test_a_field_we_may_not_see_any_more_keeps_its_value() -> None:
    """A lost permission empties nothing: values stay, the field is named, the run is partial."""
    with rehearsal(**LAG) as world:
        one = world.crm.add(
            "companies", {"name": "Aoba", "domain": "aoba.example", "phone": "1", "city": "Sendai"}
        )
        world.tick(5)
        assert world.run()["unreadable"] == []
        world.connector("crm").faults.hidden.add(("companies", "phone"))
        world.crm.edit("companies", one, {"phone": "2", "city": "Tokyo"})
        world.tick(5)
        counts = world.run()
        assert counts["unreadable"] == ["crm/companies.phone"]
        (row,) = (row for row in world.all("record") if row["id"] == one)
        assert (row["payload"]["phone"], row["payload"]["city"]) == ("1", "Tokyo")
        (account,) = world.rows("account").values()
        assert account["phone"] is not None
        assert world.all("run")[-1]["state"] == "partial"


def test_a_field_we_may_see_again_is_read_again() -> None:
    """When the permission comes back, everything that changed meanwhile is read, once."""
    with rehearsal(**LAG) as world:
        ids = [world.crm.add("companies", {"name": f"c{n}", "phone": "1"}) for n in range(5)]
        world.connector("crm").faults.hidden.add(("companies", "phone"))
        world.tick(5)
        world.run()
        world.tick(5)
        world.run()
        world.connector("crm").faults.hidden.clear()
        counts = world.run()
        assert (counts["unreadable"], counts["changed"]) == ([], 5)
        found = {row["id"]: row["payload"] for row in world.all("record")}
        assert [found[id]["phone"] for id in ids] == ["1"] * 5
        assert world.run()["read"] == 0


def test_a_full_disk_keeps_nothing_of_the_page() -> None:
    """No room in the store: one clear error; page and cursor are as before; later it goes on."""
    with rehearsal(**LAG) as world:
        both(world)
        world.run()
        before, at = len(world.all("record")), world.all("cursor")
        world.crm.add("companies", {"name": "x" * 3_000_000, "domain": "x.example"})
        with world.store.reading() as db:
            pages = db.exec_driver_sql("PRAGMA page_count").scalar() or 0

        def limit(dbapi: Any, _record: object) -> None:
            dbapi.execute(f"PRAGMA max_page_count = {pages + 100}")

        world.store.engine.dispose()
        event.listen(world.store.engine, "connect", limit)
        with pytest.raises(BlockedError, match="no room left") as refused:
            world.run()
        assert all(refused.value.lines())
        companies = [row for row in at if row["object"] == "companies"]
        assert cursors(world, "companies") == companies
        assert len([r for r in world.all("record") if r["object"] == "companies"]) == 1
        assert [run["state"] for run in world.all("run")][-1] == "failed"
        event.remove(world.store.engine, "connect", limit)
        world.store.engine.dispose()
        assert world.run()["complete"]
        assert len(world.all("record")) == before + 1
