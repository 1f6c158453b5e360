"""The completeness certificate: the system's own count beside ours, per object and run."""

from typing import Final

from sqlalchemy import Connection

from staging import records
from staging.bulk import upsert
from staging.tables.operating import CERTIFICATE
from sync.context import Runner, Step, Tools
from sync.pull import stream, streams
from tasuki.values import Json


def certify(run: Runner) -> dict[str, Json]:
    """Compare the counts of every stream that a system can count; whether all agree."""
    complete = True
    uncertified = []
    for each in streams(run.tools):
        if each.object.startswith(run.tools.connectors[each.connection].can.uncounted):
            continue
        done = run.step(CERTIFY, kind=each.kind)
        complete = complete and done["complete"]
        if not done["complete"]:
            uncertified.append(each.kind)
    return {"complete": complete, "incomplete": uncertified}


def _ask_count(db: Connection, tools: Tools, arguments: dict[str, Json]) -> int:
    each = stream(tools, arguments["kind"])
    return tools.connectors[each.connection].count(each.object)


def _keep_count(
    db: Connection, tools: Tools, arguments: dict[str, Json], there: int
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    here = records.count(db, each.connection, each.object)
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
