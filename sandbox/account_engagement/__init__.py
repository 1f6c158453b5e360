"""Account Engagement (formerly Pardot) over its API v5, beside the Salesforce org it belongs to.

`routes`, `counts` and `edit` serve it; `insert` fills it, `configure` sets it, `records` compares.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.account_engagement.account.settings import BUSINESS_UNIT, Settings, configure
from sandbox.account_engagement.door import routes
from sandbox.account_engagement.identity import identify
from sandbox.account_engagement.model import OBJECTS
from sandbox.account_engagement.store import Row, change, insert, ready, row_of
from sandbox.state import State

__all__ = [
    "BUSINESS_UNIT",
    "Settings",
    "configure",
    "counts",
    "edit",
    "identify",
    "insert",
    "records",
    "routes",
]


def counts(state: State) -> dict[str, int]:
    """How many live records each object holds."""
    sql = "SELECT object, count(*) FROM ae_row WHERE deleted = 0 GROUP BY 1"
    with state.lock:
        found = dict(ready(state).db.execute(sql).fetchall())
    return {name: found.get(name, 0) for name in OBJECTS}


def records(state: State, object: str) -> Iterator[Row]:
    """What the account holds now, deleted records too, in the order of ids; for comparisons."""
    columns = "object, id, created, updated, deleted, fields"
    sql = f"SELECT {columns} FROM ae_row WHERE object = ? ORDER BY id"
    with state.lock:
        found = state.db.execute(sql, (object,)).fetchall()
    yield from map(row_of, found)


def edit(state: State, object: str, id: str, fields: Mapping[str, Any]) -> None:
    """Change a record as a person would."""
    known = OBJECTS[object].fields
    if unknown := set(fields) - set(known):
        raise ValueError(f"{object} has no {', '.join(sorted(unknown))}")
    with ready(state).lock:
        change(state, object, int(id), fields)
