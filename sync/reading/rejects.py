"""Cells that could not be read: each is parked with its reason, never with its value.

It waits until the cell can be read: its system or the mapping was corrected, or the record went.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from mappings.apply import Normalized, Reject, normalize
from mappings.spec import Mapping as RecordMapping
from mappings.spec import Side
from staging.records import Staged
from staging.write import parking
from staging.write.parking import Parked
from sync.context import Runner, Step, Tools
from sync.reading.scope import belongs
from sync.reading.stream import Stream
from tasuki.values import Json, Ref

CODE: Final = "TSK-3020"
"""A cell that could not be read."""


def said_by(
    db: Connection,
    tools: Tools,
    each: Stream,
    mapping: RecordMapping,
    side: Side,
    found: Mapping[str, Staged],
) -> dict[Ref, Normalized | None]:
    """What each record says in the business's words; what cannot be read of it is parked.

    None for one that is deleted or out of scope.
    """
    said = {
        Ref(each.connection, each.object, id_): (
            normalize(mapping, side.name, row.payload, id_) if belongs(side, row) else None
        )
        for id_, row in found.items()
    }
    refused = {parked.id: parked for parked in _rejects(mapping, said)}
    waiting = parking.open_of(db, CODE, each.connection, each.object, found)
    mine = {id_ for id_ in waiting if id_.rpartition("#")[2].startswith(f"{mapping.entity.name}.")}
    parking.unpark(db, sorted(mine - refused.keys()))
    parking.park_all(db, refused.values(), tools.run, tools.now())
    return said


def _rejects(mapping: RecordMapping, said: Mapping[Ref, Normalized | None]) -> Iterator[Parked]:
    for ref, n in said.items():
        for reject in n.rejects if n is not None else ():
            yield Parked(
                id=f"read:{ref}#{mapping.entity.name}.{reject.field}",
                connection=ref.connection,
                object=ref.object,
                record_id=ref.id,
                code=CODE,
                reason=reject.reason,
                fix=reject.remedy,
                place=_place(mapping, ref, reject),
            )


def _place(mapping: RecordMapping, ref: Ref, reject: Reject) -> str:
    """The line of the mapping that reads the cell, and the cell."""
    rule = mapping.fields.get(reject.field)
    cell = f"{ref.connection}/{ref.object}.{reject.source}"
    return str(replace(rule.place, key=cell)) if rule and rule.place else cell


def unread(run: Runner) -> int:
    """How many cells this run could not read."""
    return int(run.step(COUNT)["cells"])


def _keep_count(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    return {"cells": parking.open_in(db, CODE, tools.run)}


COUNT: Final = Step("understand.unread", keep=_keep_count)
