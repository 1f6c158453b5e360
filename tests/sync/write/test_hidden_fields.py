"""A field nobody can see is not written: what looks blank there may hold a person's value."""

from __future__ import annotations

from tests.rehearsal import Rehearsal, rehearsal


def pair(world: Rehearsal) -> None:
    """A company whose phone only `crm` knows, so that `ma` is to get it."""
    world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example", "phone": "03-1111-2222"})
    world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example"})


def test_a_hidden_field_is_left_out_of_the_plan_and_wished_for_again_once_shown() -> None:
    """Hidden, the cell is not planned; shown again and still blank, it is filled."""
    with rehearsal() as world:
        pair(world)
        hidden = world.connector("ma").faults.hidden
        hidden.add(("orgs", "phone"))
        assert world.run()["plan"] is None
        hidden.clear()
        counts = world.sync()
        assert counts["plan"] is not None
        (org,) = world.ma.living("orgs").values()
        assert org.fields["phone"]


def test_a_value_behind_a_hidden_field_survives() -> None:
    """What a person wrote where we cannot look is never overwritten by what fills blanks."""
    with rehearsal() as world:
        pair(world)
        (id_,) = world.ma.living("orgs")
        world.ma.edit("orgs", id_, {"phone": "06-9999-0000"})
        world.connector("ma").faults.hidden.add(("orgs", "phone"))
        world.sync()
        (org,) = world.ma.living("orgs").values()
        assert org.fields["phone"] == "06-9999-0000"
