"""A scope: what is asked for, what is staged, and what counts as deleted to a mapping."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.memory.client import MemoryConnector
from connectors.protocol import Capabilities
from tests.rehearsal import FILES, Killed, Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.protocol import Filter, Page, Window

LAG: dict[str, Any] = {"lag": timedelta(minutes=1)}


def scoped(scope: str) -> dict[str, str]:
    """The account mapping, of the companies in scope alone."""
    text = FILES["mappings/account.yaml"]
    side = f'{{object: companies, scope: "{scope}"}}'
    return {"mappings/account.yaml": text.replace("{object: companies}", side)}


@dataclass(slots=True)
class Told(MemoryConnector):
    """Remembers with which filters it was asked for pages and counts."""

    pages: list[tuple[str, Filter | None]] = field(default_factory=list)
    counts: list[tuple[str, Filter | None]] = field(default_factory=list)

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """A page, noted."""
        self.pages.append((object, filter))
        return MemoryConnector.page(self, object, fields, cursor, filter)

    def count(self, object: str, window: Window | None = None, filter: Filter | None = None) -> int:
        """A count, noted."""
        self.counts.append((object, filter))
        return MemoryConnector.count(self, object, window, filter)


def listen(world: Rehearsal) -> Told:
    """Let every later question to the first system be noted."""
    told = Told(world.crm, world.connector("crm").settings)
    world.tools = replace(world.tools, connectors={**world.tools.connectors, "crm": told})
    return told


def reword(world: Rehearsal, files: dict[str, str]) -> None:
    """Edit the project's files."""
    with rehearsal(files) as other:
        world.tools = replace(
            world.tools, project=other.tools.project, mappings=other.tools.mappings
        )


def add(world: Rehearsal, most: int, start: int = 0, **fields: Any) -> list[str]:
    """So many companies."""
    return [
        world.crm.add("companies", {"name": f"c{n}", "domain": f"c{n}.example", **fields})
        for n in range(start, start + most)
    ]


def staged(world: Rehearsal) -> set[str]:
    """The ids of the living staged companies."""
    rows = world.all("record")
    return {r["id"] for r in rows if r["object"] == "companies" and r["deleted_at"] is None}


def names(world: Rehearsal) -> set[str]:
    """The accounts there are, by name."""
    return {row["name"] for row in world.rows("account").values()}


def test_a_first_read_asks_for_the_scope_and_counts_it() -> None:
    """What is out of scope is neither read nor missed: the count is asked with the same filter."""
    with rehearsal(scoped("industry = 'steel'"), **LAG) as world:
        inside, _ = add(world, 4, industry="steel"), add(world, 5, 10, industry="food")
        world.tick(5)
        told = listen(world)
        counts = world.run()
        assert counts["complete"]
        assert counts["scopes"] == {"crm/companies": {"pushed_down": True, "outside": 0}}
        assert staged(world) == set(inside)
        assert len(names(world)) == 4
        assert {only is not None for object, only in told.pages if object == "companies"} == {True}
        assert [only is not None for object, only in told.counts if object == "companies"] == [True]
        told.pages.clear()
        assert world.run()["complete"]
        assert ("companies", None) in told.pages


def test_a_record_that_leaves_its_scope_is_as_if_deleted() -> None:
    """Changes are read whatever their scope; who left is staged, and no entity's any more."""
    with rehearsal(scoped("industry = 'steel'"), **LAG) as world:
        one, two = add(world, 2, industry="steel")
        other = add(world, 1, 10, industry="food")[0]
        world.tick(5)
        world.run()
        world.crm.edit("companies", one, {"industry": "food"})
        world.crm.edit("companies", other, {"industry": "steel"})
        world.tick(5)
        counts = world.run()
        assert (counts["complete"], counts["scopes"]["crm/companies"]["outside"]) == (True, 1)
        assert staged(world) == {one, two, other}
        assert names(world) == {"c1", "c10"}
        world.crm.edit("companies", one, {"industry": "steel"})
        world.tick(5)
        world.run()
        assert names(world) == {"c0", "c1", "c10"}


def test_one_reader_without_a_scope_wants_all() -> None:
    """A stream is asked for everything as soon as one mapping takes everything."""
    lead = FILES["mappings/person.yaml"].replace("name: person", "name: other", 1)
    files = scoped("industry = 'steel'")
    files["mappings/other.yaml"] = lead.replace("object: people", "object: companies")
    with rehearsal(files, **LAG) as world:
        add(world, 2, industry="steel")
        add(world, 2, 10, industry="food")
        told = listen(world)
        world.run()
        assert {only for object, only in told.pages if object == "companies"} == {None}
        assert len(staged(world)) == 4


def test_a_wider_scope_reads_what_newly_belongs() -> None:
    """A scope is read anew as a whole, among what was staged; a narrower one lets go what left."""
    with rehearsal(scoped("industry = 'steel'"), **LAG) as world:
        steel, food = add(world, 4, industry="steel"), add(world, 4, 10, industry="food")
        world.tick(5)
        world.run()
        world.crm.edit("companies", steel[0], {"industry": "paper"})
        world.tick(5)
        world.run()
        reword(world, scoped("industry in ('steel', 'food')"))
        counts = world.run()
        assert counts["complete"]
        assert staged(world) == {*steel, *food}
        assert names(world) == {"c1", "c2", "c3", "c10", "c11", "c12", "c13"}
        reword(world, scoped("industry in ('steel', 'food') and name <> 'c1'"))
        told = listen(world)
        assert world.run()["complete"]
        assert {only for object, only in told.pages if object == "companies"} == {None}
        assert names(world) == {"c2", "c3", "c10", "c11", "c12", "c13"}


def test_a_sweep_of_ids_finds_deletes_and_calls_nobody_missing() -> None:
    """Comparing ids reads no record out of scope, and finds what is gone."""
    with rehearsal(scoped("industry = 'steel'"), **LAG) as world:
        steel, food = add(world, 4, industry="steel"), add(world, 4, 10, industry="food")
        world.tick(5)
        world.run()
        del world.crm.table("companies")[steel[0]]
        counts = world.walk("run", sweep=True)
        assert counts["swept"] == 1
        assert staged(world) == set(steel[1:])
        assert not staged(world) & set(food)


@dataclass(slots=True)
class Forgets(Told):
    """Leaves one record out of the first pages it is asked for."""

    forgotten: str = ""

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """A page without it, once."""
        page = Told.page(self, object, fields, cursor, filter)
        kept = tuple(record for record in page.records if record.id != self.forgotten)
        self.forgotten = "" if len(kept) < len(page.records) else self.forgotten
        return replace(page, records=kept)


def test_a_record_in_scope_that_was_left_out_is_found() -> None:
    """Where the counts of a scope differ, the scope is read once more."""
    with rehearsal(scoped("industry = 'steel'"), **LAG) as world:
        steel, _ = add(world, 4, industry="steel"), add(world, 4, 10, industry="food")
        world.tick(5)
        loses = Forgets(world.crm, world.connector("crm").settings, forgotten=steel[1])
        world.tools = replace(world.tools, connectors={**world.tools.connectors, "crm": loses})
        assert world.run()["complete"]
        assert staged(world) == set(steel)


def test_a_stopped_walk_goes_on_with_its_scope() -> None:
    """Killed after any page, the next run goes on where it was, and ends the same."""
    with rehearsal(scoped("industry = 'steel'"), **LAG) as world:
        steel, _ = add(world, 8, industry="steel"), add(world, 8, 10, industry="food")
        world.tick(5)
        for commits in range(4, 16, 3):
            with suppress(Killed):
                world.walk("run", kill_after=commits)
        assert world.run()["complete"]
        assert staged(world) == set(steel)
        assert len(names(world)) == 8


class Plain(MemoryConnector):
    """Cannot filter, and is never handed one."""

    @property
    def can(self) -> Capabilities:
        """All but filtering."""
        return replace(MemoryConnector.can.fget(self), filters=False)  # type: ignore[attr-defined]

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """A page of all."""
        assert filter is None
        return MemoryConnector.page(self, object, fields, cursor)


def test_who_cannot_filter_reads_all_and_says_how_much_more() -> None:
    """The scope is then evaluated here, and the run tells what it cost."""
    with rehearsal(scoped("name like 'c1%'"), **LAG) as world:
        add(world, 4)
        add(world, 4, 10)
        plain = Plain(world.crm, world.connector("crm").settings)
        world.tools = replace(world.tools, connectors={**world.tools.connectors, "crm": plain})
        counts = world.run()
        assert counts["scopes"] == {"crm/companies": {"pushed_down": False, "outside": 3}}
        assert names(world) == {"c1", "c10", "c11", "c12", "c13"}
