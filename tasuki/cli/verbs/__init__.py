"""What each command does; every verb imports its rooms when it is called."""

from collections.abc import Callable, Mapping
from typing import Final

from cyclopts import App as Commands
from cyclopts import Group

from tasuki.cli.verbs import (
    ask,
    begin,
    check,
    connection,
    decide,
    person,
    scenario,
    serve,
)
from tasuki.cli.verbs.flow.apply import apply
from tasuki.cli.verbs.flow.park import park_drop, park_list, retry
from tasuki.cli.verbs.flow.plan import approve, plan
from tasuki.cli.verbs.flow.rivals import rivals, rivals_resume
from tasuki.cli.verbs.flow.run import run, runs
from tasuki.cli.verbs.flow.undo import undo

Verb = Callable[..., int]

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
    pushing: dict[str, Verb] = {
        "preview": scenario.preview,
        "approve": scenario.approve,
        "push": scenario.push,
    }
    said = "Push a scenario: preview, approve, push."
    _below(app, "scenario", _FLOW, pushing, scenario.show, said)
    parked: dict[str, Verb] = {"list": park_list, "drop": park_drop}
    _below(app, "park", _FLOW, parked, park_list)
    disputes = {"resolve": decide.conflicts_resolve, "reopen": decide.conflicts_reopen}
    _below(app, "conflicts", _DECIDE, disputes, decide.conflicts)
    doubts = {"accept": decide.reviews_accept, "reject": decide.reviews_reject}
    _below(app, "reviews", _DECIDE, {**doubts, "find": decide.reviews_find}, decide.reviews)
    _below(app, "rivals", _DECIDE, {"resume": rivals_resume}, rivals)
    _below(app, "sandbox", _BEGIN, {"import": begin.sandbox_import}, begin.sandbox)
    said = "Teach Tasuki another system: a package to begin with."
    _below(app, "connector", _BEGIN, {"new": begin.connector_new}, said=said)


def _below(
    app: Commands,
    word: str,
    group: Group,
    verbs: Mapping[str, Verb],
    alone: Verb | None = None,
    said: str = "",
) -> None:
    """Verbs below a word; `alone` is what the word does by itself, and says what it is about."""
    words = Commands(name=word, group=group, help=said or (alone.__doc__ or "").partition("\n")[0])
    if alone is not None:
        words.default(alone)
    for name, verb in verbs.items():
        words.command(verb, name=name)
    app.command(words)


_VERBS: Final[tuple[tuple[Group, tuple[Verb, ...]], ...]] = (
    (_BEGIN, (begin.init, serve.demo)),
    (
        _CHECK,
        (
            check.discover,
            check.validate,
            connection.setup,
            check.test,
            check.preview,
            check.doctor,
        ),
    ),
    (_FLOW, (run, plan, approve, apply, retry, undo, runs)),
    (_ASK, (ask.explain, ask.asof, ask.report, ask.reconcile)),
    (_DECIDE, (decide.split,)),
    (_PRIVACY, (person.export, person.erase)),
    (_SERVE, (serve.serve, serve.daemon, connection.pause, connection.resume)),
)
