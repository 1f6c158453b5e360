"""The kinds of e-mail a person can agree to."""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from sandbox.hubspot.data.times import iso, millis
from sandbox.hubspot.faults import invalid
from sandbox.state import State

_NAME: Final = "hubspot_subscription_types"
_FIRST: Final = 44_001


@dataclass(frozen=True, slots=True)
class Subscription:
    """One kind of e-mail, by the id statuses are kept under."""

    id: int
    name: str
    description: str
    purpose: str
    created: int


_SEEDED: Final = 1_704_067_200_000
_SEEDS: Final = (
    Subscription(_FIRST, "One to One", "One to one e-mails", "Sales", _SEEDED),
    Subscription(_FIRST + 1, "Marketing Information", "Offers and updates", "Marketing", _SEEDED),
    Subscription(_FIRST + 2, "Newsletter", "The monthly newsletter", "Marketing", _SEEDED),
)


def subscriptions(state: State) -> tuple[Subscription, ...]:
    """The account's kinds of e-mail."""
    kept = state.setting(_NAME)
    return _SEEDS if kept is None else tuple(Subscription(**each) for each in orjson.loads(kept))


def subscription(state: State, id: object) -> Subscription:
    """The one of this id; a 400 when the account has none."""
    found = next((each for each in subscriptions(state) if str(each.id) == str(id)), None)
    if found is None:
        raise invalid(f"Subscription definition {id} does not exist")
    return found


def add(state: State, name: str, description: str = "", purpose: str = "Marketing") -> int:
    """Make another kind of e-mail; its id."""
    held = subscriptions(state)
    made = Subscription(held[-1].id + 1, name, description, purpose, millis(state.now()))
    rows = [{slot: getattr(each, slot) for slot in Subscription.__slots__} for each in held]
    rows.append({slot: getattr(made, slot) for slot in Subscription.__slots__})
    state.set_setting(_NAME, orjson.dumps(rows).decode())
    return made.id


def shown(each: Subscription) -> dict[str, Any]:
    """A kind of e-mail as the API shows it."""
    return {
        "id": str(each.id),
        "name": each.name,
        "description": each.description,
        "purpose": each.purpose,
        "communicationMethod": "Email",
        "isActive": True,
        "isDefault": each.id == _FIRST,
        "isInternal": each.id == _FIRST,
        "businessUnitId": 0,
        "createdAt": iso(each.created),
        "updatedAt": iso(each.created),
    }
