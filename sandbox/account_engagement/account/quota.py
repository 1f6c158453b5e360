"""What may still be called: the day's allowance by the account's calendar, and calls at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from sandbox.account_engagement.account.settings import settings
from sandbox.account_engagement.faults import day_is_over, too_many_at_once
from sandbox.state import State


class Connections:
    """Calls in hand; refused above the account's number."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._open = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a connection. Errors: Fault 66 when too many are held."""
        now = settings(self._state)
        if now.concurrent and self._open + now.held >= now.concurrent:
            raise too_many_at_once()
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1


def used(state: State) -> int:
    """Calls made on the account's present day."""
    sql = "SELECT calls FROM ae_usage WHERE day = ?"
    found = state.db.execute(sql, (_day(state),)).fetchone()
    return int(found[0]) if found else 0


def spend(state: State) -> None:
    """Count a call. Errors: Fault 122 when the day's allowance is used up."""
    allowed = settings(state).daily
    if allowed and used(state) >= allowed:
        raise day_is_over()
    use(state, 1)


def use(state: State, calls: int) -> None:
    """Count calls, ours or somebody else's."""
    sql = (
        "INSERT INTO ae_usage VALUES (?, ?) "
        "ON CONFLICT (day) DO UPDATE SET calls = calls + excluded.calls"
    )
    with state.transaction() as db:
        db.execute(sql, (_day(state), calls))


def _day(state: State) -> str:
    return state.now().astimezone(ZoneInfo(settings(state).account_zone)).date().isoformat()
