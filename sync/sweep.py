"""Compare ids with a system: find what a pull could not be told, in either direction.

Asked for where a system says that its list of deletes has a gap, or where the counts differ. What
seems gone or missing is read by its id before it is believed: a listing may lag behind.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Ids, Record
from staging import queue, records
from sync.context import Runner, Step, Tools
from sync.pull import hand_on, seen, stream
from tasuki.values import Json

_CHUNK: Final = 500


def sweep(run: Runner, kind: str) -> dict[str, Json]:
    """Make the staged records of one stream the living ones; how many came and went."""
    after: str | None = None
    run.step(BEGIN, kind=kind)
    while (page := run.step(LIST, kind=kind, after=after))["after"] is not None:
        after = page["after"]
    run.step(COMPARE, kind=kind)
    found = gone = 0
    more = True
    while more:
        done = run.step(BELIEVE, kind=kind)
        found, gone, more = found + done["found"], gone + done["gone"], done["more"]
    return {"found": found, "gone": gone}


def _keep_begin(
    db: Connection, _tools: Tools, arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    for consumer in (queue.LISTED, queue.DOUBTED):
        queue.clear(db, consumer, arguments["kind"])
    return {}


def _ask_ids(_db: Connection, tools: Tools, arguments: dict[str, Json]) -> Ids:
    each = stream(tools, arguments["kind"])
    return tools.connectors[each.connection].ids(each.object, arguments["after"])


def _keep_ids(
    db: Connection, _tools: Tools, arguments: dict[str, Json], page: Ids
) -> dict[str, Json]:
    queue.mark(db, queue.LISTED, arguments["kind"], page.ids)
    return {"ids": len(page.ids), "after": page.after}


def _keep_compare(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    there = set(queue.peek(db, queue.LISTED, each.kind))
    here = set(records.living_ids(db, each.connection, each.object))
    queue.mark(db, queue.DOUBTED, each.kind, there ^ here)
    queue.clear(db, queue.LISTED, each.kind)
    return {"listed": len(there), "doubted": len(there ^ here)}


def _ask_doubted(db: Connection, tools: Tools, arguments: dict[str, Json]) -> Sequence[Record]:
    each = stream(tools, arguments["kind"])
    ids = queue.peek(db, queue.DOUBTED, each.kind, _CHUNK)
    return tools.connectors[each.connection].read(each.object, ids, each.fields()) if ids else []


def _keep_doubted(
    db: Connection, tools: Tools, arguments: dict[str, Json], living: Sequence[Record]
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    ids = queue.take(db, queue.DOUBTED, each.kind, _CHUNK)
    now = tools.now()
    changed = records.stage(
        db, each.connection, each.object, list(seen(living)), run=tools.run, now=now
    )
    absent = set(ids) - {record.id for record in living}
    gone = records.mark_deleted(db, each.connection, each.object, absent, now)
    hand_on(db, each, [*changed, *gone])
    return {"found": len(changed), "gone": len(gone), "more": bool(ids)}


BEGIN: Final = Step("sweep.begin", keep=_keep_begin)
LIST: Final = Step("sweep.list", keep=_keep_ids, ask=_ask_ids)
COMPARE: Final = Step("sweep.compare", keep=_keep_compare)
BELIEVE: Final = Step("sweep.believe", keep=_keep_doubted, ask=_ask_doubted)
