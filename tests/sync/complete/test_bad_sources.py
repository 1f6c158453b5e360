"""A sales system on a bad day, through a whole run: one clear error, nothing half-kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.protocol import OpenContext
from connectors.sales_system import SPEC
from tests.rehearsal import Rehearsal, rehearsal

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = "name number code domain phone town industry staff crm_id"
ORGS = {"orgs": {"files": "orgs.csv", "id": "id", "types": {"staff": "int"}}}


def books(world: Rehearsal, folder: Path, **settings: Any) -> None:
    """Let the second system be a sales system with one object."""
    opened = SPEC.open(
        SPEC.settings.model_validate(settings), OpenContext("ma", folder, world.clock)
    )
    world.tools = replace(
        world.tools,
        connectors={**world.tools.connectors, "ma": opened},
        mappings=tuple(m for m in world.tools.mappings if m.name == "account"),
    )


def write(folder: Path, *rows: str, header: str = "") -> None:
    names = header or ",".join(["id", *FIELDS.split()])
    (folder / "orgs.csv").write_text("\n".join([names, *rows, ""]), encoding="utf-8")


def row(id: int, staff: object = 5) -> str:
    return f"{id},Org {id},,,o{id}.example,,,,{staff},"


def states(world: Rehearsal) -> list[str]:
    return [run["state"] for run in world.all("run")]


def test_a_malformed_row_is_parked_and_the_file_is_read(tmp_path: Path) -> None:
    """A cell that is no number parks its line by place; its neighbours load, the run is partial."""
    with rehearsal() as world:
        write(tmp_path, row(1), row(2, "many"), row(3))
        books(world, tmp_path, objects=ORGS)
        counts = world.run()
        assert (counts["broken"], states(world)) == (1, ["partial"])
        assert [record["id"] for record in world.all("record")] == ["1", "3"]
        (parked,) = world.all("parked")
        assert parked["place"].endswith(":3")


def test_a_file_without_its_column_keeps_nothing(tmp_path: Path) -> None:
    """A file whose id column is gone is refused by name; cursor and records stay as they were."""
    with rehearsal() as world:
        write(tmp_path, row(1))
        books(world, tmp_path, objects=ORGS)
        world.run()
        before = world.all("record"), world.all("cursor")
        write(tmp_path, "2,Other", header="number,name")
        world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example"})
        counts = world.run()
        assert "orgs.csv" in counts["stopped"]["ma/orgs"]["where"]
        assert world.run()["incomplete"] == ["ma/orgs"]
        records, cursors = world.all("record"), world.all("cursor")
        assert {r["connection"] for r in records} == {"crm", "ma"}
        assert [r for r in records if r["connection"] == "ma"] == before[0]
        assert [c for c in cursors if c["connection"] == "ma"] == [
            c for c in before[1] if c["connection"] == "ma"
        ]


def test_a_database_that_does_not_answer_stops_its_stream(tmp_path: Path) -> None:
    """Books behind a dead address are named; the other system is pulled, the run is partial."""
    with rehearsal() as world:
        world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example"})
        books(
            world,
            tmp_path,
            url="postgresql+psycopg://nobody@127.0.0.1:1/none",
            attempts=1,
            objects={"orgs": {"query": "select * from orgs", "id": "id"}},
        )
        counts = world.run()
        assert list(counts["stopped"]) == ["ma/orgs"]
        stopped = counts["stopped"]["ma/orgs"]
        assert stopped["code"] == "TSK-4200"
        assert all(stopped.values())
        assert states(world) == ["partial"]
        assert world.count("account") == 1
        assert [c for c in world.all("cursor") if c["connection"] == "ma"] == []
