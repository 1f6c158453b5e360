"""A wish of which one cell is left alone is not over when its other cells are written."""

from __future__ import annotations

from staging.write import rivals
from staging.write.rivals import Rival
from tests.rehearsal import rehearsal


def test_the_cell_left_alone_is_written_once_it_may_be() -> None:
    """The other cell goes out meanwhile; resumed, the next plan has the rest."""
    with rehearsal() as world:
        said = {"name": "Aoba", "domain": "aoba.example", "industry": "glass"}
        crm = world.crm.add("companies", {**said, "city": "Kyoto"})
        ma = world.ma.add("orgs", {**said, "town": "Kyoto"})
        world.settle()
        at = world.tools.now()
        cell = ("crm", "companies", crm, "industry", "steel", "glass", 2, at, at)
        with world.store.writing() as db:
            rivals.keep(db, [Rival(*cell, writer_kind="app", state="paused")])
        world.tick()
        world.ma.edit("orgs", ma, {"industry": "steel", "town": "Nara"}, by="bob")
        assert world.settle() == 1
        fields = world.crm.living("companies")[crm].fields
        assert (fields["city"], fields["industry"]) == ("Nara", "glass")
        (held,) = world.run()["held"]
        assert (held["field"], held["why"]) == ("industry", "rival")
        with world.store.writing() as db:
            rivals.resume(db, "crm", "companies", "industry", "boss")
        assert world.settle() == 1
        assert world.crm.living("companies")[crm].fields["industry"] == "steel"
        assert world.ma.living("orgs")[ma].fields["industry"] == "steel"
