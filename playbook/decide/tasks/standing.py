"""A task of ours as it stands: wished for, sent, open as we left it, worked on, or over.

A task that was written is known by its receipt, before any pull brings it. From then on the staged
record says what became of it: people complete tasks in the CRM. A project that does not read tasks
cannot know, so there a written one counts as over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from connectors.protocol import Verb
from mappings.spec import mapping_of
from playbook.decide.tasks.order import KEY, OBJECT, SYSTEM, update_id
from staging import records
from staging.records import Staged
from staging.write import written
from staging.write.written import Sent
from sync.context import Tools
from sync.write.intent import HELD, OPEN_TASK, Intent, by_ids
from sync.write.undo.made import closing
from tasuki.values import Json, same_value

RIDES: Final = f"{HELD}{OPEN_TASK}"
"""The state of a wish that makes no task of its own: an earlier one is still open."""
TASK: Final = "task"
"""In the cause of such a wish: the key of the open task."""
_MAKING: Final = (Verb.CREATE, Verb.UPSERT)
_WAITS: Final = ("open", "parked", "dropped")
_TIED: Final = (KEY, "WhatId", "WhoId")
"""Cells that the CRM itself moves, when it merges records."""


class Phase(StrEnum):
    """How far a task has come."""

    WAITS = "waits"
    """Wished for, not sent."""
    SENT = "sent"
    """Nobody knows yet whether it was written."""
    OPEN = "open"
    """In the CRM, as we left it."""
    WORKED_ON = "worked_on"
    """In the CRM, and somebody changed it since: theirs from now on."""
    OVER = "over"
    """Completed, deleted, undone, or never written and not wanted any more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one task."""

    wish: Intent
    """The wish to make it; its owner is who has it now."""
    update: Intent | None
    """The wish to keep it true, if there ever was one."""
    phase: Phase
    record_id: str | None
    left: Mapping[str, Json]
    """What we last left in its cells."""
    at: str | None
    """When we last wrote to it."""
    closing: tuple[str, Json]
    """The field and the value that close it."""
    is_ridden: bool = False
    """It was made for an earlier opening, and stands for a later one as well."""

    @property
    def key(self) -> str:
        """Its natural key."""
        return self.wish.id

    @property
    def is_open(self) -> bool:
        """Whether its owner has it on their list."""
        return self.phase in (Phase.OPEN, Phase.WORKED_ON)

    @property
    def is_closed_by_us(self) -> bool:
        """Whether it was Tasuki that closed it; our receipt tells that from a person's doing.

        Whatever learns from completed tasks must ask this: nobody acted on what we closed.
        """
        name, closed = self.closing
        return same_value(self.left.get(name), closed)

    def said(self, name: str) -> Any:
        """What the cause of the newest wish about it tells."""
        newest = self.update if self.update and name in self.update.cause else self.wish
        return newest.cause.get(name)


def standing(db: Connection, tools: Tools, keys: Iterable[str]) -> dict[str, Standing]:
    """The tasks of these keys, as far as they were ever wished for; by the key that was asked."""
    asked = sorted(set(keys))
    wishes = by_ids(db, asked)
    ridden = {key: str(w.cause[TASK]) for key, w in wishes.items() if w.state == RIDES}
    wishes |= by_ids(db, ridden.values())
    made = {key: wish for key, wish in wishes.items() if wish.state != RIDES}
    found = _found(db, tools, made, by_ids(db, map(update_id, made)))
    later = {
        key: replace(found[task], wish=replace(found[task].wish, owner=wishes[key].owner))
        for key, task in ridden.items()
        if task in found
    }
    return {key: found[key] for key in asked if key in found} | {
        key: replace(each, is_ridden=True) for key, each in later.items()
    }


def _found(
    db: Connection, tools: Tools, made: Mapping[str, Intent], updates: Mapping[str, Intent]
) -> dict[str, Standing]:
    sent: dict[str, list[Sent]] = {key: [] for key in made}
    for each in written.sent_for(db, [*made, *updates]):
        sent[each.intent.removesuffix(update_id(""))].append(each)
    ids = {s.record_id for each in sent.values() for s in each if s.record_id}
    there = records.read(db, SYSTEM, OBJECT, ids)
    gone = written.deleted(db, SYSTEM, OBJECT, ids)
    is_read = mapping_of(tools.mappings, SYSTEM, OBJECT) is not None
    closes = closing(tools.mappings, SYSTEM, OBJECT) or ("Status", "Completed")
    found: dict[str, Standing] = {}
    for key, wish in made.items():
        settled = [s for s in sent[key] if s.state == "written"]
        left = {name: value for s in settled for name, value in s.fields.items()}
        record = next((s.record_id for s in settled if s.record_id), None)
        found[key] = Standing(
            wish,
            updates.get(update_id(key)),
            _phase(wish, sent[key], there.get(record or ""), left, closes),
            record,
            left,
            max((s.settled_at for s in settled if s.settled_at), default=None),
            closes,
        )
        if record and (record in gone or not is_read):
            found[key] = replace(found[key], phase=Phase.OVER)
    return found


def _phase(
    wish: Intent,
    sent: Sequence[Sent],
    staged: Staged | None,
    left: Mapping[str, Json],
    closes: tuple[str, Json],
) -> Phase:
    if not any(s.state == "written" and s.verb in _MAKING for s in sent):
        if any(s.verb in _MAKING for s in sent):
            return Phase.SENT
        return Phase.WAITS if wish.state in _WAITS else Phase.OVER
    shown = left if staged is None else staged.payload
    if staged is not None and staged.deleted_at:
        return Phase.OVER
    if shown.get("IsClosed") is True or same_value(shown.get(closes[0]), closes[1]):
        return Phase.OVER
    moved = (n for n in left if n in shown and n not in _TIED)
    touched = any(not same_value(shown[name], left[name]) for name in moved)
    return Phase.WORKED_ON if touched else Phase.OPEN
