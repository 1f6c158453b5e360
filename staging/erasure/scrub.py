"""A person's values, wherever else they stand: in every text and document of the store.

Whole e-mail addresses and telephone numbers belong to one person and are struck out everywhere.
A full name may be a namesake's: it is struck out of what Tasuki itself wrote, not of what systems
said about others.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, Text, cast, func, or_, select, update

from staging.tables.columns import METADATA, Document
from tasuki.values import dumps

STRUCK: Final = "[erased]"
OURS: Final = frozenset(
    "intent plan change receipt parked conflict review signal handoff handoff_event scenario_run"
    " run run_step audit score assignment entity_change".split()
)
"""Tables that hold what Tasuki planned, decided and noted."""


def scrub(
    db: Connection, values: Sequence[str], names: Sequence[str], custom: Sequence[Table] = ()
) -> dict[str, int]:
    """Strike out the values everywhere and the names in our own tables; rows touched by table."""
    touched: Counter[str] = Counter()
    for table in (*METADATA.sorted_tables, *custom):
        wanted = [*values, *names] if table.name in OURS else list(values)
        for column in table.columns:
            if wanted and _is_text(column.type):
                touched[table.name] += _strike(db, table, column, wanted)
    return dict(+touched)


def holds(db: Connection, values: Sequence[str], names: Sequence[str] = ()) -> list[str]:
    """`table.column` of every place where one of the values still stands; empty is the promise."""
    found: list[str] = []
    for table in METADATA.sorted_tables:
        wanted = [*values, *names] if table.name in OURS else list(values)
        for column in table.columns:
            if wanted and _is_text(column.type):
                query = select(column).where(_matches(column, wanted)).limit(1)
                if db.execute(query).first() is not None:
                    found.append(f"{table.name}.{column.name}")
    return found


def _is_text(kind: Any) -> bool:
    return isinstance(kind, Text | Document)


def _matches(column: Any, values: Sequence[str]) -> Any:
    text = func.lower(cast(column, Text))
    spelled = {_inside(value) for value in values} | set(values)
    return or_(*(text.contains(value.lower(), autoescape=True) for value in sorted(spelled)))


def _inside(value: str) -> str:
    """A value as it stands within JSON text."""
    return dumps(value)[1:-1]


def _strike(db: Connection, table: Table, column: Any, values: Sequence[str]) -> int:
    key = list(table.primary_key.columns)
    found = list(db.execute(select(*key, column.label("struck")).where(_matches(column, values))))
    pattern = re.compile(
        "|".join(map(re.escape, sorted(values, key=len, reverse=True))), re.IGNORECASE
    )
    for row in found:
        at = [k == value for k, value in zip(key, row, strict=False)]
        if column.primary_key:
            db.execute(table.delete().where(*at))
        else:
            clean = _clean(row.struck, pattern)
            db.execute(update(table).where(*at).values({column.name: clean}))
    return len(found)


def _clean(value: Any, pattern: re.Pattern[str]) -> Any:
    """The value without what is to go, whatever it is nested in."""
    if isinstance(value, str):
        return pattern.sub(STRUCK, value)
    if isinstance(value, list):
        return [_clean(each, pattern) for each in value]
    if isinstance(value, dict):
        return {pattern.sub(STRUCK, k): _clean(v, pattern) for k, v in value.items()}
    return value
