"""A store of an earlier release goes on: what it staged becomes what this release makes of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.rehearsal import rehearsal

SCHEMA = Path(__file__).parent.parent / "fixtures" / "schema-0.2.sql"
AT = "2026-01-01T00:00:00Z"
STAGED: list[tuple[str, str, dict[str, Any]]] = [
    ("companies", "companies-000001", {"name": "Aoba", "domain": "aoba.example"}),
    ("tasks", "tasks-000001", {"subject": "Call", "company_id": "companies-000001"}),
    ("tasks", "tasks-000002", {"subject": "Write", "company_id": None}),
]


def written_by_0_2(file: Path) -> None:
    """A store as 0.2 left it: three records, their entities one per record, all read before."""
    with closing(sqlite3.connect(file)) as db:
        db.executescript(SCHEMA.read_text("utf-8"))
        for object_, id_, payload in STAGED:
            db.execute(
                "INSERT INTO record (connection, object, id, payload, digest, modified_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                ("crm", object_, id_, json.dumps(payload), "d", AT),
            )
        for n in (1, 2):
            row = (f"crm/tasks/tasks-00000{n}", "old", "crm", "tasks", f"tasks-00000{n}", AT)
            db.execute(
                "INSERT INTO activity (id, subject, connection, object, record_id, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
        for mapping in ("account", "activity"):
            db.execute(
                "INSERT INTO cursor (connection, object, stream, value, at)"
                " VALUES ('mappings', ?, 'read', 'the version of 0.2', ?)",
                (mapping, AT),
            )
        db.commit()


def test_activities_of_an_earlier_store_are_merged_without_a_pull(tmp_path: Path) -> None:
    """The rows of 0.2 go; the next run makes linked entities of what is staged, asking nobody."""
    written_by_0_2(tmp_path / "store.db")
    with rehearsal(url=f"sqlite:///{tmp_path}/store.db") as world:
        assert world.rows("activity") == {}
        world.walk("replan")
        found = {row["subject"]: row for row in world.rows("activity").values()}
        [account] = world.rows("account")
        assert set(found) == {"Call", "Write"}
        assert found["Call"]["account_id"] == account
        linked = {row["id"] for row in world.all("link") if row["entity"] == "activity"}
        assert linked == {"tasks-000001", "tasks-000002"}
        traces = [json.dumps(row["provenance"]) for row in world.all("activity")]
        assert all("crm/tasks/tasks-" in trace for trace in traces)
        assert world.connector("crm").limits().calls == 0
        before = world.rows("activity")
        world.walk("replan")
        assert world.rows("activity") == before
