"""Flows that a save starts: each may set values of the saved record, in somebody's name.

Kept as `flow` {object, on: [create, update, delete], label?, timing: before|after?, when?, set?,
as?: automation}. `when` is a SOQL condition over the saved row; a flow runs once for a save and its
own writes start no other. One `as` automation (a scheduled path, say) writes as the platform's own
user, any other as whoever saved.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.salesforce.org import Org
from sandbox.salesforce.rows.values import stored
from sandbox.salesforce.schema import Object
from sandbox.salesforce.setup.automation import automated_user
from sandbox.salesforce.setup.rule import holds


def started(
    org: Org, object: Object, id: str, verb: str, user: str
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """What each active flow of this save sets, and in whose name."""
    for _, flow in org.setup.rules("flow", object.name):
        if verb not in flow["on"] or not flow.get("set"):
            continue
        if flow.get("when") and not holds(org, object.name, id, flow["when"]):
            continue
        values = {name: stored(object.fields[name], value) for name, value in flow["set"].items()}
        yield values, automated_user(org) if flow.get("as") == "automation" else user
