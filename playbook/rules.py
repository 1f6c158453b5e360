"""The rules of a playbook as the deciding steps use them: documents with their conditions typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.entities import ENTITIES
from catalog.expression.scope import Scope, scope_for
from catalog.expression.tree import Node
from catalog.shape import Entity
from playbook.documents import HandoffDocument, ScenarioDocument, ScoreDocument, SignalDocument
from tasuki.errors import Place


@dataclass(frozen=True, slots=True)
class Rule:
    """What every rule is: a name, the file it stands in, a version of what it says."""

    name: str
    place: Place
    version: str


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its conditions compiled."""

    rule: Rule
    says: ScoreDocument
    fit: Mapping[str, Node]
    engagement: Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal with its condition compiled."""

    rule: Rule
    says: SignalDocument
    when: Node


@dataclass(frozen=True, slots=True)
class Handoff:
    """A handoff with its condition compiled."""

    rule: Rule
    says: HandoffDocument
    when: Node


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario with its conditions compiled."""

    rule: Rule
    says: ScenarioDocument
    audience: Node
    exclude: Mapping[str, Node]
    branches: tuple[Node, ...]
    people: Mapping[str, Node]
    """Branch → which of an account's people go on its list."""


@dataclass(frozen=True, slots=True)
class Known:
    """The teams, scores and signals that rules may name."""

    teams: tuple[str, ...]
    scores: Mapping[str, str]
    """Score → whose it is."""
    signals: Mapping[str, str]
    """Signal → about whom it is."""
    entities: Mapping[str, Entity] = field(default_factory=lambda: ENTITIES)

    def scope(self, entity: str) -> Scope:
        """What a rule about an entity may name."""
        return scope_for(entity, self.scores, self.signals, entities=self.entities)
