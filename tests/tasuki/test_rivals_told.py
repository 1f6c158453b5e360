"""Rivals as people see them: in `rivals`, in a plan, in doctor and in explain."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tasuki.cli.front import Door
from tasuki.cli.screen import Screen
from tasuki.cli.speech.words import Words
from tasuki.cli.verbs.flow.rivals import rivals as rivals_verb
from tasuki.cli.verbs.flow.rivals import rivals_resume
from tasuki.cli.views.why.explain import entity_view
from tasuki.cli.views.writes.plan import held_lines
from tasuki.cli.views.writes.rivals import rivals_view
from tasuki.errors import UnknownRecordError
from tasuki.service.accounts import audited
from tasuki.service.app import App
from tasuki.service.checking import doctor
from tasuki.service.explaining import answer
from tasuki.service.explaining.views import EntityView
from tasuki.service.writing import rivals
from tests.rehearsal import FILES, Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

BOTH = "industry: {crm: industry, ma: industry, direction: both, clear: true, conflict: ma_wins}"
PUSHED = FILES["mappings/account.yaml"].replace(
    BOTH, "industry: {crm: industry, ma: industry, direction: push, to: ma, conflict: crm_wins}"
)
FLOW = "Normalize industry"


@pytest.fixture
def world() -> Iterator[Rehearsal]:
    """A company of whose industry a flow has twice set back what we wrote."""
    with rehearsal({"mappings/account.yaml": PUSHED}) as made:
        said = {"name": "Aoba", "domain": "aoba.example"}
        made.crm.add("companies", {**said, "industry": "steel"})
        org = made.ma.add("orgs", {**said, "industry": "retail"})
        made.sync()
        for _ in range(2):
            made.tick(4)
            made.ma.edit("orgs", org, {"industry": "retail"}, by=FLOW)
            made.sync()
        yield made


def app(world: Rehearsal) -> App:
    return App(world.tools.project, world.store, world.tools)


def text(*shown: RenderableType) -> str:
    console = Console(file=StringIO(), width=200, no_color=True)
    console.print(*shown)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_field_is_shown_with_its_writer_and_the_cycle(world: Rehearsal) -> None:
    """One line a cycle: when, who, what; the day is said once."""
    shown = text(rivals_view(rivals.fields(app(world)), Words("en")))
    assert f"ma/orgs.industry  set back by {FLOW}" in shown
    assert "paused on 1 records for rule account" in shown
    assert "Aoba  ma/orgs/orgs-000001  paused  set back 2 times" in shown
    assert (
        "2026-01-05 09:06 Tasuki → steel · 09:10 Normalize industry → retail"
        " · 09:16 Tasuki → steel · 09:20 Normalize industry → retail"
    ) in shown
    assert "元に戻す" in text(rivals_view(rivals.fields(app(world)), Words("ja")))


def test_a_run_says_what_it_leaves_alone(world: Rehearsal) -> None:
    """The held line names field, count and writer, in both languages."""
    held = world.run()["held"]
    said = text(*held_lines(held, Words("en")))
    assert f"1 left alone in ma/orgs.industry: set back by {FLOW} (tasuki rivals)" in said
    clash = [{"rule": "a", "with": "b", "to": "ma/orgs", "field": "x", "why": "clash", "n": 2}]
    assert "rule a and rule b want different values" in text(*held_lines(clash, Words("en")))
    assert "食い違う" in text(*held_lines(clash, Words("ja")))


def test_doctor_warns_with_the_way_out(world: Rehearsal) -> None:
    """One finding a field, with the cycle and the command that resumes."""
    (check,) = [each for each in doctor.doctor(app(world)) if each.name.startswith("rival ")]
    assert check.name == "rival ma/orgs.industry"
    assert FLOW in check.found
    assert "09:10" in check.found
    assert "tasuki rivals resume ma/orgs.industry" in check.fix


def test_explain_tells_who_sets_a_cell_back(world: Rehearsal) -> None:
    """The story of the entity's field ends with its rival."""
    (id_,) = world.rows("account")
    found = answer.explain(app(world), f"account/{id_}.industry")
    assert isinstance(found, EntityView)
    (rival,) = found.cells[0].rivals
    assert (rival.writer, rival.state, rival.flips) == (FLOW, "paused", 2)
    assert "ma/orgs/orgs-000001.industry" in text(entity_view(found, Words("en")))


def test_the_verb_lists_and_resumes(world: Rehearsal) -> None:
    """`rivals --json` is one document; `rivals resume` frees the cells and is in the audit."""
    out = StringIO()
    plain = Console(file=out, width=200)
    screen = Screen(plain, Console(file=StringIO()), True, Words("en"))
    door = Door(screen, _app=app(world))
    assert rivals_verb(door=door) == 0
    (field,) = json.loads(out.getvalue())["rivals"]
    assert (field["target"], field["records"]) == ("ma/orgs.industry", 1)
    out.truncate(0)
    assert rivals_resume("ma/orgs.industry", door=door) == 0
    assert rivals.fields(app(world)) == ()
    assert [e.cells[0].state for e in rivals.fields(app(world), ("resumed",))] == ["resumed"]
    assert audited(app(world))[0].action == "rival.resumed"
    assert world.sync()["plan"] is not None


def test_what_is_not_paused_cannot_be_resumed(world: Rehearsal) -> None:
    """A field of another name is refused with what to type."""
    with pytest.raises(UnknownRecordError, match="nothing is paused"):
        rivals.resume(app(world), "ma/orgs.phone", "sato")
