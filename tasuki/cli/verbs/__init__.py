"""What each command does; every verb imports its rooms when it is called."""

from cyclopts import App as Commands
from cyclopts import Group

from tasuki.cli.verbs import flow

_BEGIN = Group("Begin", sort_key=1)
_FLOW = Group("The flow", sort_key=2)
_ASK = Group("Ask", sort_key=3)
_SERVE = Group("Serve", sort_key=4)


def register(app: Commands) -> None:
    """Make every verb known."""
    for verb in (flow.run, flow.plan, flow.approve, flow.apply, flow.undo, flow.runs):
        app.command(verb, group=_FLOW)
