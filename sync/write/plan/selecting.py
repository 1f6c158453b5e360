"""A part of what is wanted, chosen by rule, connection, object, or by what was refused before.

The choice comes as data, so that a durable step can hold it: `said` is what a person typed, `any`
the alternatives, each a list of terms that must all hold, `none` those that must not. `wishes`
names the wishes themselves, `origin` what such a plan is called.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sync.write.intent import Intent
from tasuki.values import Json

Term: TypeAlias = Mapping[str, Any]
"""`by`: rule | connection | object | parked; `values`: the names, one of which must be its own."""
PARKED: Final = "parked"
ORIGIN: Final = "selected"
"""The origin of a plan of a part."""


def rule_of(wish: Intent) -> str:
    """Whose wish it is: `kind:name`, for a scenario its name instead of its run."""
    kind, _, name = wish.origin.partition(":")
    return f"{kind}:{wish.cause.get('rule')}" if kind == "scenario" else f"{kind}:{name}"


def is_chosen(wish: Intent, selection: Mapping[str, Json]) -> bool:
    """Whether a wish belongs to the part."""
    wanted: Sequence[Sequence[Term]] = selection.get("any") or []
    unwanted: Sequence[Sequence[Term]] = selection.get("none") or []
    inside = not wanted or any(_all_hold(wish, terms) for terms in wanted)
    return inside and not any(_all_hold(wish, terms) for terms in unwanted)


def wants_parked(selection: Mapping[str, Json]) -> bool:
    """Whether it asks for what was refused: such wishes wait beside the open ones."""
    wanted: Iterable[Iterable[Term]] = selection.get("any") or []
    return any(term["by"] == PARKED for terms in wanted for term in terms)


def _all_hold(wish: Intent, terms: Iterable[Term]) -> bool:
    return all(_holds(wish, term) for term in terms)


def _holds(wish: Intent, term: Term) -> bool:
    if term["by"] == PARKED:
        return wish.state == PARKED
    names = {"rule": rule_of(wish), "connection": wish.connection, "object": wish.object}
    return names[term["by"]] in term["values"]
