"""What an undo leaves alone: both values, who, when and why.

A cell that holds what a later run of ours wrote is that run's; else it is somebody's. Who and when
comes from the system's own history of the field where it keeps one, else from the record's stamp,
which may be about another field.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from connectors.protocol import Connector, Past, Record
from staging.systems import schemas
from staging.write import written
from sync.write.cell import holds, is_link
from tasuki.errors import BlockedError, RejectedError, TransientError
from tasuki.values import Json, instant, same_value, stamp

ERASED: Final = "it named somebody who was erased since; left as it is"
EDITED: Final = "somebody edited it since; left as it is"
HIDDEN: Final = "Tasuki may no longer see this field; left as it is"
GONE: Final = "the record was deleted or merged since; nothing is left to restore"
TAKEN_OVER: Final = "it was there before and what stood in it was not read; left as it is"
UNREAD: Final = "its system could not be asked now; undo again later"
MEMBERSHIP: Final = "no undo puts anybody back on a list: preview the scenario and push it again"
BY_HAND: Final[Mapping[str, str]] = {
    "salesforce": "it was deleted: a person restores it from Salesforce's recycle bin, "
    "within 15 days",
    "hubspot": "it was deleted: a person restores it from HubSpot's deleted records, "
    "within 90 days",
    "": "it was deleted: a person restores it in its system, where that keeps deleted records",
}
"""Kind of system → where a person finds a record that we deleted: no API gives it back."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Why a cell is not ours any more."""

    reason: str = EDITED
    by: str | None = None
    """A user, an app or an automation as the system names it."""
    at: str | None = None
    run: str | None = None
    """The later run of ours that wrote it."""

    def said(self) -> dict[str, Json]:
        """What a change's cause keeps of it."""
        found = {"by": self.by, "at": self.at, "later": self.run}
        return {name: value for name, value in found.items() if value}


Cell = tuple[str, str]
"""Record id and field; WHOLE for something about the record that we never wrote."""
WHOLE: Final = ""
Whom = Mapping[Cell, Whose]


def past_of(target: Connector, object: str, cells: Iterable[Cell], since: str) -> list[Past]:
    """What these cells were given since a moment, where the system keeps it and tells it now."""
    wanted = [cell for cell in cells if cell[1] != WHOLE and not is_link(cell[1])]
    if not wanted or not target.can.history:
        return []
    ids, names = sorted({id_ for id_, _ in wanted}), sorted({name for _, name in wanted})
    try:
        return list(target.history(object, ids, names, instant(since)))
    except (BlockedError, RejectedError, TransientError):
        return []  # who it was is told from the record's stamp, then


def whose(
    db: Connection,
    of: tuple[str, str],
    cells: Sequence[Cell],
    there: Mapping[str, Record],
    past: Iterable[Past],
    undone: Mapping[str, str],
) -> Whom:
    """Who holds these cells now, that hold another value than the undone writes left there.

    `undone` are those writes and when each was opened.
    """
    if not cells:
        return {}
    ours = _later(db, of, cells, there, undone)
    known: dict[Cell, Past] = {}
    for each in sorted(past, key=lambda each: each.at):
        known[each.id, each.field] = each
    return {
        cell: ours.get(cell) or _somebody(there[cell[0]], cell[1], known.get(cell))
        for cell in cells
    }


def forbidden(db: Connection, connection: str, object: str) -> bool:
    """Whether the system last said that our user may not delete records of this object."""
    described: Any = schemas.kept_of(db, connection, object) or {}
    return "delete" in (described.get("refused") or {})


def _later(
    db: Connection,
    of: tuple[str, str],
    cells: Sequence[Cell],
    there: Mapping[str, Record],
    undone: Mapping[str, str],
) -> dict[Cell, Whose]:
    """The cells that hold what a write of ours left there beside those that are undone."""
    names: dict[str, list[str]] = defaultdict(list)
    for id_, name in cells:
        names[id_].append(name)
    found: dict[Cell, Whose] = {}
    for write, run, id_, fields in written.later(db, *of, names, min(undone.values())):
        for name in names[id_] if write not in undone else ():
            if name == WHOLE or _holds(there[id_], name, fields):
                reason = f"a later run of Tasuki wrote it, {run}; undo that one first"
                found[id_, name] = Whose(reason, by="tasuki", run=run)
    return found


def _holds(record: Record, name: str, fields: Mapping[str, Json]) -> bool:
    return name in fields and holds(name, record.fields.get(name), fields[name])


def _somebody(record: Record, name: str, past: Past | None) -> Whose:
    if name != WHOLE and name not in record.fields:
        return Whose(HIDDEN)
    if past is not None and same_value(past.value, record.fields.get(name)):
        return Whose(EDITED, past.by or past.by_kind, stamp(past.at))
    at = stamp(record.modified_at) if record.modified_at else None
    return Whose(EDITED, record.modified_by, at)
