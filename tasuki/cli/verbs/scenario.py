"""scenario: an audience looked at, agreed to by another person, and written to."""

from typing import TYPE_CHECKING

from tasuki.cli.faults import Exit
from tasuki.cli.front import Doorway
from tasuki.cli.verbs.flow.production import require_production
from tasuki.errors import ConfigError, UnknownRecordError

if TYPE_CHECKING:
    from tasuki.service.scenarios import Pushed, ScenarioView


def show(name: str = "", *, door: Doorway) -> int:
    """List the scenarios, or look at one: who is in, who is out and why, who gets what.

    Parameters
    ----------
    name
        The scenario.
    """
    from tasuki.cli.views.scenario import scenarios_view
    from tasuki.service import scenarios

    if name:
        _look(door, scenarios.show(door.app(), name))
        return Exit.DONE
    cards = scenarios.list_scenarios(door.app())
    door.screen.document("scenarios", {"scenarios": cards})
    door.screen.show(scenarios_view(cards, door.screen.words))
    return Exit.DONE


def preview(name: str, *, by: str = "", door: Doorway) -> int:
    """Place everybody anew: excluded, left alone to compare, over the cap, treated.

    Parameters
    ----------
    name
        The scenario.
    by
        Whose preview it is; you, if left out.
    """
    from tasuki.cli.flow import me
    from tasuki.service import scenarios

    run_id = scenarios.preview(door.app(), name, by or me())
    _look(door, scenarios.show(door.app(), name, run_id))
    door.screen.next(f"tasuki scenario approve {name} --by LOGIN")
    return Exit.DONE


def approve(name: str, *, by: str, door: Doorway) -> int:
    """Say yes to the newest preview, as somebody the scenario names and who did not make it.

    Parameters
    ----------
    name
        The scenario.
    by
        A login of tasuki.yaml, whose role decides.
    """
    from tasuki.service import scenarios

    app = door.app()
    role = next((user.role for user in app.project.users if user.login == by), None)
    if role is None:
        known = ", ".join(user.login for user in app.project.users) or "nobody"
        raise ConfigError(
            f"there is no user `{by}`",
            where=app.project.document.file,
            why=f"`users:` names {known}",
            remedy="Name one of them, or add the person.",
        )
    run = _newest(door, name)
    scenarios.approve(app, run.id, by, role)
    _look(door, scenarios.show(app, name, run.id))
    door.screen.next(f"tasuki scenario push {name}")
    return Exit.DONE


def push(name: str, *, production: bool = False, door: Doorway) -> int:
    """Write an approved preview: tasks for its owners, places on marketing lists.

    Parameters
    ----------
    name
        The scenario.
    production
        Yes, write to connections marked as production.
    """
    from tasuki.cli.flow import carry_out, me
    from tasuki.service import scenarios

    app = door.app()
    run = _newest(door, name)
    connections = app.project.connections.values()
    named = (c.name for c in connections if c.environment == "production")
    require_production(f"a push of {name}", named, production=production)
    _, counts = carry_out(
        door, lambda r: scenarios.push(app, r, run.id, by=me(), production=production)
    )
    view = scenarios.show(app, name, run.id)
    _look(door, view)
    door.screen.next("tasuki runs latest")
    return Exit.REJECTED if counts.get("parked") or counts.get("refused") else Exit.DONE


def _newest(door: Doorway, name: str) -> "Pushed":
    from tasuki.service import scenarios

    run = scenarios.show(door.app(), name).run
    if run is None:
        raise UnknownRecordError(
            f"nobody has previewed `{name}` yet", remedy=f"`tasuki scenario preview {name}`."
        )
    return run


def _look(door: Doorway, view: "ScenarioView") -> None:
    from tasuki.cli.views.scenario import scenario_view

    door.screen.document("scenario", {"scenario": view})
    door.screen.show(scenario_view(view, door.screen.words))
