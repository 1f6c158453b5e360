"""What the answers to `why` are made of."""

from dataclasses import dataclass

from playbook.explain import Explanation
from tasuki.values import Json


@dataclass(frozen=True, slots=True)
class Loser:
    """A value that another source offered and that lost."""

    ref: str
    value: Json
    at: str | None


@dataclass(frozen=True, slots=True)
class WriteView:
    """One write of ours to a platform field."""

    ref: str
    field: str
    before: Json
    after: Json
    state: str
    at: str
    run: str
    plan: str
    why: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One value and its story."""

    field: str
    value: Json
    ref: str | None
    """The record it came from; None when no record says anything."""
    at: str | None
    by: str | None
    run: str | None
    why: str
    policy: str
    place: str
    losers: tuple[Loser, ...]
    writes: tuple[WriteView, ...]


@dataclass(frozen=True, slots=True)
class LinkView:
    """Why a record belongs to the entity."""

    ref: str
    rule: str
    evidence: str
    confidence: float
    since: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class EntityView:
    """One entity, or one cell of it, explained."""

    entity: str
    id: str
    label: str
    cells: tuple[Cell, ...]
    links: tuple[LinkView, ...]
    metrics: dict[str, Json]
    rules: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A change that somebody made in a system, as we saw it."""

    field: str
    before: Json
    after: Json
    at: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record of one system, or one field of it, explained."""

    ref: str
    entity: str | None
    entity_id: str | None
    label: str
    modified_at: str | None
    modified_by: str | None
    is_deleted: bool
    fields: dict[str, Json]
    history: tuple[FieldChange, ...]
    writes: tuple[WriteView, ...]
    links: tuple[LinkView, ...]
    cells: tuple[Cell, ...]
    """The entity cells these fields feed."""
