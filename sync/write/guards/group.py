"""The changes that a guard judges together, and the limits they stay within."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from config.guards import Guards
from config.yaml import Document
from connectors.budget import Lane
from mappings.spec import Mapping as RecordMapping
from mappings.spec import mapping_of
from staging.write.plans import Change
from sync.context import Tools

UNDO: Final = "undo"
"""The rule that changes of an undo name as their cause."""
_MAPPED: Final = ("mapping", "create", "delete")
"""Kinds of wishes that a mapping file makes."""


@dataclass(frozen=True, slots=True)
class Group:
    """What is held together: one object of one connection, and the rules that share its limits.

    A mapping file's wishes are a group of their own; of other rules, those of one lane are.
    """

    connection: str
    object: str
    lane: str
    mapping: str = ""
    is_undo: bool = False
    """It takes back what was allowed: counts are no limit for it, moments are."""

    @property
    def target(self) -> str:
        """Where it writes."""
        return f"{self.connection}/{self.object}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a group, and the files that may set them, the nearest first."""

    guards: Guards
    documents: tuple[Document, ...] = ()

    def place(self, name: str) -> str:
        """Where one limit is set: `file:line`, or `default`."""
        for document in self.documents:
            if document.get(("guards", name), self) is not self:
                found = document.place(("guards", name))
                return f"{found.file}:{found.line}"
        return "default"


def grouped(changes: Iterable[Change]) -> dict[Group, list[Change]]:
    """The planned changes by the group they are judged in."""
    groups: dict[Group, list[Change]] = defaultdict(list)
    for change in changes:
        if change.state == "planned":
            groups[group_of(change)].append(change)
    return groups


def group_of(change: Change) -> Group:
    """The group of one change."""
    lane = str(change.cause.get("lane") or Lane.MAPPINGS)
    rule = str(change.cause.get("rule") or "")
    is_undo = change.intent_id is None and rule == UNDO
    mapping = rule if _kind(change) in _MAPPED else ""
    return Group(change.connection, change.object, lane, mapping, is_undo)


def rule_of(change: Change) -> str:
    """Whose wish a change is: `mapping:account`, `score:…`, `scenario:…`; the same every day."""
    return f"{_kind(change)}:{change.cause.get('rule') or ''}"


def limits_of(tools: Tools, group: Group) -> Limits:
    """The limits of the mapping that owns the object, for what is no task; else the project's."""
    own = _mapping(tools, group)
    project = tools.project.document
    if own is None:
        return Limits(tools.project.guards, (project,))
    files = (f.source for f in tools.project.resources("mapping") if f.name == own.name)
    return Limits(own.guards, (*files, project))


def _mapping(tools: Tools, group: Group) -> RecordMapping | None:
    if group.mapping:
        return next((m for m in tools.mappings if m.name == group.mapping), None)
    if group.lane != Lane.MAPPINGS:
        return None
    found = mapping_of(tools.mappings, group.connection, group.object)
    return found[0] if found else None


def _kind(change: Change) -> str:
    """What a wish's id begins with; a change of an undo has no wish."""
    return (change.intent_id or UNDO).partition(":")[0]
