"""Visitors: views are kept under a cookie until it is tied to a contact, then move there whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import orjson

from sandbox.hubspot.activity.aggregates import follow_views
from sandbox.hubspot.data.definitions import ready
from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.data.records import identify, read
from sandbox.hubspot.data.times import millis, parse, text
from sandbox.hubspot.data.writes import Author, create
from sandbox.state import State

VISITED: Final = "e_visited_page"
CONTACT: Final = "0-1"
_ADD_EVENT: Final = "INSERT OR IGNORE INTO hs_event VALUES (?, ?, ?, ?, ?, ?)"
_ADD_VIEW: Final = "INSERT OR IGNORE INTO hs_view VALUES (?, ?, ?, ?, ?)"
_CONTACTS: Final = kind_of("contacts")


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing somebody did, whoever it was."""

    id: str
    event: str
    at: int
    properties: Mapping[str, str]


def happen(
    state: State, each: Happening, record: int | None, utk: str | None, type: str = CONTACT
) -> None:
    """Keep it with the record, or under the cookie as long as nobody knows whose it is."""
    shown = orjson.dumps(each.properties).decode()
    if record is not None:
        state.db.execute(_ADD_EVENT, (each.id, type, record, each.event, each.at, shown))
    else:
        state.db.execute(_ADD_VIEW, (each.id, utk, each.at, each.event, shown))


def holder(state: State, utk: str) -> int | None:
    """The live contact a cookie is tied to."""
    row = state.db.execute("SELECT contact FROM hs_cookie WHERE utk = ?", (utk,)).fetchone()
    found = None if row is None else read(state, _CONTACTS, str(row[0]))
    return None if found is None else found[0]


def tie(state: State, utk: str, contact: int) -> None:
    """Tie a cookie to a contact: all it did before appears there, with its own times."""
    state.db.execute("INSERT OR REPLACE INTO hs_cookie VALUES (?, ?)", (utk, contact))
    state.db.execute(
        "INSERT OR IGNORE INTO hs_event SELECT id, ?, ?, event, at, properties FROM hs_view "
        "WHERE utk = ?",
        (CONTACT, contact, utk),
    )
    state.db.execute("DELETE FROM hs_view WHERE utk = ?", (utk,))
    follow_views(state, contact)


def visit(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Record page views of one browser: `{utk, views: [{url, title?, referrer?, at?, …}]}`.

    More keys of a view become properties of its event; `event` names another type than a page
    view. An identity announced earlier takes hold with the first view after it.
    """
    utk = str(asked["utk"])
    with ready(state).transaction():
        contact = _take_hold(state, utk)
        contact = holder(state, utk) if contact is None else contact
        views = [_view(state, each) for each in asked["views"]]
        for view in views:
            happen(state, view, contact, utk)
        if contact is not None:
            follow_views(state, contact)
    return {"contact": None if contact is None else str(contact), "views": len(views)}


def announce(state: State, asked: Mapping[str, Any]) -> None:
    """`identify` in the browser: `{utk, email}`; nothing happens before the next view."""
    with ready(state).transaction() as db:
        cells = (str(asked["utk"]), str(asked["email"]).strip().lower())
        db.execute("INSERT OR REPLACE INTO hs_identity VALUES (?, ?)", cells)


def _take_hold(state: State, utk: str) -> int | None:
    row = state.db.execute("DELETE FROM hs_identity WHERE utk = ? RETURNING email", (utk,))
    email = row.fetchone()
    if email is None:
        return None
    id = identify(state, _CONTACTS, email[0], "email")
    if id is None:
        if _was_deleted(state, email[0]):
            return None
        id = str(create(state, _CONTACTS, {"email": email[0]}, Author("ANALYTICS", utk))[0])
    tie(state, utk, int(id))
    return int(id)


def _was_deleted(state: State, email: str) -> bool:
    """`identify` never brings a deleted contact back."""
    return (
        state.db.execute(
            "SELECT 1 FROM hs_record WHERE type = ? AND archived = 1 "
            "AND json_extract(properties, '$.email') = ?",
            (CONTACT, email),
        ).fetchone()
        is not None
    )


def _view(state: State, given: Mapping[str, Any]) -> Happening:
    known = {"url": "hs_url", "title": "hs_title", "referrer": "hs_referrer"}
    shown = {
        known.get(name, name): text(value)
        for name, value in given.items()
        if name not in ("at", "event", "id") and value is not None
    }
    moment = millis(state.now()) if given.get("at") is None else parse(str(given["at"]))
    if moment is None:
        raise ValueError(f"at is not a moment: {given['at']}")
    id = str(given.get("id") or f"leviathan-{uuid4()}")
    return Happening(id, str(given.get("event", VISITED)), moment, shown)


CONTROLS: Final = {"visit": visit, "identify": announce}
