"""What people changed in a system and Tasuki leaves alone there for a while (`protect`).

It concerns overwriting on that system only: in the merge such an edit counts as any other. Our own
writes are not in the journal of edits, so every edit there is somebody's. Where a system does not
say whose, it counts as a person's: to leave a cell alone can be made good, to overwrite it cannot.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from catalog.shape import Entity
from mappings.spec import ChangedBy, MappedField
from mappings.spec import Mapping as RecordMapping
from staging import identities, queue
from staging.history import edits
from staging.history.edits import Edit
from staging.tables.entities import ENTITY_TABLES
from sync.context import Tools
from sync.merge.voices import Voice
from tasuki.values import Ref, instant, stamp

RULE: Final = "protect"
"""The alarm under which an entity is merged again when a protection ends."""
Cell = tuple[Ref, str]
"""A record and the entity field that is not to be written there."""


@dataclass(frozen=True, slots=True)
class Held:
    """Why a cell is left alone, and until when."""

    by: str | None
    since: str
    until: str


def wake(db: Connection, tools: Tools, entity: Entity) -> None:
    """Entities of which a protection has ended are merged again."""
    queue.mark(db, queue.MERGE, entity.name, queue.woken(db, entity.name, RULE, tools.now()))


def protected(
    db: Connection, tools: Tools, entity: Entity, voices: Mapping[str, Sequence[Voice]]
) -> dict[Cell, Held]:
    """The cells of these entities' records that people changed of late; their end is an alarm."""
    homes: dict[tuple[RecordMapping, str], list[Voice]] = defaultdict(list)
    owner = {voice.ref: id_ for id_, said in voices.items() for voice in said}
    for voice in (v for said in voices.values() for v in said):
        homes[voice.mapping, voice.side].append(voice)
    found: dict[Cell, Held] = {}
    integrations: set[str] | None = None
    for (mapping, side), theirs in homes.items():
        guarded = {r.sides[side].names[0]: r for r in mapping.pushed(side) if r.protect}
        if guarded:
            integrations = _integrations(db, tools) if integrations is None else integrations
            found |= _cells(db, tools, guarded, theirs, integrations)
    alarms: dict[str, str] = {}
    for (ref, _), held in found.items():
        alarms[owner[ref]] = min(alarms.get(owner[ref], held.until), held.until)
    queue.wake_at(db, entity.name, RULE, alarms.items())
    return found


def _cells(
    db: Connection,
    tools: Tools,
    guarded: Mapping[str, MappedField],
    voices: Iterable[Voice],
    integrations: Collection[str],
) -> dict[Cell, Held]:
    now = tools.clock.now()
    longest = max(rule.protect.lasts for rule in guarded.values() if rule.protect)
    found: dict[Cell, Held] = {}
    for (connection, object_), ids in identities.by_object(v.ref for v in voices).items():
        of = (connection, object_, ids, guarded)
        for edit in edits.since(db, *of, stamp(now - longest)):
            rule = guarded[edit.field]
            if (held := _held(rule, edit, now, integrations)) is not None:
                found[Ref(connection, object_, edit.id), rule.name] = held
            else:  # a later edit that is nobody's to protect ends the protection
                found.pop((Ref(connection, object_, edit.id), rule.name), None)
    return found


def _held(
    rule: MappedField, edit: Edit, now: datetime, integrations: Collection[str]
) -> Held | None:
    if rule.protect is None or edit.modified_at is None:
        return None
    until = instant(edit.modified_at) + rule.protect.lasts
    by_machine = edit.modified_by is not None and edit.modified_by in integrations
    if until <= now or (by_machine and rule.protect.changed_by is ChangedBy.PERSON):
        return None
    return Held(edit.modified_by, edit.modified_at, stamp(until))


def _integrations(db: Connection, tools: Tools) -> set[str]:
    """The user ids behind what the project calls `integrations`: ids as they are, or e-mails."""
    named = {word.strip().lower() for word in tools.project.integrations}
    user = ENTITY_TABLES["user_"].c
    mails = [word for word in named if "@" in word]
    ids = list(db.scalars(select(user.id).where(func.lower(user.email).in_(mails))))
    links = identities.members_of(db, "user_", ids) if ids else {}
    known = {link.ref.id for theirs in links.values() for link in theirs}
    return {*tools.project.integrations, *known}
