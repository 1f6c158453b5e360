"""The log of what happened; nothing is written, and nothing costs, while nobody subscribes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final
from uuid import uuid4
from weakref import WeakKeyDictionary

import orjson

from sandbox.hubspot.data.times import millis
from sandbox.hubspot.webhooks.payloads import Change, Subscription, notifications
from sandbox.hubspot.webhooks.weather import Weather, weather
from sandbox.state import State

_ADD_CHANGE: Final = "INSERT INTO hs_change VALUES (NULL, ?, ?, ?, ?, ?, ?) RETURNING number"
_ADD_DELIVERY: Final = "INSERT INTO hs_delivery VALUES (NULL, ?, ?, 0, ?, 'waiting')"


@dataclass(slots=True)
class _Watch:
    """Who wants to know of one state's changes; None is not read yet."""

    hooks: tuple[Subscription, ...] | None = None
    journal: bool = False
    news: Event = field(default_factory=Event)


_WATCHES: Final[WeakKeyDictionary[State, _Watch]] = WeakKeyDictionary()


def note(
    state: State,
    action: str,
    type: str,
    object: int,
    author: tuple[str, str],
    properties: Mapping[str, str] | None = None,
    **more: Any,
) -> None:
    """Tell every subscriber of one change; the caller holds the transaction that made it.

    `author` is the source and its id, such as INTEGRATION and the number of an app.
    """
    watch = _watch(state)
    if not is_watched(state):
        return
    now = millis(state.now())
    document = {"properties": dict(properties or {}), "author": list(author), **more}
    cells = (str(uuid4()), now, action, type, object, orjson.dumps(document).decode())
    number = state.db.execute(_ADD_CHANGE, cells).fetchone()[0]
    change = Change(number, now, action, type, object, document)
    rows = list(_deliveries(change, watch.hooks or (), weather(state)))
    if rows:
        state.db.executemany(_ADD_DELIVERY, rows)
        watch.news.set()


def is_watched(state: State) -> bool:
    """Whether anybody subscribes to anything."""
    watch = _watch(state)
    return bool(watch.hooks) or watch.journal


def news(state: State) -> Event:
    """Set whenever a delivery waits to be sent, perhaps in a transaction not over yet."""
    return _watch(state).news


def reread(state: State) -> None:
    """Look at the subscriptions anew: one of them changed."""
    _watch(state).hooks = None


def _watch(state: State) -> _Watch:
    watch = _WATCHES.get(state)
    if watch is None:
        watch = _WATCHES[state] = _Watch()
    if watch.hooks is None:
        rows = state.db.execute(
            "SELECT id, app, event, type, property FROM hs_subscription WHERE active = 1"
        )
        watch.hooks = tuple(Subscription(*row) for row in rows.fetchall())
        journal = state.db.execute("SELECT 1 FROM hs_journal_subscription LIMIT 1").fetchone()
        watch.journal = journal is not None
    return watch


def _deliveries(
    change: Change, hooks: Iterable[Subscription], sky: Weather
) -> Iterable[tuple[int, str, int]]:
    for hook in hooks:
        for place, body in enumerate(notifications(change, hook)):
            dice = sky.dice(change.number, hook.id, place)
            if dice.random() < sky.repeat_id:
                body["eventId"] = 1
            text = orjson.dumps(body).decode()
            for _ in range(2 if dice.random() < sky.duplicate else 1):
                due = change.at + int(dice.random() * sky.delay_seconds * 1000)
                yield hook.app, text, due
