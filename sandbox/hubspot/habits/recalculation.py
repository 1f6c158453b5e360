"""Background recalculation: many records move their modified date to one stamp at once."""

from collections.abc import Sequence

import orjson

from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.times import millis
from sandbox.hubspot.settings import settings
from sandbox.state import State


def recalculate(
    state: State,
    kind: Kind,
    ids: Sequence[int] | None = None,
    most: int | None = None,
    at: int | None = None,
) -> int:
    """Move the modified date of these records (or the first `most`) to one stamp; how many."""
    stamp = millis(state.now()) if at is None else at
    scope = "type = ? AND archived = 0 AND id IN (SELECT value FROM json_each(?))"
    wanted = _live(state, kind, most) if ids is None else list(ids)
    cells = (kind.id, orjson.dumps(wanted).decode())
    with state.transaction() as db:
        if settings(state).index_lag_seconds:
            db.execute(
                "INSERT OR REPLACE INTO hs_prior SELECT type, id, created, modified, 0, "
                f"properties, modified, ? FROM hs_record WHERE {scope}",
                (stamp, *cells),
            )
        done = db.execute(f"UPDATE hs_record SET modified = ? WHERE {scope}", (stamp, *cells))
    return done.rowcount


def _live(state: State, kind: Kind, most: int | None) -> list[int]:
    rows = state.db.execute(
        "SELECT id FROM hs_record WHERE type = ? AND archived = 0 ORDER BY id LIMIT ?",
        (kind.id, -1 if most is None else most),
    )
    return [row[0] for row in rows]
