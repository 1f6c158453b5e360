"""The completeness certificate: the system's own count beside ours, for the stamps a pull read.

People go on working while we count: a record changed meanwhile has left the window there, and not
here. So what changed behind the window is read first, which is little. Then the window is read
again, and if it still differs, all ids are compared. A window that no count has proven yet waits in
the store: the next run counts it together with its own. One that nothing explained is counted in
every run and looked into again only after hours, so that a system whose count is wrong for good
costs no budget.
"""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Page, Window
from staging import queue, records
from staging.completeness import certificates, counts, sweeps
from staging.completeness.certificates import Proof
from sync.complete.backfill import begin_again, read_again
from sync.complete.ids import sweep_ids
from sync.context import Call, Step, Tools
from sync.pull import Part, Told, ask_page, count, deletes, move, note_sweep, scope_of, take_in
from sync.reading.stream import fields_of, stream
from sync.reading.unproven import SCOPED, UNPROVEN, Unproven
from tasuki.values import Json, instant

_PATIENCE: Final = timedelta(hours=6)
"""How long a difference that nothing explained is only counted."""


def certify(kind: str, told: Told, part: str = UNPROVEN, *, tells_deletes: bool) -> Part:
    """Count a stream's open window on both sides, and mend what differs.

    The window of a walk of the records in scope is counted by itself, with the same filter.
    """
    which: dict[str, Json] = {"kind": kind, "part": part}
    counted = yield Call(CERTIFY, which)
    if counted["left"]:
        yield from _read_from(kind, counted["until"], told)
        counted = yield Call(CERTIFY, which)
    if not counted["complete"] and not counted["tried"]:
        counted = yield from _mend(which, counted, told, tells_deletes=tells_deletes)
    if not counted["complete"]:
        told["there"], told["here"], told["differs"] = counted["there"], counted["here"], 1


def _mend(
    which: dict[str, Json], counted: dict[str, Json], told: Told, *, tells_deletes: bool
) -> Generator[Call, dict[str, Json], dict[str, Json]]:
    """Ask for deletes, read the window again, compare all ids: until both sides count the same."""
    kind, scoped = which["kind"], which["part"] == SCOPED
    if tells_deletes:
        yield from deletes(kind, told)
    if counted["since"]:
        yield from _read_from(kind, counted["since"], told)
    if scoped:
        yield from begin_again(kind, None)
        yield from read_again(kind, told)
    if tells_deletes or counted["since"] or scoped:
        counted = yield Call(CERTIFY, which)
    if counted["complete"]:
        return counted
    if not told["swept:ids"]:
        yield from sweep_ids(kind, told)
    if counted["until"]:
        yield from _read_from(kind, counted["until"], told)
    return (yield Call(CERTIFY, {**which, "last": True}))


def _read_from(kind: str, since: str, told: Told) -> Part:
    """From a moment to the end: a record that left a window is behind it now."""
    page: dict[str, Json] = {"more": True, "next": None}
    while page["more"]:
        page = yield Call(REREAD, {"kind": kind, "since": since, "cursor": page["next"]})
        count(told, page)


def _ask_count(
    db: Connection, tools: Tools, arguments: dict[str, Json]
) -> tuple[int, int, Unproven]:
    """The system's count and ours; counting a million rows holds up no writer here."""
    each = stream(tools, arguments["kind"])
    at = records.positions(db, each.connection, each.object)
    part = arguments["part"]
    asked = Unproven.kept(at, part) or Unproven(None, None, whole=False)
    window = None
    if asked.until is not None:
        window = Window(instant(asked.since) if asked.since else None, instant(asked.until))
    of, target = (each.connection, each.object), tools.connectors[each.connection]
    only = scope_of(tools, each) if part == SCOPED else None
    there = target.count(each.object, window, only) if only else target.count(each.object, window)
    if asked.beside:
        return there, counts.brought(db, *of, asked.until), asked
    return there, counts.count(db, *of, asked.since, asked.until), asked


def _keep_count(
    db: Connection, tools: Tools, arguments: dict[str, Json], answer: tuple[int, int, Unproven]
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    there, here, asked = answer
    method = certificates.WHOLE if asked.until is None else certificates.WINDOW
    proof = Proof(
        each.connection, each.object, there, here, method, since=asked.since, until=asked.until
    )
    certificates.keep(db, proof, tools.run, tools.now())
    if proof.complete:
        move(db, tools, each, arguments["part"], None)
        if asked.beside:
            queue.clear(db, queue.BROUGHT, each.kind)
        if asked.whole:
            note_sweep(db, tools, each, sweeps.IDS, {"counted": here})
    elif arguments.get("last"):
        move(db, tools, each, arguments["part"], replace(asked, tried=tools.now()).text())
    return {
        "complete": proof.complete,
        "there": there,
        "here": here,
        "since": asked.since,
        "until": asked.until,
        "left": there < here and asked.until is not None,
        "tried": asked.tried is not None and tools.clock.now() - instant(asked.tried) < _PATIENCE,
    }


def _ask_again(db: Connection, tools: Tools, arguments: dict[str, Json]) -> Page:
    each, cursor = stream(tools, arguments["kind"]), arguments["cursor"]
    target = tools.connectors[each.connection]
    if cursor is None:
        cursor = target.cursor_from(each.object, instant(arguments["since"]))
    return ask_page(tools, each, fields_of(db, each), cursor)


def _again_ahead(arguments: dict[str, Json], page: Page) -> dict[str, Json] | None:
    return {**arguments, "cursor": page.next_cursor} if page.more else None


def _keep_again(
    db: Connection, tools: Tools, arguments: dict[str, Json], page: Page
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    result = take_in(db, tools, each, page)
    return {**result, "more": page.more, "next": page.next_cursor}


CERTIFY: Final = Step("certify.count", keep=_keep_count, ask=_ask_count)
REREAD: Final = Step("certify.reread", keep=_keep_again, ask=_ask_again, ahead=_again_ahead)
