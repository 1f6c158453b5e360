"""Whether a connection may be called at all: a person's pause, and the circuit breaker.

The breaker opens after five calls in a row that failed for good, for a minute, then for twice as
long each time the first call afterwards fails too. Every answer closes it.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from staging.systems import states
from staging.systems.states import ConnectionState
from tasuki.errors import BlockedError, PausedError
from tasuki.values import instant, stamp

TOLERATED: Final = 5
_FIRST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(minutes=30)
_CLOSED: Final = {"failures": 0, "open_until": None, "last_error": None}


def pause(db: Connection, connection: str, by: str, reason: str, now: datetime) -> None:
    """Nothing passes on this connection until a person resumes it."""
    values = {"paused_at": stamp(now), "paused_by": by, "pause_reason": reason or None}
    states.change(db, connection, **values)


def resume(db: Connection, connection: str) -> None:
    """Let calls through again; what failed before is forgotten."""
    none = dict.fromkeys(("paused_at", "paused_by", "pause_reason"))
    states.change(db, connection, **none, **_CLOSED)


def failed(db: Connection, connection: str, why: str, now: datetime) -> None:
    """Count a failure; open the breaker when too many came in a row."""
    failures = (states.locked(db, connection).failures or 0) + 1
    wait = open_for(failures)
    until = stamp(now + wait) if wait else None
    states.change(db, connection, failures=failures, open_until=until, last_error=why)


def answered(db: Connection, connection: str) -> None:
    """Close the breaker."""
    states.change(db, connection, **_CLOSED)


def open_for(failures: int) -> timedelta:
    """How long the breaker stays open after so many failures in a row."""
    if failures < TOLERATED:
        return timedelta(0)
    doubled: int = 2 ** min(failures - TOLERATED, 10)
    return min(_LONGEST, _FIRST * doubled)


def is_open(state: ConnectionState, now: datetime) -> bool:
    """Whether the breaker lets nothing through; not for longer, when the clock was set back."""
    if state.open_until is None:
        return False
    return timedelta(0) < instant(state.open_until) - now <= _LONGEST


def check(state: ConnectionState, now: datetime) -> None:
    """Errors: PausedError or BlockedError when nothing may pass."""
    if state.paused_at is not None:
        said = f": {state.pause_reason}" if state.pause_reason else ""
        raise PausedError(
            f"The connection {state.connection} is paused",
            where=state.connection,
            why=f"{state.paused_by} paused it at {state.paused_at}{said}",
            remedy=f"Run `tasuki resume {state.connection}` when it may be used again.",
        )
    if is_open(state, now):
        raise BlockedError(
            f"The connection {state.connection} is left alone until {state.open_until}",
            where=state.connection,
            why=f"{state.failures} calls in a row failed; the last one: {state.last_error}",
            remedy="See that the system answers; Tasuki tries again by itself at that time.",
        )
