"""Records as they are written: defaults, unique values, history and what HubSpot derives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from sandbox.hubspot.data.checks import check
from sandbox.hubspot.data.definitions import definitions
from sandbox.hubspot.data.kinds import Kind, kind_of
from sandbox.hubspot.data.links import linked_by, unlink_all
from sandbox.hubspot.data.load import unique_values
from sandbox.hubspot.data.records import Row, read
from sandbox.hubspot.data.times import millis
from sandbox.hubspot.faults import missing, taken
from sandbox.hubspot.habits.derived import backward, derived
from sandbox.hubspot.habits.due import follow
from sandbox.hubspot.habits.pipelines import fields, pipelines
from sandbox.hubspot.settings import settings
from sandbox.hubspot.webhooks.changes import note
from sandbox.hubspot.webhooks.links import note_links
from sandbox.state import State

_FIRST_ID: Final = 1001
_DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "contacts": {"lifecyclestage": "lead"},
    "tasks": {"hs_task_status": "NOT_STARTED", "hs_task_type": "TODO", "hs_task_priority": "NONE"},
    "leads": {"hs_pipeline_stage": "new-stage-id"},
    "line_items": {"quantity": "1"},
}
_LEAD: Final = "0-136"
_PRIMARY_CONTACT: Final = 578


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: shown as the source of the record and in its history."""

    source: str = "INTEGRATION"
    source_id: str = "1160452"
    user: str | None = None

    @property
    def signed(self) -> tuple[str, str]:
        """How the log of changes names this author."""
        return self.source, self.source_id


APP: Final = Author()
_HUBSPOT: Final = Author("CALCULATED", "HubSpot")


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
    kept |= _pipeline(state, kind, kept)
    kept.update(derived(state, kind, {}, kept, now))
    kept = {name: value for name, value in kept.items() if value}
    row = adopt(state, kind, kept, now, author)
    follow(state, kind, row[0], kept)
    note(state, "CREATE", kind.id, row[0], author.signed, kept)
    return row


def _pipeline(state: State, kind: Kind, kept: Mapping[str, str]) -> dict[str, str]:
    """The only pipeline is the default; a deal must say which when there are several."""
    names = fields(state, kind)
    held = [] if names is None else pipelines(state, kind)
    if names is None or not held or kept.get(names[0]):
        return {}
    if kind.name == "deals" and len(held) > 1:
        raise missing(kind.label, [names[0]])
    return {names[0]: held[0]["id"]}


def adopt(
    state: State,
    kind: Kind,
    kept: Mapping[str, str],
    created: int,
    author: Author,
    same: int | None = None,
) -> Row:
    """Add a record with values already checked, as a merge makes it; perhaps under a known id."""
    now, id = millis(state.now()), _next_id(state, kind) if same is None else same
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
    written = {name: value for name, (_, value) in changed.items()}
    after.update(derived(state, kind, before, written, now))
    after = {name: value for name, value in after.items() if value}
    _claim(state, kind, row[0], after)
    _remember(state, kind, row[0], now, changed, author)
    follow(state, kind, row[0], written)
    note(state, "UPDATE", kind.id, row[0], author.signed, written)
    return _store(state, kind, row, after, now)


def touch(state: State, kind: Kind, id: int, decided: Mapping[str, str] | None = None) -> None:
    """Move the modified date as HubSpot does by itself, perhaps with a value it decides."""
    row = read(state, kind, str(id))
    if row is not None:
        before: dict[str, str] = orjson.loads(row[5])
        after = before | dict(decided or {})
        if decided:
            changed = {n: (before.get(n), v) for n, v in decided.items() if before.get(n) != v}
            _remember(state, kind, row[0], millis(state.now()), changed, _HUBSPOT)
            note(state, "UPDATE", kind.id, row[0], _HUBSPOT.signed, decided)
        _store(state, kind, row, {name: each for name, each in after.items() if each}, None)


def archive(state: State, kind: Kind, row: Row, author: Author = APP) -> None:
    """Take a record out of every listing but the archived one; its links and keys are free."""
    now = millis(state.now())
    state.db.execute(
        "UPDATE hs_record SET archived = 1, archived_at = ? WHERE type = ? AND id = ?",
        (now, kind.id, row[0]),
    )
    _free(state, kind, row[0], author)
    note(state, "DELETE", kind.id, row[0], author.signed)


def purge(state: State, kind: Kind, row: Row, author: Author = APP) -> None:
    """Remove a record and all its traces."""
    _free(state, kind, row[0], author)
    for table in ("hs_record", "hs_history", "hs_prior"):
        state.db.execute(f"DELETE FROM {table} WHERE type = ? AND id = ?", (kind.id, row[0]))


def restore(state: State, kind: Kind, row: Row) -> None:
    """Bring an archived record back as a person does; its links stay lost, its keys return."""
    _claim(state, kind, row[0], orjson.loads(row[5]))
    state.db.execute(
        "UPDATE hs_record SET archived = 0, archived_at = NULL, modified = ? "
        "WHERE type = ? AND id = ?",
        (max(millis(state.now()), row[2] + 1), kind.id, row[0]),
    )
    note(state, "RESTORE", kind.id, row[0], ("CRM_UI", ""))


def _end_leads(state: State, kind: Kind, id: int, author: Author) -> None:
    """A lead ends with its last primary contact: that contact is about to lose it."""
    if kind.name == "contacts":
        lead = kind_of("leads")
        for lead_id in linked_by(state, _LEAD, kind.id, id, _PRIMARY_CONTACT):
            row = read(state, lead, str(lead_id))
            if row is not None:
                archive(state, lead, row, author)


def _free(state: State, kind: Kind, id: int, author: Author) -> None:
    _end_leads(state, kind, id, author)
    note_links(state, unlink_all(state, kind.id, id), author.signed, removed=True)
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
    stages = [each.get("lifecyclestage", "") for each in (before, changes)]
    if backward(state, kind, *stages):
        del kept["lifecyclestage"]
    return kept
