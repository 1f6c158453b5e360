"""What each command does; every verb imports its rooms when it is called."""

from collections.abc import Callable
from typing import Final

from cyclopts import App as Commands
from cyclopts import Group

from tasuki.cli.verbs import (
    ask,
    begin,
    check,
    connection,
    decide,
    flow,
    person,
    scenario,
    serve,
)

_BEGIN = Group("Begin", sort_key=1)
_CHECK = Group("Check", sort_key=2)
_FLOW = Group("The flow", sort_key=3)
_ASK = Group("Ask", sort_key=4)
_DECIDE = Group("Decide", sort_key=5)
_PRIVACY = Group("Privacy", sort_key=6)
_SERVE = Group("Serve", sort_key=7)


def register(app: Commands) -> None:
    """Make every verb known."""
    for group, verbs in _VERBS:
        for verb in verbs:
            app.command(verb, group=group)
    scenarios = Commands(
        name="scenario", group=_FLOW, help="Push a scenario: preview, approve, push."
    )
    scenarios.default(scenario.show)
    for verb in (scenario.preview, scenario.approve, scenario.push):
        scenarios.command(verb)
    app.command(scenarios)
    disputes = Commands(
        name="conflicts", group=_DECIDE, help=(decide.conflicts.__doc__ or "").partition("\n")[0]
    )
    disputes.default(decide.conflicts)
    disputes.command(decide.conflicts_resolve, name="resolve")
    disputes.command(decide.conflicts_reopen, name="reopen")
    app.command(disputes)
    doubts = Commands(
        name="reviews", group=_DECIDE, help=(decide.reviews.__doc__ or "").partition("\n")[0]
    )
    doubts.default(decide.reviews)
    doubts.command(decide.reviews_accept, name="accept")
    doubts.command(decide.reviews_reject, name="reject")
    doubts.command(decide.reviews_find, name="find")
    app.command(doubts)
    sandboxes = Commands(name="sandbox", group=_BEGIN, help=begin.sandbox.__doc__ or "")
    sandboxes.default(begin.sandbox)
    sandboxes.command(begin.sandbox_import, name="import")
    app.command(sandboxes)
    connectors = Commands(
        name="connector", group=_BEGIN, help="Teach Tasuki another system: a package to begin with."
    )
    connectors.command(begin.connector_new, name="new")
    app.command(connectors)


_VERBS: Final[tuple[tuple[Group, tuple[Callable[..., int], ...]], ...]] = (
    (_BEGIN, (begin.init, serve.demo)),
    (_CHECK, (check.discover, check.validate, check.test, check.preview, check.doctor)),
    (_FLOW, (flow.run, flow.plan, flow.approve, flow.apply, flow.undo, flow.runs)),
    (_ASK, (ask.explain, ask.asof, ask.report, ask.reconcile)),
    (_DECIDE, (decide.split,)),
    (_PRIVACY, (person.export, person.erase)),
    (_SERVE, (serve.serve, serve.daemon, connection.pause, connection.resume)),
)
