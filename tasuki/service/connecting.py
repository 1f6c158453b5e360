"""Connections as people see them: may they be called, what they cost today; pause and resume."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from config.nearest import did_you_mean
from config.project import ConnectionConfig
from staging.systems import calls, states
from sync.budget import gate
from sync.budget.allowance import STOPS, day, standing
from tasuki.errors import UnknownRecordError
from tasuki.service.accounts import audit
from tasuki.service.app import App
from tasuki.values import instant, stamp


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """One connection, today."""

    name: str
    system: str
    environment: str | None
    state: str
    """open | paused | failing"""
    why: str
    """Why it is not open."""
    calls: dict[str, int]
    """Calls Tasuki made today, by lane."""
    made: int
    ours: int | None
    """Calls Tasuki may make today; None where nobody told a limit."""
    used: int | None
    """Calls anybody made, as the system told last."""
    allowed: int | None
    forecast: int
    """Tasuki's calls by midnight, if the day goes on as it began."""
    stopped: tuple[str, ...]
    """Lanes that may make no more calls today."""
    resets_at: str


def connections(app: App) -> tuple[ConnectionView, ...]:
    """Every connection of the project, from the store alone."""
    with app.store.reading() as db:
        return tuple(_view(app, db, each) for each in app.project.connections.values())


def pause(app: App, names: Sequence[str], by: str, reason: str = "") -> tuple[str, ...]:
    """Stop every call of the named connections, or of all; their names.

    Errors: UnknownRecordError for a name no file declares; nothing is paused then.
    """
    named = chosen(app, names)
    with app.store.writing() as db:
        for name in named:
            gate.pause(db, name, by, reason, app.tools.clock.now())
    audit(app, by, "connection.paused", ", ".join(named), reason=reason)
    return named


def resume(app: App, names: Sequence[str], by: str) -> tuple[str, ...]:
    """Let the named connections, or all that are shut, be called again; their names."""
    shut = tuple(view.name for view in connections(app) if view.state != "open")
    named = chosen(app, names) if names else shut
    with app.store.writing() as db:
        for name in named:
            gate.resume(db, name)
    if named:
        audit(app, by, "connection.resumed", ", ".join(named))
    return named


def chosen(app: App, names: Sequence[str]) -> tuple[str, ...]:
    """The named connections, or all. Errors: UnknownRecordError with the nearest name."""
    known = app.project.connections
    for name in names:
        if name not in known:
            raise UnknownRecordError(
                f"There is no connection `{name}`",
                where=app.project.document.file,
                why="no file in connections/ declares it",
                remedy=did_you_mean(name, known, "Name one of connections/."),
            )
    return tuple(dict.fromkeys(names)) or tuple(known)


def _view(app: App, db: Connection, config: ConnectionConfig) -> ConnectionView:
    now, zone = app.tools.clock.now(), ZoneInfo(app.project.timezone)
    state = states.read(db, config.name)
    made = calls.of_day(db, config.name, day(state, now, zone).name)
    today = standing(state, config.budget, sum(made.values()), now, zone)
    word, why = _word(state, now)
    return ConnectionView(
        name=config.name,
        system=config.system,
        environment=config.environment,
        state=word,
        why=why,
        calls=made,
        made=today.made,
        ours=today.ours,
        used=today.used,
        allowed=state.allowed,
        forecast=today.forecast(now),
        stopped=tuple(lane for lane in STOPS if today.stops(lane)),
        resets_at=stamp(today.day.ends),
    )


def _word(state: states.ConnectionState, now: datetime) -> tuple[str, str]:
    if state.paused_at is not None:
        reason = f": {state.pause_reason}" if state.pause_reason else ""
        return "paused", f"{state.paused_by}, {_minute(state.paused_at)}{reason}"
    if gate.is_open(state, now):
        return "failing", f"{state.last_error}; tried again at {_minute(str(state.open_until))}"
    return "open", ""


def _minute(moment: str) -> str:
    return f"{instant(moment):%Y-%m-%d %H:%M} UTC"
