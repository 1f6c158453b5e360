"""Whether what somebody changed is what we had written, set back to what stood there before.

Looked at where a page is kept, in the same transaction as the journal of its edits: only the
changed records, and of those only the ones we ever wrote to. Each write of ours can be set back
once; a cell that is set back twice is paused. A person who corrects a value once is no rival, and
neither is one who writes a third value.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from staging.history import edits
from staging.history.edits import Edit
from staging.write import plans, rivals
from staging.write.rivals import WHOLE, Rival, Wrote
from sync.context import Tools
from sync.write import cell
from tasuki.values import Json

OURSELVES: Final = "Tasuki"
_TWICE: Final = 2
_MANY: Final = 3
"""Records of one field set back by then: it is no accident of one record."""
_REMEMBERED: Final = 12
"""Moments of a cycle that are kept, the newest ones."""
Cells = dict[tuple[str, str], Rival]


def watch(db: Connection, tools: Tools, connection: str, object: str, ids: Iterable[str]) -> None:
    """Note which cells of these records this run saw set back, and pause those set back twice."""
    wrote = rivals.wrote_last(db, connection, object, ids)
    if not wrote:
        return
    at, touched = (connection, object), {id_ for id_, _ in wrote}
    flips = [
        (edit, wrote[edit.id, edit.field])
        for edit in edits.in_run(db, *at, sorted(touched), tools.run)
        if (edit.id, edit.field) in wrote and is_flip(edit, wrote[edit.id, edit.field])
    ]
    if not flips:
        return
    known = rivals.of_records(db, *at, sorted({*(edit.id for edit, _ in flips), WHOLE}))
    rules = _rules(db, {write.write for _, write in flips})
    found: Cells = {}
    for edit, write in flips:
        before = found.get((edit.id, edit.field)) or known.get((edit.id, edit.field))
        if before is None or not _is_counted(before, write):
            rule = rules.get(f"{write.write}#{edit.field}")
            found[edit.id, edit.field] = _flipped(at, before, edit, write, rule)
    rivals.keep(db, found.values())
    rivals.keep(db, _wholly(db, at, found, known))


def is_flip(edit: Edit, write: Wrote) -> bool:
    """Whether an edit sets our write back to what stood there before it."""
    name = edit.field
    ours = cell.written(name, write.before, write.sent)
    undone = cell.unmoved(name, edit.after, write.before)
    return undone and cell.unmoved(name, edit.before, ours) and not cell.unmoved(
        name, write.before, ours
    )  # fmt: skip


def _is_counted(rival: Rival, write: Wrote) -> bool:
    return any(moment.get("write") == write.write for moment in rival.cycle)


def _flipped(
    at: tuple[str, str], before: Rival | None, edit: Edit, write: Wrote, rule: str | None
) -> Rival:
    flips = (before.flips if before else 0) + 1
    waits = before.state if before else "watched"
    return Rival(
        *at,
        record_id=edit.id,
        field=edit.field,
        ours=write.sent,
        theirs=edit.after,
        flips=flips,
        first_at=before.first_at if before else edit.at,
        last_at=edit.at,
        rule=rule,
        writer=edit.modified_by,
        state="paused" if flips >= _TWICE else waits,
        cycle=[*(before.cycle if before else ()), *_moments(edit, write)][-_REMEMBERED:],
        resumed_by=before.resumed_by if before else None,
    )


def _moments(edit: Edit, write: Wrote) -> list[dict[str, Json]]:
    ours = {"value": write.sent, "at": write.at, "by": OURSELVES, "by_kind": "app", "ours": True}
    by = {"by": edit.modified_by, "by_kind": "unknown"}
    theirs = {"value": edit.after, "at": edit.modified_at or edit.at, **by, "ours": False}
    return [{**ours, "write": write.write}, theirs]


def _rules(db: Connection, writes: Collection[str]) -> dict[str, str]:
    """Whose wish each written cell was, by the id of its change."""
    return {c.id: str(c.cause["rule"]) for c in plans.of_writes(db, writes) if c.cause.get("rule")}


def _wholly(
    db: Connection, at: tuple[str, str], found: Cells, known: Mapping[tuple[str, str], Rival]
) -> Iterable[Rival]:
    """The fields that are set back on so many records that their rule leaves them alone."""
    fresh = {each.field: each for each in found.values() if each.state == "paused"}
    open_ = {name: each for name, each in fresh.items() if (WHOLE, name) not in known}
    many = rivals.paused_fields(db) if open_ else {}
    for name, each in open_.items():
        if many.get((*at, name), 0) >= _MANY:
            whole = replace(each, record_id=WHOLE, ours=None, theirs=None, cycle=[])
            yield replace(whole, flips=many[*at, name])
