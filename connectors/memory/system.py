"""A small system of record in dicts, with a hand that edits it as a person would.

Every change takes the next number of one sequence; cursors are such numbers, so that records
with equal stamps are never lost and every run of a test is the same run.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

from connectors.protocol import LABEL, Automation, FieldInfo, Fields, ObjectInfo, Past, Write
from tasuki.clock import Clock
from tasuki.errors import RejectedError
from tasuki.values import Ref

Rule = Callable[[Write], RejectedError | None]
"""Looks at one write and says why this system would refuse it."""

PERSON = "person"
API_USER = "tasuki"


@dataclass(frozen=True, slots=True)
class Row:
    """One record, living or deleted, as of its last change."""

    id: str
    fields: Fields
    modified_at: datetime
    modified_by: str
    sequence: int
    deleted: bool = False
    survivor: str | None = None
    """The record that absorbed this one in a merge."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What an object accepts: its fields, the unique one, and the fields that make up its id."""

    fields: tuple[FieldInfo, ...]
    unique: str | None = None
    id_from: tuple[str, ...] = ()
    """A membership has no id of its own: these fields together are it."""


def shape(names: str, *, unique: str | None = None, id_from: str = "") -> Shape:
    """A shape of plain text fields, named in one string: `shape("email lastname")`."""
    known = tuple(
        FieldInfo(name, "text", name, unique=name == unique, external_id=name == unique)
        for name in names.split()
    )
    return Shape(known, unique, tuple(id_from.split()))


@dataclass(slots=True)
class MemorySystem:
    """Objects, rows and links; the truth that every connector to it shares."""

    clock: Clock
    shapes: Mapping[str, Shape]
    rules: list[Rule] = field(default_factory=list)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    links: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    labels: dict[tuple[tuple[str, str], tuple[str, str]], set[str]] = field(default_factory=dict)
    """Of two linked records: the labels of their link."""
    uncommitted: dict[tuple[str, str], Row | None] = field(default_factory=dict)
    """Records whose last change nobody sees yet: what everybody still sees instead."""
    past: dict[tuple[str, str], list[Past]] = field(default_factory=dict)
    """What every field of a record was given, oldest first."""
    automations: list[Automation] = field(default_factory=list)
    """What this system would fire; nothing here really does."""
    _sequence: Iterable[int] = field(default_factory=lambda: count(1))

    # ── What a person does by hand ──

    def add(self, object: str, fields: Fields, *, by: str = PERSON) -> str:
        """Make a record; its id."""
        table = self.table(object)
        id = self._new_id(object, fields)
        table[id] = self._stamped(Row(id, dict(fields), self.clock.now(), by, 0), by)
        self._remember(object, id, fields, by)
        return id

    def edit(self, object: str, id: str, fields: Fields, *, by: str = PERSON) -> None:
        """Change fields of a living record; KeyError when there is none."""
        row = self.living(object)[id]
        changed = replace(row, fields={**row.fields, **fields})
        self.table(object)[id] = self._stamped(changed, by)
        new = {name: value for name, value in fields.items() if row.fields.get(name) != value}
        self._remember(object, id, new, by)

    def delete(self, object: str, id: str, *, by: str = PERSON) -> None:
        """Delete a living record; KeyError when there is none."""
        row = self.living(object)[id]
        self.table(object)[id] = self._stamped(replace(row, deleted=True), by)

    def merge(self, object: str, survivor: str, absorbed: str) -> None:
        """Let one record absorb another: blanks are filled, links move, the other one goes."""
        kept, gone = self.living(object)[survivor], self.living(object)[absorbed]
        filled = {**gone.fields, **{k: v for k, v in kept.fields.items() if v is not None}}
        self.delete(object, absorbed)
        self.table(object)[absorbed] = replace(self.table(object)[absorbed], survivor=survivor)
        self.edit(object, survivor, filled)
        for end in self.links.pop((object, absorbed), []):
            self.links[end].remove((object, absorbed))
            self.link((object, survivor), end)

    def link(self, one: tuple[str, str], other: tuple[str, str], label: str | None = None) -> None:
        """Associate two records, once, seen from both sides; perhaps under a label."""
        for here, there in ((one, other), (other, one)):
            ends = self.links.setdefault(here, [])
            if there not in ends:
                ends.append(there)
            if label is not None:
                self.labels.setdefault((here, there), set()).add(label)

    def unlink(
        self, one: tuple[str, str], other: tuple[str, str], label: str | None = None
    ) -> None:
        """Take an association away, or only one label of it; nothing when there is none."""
        for here, there in ((one, other), (other, one)):
            if label is not None:
                self.labels.get((here, there), set()).discard(label)
            elif there in self.links.get(here, []):
                self.links[here].remove(there)

    def hold(self, object: str, id: str, before: Row | None) -> None:
        """Let the last change of a record be seen only after `release`, with its old stamp."""
        self.uncommitted.setdefault((object, id), before)

    def release(self) -> None:
        """Let everything that was held be seen."""
        self.uncommitted.clear()

    # ── What everybody sees ──

    def visible(self, object: str) -> dict[str, Row]:
        """Every living row of an object as readers see it."""
        rows = self.living(object)
        for (held, id), before in self.uncommitted.items():
            if held == object:
                rows.pop(id, None)
                rows.update({id: before} if before is not None and not before.deleted else {})
        return rows

    def table(self, object: str) -> dict[str, Row]:
        """Every row of an object, deleted ones too."""
        if object not in self.shapes:
            raise RejectedError(
                f"There is no object {object}.",
                where=object,
                why="The system has no such object.",
                remedy="Name one of its objects: " + ", ".join(sorted(self.shapes)) + ".",
            )
        return self.rows.setdefault(object, {})

    def living(self, object: str) -> dict[str, Row]:
        """Every row of an object that is not deleted."""
        return {id: row for id, row in self.table(object).items() if not row.deleted}

    def linked(self, object: str, id: str, to: str) -> list[str]:
        """Ids of the living records of one object linked to this record, first link first.

        `object#label` lists those under a label alone.
        """
        to, _, label = to.partition(LABEL)
        here, living = (object, id), self.living(to)
        ends = (end for end in self.links.get(here, []) if end[0] == to and end[1] in living)
        bear = self.labels.get
        return [end[1] for end in ends if not label or label in bear((here, end), ())]

    def matching(self, object: str, key: str, values: Sequence[Any]) -> list[Row]:
        """Living rows whose field equals one of the values, in id order."""
        rows = sorted(self.living(object).values(), key=lambda row: row.id)
        return [row for row in rows if row.fields.get(key) in values]

    def info(self, object: str) -> ObjectInfo:
        """An object as metadata."""
        return ObjectInfo(object, object, self.shapes[object].fields)

    def complaint(self, write: Write) -> RejectedError | None:
        """Why this system refuses the fields of a write, if it does."""
        known = {info.name for info in self.shapes[write.object].fields}
        for name in write.fields:
            if name not in known:
                return RejectedError(
                    f"The field {name} does not exist.",
                    where=str(Ref("memory", write.object, write.id or "new")),
                    why=f"The object {write.object} has no such field.",
                    remedy="Take the field out of the mapping, or add it to the object.",
                )
        return next(filter(None, (rule(write) for rule in self.rules)), None)

    def _new_id(self, object: str, fields: Fields) -> str:
        parts = self.shapes[object].id_from
        if parts:
            return "/".join(str(fields[part]) for part in parts)
        return f"{object}-{len(self.table(object)) + 1:06d}"

    def _remember(self, object: str, id: str, fields: Fields, by: str) -> None:
        kind = "app" if by == API_USER else "user"
        now, past = self.clock.now(), self.past.setdefault((object, id), [])
        past += [Past(id, name, value, now, by, kind) for name, value in fields.items()]

    def _stamped(self, row: Row, by: str) -> Row:
        sequence = next(iter(self._sequence))
        return replace(row, modified_at=self.clock.now(), modified_by=by, sequence=sequence)
