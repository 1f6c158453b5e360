"""What HubSpot itself sets because of a change: stage dates, closed flags, domains."""

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.hubspot.data.definitions import definitions
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import invalid_values, problem
from sandbox.hubspot.habits.pipelines import fields, pipelines, stage
from sandbox.state import State

Values = Mapping[str, str]


def backward(state: State, kind: Kind, old: str, new: str) -> bool:
    """Whether a lifecycle stage would move back: such a write is ignored without a word."""
    definition = definitions(state, kind).get("lifecyclestage")
    order = () if definition is None else definition.options
    return old in order and new in order and order.index(new) < order.index(old)


def derived(state: State, kind: Kind, before: Values, changed: Values, at: int) -> dict[str, str]:
    """The values that follow from these changes, each `""` where it is taken away."""
    now = iso(at)
    found: dict[str, str] = {}
    if changed.get("hubspot_owner_id"):
        found["hubspot_owner_assigneddate"] = now
    if "lifecyclestage" in changed:
        found |= _dated(before.get("lifecyclestage", ""), changed["lifecyclestage"], now)
        if changed["lifecyclestage"]:
            found[f"hs_lifecyclestage_{changed['lifecyclestage']}_date"] = now
    rule = _RULES.get(kind.name)
    if rule is not None:
        found |= rule(changed, now)
    return found | _stage(state, kind, before, changed, now)


def _dated(old: str, new: str, now: str) -> dict[str, str]:
    left = {f"hs_date_exited_{old}": now} if old and old != new else {}
    return left | ({f"hs_date_entered_{new}": now} if new else {})


def _stage(state: State, kind: Kind, before: Values, changed: Values, now: str) -> dict[str, str]:
    """What a move in the pipeline sets; a stage of another pipeline is refused."""
    names = fields(state, kind)
    if names is None or not changed.get(names[1]):
        return {}
    pipeline, new = (changed.get(name) or before.get(name, "") for name in names)
    found = stage(state, kind, pipeline, new)
    if found is None:
        held = [each["id"] for each in pipelines(state, kind)]
        if not held:
            return {}
        message = f"{new} is no stage of pipeline {pipeline or held[0]}"
        raise invalid_values([problem(names[1], "INVALID_OPTION", message)])
    dates = _dated(before.get(names[1], ""), new, now)
    return dates | _MEANING.get(kind.name, _nothing)(found.get("metadata", {}), now)


def _nothing(metadata: Values, now: str) -> dict[str, str]:
    return {}


def _deal(metadata: Values, now: str) -> dict[str, str]:
    closed, chance = metadata.get("isClosed") == "true", metadata.get("probability", "0")
    return {
        "hs_is_closed": str(closed).lower(),
        "hs_is_closed_won": str(closed and float(chance) == 1).lower(),
        "hs_deal_stage_probability": chance,
    }


def _ticket(metadata: Values, now: str) -> dict[str, str]:
    return {"closed_date": now if metadata.get("ticketState") == "CLOSED" else ""}


def _contact(changed: Values, now: str) -> dict[str, str]:
    if "email" not in changed:
        return {}
    return {"hs_email_domain": changed["email"].rpartition("@")[2]}


def _task(changed: Values, now: str) -> dict[str, str]:
    status = changed.get("hs_task_status")
    if status is None:
        return {}
    done = status == "COMPLETED"
    return {
        "hs_task_is_completed": str(int(done)),
        "hs_task_completion_date": now if done else "",
    }


def _line_item(changed: Values, now: str) -> dict[str, str]:
    price, quantity = changed.get("price"), changed.get("quantity", "1")
    return {} if not price else {"amount": f"{float(price) * float(quantity or 1):g}"}


_RULES: Final[Mapping[str, Callable[[Values, str], dict[str, str]]]] = {
    "contacts": _contact,
    "tasks": _task,
    "line_items": _line_item,
}
_MEANING: Final[Mapping[str, Callable[[Values, str], dict[str, str]]]] = {
    "deals": _deal,
    "tickets": _ticket,
}
