"""A pull proves that it is complete: by its own answer, by counting its window, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.memory.client import MemoryConnector
from tests.rehearsal import Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.protocol import Deletes, Filter, Page, Window

LAG: dict[str, Any] = {"lag": timedelta(minutes=1)}
STREAMS = {"crm": 3, "ma": 3}
CHANGED = "companies-000005"


def companies(world: Rehearsal, most: int, start: int = 0) -> list[str]:
    """So many companies, born at once."""
    return [
        world.crm.add("companies", {"name": f"c{n}", "domain": f"c{n}.example"})
        for n in range(start, start + most)
    ]


def put(world: Rehearsal, connector: MemoryConnector) -> None:
    """Let another session talk to the first system."""
    world.tools = replace(world.tools, connectors={**world.tools.connectors, "crm": connector})


def proof(world: Rehearsal, object: str = "companies") -> dict[str, Any]:
    """The newest certificate of an object."""
    found = [row for row in world.all("certificate") if row["object"] == object]
    return max(found, key=lambda row: row["run_id"])


def test_an_unchanged_world_costs_a_page_and_a_list_of_deletes() -> None:
    """A no-op run asks each object for one page and its deletes, and counts nothing."""
    with rehearsal(**LAG) as world:
        companies(world, 7)
        world.run()
        world.tick(5)
        world.run()
        before = {name: world.connector(name).calls for name in STREAMS}
        counts = world.run()
        spent = {name: world.connector(name).calls - before[name] for name in STREAMS}
        assert spent == {name: 2 * streams for name, streams in STREAMS.items()}
        assert (counts["complete"], counts["changed"], counts["sweeps"]) == (True, 0, {})
        newest = max(row["run_id"] for row in world.all("certificate"))
        ours = [row for row in world.all("certificate") if row["run_id"] == newest]
        assert [row["method"] for row in ours] == ["answer"] * 6


def test_a_walk_of_several_pages_is_counted_in_its_window() -> None:
    """More than a page: both sides count the stamps the walk covered, up to now less the lag."""
    with rehearsal(**LAG) as world:
        companies(world, 7)
        world.tick(5)
        assert world.run()["complete"]
        first = proof(world)
        assert (first["method"], first["window_since"], first["platform_count"]) == (
            "window",
            None,
            7,
        )
        world.tick(5)
        companies(world, 4, start=7)
        world.tick(5)
        assert world.run()["complete"]
        second = proof(world)
        assert (second["method"], second["window_since"]) == ("window", first["window_until"])
        assert (second["platform_count"], second["staged_count"]) == (4, 4)


def test_a_first_pull_that_counts_equal_is_a_comparison_of_ids() -> None:
    """What was read from the beginning and counted equal needs no sweep of ids that day."""
    with rehearsal(**LAG) as world:
        companies(world, 7)
        world.tick(5)
        world.run()
        swept = {row["object"] for row in world.all("sweep") if row["sweep_kind"] == "ids"}
        assert "companies" in swept
        assert "sweep.list" not in world.steps


@dataclass(slots=True)
class Skips(MemoryConnector):
    """Leaves a record out of its page, once."""

    skip: str = ""

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """A page, perhaps without one of its records."""
        page = MemoryConnector.page(self, object, fields, cursor, filter)
        kept = tuple(record for record in page.records if record.id != self.skip)
        self.skip = "" if len(kept) < len(page.records) else self.skip
        return replace(page, records=kept)


def test_a_window_that_differs_is_read_again() -> None:
    """A record that a page left out is found by reading the window again; no ids are listed."""
    with rehearsal(**LAG) as world:
        companies(world, 2)
        world.tick(5)
        world.run()
        companies(world, 5, start=2)
        world.tick(5)
        settings = world.connector("crm").settings
        put(world, Skips(world.crm, settings, skip="companies-000004"))
        counts = world.run()
        assert (counts["complete"], counts["incomplete"]) == (True, [])
        assert world.count("account") == 7
        assert "certify.reread" in world.steps
        assert "sweep.list" not in world.steps


def test_one_page_that_holds_less_than_it_says_is_no_proof() -> None:
    """A single page with fewer records than its total is counted, and mended."""
    with rehearsal(**LAG, page_size=50) as world:
        companies(world, 2)
        world.tick(5)
        world.run()
        companies(world, 5, start=2)
        world.tick(5)
        settings = world.connector("crm").settings
        put(world, Skips(world.crm, settings, skip="companies-000004"))
        assert world.run()["complete"]
        assert world.count("account") == 7
        assert proof(world)["method"] == "window"


@dataclass(slots=True)
class Boasts(MemoryConnector):
    """Counts one company more than it shows."""

    def count(self, object: str, window: Window | None = None, filter: Filter | None = None) -> int:
        """The count, and one more."""
        return MemoryConnector.count(self, object, window) + (object == "companies")


def test_what_still_differs_is_named_with_both_numbers() -> None:
    """After reading again and comparing ids a difference makes the run partial, and stays open."""
    with rehearsal(**LAG) as world:
        companies(world, 7)
        world.tick(5)
        honest = world.connector("crm")
        put(world, Boasts(world.crm, honest.settings))
        counts = world.run()
        assert counts["differs"] == {"crm/companies": [8, 7]}
        assert counts["incomplete"] == ["crm/companies"]
        assert {run["state"] for run in world.all("run")} == {"partial"}
        assert "sweep.list" in world.steps
        put(world, honest)
        assert world.run()["complete"]
        assert (proof(world)["window_since"], proof(world)["complete"]) == (None, True)


def test_a_deleted_record_is_no_difference_for_long() -> None:
    """A record deleted after its page is taken out by asking for deletes once more."""
    with rehearsal(**LAG) as world:
        companies(world, 7)
        world.tick(5)

        class Deletes(MemoryConnector):
            """Somebody deletes a company just before both sides count."""

            def count(
                self, object: str, window: Window | None = None, filter: Filter | None = None
            ) -> int:
                """The count after the deed."""
                if object == "companies" and len(self.system.living("companies")) == 7:
                    self.system.delete("companies", "companies-000003")
                return MemoryConnector.count(self, object, window)

        put(world, Deletes(world.crm, world.connector("crm").settings))
        counts = world.run()
        assert (counts["complete"], counts["deleted"]) == (True, 1)
        assert "sweep.list" not in world.steps


def test_a_difference_nothing_explains_is_only_counted_for_hours() -> None:
    """It stays open and the runs partial, at one count each; after six hours all is tried again."""
    with rehearsal(**LAG) as world:
        companies(world, 7)
        world.tick(5)
        honest = world.connector("crm")
        put(world, Boasts(world.crm, honest.settings))
        world.run()
        world.tick(5)
        world.run()
        world.tick(5)
        assert not world.run()["complete"]
        assert world.steps.count("certify.count") == 1
        assert not {"certify.reread", "sweep.list"} & set(world.steps)
        world.tick(6 * 60)
        assert not world.run()["complete"]
        assert {"certify.reread", "sweep.list"} <= set(world.steps)


def test_what_changes_while_we_count_is_read_and_no_ids_are_listed() -> None:
    """A record that left the window meanwhile costs one more page, and no second walk."""
    with rehearsal(**LAG) as world:
        companies(world, 2)
        world.tick(5)
        world.run()
        companies(world, 7, start=2)
        world.tick(5)

        class Busy(MemoryConnector):
            """Somebody edits a company just before both sides count."""

            def count(
                self, object: str, window: Window | None = None, filter: Filter | None = None
            ) -> int:
                """The count after the deed."""
                known = self.system.living(object)
                if object == "companies" and "phone" not in known[CHANGED].fields:
                    self.system.edit(object, CHANGED, {"phone": "03"})
                return MemoryConnector.count(self, object, window)

        put(world, Busy(world.crm, world.connector("crm").settings))
        assert world.run()["complete"]
        assert world.steps.count("certify.reread") == 1
        assert "sweep.list" not in world.steps


class Mute(MemoryConnector):
    """Tells no deletes."""

    def deletes(self, object: str, cursor: str | None) -> Deletes:
        """Nothing was deleted, it says."""
        return replace(MemoryConnector.deletes(self, object, cursor), ids=())


def test_one_page_is_no_proof_where_the_store_holds_more_in_its_window() -> None:
    """An answer that holds all it says proves nothing while a record is staged that it lacks."""
    with rehearsal(lag=timedelta(minutes=10), page_size=50) as world:
        companies(world, 7)
        world.run()
        put(world, Mute(world.crm, world.connector("crm").settings))
        world.tick(5)
        world.crm.delete("companies", CHANGED)
        assert world.run()["complete"]
        assert proof(world)["method"] == "window"
        assert (proof(world)["platform_count"], proof(world)["staged_count"]) == (6, 6)
