"""Records as they are written: defaults, unique values, history and what HubSpot derives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from sandbox.hubspot.data.checks import check
from sandbox.hubspot.data.definitions import definitions
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.links import unlink_all
from sandbox.hubspot.data.load import unique_values
from sandbox.hubspot.data.records import Row, read
from sandbox.hubspot.data.times import iso, millis
from sandbox.hubspot.faults import missing, taken
from sandbox.hubspot.settings import settings
from sandbox.state import State

STAGES: Final = (
    "subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity",
    "customer", "evangelist", "other",
)  # fmt: skip
_FIRST_ID: Final = 1001
_DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "contacts": {"lifecyclestage": "lead"},
    "deals": {"pipeline": "default"},
    "tasks": {"hs_task_status": "NOT_STARTED", "hs_task_type": "TODO", "hs_task_priority": "NONE"},
    "tickets": {"hs_pipeline": "0"},
}


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: shown as the source of the record and in its history."""

    source: str = "INTEGRATION"
    source_id: str = "1160452"
    user: str | None = None


APP: Final = Author()


def create(state: State, kind: Kind, properties: object, author: Author = APP) -> Row:
    """Add one record; refuses bad values, missing ones and taken unique ones before writing."""
    changes = {name: value for name, value in check(state, kind, properties).items() if value}
    absent = [group[0] for group in kind.required if not any(name in changes for name in group)]
    if absent:
        raise missing(kind.label, absent)
    now = millis(state.now())
    born = {
        "hs_object_source": author.source,
        "hs_object_source_id": author.source_id,
        "hs_object_source_label": author.source,
    }
    kept = {**born, **_DEFAULTS.get(kind.name, {}), **changes}
    kept.update(_derived(kind, kept, now))
    kept = {name: value for name, value in kept.items() if value}
    return adopt(state, kind, kept, now, author)


def adopt(state: State, kind: Kind, kept: Mapping[str, str], created: int, author: Author) -> Row:
    """Add a record with values already checked, as a merge makes it."""
    now, id = millis(state.now()), _next_id(state, kind)
    _claim(state, kind, id, kept)
    row: Row = (id, created, now, 0, None, orjson.dumps(kept).decode())
    state.db.execute("INSERT INTO hs_record VALUES (?, ?, ?, ?, ?, ?, ?)", (kind.id, *row))
    _remember(state, kind, id, now, {name: (None, kept[name]) for name in kept}, author)
    return row


def update(state: State, kind: Kind, row: Row, properties: object, author: Author = APP) -> Row:
    """Change one record; a value it already holds changes nothing, not even the modified date."""
    changes = check(state, kind, properties)
    before: dict[str, str] = orjson.loads(row[5])
    changes = _allowed(state, kind, before, changes)
    changed = {
        name: (before.get(name), value)
        for name, value in changes.items()
        if before.get(name, "") != value
    }
    if not changed:
        return row
    now = millis(state.now())
    after = before | {name: value for name, (_, value) in changed.items()}
    after.update(_derived(kind, {name: value for name, (_, value) in changed.items()}, now))
    after = {name: value for name, value in after.items() if value}
    _claim(state, kind, row[0], after)
    _remember(state, kind, row[0], now, changed, author)
    return _store(state, kind, row, after, now)


def touch(state: State, kind: Kind, id: int, decided: Mapping[str, str] | None = None) -> None:
    """Move the modified date as HubSpot does by itself, perhaps with a value it decides."""
    row = read(state, kind, str(id))
    if row is not None:
        after = orjson.loads(row[5]) | (decided or {})
        _store(state, kind, row, {name: each for name, each in after.items() if each}, None)


def archive(state: State, kind: Kind, row: Row) -> None:
    """Take a record out of every listing but the archived one; its links and keys are free."""
    now = millis(state.now())
    state.db.execute(
        "UPDATE hs_record SET archived = 1, archived_at = ? WHERE type = ? AND id = ?",
        (now, kind.id, row[0]),
    )
    _free(state, kind, row[0])


def purge(state: State, kind: Kind, row: Row) -> None:
    """Remove a record and all its traces."""
    _free(state, kind, row[0])
    for table in ("hs_record", "hs_history", "hs_prior"):
        state.db.execute(f"DELETE FROM {table} WHERE type = ? AND id = ?", (kind.id, row[0]))


def _free(state: State, kind: Kind, id: int) -> None:
    unlink_all(state, kind.id, id)
    state.db.execute("DELETE FROM hs_unique WHERE type = ? AND id = ?", (kind.id, id))
    state.db.execute(
        "DELETE FROM hs_member WHERE record = ? AND list IN "
        "(SELECT id FROM hs_list WHERE type = ?)",
        (id, kind.id),
    )


def _store(state: State, kind: Kind, row: Row, after: Mapping[str, str], at: int | None) -> Row:
    modified = max(millis(state.now()) if at is None else at, row[2] + 1)
    if settings(state).index_lag_seconds:
        state.db.execute(
            "INSERT OR REPLACE INTO hs_prior VALUES (?, ?, ?, ?, 0, ?, ?, ?)",
            (kind.id, row[0], row[1], row[2], row[5], row[2], modified),
        )
    text = orjson.dumps(after).decode()
    state.db.execute(
        "UPDATE hs_record SET modified = ?, properties = ? WHERE type = ? AND id = ?",
        (modified, text, kind.id, row[0]),
    )
    return row[0], row[1], modified, row[3], row[4], text


def _next_id(state: State, kind: Kind) -> int:
    """An id never used before, also not by a record that is gone."""
    row = state.db.execute(
        "SELECT 1 + max(?, coalesce((SELECT max(id) FROM hs_record WHERE type = ?), 0), "
        "coalesce((SELECT last FROM hs_sequence WHERE type = ?), 0))",
        (_FIRST_ID - 1, kind.id, kind.id),
    ).fetchone()
    state.db.execute("INSERT OR REPLACE INTO hs_sequence VALUES (?, ?)", (kind.id, row[0]))
    return int(row[0])


def _claim(state: State, kind: Kind, id: int, properties: Mapping[str, str]) -> None:
    """Hold the record's unique values, or refuse with the id of the record that holds one."""
    claims = [
        (kind.id, name, value)
        for name, definition in definitions(state, kind).items()
        if definition.unique
        for value in unique_values(name, properties)
    ]
    for claim in claims:
        holder = state.db.execute(
            "SELECT id FROM hs_unique WHERE type = ? AND name = ? AND value = ? AND id <> ?",
            (*claim, id),
        ).fetchone()
        if holder is not None:
            raise taken(kind.singular, holder[0])
    state.db.execute("DELETE FROM hs_unique WHERE type = ? AND id = ?", (kind.id, id))
    rows = [(*claim, id) for claim in claims]
    state.db.executemany("INSERT OR REPLACE INTO hs_unique VALUES (?, ?, ?, ?)", rows)


def _remember(
    state: State,
    kind: Kind,
    id: int,
    at: int,
    changed: Mapping[str, tuple[str | None, str]],
    author: Author,
) -> None:
    """Keep who wrote which value when; the order of writes survives equal moments."""
    rows = [
        (kind.id, id, name, kind.id, id, name, at, before, value, author)
        for name, (before, value) in changed.items()
    ]
    state.db.executemany(
        "INSERT INTO hs_history SELECT ?, ?, ?, (SELECT count(*) FROM hs_history "
        "WHERE type = ? AND id = ? AND name = ?), ?, ?, ?, ?, ?, ?",
        [(*row[:-1], author.source, author.source_id, author.user) for row in rows],
    )


def _allowed(
    state: State, kind: Kind, before: Mapping[str, str], changes: Mapping[str, str]
) -> dict[str, str]:
    """Without a lifecycle stage that would move backwards; `;a` appends to a list."""
    known = definitions(state, kind)
    kept = dict(changes)
    for name, value in changes.items():
        if known[name].many and value.startswith(";"):
            held = [each for each in before.get(name, "").split(";") if each]
            added = [each for each in value.split(";") if each and each not in held]
            kept[name] = ";".join(held + added)
    if _is_backward(before.get("lifecyclestage", ""), changes.get("lifecyclestage", "")):
        del kept["lifecyclestage"]
    return kept


def _is_backward(old: str, new: str) -> bool:
    return old in STAGES and new in STAGES and STAGES.index(new) < STAGES.index(old)


def _derived(kind: Kind, changes: Mapping[str, str], now: int) -> dict[str, str]:
    """What HubSpot itself sets because of these changes."""
    found: dict[str, str] = {}
    rule = _RULES.get(kind.name)
    if rule is not None:
        found.update(rule(changes, iso(now)))
    if changes.get("hubspot_owner_id"):
        found["hubspot_owner_assigneddate"] = iso(now)
    if changes.get("lifecyclestage"):
        found[f"hs_lifecyclestage_{changes['lifecyclestage']}_date"] = iso(now)
    return found


def _contact(changes: Mapping[str, str], now: str) -> dict[str, str]:
    if "email" not in changes:
        return {}
    return {"hs_email_domain": changes["email"].rpartition("@")[2]}


def _deal(changes: Mapping[str, str], now: str) -> dict[str, str]:
    stage = changes.get("dealstage")
    if not stage:
        return {}
    closed, won = stage in ("closedwon", "closedlost"), stage == "closedwon"
    return {
        f"hs_date_entered_{stage}": now,
        "hs_is_closed": str(closed).lower(),
        "hs_is_closed_won": str(won).lower(),
    }


def _task(changes: Mapping[str, str], now: str) -> dict[str, str]:
    status = changes.get("hs_task_status")
    if status is None:
        return {}
    done = status == "COMPLETED"
    return {
        "hs_task_is_completed": str(int(done)),
        "hs_task_completion_date": now if done else "",
    }


_RULES: Final[Mapping[str, Callable[[Mapping[str, str], str], dict[str, str]]]] = {
    "contacts": _contact,
    "deals": _deal,
    "tasks": _task,
}
