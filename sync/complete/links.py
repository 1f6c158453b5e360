"""Compare associations: where moving one moves no date of its record, no delta would tell.

Walks the staged ids of an object in chunks and asks for their links alone; only records whose links
moved are dirty. A sweep that was killed goes on where it was.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import LINKED, Record
from staging import records
from staging.completeness import sweeps
from staging.erasure.purge import is_erased
from sync.context import Call, Step, Tools
from sync.pull import Part, Told, move, note_sweep, seen
from sync.reading.stream import Stream, hand_on, stream
from tasuki.values import Json

_AT: Final = "links"
_CHUNK: Final = 1_000


def linked(each: Stream) -> list[str]:
    """The fields of a stream that list linked records."""
    return [name for name in each.fields() if name.startswith(LINKED)]


def sweep_links(kind: str, told: Told) -> Part:
    """Bring the staged links of one stream up to date."""
    more = True
    while more:
        done = yield Call(CHUNK, {"kind": kind})
        told["relinked"] += done["changed"]
        more = done["more"]
    told["swept:links"] = 1


def _ask_chunk(
    db: Connection, tools: Tools, arguments: dict[str, Json]
) -> tuple[list[str], Sequence[Record]]:
    each = stream(tools, arguments["kind"])
    after = records.position(db, each.connection, each.object, _AT).value
    ids = list(records.living_ids(db, each.connection, each.object, after, _CHUNK))
    target = tools.connectors[each.connection]
    return ids, target.read(each.object, ids, linked(each)) if ids else []


def _keep_chunk(
    db: Connection,
    tools: Tools,
    arguments: dict[str, Json],
    answer: tuple[list[str], Sequence[Record]],
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    ids, found = answer
    known = records.read(db, each.connection, each.object, ids)
    rows = [
        records.Seen(
            row.id,
            row.fields,
            known[row.id].modified_at,
            known[row.id].modified_by,
        )
        for row in seen(found)
        if row.id in known and not is_erased(known[row.id].payload)
    ]
    now = tools.now()
    changed = records.stage(db, each.connection, each.object, rows, run=tools.run, now=now)
    hand_on(db, each, changed)
    more = len(ids) == _CHUNK
    move(db, tools, each, _AT, ids[-1] if more else None)
    if not more:
        note_sweep(db, tools, each, sweeps.LINKS, {"changed": len(changed)})
    return {"compared": len(ids), "changed": len(changed), "more": more}


CHUNK: Final = Step("sweep.links", keep=_keep_chunk, ask=_ask_chunk)
