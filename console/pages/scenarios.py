"""Scenarios: the list; one of them from audience to result."""

from dataclasses import dataclass
from typing import Final

from console.access.permission import May
from console.page import Action, Next, Page
from console.pages.runs import OneRun, progress
from console.visit import Visit
from tasuki.service import accounts, scenarios
from tasuki.service.scenarios import ScenarioCard, ScenarioView

_TASKS: Final = "salesforce"
_LISTS: Final = "hubspot"
"""Where a scenario's tasks and list places are written (playbook.scenario.push)."""


@dataclass(frozen=True, slots=True)
class ScenarioList:
    """Every scenario of the playbook."""

    scenarios: tuple[ScenarioCard, ...]


@dataclass(frozen=True, slots=True)
class OneScenario:
    """One scenario, and its push while somebody watches."""

    scenario: ScenarioView
    push: OneRun | None
    may_approve: bool
    """This reader's role is named and the preview is not their own."""
    targets: tuple[tuple[str, str | None], ...]
    """(connection, environment) that a push writes to."""


def _list(visit: Visit) -> ScenarioList:
    return ScenarioList(scenarios.list_scenarios(visit.app))


def _one(visit: Visit) -> OneScenario:
    asked, name = visit.query, visit.params["name"]
    view = scenarios.show(visit.app, name, asked.get("of") or None, asked.get("arm") or None)
    other = view.run is None or not view.not_author or view.run.author != visit.who.login
    pushing = asked.get("run") or ""
    return OneScenario(
        scenario=view,
        push=progress(visit, pushing) if pushing else None,
        may_approve=visit.who.role in view.approvers and other,
        targets=_targets(visit, view),
    )


def _targets(visit: Visit, view: ScenarioView) -> tuple[tuple[str, str | None], ...]:
    wanted = {_TASKS: any(b.task for b in view.branches)}
    wanted[_LISTS] = any(b.list_name for b in view.branches)
    known = visit.app.project.connections
    return tuple(
        (name, known[name].environment) for name in wanted if wanted[name] and name in known
    )


def _preview(visit: Visit) -> Next:
    name, who = visit.params["name"], visit.who.login
    run_id = scenarios.preview(visit.app, name, who)
    accounts.audit(visit.app, who, "scenario.previewed", name, run=run_id)
    return Next(f"/scenarios/{name}?done=previewed")


def _approve(visit: Visit) -> Next:
    name, run_id = visit.params["name"], visit.form.get("of", "")
    scenarios.approve(visit.app, run_id, visit.who.login, visit.who.role)
    accounts.audit(visit.app, visit.who.login, "scenario.approved", name, run=run_id)
    return Next(f"/scenarios/{name}?done=approved")


def _push(visit: Visit) -> Next:
    name, run_id, who = visit.params["name"], visit.form.get("of", ""), visit.who.login
    pushing = scenarios.push(
        visit.app, visit.house.follow, run_id, by=who, trigger="console", production=True
    )
    accounts.audit(visit.app, who, "scenario.pushed", name, run=run_id)
    return Next(f"/scenarios/{name}?run={pushing}")


PAGES = (
    Page("/scenarios", "scenarios.html", _list),
    Page("/scenarios/{name}", "scenario.html", _one),
)
ACTIONS = (
    Action("/scenarios/{name}/preview", _preview, May.PREVIEW_SCENARIO),
    Action("/scenarios/{name}/approve", _approve, May.APPROVE),
    Action("/scenarios/{name}/push", _push, May.PUSH_SCENARIO),
)
