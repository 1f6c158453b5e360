"""What becomes of conflicts when entities merge: opened, heard, answered by the records themselves.

A field stays disputed as long as its records hold apart and nobody decided. A decision counts while
every record says what it said then (or what was decided); once one moves on, it is overtaken.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection

from staging.write import conflicts
from staging.write.conflicts import OVERWRITTEN, Conflict, conflict_id
from sync.context import Tools
from sync.merge.three_way import Candidate, Choice, Decision, is_blank
from tasuki.values import Json

Known: TypeAlias = Mapping[tuple[str, str], Conflict]
"""(entity id, field) → its conflict, where one is open or decided."""


@dataclass(frozen=True, slots=True)
class MergedField:
    """One field of one entity after its merge."""

    entity_id: str
    field: str
    candidates: Sequence[Candidate]
    choice: Choice


def decision_of(known: Known, id: str, field: str) -> Decision | None:
    """What a person decided about a field, if anything."""
    found = known.get((id, field))
    if found is None or found.state != "decided":
        return None
    said = {each["ref"]: each["value"] for each in found.candidates}
    return Decision(found.chosen["value"], found.chosen["ref"], found.decided_by or "", said)


def settle(
    db: Connection, tools: Tools, entity: str, fields: Iterable[MergedField], known: Known
) -> set[tuple[str, str]]:
    """Write down which fields are disputed from now on; those that are."""
    every = {(m.entity_id, m.field): m for m in fields}
    disputed = {at for at, m in every.items() if _is_disputed(m, known.get(at))}
    now = tools.now()
    conflicts.keep(db, (c for at in disputed for c in _opened(entity, every[at], known, now)))
    for state, closed in (("open", "resolved"), ("decided", "overtaken")):
        ended = (
            at
            for at, conflict in known.items()
            if conflict.state == state and at not in disputed and _ended(every.get(at), conflict)
        )
        conflicts.close(db, (conflict_id(entity, *at) for at in ended), closed)
    return disputed


def bury(db: Connection, entity: str, gone: Collection[str]) -> None:
    """An entity that is no more is disputed no more."""
    known = conflicts.of_entities(db, entity, gone)
    conflicts.close(db, (conflict_id(entity, *at) for at in known), "resolved")


def _is_disputed(merged: MergedField, known: Conflict | None) -> bool:
    """It cannot be decided; or it could not once, and nobody has moved since."""
    if merged.choice.in_conflict or _overwritten(merged, known):
        return True
    is_open = known is not None and known.state == "open"
    return is_open and merged.choice.why == "unchanged" and not _agree(merged.candidates)


def _overwritten(merged: MergedField, known: Conflict | None) -> bool:
    """Our write went over an edit nobody had seen: it waits while our value stands there."""
    if known is None or known.state != "open":
        return False
    if OVERWRITTEN not in {each["side"] for each in known.candidates}:
        return False
    ours = {c["ref"]: c["value"] for c in known.candidates if c["side"] != OVERWRITTEN}
    return all(c.says(ours[c.ref]) for c in merged.candidates if c.ref in ours)


def _ended(merged: MergedField | None, conflict: Conflict) -> bool:
    if merged is None or conflict.state == "open":
        return True
    return not merged.choice.why.startswith("decided by")


def _agree(candidates: Sequence[Candidate]) -> bool:
    filled = [c for c in candidates if not is_blank(c.value)]
    return any(all(c.says(one.value) for c in filled) for one in filled) or not filled


def _opened(entity: str, merged: MergedField, known: Known, now: str) -> Iterable[Conflict]:
    """The conflict as it is to be kept; nothing when it is kept so already."""
    before = known.get((merged.entity_id, merged.field))
    if not merged.choice.in_conflict and _overwritten(merged, before):
        return
    is_open = before is not None and before.state == "open"
    said = [_said(c) for c in sorted(merged.candidates, key=lambda c: c.ref)]
    if before is not None and is_open and list(before.candidates) == said:
        return
    yield Conflict(
        id=conflict_id(entity, merged.entity_id, merged.field),
        entity=entity,
        entity_id=merged.entity_id,
        field=merged.field,
        candidates=said,
        state="open",
        at=before.at if before is not None and is_open else now,
    )


def _said(candidate: Candidate) -> dict[str, Json]:
    return {
        "ref": candidate.ref,
        "side": candidate.side,
        "value": candidate.value,
        "at": candidate.modified_at,
    }
