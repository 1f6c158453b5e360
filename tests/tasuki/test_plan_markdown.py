"""A plan as Markdown: short, riskiest first, and deaf to what strangers typed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tasuki.cli.speech.words import Words
from tasuki.cli.views.writes.markdown import MOST_LINES, escaped, markdown
from tasuki.service.app import App
from tasuki.service.writing import planning
from tasuki.service.writing.views import PlanView
from tests.rehearsal import rehearsal

NASTY = "A | B @ada [x](http://evil.example) `c` <img src=x> ![y](z) #12 :fire: &lt;"


@pytest.fixture(scope="module")
def view() -> PlanView:
    """A plan whose company is called what nobody should be called."""
    with rehearsal() as world:
        world.crm.add("companies", {"name": NASTY, "domain": "c.example", "code": "C"})
        world.ma.add("orgs", {"name": "old", "domain": "c.example"})
        plan_id = str(world.run()["plan"])
        return planning.show_plan(App(world.tools.project, world.store, world.tools), plan_id)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("a | b", r"a \| b"),
        ("[x](y) ![i](j)", r"\[x\](y) !\[i\](j)"),
        ("`c` *b* _u_", r"\`c\` \*b\* \_u\_"),
        ("<img> #1 &lt;", r"\<img\> \#1 &amp;lt;"),
        ("a@b.co", "a@\u2060b.co"),
        ("http://x www.x", "http:\u2060//x www\u2060.x"),
        (":fire:", ":\u2060fire:"),
        ("two\n\nlines", "two lines"),
        ("山田, 10:30", "山田, 10:30"),
    ],
)
def test_text_of_strangers_is_only_text(typed: str, said: str) -> None:
    """It breaks no table, mentions nobody, links and shows nothing."""
    assert escaped(typed) == said


def test_every_row_has_its_columns(view: PlanView) -> None:
    """Whatever a company is called."""
    rows = [line for line in markdown(view, Words()).splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {3, 7}


def test_the_riskiest_comes_first_and_the_end_is_told(view: PlanView) -> None:
    """However long a plan is, a couple of screens are enough, and say what is not shown."""
    text = markdown(view, Words())
    assert text.index("overwrite") < text.index("fill")
    (target,) = view.targets
    long = replace(view, targets=(replace(target, folds=target.folds * 300),))
    lines = markdown(long, Words()).splitlines()
    assert len(lines) <= MOST_LINES + 5
    assert any("more lines are not shown" in line for line in lines)
