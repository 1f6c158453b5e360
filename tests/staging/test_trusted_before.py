"""Rules that people had applied before a release kept it count as trusted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from staging.engine import open_store
from staging.migrations.trust import trust
from staging.migrations.upgrade import upgrade
from staging.write import trusted

SCHEMA = Path(__file__).parent.parent / "fixtures" / "schema-0.3.sql"
AT = "2026-01-0{}T00:00:00Z"
PLANS = [("p1", "daemon", 1), ("p2", "aoki", 2), ("p3", "baba", 3)]
CHANGES = [
    ("p1", "score:fit", "crm", "written"),  # no person said yes
    ("p2", "mapping:account", "crm", "written"),
    ("p2", "create:account", "crm", "refused"),  # it did not come true
    ("p3", "mapping:account", "crm", "written"),
    ("p3", "mapping:account", "ma", "written"),
    ("p3", "scenario:run-1", "ma", "written"),
]


def row(table: str, **values: str) -> str:
    """The statement that inserts one row, as an earlier release would."""
    names = ", ".join(f'"{name}"' for name in values)
    said = ", ".join(f"'{value}'" for value in values.values())
    return f"INSERT INTO {table} ({names}) VALUES ({said})"


def written_before() -> list[str]:
    """Statements of what an earlier release left behind."""
    first = AT.format(1)
    run = {"id": "run-1", "scenario": "autumn", "state": "pushed", "version": "v"}
    said = [row("scenario_run", **run, author="aoki", created_at=first)]
    for id_, by, day in PLANS:
        at = AT.format(day)
        about = {"id": id_, "digest": "d", "state": "applied", "author": "me"}
        said.append(row("plan", **about, created_at=at, expires_at=at, applied_at=at))
        said.append(row("approval", plan_id=id_, by=by, at=at))
    for n, (plan, origin, connection, state) in enumerate(CHANGES):
        to = {"connection": connection, "object": "o", "verb": "update", "state": state}
        wish = {"id": f"i{n}", "origin": origin, "lane": "mappings", "created_at": first}
        said.append(row("intent", **wish, **to))
        cell = {"id": f"c{n}", "plan_id": plan, "write_id": f"w{n}", "intent_id": f"i{n}"}
        said.append(row("change", **cell, **to, field="f", risk="fill"))
    return said


def kept(db: Connection) -> dict[tuple[str, str], tuple[str, str]]:
    """Rule and connection → plan and person."""
    return {of: (row.plan_id, row.by) for of, row in trusted.all_of(db).items()}


EXPECTED = {
    ("mapping:account", "crm"): ("p2", "aoki"),
    ("mapping:account", "ma"): ("p3", "baba"),
    ("scenario:autumn", "ma"): ("p3", "baba"),
}


def test_what_people_applied_is_trusted(store_url: str) -> None:
    """The first plan of a rule that a person approved speaks for it, on both engines; twice too."""
    store = open_store(store_url)
    with store.writing() as db:
        upgrade(db)
        for statement in written_before():
            db.exec_driver_sql(statement)
        trust(db)
        trust(db)
        assert kept(db) == EXPECTED
    store.close()


def test_an_upgrade_from_0_3_tells_it(tmp_path: Path) -> None:
    """Nobody is asked again for what they said yes to before."""
    with closing(sqlite3.connect(tmp_path / "store.db")) as old:
        old.executescript(SCHEMA.read_text("utf-8"))
        for statement in written_before():
            old.execute(statement)
        old.commit()
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    with store.writing() as db:
        upgrade(db)
        assert kept(db) == EXPECTED
    store.close()
