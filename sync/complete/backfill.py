"""Read again: everything of an object, or what changed since a date.

The walk has a cursor of its own in the store, so that the normal one is not lost, and goes on in
the next run when it was stopped. Its calls are made in the lane that yields to all others.
"""

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from connectors.budget import Lane
from connectors.protocol import Page
from staging import queue, records
from sync.context import Call, Step, Tools
from sync.pull import Part, Told, ask_page, count, move, scope_of, take_in
from sync.reading.covered import COVERED, Covered
from sync.reading.stream import fields_of, stream
from sync.reading.unproven import SCOPED, UNPROVEN, Unproven
from tasuki.values import Json, dumps, instant, loads

AGAIN: Final = "again"
"""The cursor of a walk that reads again; nothing when none is under way."""


def begin_again(kind: str, since: str | None) -> Part:
    """From now on, read a stream again from a moment, or from the beginning."""
    yield Call(BEGIN, {"kind": kind, "since": since}, Lane.BACKFILL)


def read_again(kind: str, told: Told) -> Part:
    """Go on reading a stream again, to its end."""
    page: dict[str, Json] = {"more": True, "next": {"cursor": None, "scoped": None}}
    while page["more"]:
        page = yield Call(NEXT, {"kind": kind, **page["next"]}, Lane.BACKFILL)
        count(told, page)
    told["scope" if page["next"]["scoped"] else "open"] += 1


def _ask_begin(_db: Connection, tools: Tools, arguments: dict[str, Json]) -> str | None:
    each, since = stream(tools, arguments["kind"]), arguments["since"]
    if since is None:
        return None
    return tools.connectors[each.connection].cursor_from(each.object, instant(since))


def _keep_begin(
    db: Connection, tools: Tools, arguments: dict[str, Json], cursor: str | None
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    if arguments["since"] is None:
        queue.clear(db, queue.BROUGHT, each.kind)
    move(db, tools, each, AGAIN, dumps([cursor, arguments["since"] is None]))
    return {}


def _ask_next(
    db: Connection, tools: Tools, arguments: dict[str, Json]
) -> tuple[Page, dict[str, Json]]:
    """A page, and where the next begins; of what was only read in scope, what is in scope."""
    each = stream(tools, arguments["kind"])
    cursor, scoped = arguments["cursor"], arguments["scoped"]
    if scoped is None:
        at = records.positions(db, each.connection, each.object)
        cursor, whole = loads((at[AGAIN].value if AGAIN in at else None) or "[null, true]")
        covered = Covered.kept(at.get(COVERED))
        scoped = whole and covered is not None and covered.filter is not None
    only = scope_of(tools, each) if scoped else None
    page = ask_page(tools, each, fields_of(db, each), cursor, only=only)
    return page, {"cursor": page.next_cursor, "scoped": only is not None}


def _next_ahead(
    arguments: dict[str, Json], answer: tuple[Page, dict[str, Json]]
) -> dict[str, Json] | None:
    page, onward = answer
    return {**arguments, **onward} if page.more else None


def _keep_next(
    db: Connection, tools: Tools, arguments: dict[str, Json], answer: tuple[Page, dict[str, Json]]
) -> dict[str, Json]:
    each, (page, onward) = stream(tools, arguments["kind"]), answer
    at = records.positions(db, each.connection, each.object)
    whole = AGAIN in at and at[AGAIN].value is not None and bool(loads(at[AGAIN].value or "")[1])
    result = take_in(db, tools, each, page)
    if onward["scoped"]:
        queue.mark(db, queue.BROUGHT, each.kind, (record.id for record in page.records))
    move(db, tools, each, AGAIN, dumps([page.next_cursor, whole]) if page.more else None)
    if not page.more:
        window = Unproven.of(page.covered, whole=whole, beside=onward["scoped"])
        if not onward["scoped"]:
            window = replace(window.wider(Unproven.kept(at)), tried=None)
        move(db, tools, each, SCOPED if onward["scoped"] else UNPROVEN, window.text())
    return {**result, "more": page.more, "next": onward}


BEGIN: Final = Step("again.begin", keep=_keep_begin, ask=_ask_begin)
NEXT: Final = Step("again.page", keep=_keep_next, ask=_ask_next, ahead=_next_ahead)
