"""The completeness certificate: the system's own count beside ours, per object and run."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from staging import records
from staging.bulk import upsert
from staging.tables.operating import CERTIFICATE
from sync.context import Runner, Step, Tools
from sync.pull import stream, streams
from sync.sweep import sweep
from tasuki.values import Json


def certify(run: Runner, gaps: Sequence[str] = ()) -> dict[str, Json]:
    """Compare the counts of every stream that a system can count; whether all agree.

    Where they differ, or where deletes have a gap, the ids are compared, and counted once more.
    """
    uncertified: list[str] = []
    swept = 0
    for each in streams(run.tools):
        if each.object.startswith(run.tools.connectors[each.connection].can.uncounted):
            continue
        if each.kind in gaps or not run.step(CERTIFY, kind=each.kind)["complete"]:
            mended = sweep(run, each.kind)
            swept += mended["found"] + mended["gone"]
            if not run.step(CERTIFY, kind=each.kind)["complete"]:
                uncertified.append(each.kind)
    return {"complete": not uncertified, "incomplete": uncertified, "swept": swept}


def _ask_count(db: Connection, tools: Tools, arguments: dict[str, Json]) -> tuple[int, int]:
    """The system's count and ours; counting a million rows holds up no writer here."""
    each = stream(tools, arguments["kind"])
    there = tools.connectors[each.connection].count(each.object)
    return there, records.count(db, each.connection, each.object)


def _keep_count(
    db: Connection, tools: Tools, arguments: dict[str, Json], counts: tuple[int, int]
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    there, here = counts
    complete = here == there
    upsert(
        db,
        CERTIFICATE,
        [
            {
                "run_id": tools.run,
                "connection": each.connection,
                "object": each.object,
                "platform_count": there,
                "staged_count": here,
                "complete": complete,
                "at": tools.now(),
            }
        ],
    )
    return {"complete": complete}


CERTIFY: Final = Step("certify.count", keep=_keep_count, ask=_ask_count)
