"""Validation rules the account's admin set: enforced on dated paths from 2026-09 on."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Call
from sandbox.hubspot.data.kinds import Kind, kind_in
from sandbox.hubspot.data.records import Row
from sandbox.hubspot.faults import Fault, invalid
from sandbox.state import State

_NAME: Final = "hubspot_rules"
_SINCE: Final = "2026-09"


def demand(state: State, object: str, required: Sequence[str], when: Mapping[str, str]) -> None:
    """Require these properties of a type, always or when others hold these values.

    An empty `required` takes the rules of the type away.
    """
    kind, kept = kind_in(state, object), _kept(state)
    rules = kept.get(kind.id, []) if required else []
    added = [{"required": list(required), "when": dict(when)}] if required else []
    state.set_setting(_NAME, orjson.dumps({**kept, kind.id: [*rules, *added]}).decode())


def enforce(call: Call, kind: Kind, properties: Any, row: Row | None = None) -> None:
    """Refuse a write that leaves a required property empty; older paths let it pass."""
    rules = _kept(call.state).get(kind.id)
    if not rules or call.version.startswith("v") or call.version < _SINCE:
        return
    before = {} if row is None else orjson.loads(row[5])
    sent = properties if isinstance(properties, Mapping) else {}
    after = before | {name: value for name, value in sent.items() if value is not None}
    for rule in rules:
        if any(str(after.get(name, "")) != value for name, value in rule["when"].items()):
            continue
        empty = [name for name in rule["required"] if not after.get(name)]
        if empty:
            raise _refusal(empty, conditional=bool(rule["when"]))


def _refusal(names: Sequence[str], *, conditional: bool) -> Fault:
    code = "MISSING_CONDITIONAL_REQUIRED_PROPERTY" if conditional else "MISSING_REQUIRED_PROPERTY"
    message = f"Required properties were not set: {', '.join(names)}"
    entry = {"message": message, "code": code, "context": {"propertyName": list(names)}}
    return invalid(message, errors=[entry], context={"propertyName": list(names)})


def _kept(state: State) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = orjson.loads(state.setting(_NAME) or b"{}")
    return found
