"""Deliveries that wait, are on their way or were given up: a table, so a restart loses none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from sandbox.hubspot.data.times import millis
from sandbox.hubspot.webhooks.weather import weather
from sandbox.state import State

MOST: Final = 100
RETRIES: Final = 10
_FIRST_WAIT: Final = 60_000


@dataclass(frozen=True, slots=True)
class Parcel:
    """Notifications of one app that travel in one request."""

    app: int
    ids: tuple[int, ...]
    body: bytes


def take(state: State, app: int) -> Parcel | None:
    """The next parcel of an app whose time has come, marked as on its way."""
    now, sky = millis(state.now()), weather(state)
    with state.transaction() as db:
        rows = db.execute(
            "SELECT id, body, attempt FROM hs_delivery WHERE state = 'waiting' AND due <= ? "
            "AND app = ? ORDER BY id LIMIT ?",
            (now, app, MOST * (5 if sky.shuffle else 1)),
        ).fetchall()
        if sky.shuffle:
            sky.dice("parcel", rows[0][0] if rows else 0).shuffle(rows)
        chosen = rows[:MOST]
        ids = tuple(row[0] for row in chosen)
        _mark(state, ids, "sending")
    notes = [orjson.loads(text) | {"attemptNumber": attempt} for _, text, attempt in chosen]
    return Parcel(app, ids, orjson.dumps(notes)) if notes else None


def waiting_apps(state: State) -> list[int]:
    """The apps that have something due now."""
    now = millis(state.now())
    with state.lock:
        rows = state.db.execute(
            "SELECT DISTINCT app FROM hs_delivery WHERE state = 'waiting' AND due <= ?", (now,)
        ).fetchall()
    return [row[0] for row in rows]


def arrived(state: State, parcel: Parcel) -> None:
    """Forget what was received."""
    with state.transaction() as db:
        db.executemany("DELETE FROM hs_delivery WHERE id = ?", [(id,) for id in parcel.ids])


def failed(state: State, parcel: Parcel) -> None:
    """Try again later, at most ten times within a day; then give up."""
    now, sky = millis(state.now()), weather(state)
    with state.transaction() as db:
        for id in parcel.ids:
            row = db.execute("SELECT attempt FROM hs_delivery WHERE id = ?", (id,)).fetchone()
            attempt = row[0] + 1
            jitter = 0.5 + sky.dice("retry", id, attempt).random()
            due = now + int(_FIRST_WAIT * 2 ** (attempt - 1) * jitter)
            then = "waiting" if attempt <= RETRIES else "failed"
            db.execute(
                "UPDATE hs_delivery SET attempt = ?, due = ?, state = ? WHERE id = ?",
                (attempt, due, then, id),
            )


def recover(state: State) -> None:
    """What was on its way when the sandbox stopped is sent again: a duplicate, as in life."""
    with state.transaction() as db:
        db.execute("UPDATE hs_delivery SET state = 'waiting' WHERE state = 'sending'")


def tally(state: State) -> dict[str, int]:
    """How many deliveries are in each state."""
    with state.lock:
        rows = state.db.execute("SELECT state, count(*) FROM hs_delivery GROUP BY 1").fetchall()
    return {"waiting": 0, "sending": 0, "failed": 0} | dict(rows)


def _mark(state: State, ids: Sequence[int], word: str) -> None:
    rows = [(word, id) for id in ids]
    state.db.executemany("UPDATE hs_delivery SET state = ? WHERE id = ?", rows)
