"""Read again: everything of an object, or what changed since a date.

The walk has a cursor of its own in the store, so that the normal one is not lost, and goes on in
the next run when it was stopped. Its calls are made in the lane that yields to all others.
"""

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from connectors.budget import Lane
from connectors.protocol import Page
from staging import records
from sync.context import Call, Step, Tools
from sync.pull import UNPROVEN, Part, Told, Unproven, count, move, stream, take_in
from tasuki.values import Json, dumps, instant, loads

AGAIN: Final = "again"
"""The cursor of a walk that reads again; nothing when none is under way."""


def begin_again(kind: str, since: str | None) -> Part:
    """From now on, read a stream again from a moment, or from the beginning."""
    yield Call(BEGIN, {"kind": kind, "since": since}, Lane.BACKFILL)


def read_again(kind: str, told: Told) -> Part:
    """Go on reading a stream again, to its end."""
    page: dict[str, Json] = {"more": True, "next": None}
    while page["more"]:
        page = yield Call(NEXT, {"kind": kind, "cursor": page["next"]}, Lane.BACKFILL)
        count(told, page)
    told["open"] += 1


def _ask_begin(_db: Connection, tools: Tools, arguments: dict[str, Json]) -> str | None:
    each, since = stream(tools, arguments["kind"]), arguments["since"]
    if since is None:
        return None
    return tools.connectors[each.connection].cursor_from(each.object, instant(since))


def _keep_begin(
    db: Connection, tools: Tools, arguments: dict[str, Json], cursor: str | None
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    move(db, tools, each, AGAIN, dumps([cursor, arguments["since"] is None]))
    return {}


def _ask_next(db: Connection, tools: Tools, arguments: dict[str, Json]) -> Page:
    each, cursor = stream(tools, arguments["kind"]), arguments["cursor"]
    if cursor is None:
        at = records.position(db, each.connection, each.object, AGAIN).value
        cursor = loads(at)[0] if at else None
    return tools.connectors[each.connection].page(each.object, each.fields(), cursor)


def _next_ahead(arguments: dict[str, Json], page: Page) -> dict[str, Json] | None:
    return {**arguments, "cursor": page.next_cursor} if page.more else None


def _keep_next(
    db: Connection, tools: Tools, arguments: dict[str, Json], page: Page
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    at = records.positions(db, each.connection, each.object)
    whole = AGAIN in at and at[AGAIN].value is not None and bool(loads(at[AGAIN].value or "")[1])
    result = take_in(db, tools, each, page)
    move(db, tools, each, AGAIN, dumps([page.next_cursor, whole]) if page.more else None)
    if not page.more:
        window = Unproven.of(page.covered, whole=whole).wider(Unproven.kept(at))
        move(db, tools, each, UNPROVEN, replace(window, tried=None).text())
    return {**result, "more": page.more, "next": page.next_cursor}


BEGIN: Final = Step("again.begin", keep=_keep_begin, ask=_ask_begin)
NEXT: Final = Step("again.page", keep=_keep_next, ask=_ask_next, ahead=_next_ahead)
