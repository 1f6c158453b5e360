"""Why a cell, a link or a number is what it is."""

from __future__ import annotations

from typing import Any

import pytest

from tasuki.errors import UnknownRecordError
from tasuki.service.app import App
from tasuki.service.deciding import conflicts
from tasuki.service.explaining.answer import explain, explain_entity
from tasuki.service.explaining.views import EntityView, MetricView, RecordView
from tests.rehearsal import Rehearsal, rehearsal


def app(world: Rehearsal) -> App:
    return App(world.tools.project, world.store, world.tools)


def company(world: Rehearsal, crm: dict[str, Any], ma: dict[str, Any]) -> tuple[str, str]:
    one = world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example", **crm})
    two = world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example", **ma})
    world.settle()
    world.tick(10)
    return one, two


def test_a_cell_tells_who_edited_and_what_it_held() -> None:
    """Winner, mapping version, edits with their people, and what the entity held before."""
    with rehearsal() as world:
        one, _ = company(world, {"phone": "1"}, {})
        world.crm.edit("companies", one, {"phone": "2"}, by="u_7")
        world.run()
        (id_,) = world.rows("account")
        (cell,) = explain_entity(app(world), "account", id_, "phone").cells
        assert (cell.value, cell.why, cell.policy) == ("2", "moved", "latest_wins")
        assert cell.version == next(m.version for m in world.tools.mappings if m.name == "account")
        edit = cell.edits[0]
        assert (edit.ref, edit.before, edit.after, edit.by) == (
            f"crm/companies/{one}", "1", "2", "u_7",
        )  # fmt: skip
        assert [(was.value, was.ref) for was in cell.past] == [("1", f"crm/companies/{one}")]


def test_a_cell_tells_its_conflict() -> None:
    """Disputed, then decided: by whom, when, why."""
    with rehearsal() as world:
        company(world, {"city": "Tokyo"}, {"town": "Osaka"})
        (id_,) = world.rows("account")
        found = conflicts.inbox(app(world))[0]
        (cell,) = explain_entity(app(world), "account", id_, "city").cells
        assert cell.dispute is not None
        assert cell.dispute.state == "open"
        conflicts.resolve(app(world), found.id, "mia", take="ma", reason="moved")
        world.run()
        (cell,) = explain_entity(app(world), "account", id_, "city").cells
        assert cell.dispute is not None
        assert (cell.dispute.state, cell.dispute.decided_by) == ("decided", "mia")
        assert (cell.value, [lost.value for lost in cell.losers]) == ("Osaka", ["Tokyo"])


def test_a_link_tells_its_key_and_its_past() -> None:
    """A record: by which key it belongs where, and where it belonged before."""
    with rehearsal() as world:
        one, two = company(world, {}, {})
        found = explain(app(world), f"ma/orgs/{two}")
        assert isinstance(found, RecordView)
        assert found.keys["domain"] == ("aoba.example",)
        assert [(link.rule, link.until) for link in found.links] == [("domain", None)]
        world.ma.edit("orgs", two, {"domain": "midori.example"})
        world.run()
        moved = explain(app(world), f"ma/orgs/{two}")
        assert isinstance(moved, RecordView)
        assert [link.until is None for link in moved.links] == [True, False]
        assert moved.links[0].entity_id != moved.links[1].entity_id
        assert isinstance(explain(app(world), f"crm/companies/{one}"), RecordView)


def test_a_metric_tells_its_rows() -> None:
    """A measured number: what it means, as of when, from which rows."""
    with rehearsal() as world:
        one, _ = company(world, {}, {})
        world.crm.add("people", {"email": "a@aoba.example", "last": "Ito", "company_id": one})
        world.run()
        (id_,) = world.rows("account")
        (person,) = world.rows("person")
        for target in (f"account/{id_}.people", "Aoba.people"):
            found = explain(app(world), target)
            assert isinstance(found, MetricView)
            assert (found.value, found.count) == (1, 1)
            assert [row.ref for row in found.rows] == [f"person/{person}"]
            assert found.definition["en"] == "People whose account it is."
            assert found.as_of is not None
        with pytest.raises(UnknownRecordError):
            explain(app(world), "account/none.people")


def test_an_entity_shows_only_what_holds() -> None:
    """An entity lists the records that belong to it now, in order of their refs."""
    with rehearsal() as world:
        one, two = company(world, {}, {})
        found = explain(app(world), "Aoba")
        assert isinstance(found, EntityView)
        assert [link.ref for link in found.links] == [f"crm/companies/{one}", f"ma/orgs/{two}"]
