"""What `plan`, `apply` and `explain` print, kept as files: a change of wording is seen in review.

`pytest tests/golden --snapshot-update` writes them anew.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from connectors.protocol import Verb
from sync.write.intent import Intent
from tasuki.cli.speech.words import Words
from tasuki.cli.views.why.conflict import conflicts_view, past_view
from tasuki.cli.views.why.explain import entity_view, metric_view, record_view
from tasuki.cli.views.writes.applied import applied_view
from tasuki.cli.views.writes.markdown import markdown
from tasuki.cli.views.writes.plan import cells_view, plan_summary, plan_view
from tasuki.service.app import App
from tasuki.service.deciding import conflicts
from tasuki.service.explaining.answer import explain, explain_entity
from tasuki.service.explaining.past import as_of
from tasuki.service.explaining.views import EntityView, MetricView, RecordView
from tasuki.service.writing import planning
from tests.rehearsal import Rehearsal, rehearsal

VERSION = re.compile(r"((?:mapping version|マッピングの版) +)[0-9a-f]{12}")
RANDOM = re.compile(r"p_[0-9a-f]{12}|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}")


class Text(SingleFileSnapshotExtension):
    """One readable text file per golden page."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """The golden page of this test."""
    return snapshot.use_extension(Text)


@pytest.fixture
def world() -> Iterator[Rehearsal]:
    """Two companies in two systems that differ in several ways, and a task somebody wants."""
    with rehearsal() as found:
        for name, number, phone in (("青葉製作所", "1", "03-1111-1111"), ("Birch Ltd", "2", "")):
            domain = f"c{number}.example"
            company = {"name": name, "domain": domain, "phone": phone, "code": f"C{number}"}
            found.crm.add("companies", company)
            found.ma.add("orgs", {"name": f"{name} (old)", "domain": domain, "industry": "Retail"})
        found.sync()
        found.tick(10)
        first = next(iter(found.crm.living("companies")))
        found.crm.edit("companies", first, {"phone": "03-2222-2222", "name": "青葉工業"})
        yield found


def app(world: Rehearsal) -> App:
    """What the services are handed."""
    return App(world.tools.project, world.store, world.tools)


def printed(*parts: Any) -> str:
    """The page as it comes out of a pipe, with ids that differ each time blotted out."""
    out = io.StringIO()
    console = Console(file=out, width=100, no_color=True, highlight=False)
    for part in parts:
        console.print(part)
    text = VERSION.sub(r"\1<version>", RANDOM.sub("<id>", out.getvalue()))
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def task(key: str) -> Intent:
    """A task to be made."""
    return Intent(
        id=f"signal:{key}",
        origin="signal:opportunity_idle",
        lane="handoffs",
        verb=Verb.CREATE,
        connection="crm",
        object="tasks",
        fields={"subject": f"Call {key}", "status": "open", "tasuki_key": key},
        natural_key=("tasuki_key", key),
        cause={"rule": "opportunity_idle", "place": "playbook/x.yaml:3:1", "why": "Idle for long."},
    )


def made(world: Rehearsal) -> str:
    """A plan with creates, overwrites and fills."""
    world.wish(task("k1"), task("k2"))
    return str(world.run()["plan"])


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_plan(world: Rehearsal, golden: SnapshotAssertion, language: str) -> None:
    """Riskiest first, folded, with sample, reason and place; in both languages."""
    view = planning.show_plan(app(world), made(world))
    assert printed(plan_view(view, Words(language))) == golden


def test_a_plan_in_short(world: Rehearsal, golden: SnapshotAssertion) -> None:
    """One line per risk."""
    view = planning.show_plan(app(world), made(world))
    assert printed(plan_summary(view, Words())) == golden


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_plan_for_a_pull_request(
    world: Rehearsal, golden: SnapshotAssertion, language: str
) -> None:
    """Markdown: tables, riskiest first; in both languages."""
    view = planning.show_plan(app(world), made(world))
    assert VERSION.sub(r"\1", RANDOM.sub("<id>", markdown(view, Words(language)))) == golden


def test_every_cell(world: Rehearsal, golden: SnapshotAssertion) -> None:
    """Record, field, before, after, why."""
    every = planning.cells(app(world), made(world))
    assert printed(cells_view(every, Words())) == golden


def test_an_apply_that_met_an_edit(world: Rehearsal, golden: SnapshotAssertion) -> None:
    """What somebody changed after the plan is left alone and said so."""
    plan_id = made(world)
    edited = next(c for c in planning.cells(app(world), plan_id) if c.object == "orgs")
    world.ma.edit("orgs", str(edited.record_id), {edited.field: "edited by a person"})
    counts = world.apply(plan_id)
    after = planning.show_plan(app(world), plan_id)
    assert (
        printed(applied_view(planning.applied(app(world), "run", counts), after, Words())) == golden
    )


def test_an_entity(world: Rehearsal, golden: SnapshotAssertion) -> None:
    """Every cell with its source, what lost, and why its records belong together."""
    found = explain(app(world), "青葉製作所")
    assert isinstance(found, EntityView)
    assert printed(entity_view(found, Words())) == golden


def test_a_cell(world: Rehearsal, golden: SnapshotAssertion) -> None:
    """One value: from where, by which policy, what lost, what we wrote of it."""
    found = explain(app(world), "青葉製作所")
    assert isinstance(found, EntityView)
    cell = explain_entity(app(world), "account", found.id, "phone")
    assert printed(entity_view(cell, Words())) == golden


def test_a_record(world: Rehearsal, golden: SnapshotAssertion) -> None:
    """What its system says, what changed there, what we wrote."""
    found = explain(app(world), f"ma/orgs/{next(iter(world.ma.living('orgs')))}")
    assert isinstance(found, RecordView)
    assert printed(record_view(found, Words())) == golden


@pytest.fixture
def disputed(world: Rehearsal) -> Rehearsal:
    """The first company's records name two cities."""
    for system, object_, field, city in (
        ("crm", "companies", "city", "川崎市"),
        ("ma", "orgs", "town", "Yokohama"),
    ):
        first = next(iter(world.system(system).living(object_)))
        world.system(system).edit(object_, first, {field: city})
    world.tick(10)
    world.run()
    return world


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_conflict_inbox(disputed: Rehearsal, golden: SnapshotAssertion, language: str) -> None:
    """Each disputed field with what every record says, when and by whom; in both languages."""
    found = conflicts.inbox(app(disputed))
    assert printed(conflicts_view(found, Words(language))) == golden


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_decided_cell(disputed: Rehearsal, golden: SnapshotAssertion, language: str) -> None:
    """A value that a person decided, with what lost; in both languages."""
    (found,) = conflicts.inbox(app(disputed))
    conflicts.resolve(app(disputed), found.id, "mia", take="ma", reason="they moved")
    disputed.run()
    cell = explain_entity(app(disputed), "account", found.entity_id, "city")
    assert printed(entity_view(cell, Words(language))) == golden


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_metric(world: Rehearsal, golden: SnapshotAssertion, language: str) -> None:
    """A measured number: definition, rows, as of when; in both languages."""
    first = next(iter(world.crm.living("companies")))
    world.crm.add("people", {"email": "a@c1.example", "last": "Ito", "company_id": first})
    world.run()
    found = explain(app(world), "青葉工業.people")
    assert isinstance(found, MetricView)
    assert printed(metric_view(found, Words(language))) == golden


@pytest.mark.parametrize(
    "moment", ["2026-01-05", "2026-01-05T09:05", "2020-01-01"], ids=["now", "then", "too early"]
)
def test_an_entity_as_it_was(world: Rehearsal, golden: SnapshotAssertion, moment: str) -> None:
    """At a past moment, with what has changed since; before the first run nothing is known."""
    world.run()
    found = as_of(app(world), "青葉工業", moment)
    assert printed(past_view(found, Words())) == golden
