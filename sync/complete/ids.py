"""Compare ids with a system: find what a pull could not be told, in either direction.

Done on a schedule, where a system says that its list of deletes has a gap, and where counts still
differ. What seems gone or missing is read by its id before it is believed: a listing may lag. The
ids wait in the store, not in memory; a sweep that was killed begins again.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Ids, Record
from staging import queue, records
from staging.completeness import sweeps
from sync.context import Call, Step, Tools
from sync.pull import Part, Told, keep_records, note_sweep
from sync.reading.covered import COVERED, Covered
from sync.reading.stream import Stream, fields_of, hand_on, stream
from tasuki.values import Json

_CHUNK: Final = 500
_COMPARED: Final = 20_000


def sweep_ids(kind: str, told: Told) -> Part:
    """Make the staged records of one stream the living ones."""
    yield Call(BEGIN, {"kind": kind})
    after: dict[str, Json] = {"after": None, "more": True}
    while after["more"]:
        after = yield Call(LIST, {"kind": kind, "after": after["after"]})
    after = {"after": None, "more": True}
    while after["more"]:
        after = yield Call(COMPARE, {"kind": kind, "after": after["after"]})
    before = told["found"], told["gone"]
    yield from believe(kind, queue.DOUBTED, told)
    found, gone = told["found"] - before[0], told["gone"] - before[1]
    yield Call(END, {"kind": kind, "result": {"found": found, "gone": gone}})
    told["swept:ids"] = 1


def believe(kind: str, consumer: str, told: Told) -> Part:
    """Read the ids that wait for this consumer: what answers is staged, the rest is gone."""
    more = True
    while more:
        done = yield Call(BELIEVE, {"kind": kind, "consumer": consumer})
        told["found"] += done["found"]
        told["gone"] += done["gone"]
        more = done["more"]


def _keep_begin(
    db: Connection, _tools: Tools, arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    for consumer in (queue.LISTED, queue.DOUBTED):
        queue.clear(db, consumer, arguments["kind"])
    return {}


def _ask_ids(_db: Connection, tools: Tools, arguments: dict[str, Json]) -> Ids:
    each = stream(tools, arguments["kind"])
    return tools.connectors[each.connection].ids(each.object, arguments["after"])


def _ids_ahead(arguments: dict[str, Json], page: Ids) -> dict[str, Json] | None:
    return {**arguments, "after": page.after} if page.after is not None else None


def _keep_ids(
    db: Connection, _tools: Tools, arguments: dict[str, Json], page: Ids
) -> dict[str, Json]:
    queue.mark(db, queue.LISTED, arguments["kind"], page.ids)
    return {"ids": len(page.ids), "after": page.after, "more": page.after is not None}


def _keep_compare(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    of = (each.connection, each.object)
    news = not _is_partly_read(db, each)
    listed, last = sweeps.doubt(db, each.kind, of, arguments["after"], _COMPARED, news=news)
    if last is None:
        queue.clear(db, queue.LISTED, each.kind)
    return {"listed": listed, "after": last, "more": last is not None}


def _is_partly_read(db: Connection, each: Stream) -> bool:
    """Whether only the records in scope were read: an id that is not here may be out of it."""
    covered = Covered.kept(records.position(db, each.connection, each.object, COVERED))
    return covered is not None and covered.filter is not None


def _ask_doubted(
    db: Connection, tools: Tools, arguments: dict[str, Json]
) -> tuple[list[str], Sequence[Record]]:
    each = stream(tools, arguments["kind"])
    ids = queue.peek(db, arguments["consumer"], each.kind, _CHUNK)
    target = tools.connectors[each.connection]
    return ids, target.read(each.object, ids, fields_of(db, each)) if ids else []


def _keep_doubted(
    db: Connection,
    tools: Tools,
    arguments: dict[str, Json],
    answer: tuple[list[str], Sequence[Record]],
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    ids, living = answer
    queue.done(db, arguments["consumer"], each.kind, ids)
    changed = keep_records(db, tools, each, living)
    absent = set(ids) - {record.id for record in living}
    of = (each.connection, each.object)
    gone = records.mark_deleted(db, *of, absent, tools.now(), told=False)
    hand_on(db, each, [*changed, *gone])
    return {"found": len(changed), "gone": len(gone), "more": len(ids) == _CHUNK}


def _keep_end(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    note_sweep(db, tools, stream(tools, arguments["kind"]), sweeps.IDS, arguments["result"])
    return {}


BEGIN: Final = Step("sweep.begin", keep=_keep_begin)
LIST: Final = Step("sweep.list", keep=_keep_ids, ask=_ask_ids, ahead=_ids_ahead)
COMPARE: Final = Step("sweep.compare", keep=_keep_compare)
BELIEVE: Final = Step("sweep.believe", keep=_keep_doubted, ask=_ask_doubted)
END: Final = Step("sweep.end", keep=_keep_end)
