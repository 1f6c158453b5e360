"""A task to be given: what somebody shall do, about whom, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.budget import Lane
from playbook.documents import Task, Words
from tasuki.values import Json

SYSTEM: Final = "salesforce"
"""Where tasks are given."""
OBJECT: Final = "Task"
KEY: Final = "Tasuki_Key__c"
"""The field of a task that holds its natural key."""


@dataclass(frozen=True, slots=True)
class Order:
    """A task to be given to somebody: the rule's text, and what it is about."""

    key: str
    origin: str
    lane: Lane
    task: Task
    owner: str | None
    about: Mapping[str, str | None]
    """Entity → id: account, person, opportunity, need, whatever the text names."""
    facts: Mapping[str, Mapping[str, Any]]
    """Relation → values beyond the rows themselves, e.g. handoff → {accept_due_at: …}."""
    cause: Mapping[str, Json]
    """Rule, place (file:line), why in the project's language, assigned_by."""
    why: Words = field(default_factory=dict)
    """Why, in each language that the rule says it in."""
    told: Mapping[str, Json] = field(default_factory=dict)
    """The facts that are news to the owner when they move."""
    earlier: Sequence[str] = ()
    """Keys of the tasks of the same rule about the same entity, oldest first."""

    @property
    def target(self) -> tuple[str, str | None]:
        """What it is about first of all: entity and id."""
        return next((entity, id_) for entity, id_ in self.about.items() if id_)


def update_id(key: str) -> str:
    """The wish that keeps the task of this key true; there is one, whatever it says."""
    return f"{key}:update"
