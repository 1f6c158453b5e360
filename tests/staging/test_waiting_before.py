"""What an earlier release left waiting is taken up by this one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, select

from staging.engine import open_store
from staging.migrations.upgrade import upgrade
from staging.migrations.waiting import bring_over
from staging.tables.writes import PLAN
from staging.write import parking
from staging.write.parking import Which

SCHEMA = Path(__file__).parent.parent / "fixtures" / "schema-0.3.sql"
AT = "2026-01-01T00:00:00.000Z"
WAITS = {"state": "open", "code": "TSK-3000", "reason": "refused", "fix": "look", "at": AT}
WISHES = (("refused", "rejected", "parked"), ("lost", "unknown", "parked"),
          ("later", "rejected", "done"))  # fmt: skip


def row(table: str, **values: str) -> str:
    """The statement that inserts one row, as an earlier release would."""
    names = ", ".join(f'"{name}"' for name in values)
    said = ", ".join(f"'{value}'" for value in values.values())
    return f"INSERT INTO {table} ({names}) VALUES ({said})"


def left_before() -> list[str]:
    """Statements: a refused write, one without an answer, one that came true since, two plans."""
    at = {"connection": "crm", "object": "tasks", "verb": "create"}
    said = [row("parked", id="crm/tasks/7#title", **WAITS, connection="crm", object="tasks")]
    for id_, receipt, state in WISHES:
        wish, write = f"signal:{id_}", f"p_1/{id_}"
        said += [
            row("intent", id=wish, origin="signal:x", lane="handoffs", state=state, created_at=AT,
                **at),
            row("change", id=f"{write}#subject", plan_id="p_1", write_id=write, intent_id=wish,
                field="subject", risk="create", label="Aoba", state="parked", **at),
            row("change", id=f"{write}#status", plan_id="p_1", write_id=write, intent_id=wish,
                field="status", risk="create", label="Aoba", state="parked", **at),
            row("receipt", id=write, plan_id="p_1", run_id="r", state=receipt, opened_at=AT, **at),
            row("parked", id=write, **WAITS, connection="crm", object="tasks"),
        ]  # fmt: skip
    for id_, state in (("p_1", "applied"), ("p_2", "approved")):
        said.append(row("plan", id=id_, digest="d", state=state, author="me", created_at=AT,
                        expires_at=AT))  # fmt: skip
    return said


def standing(db: Connection) -> dict[str, tuple[str | None, str | None]]:
    """What waits: id → its wish and when it is tried again."""
    return {each.id: (each.intent_id, each.next_at) for each in parking.listed(db, Which())}


EXPECTED = {
    "signal:refused": ("signal:refused", AT),
    "p_1/lost": ("signal:lost", None),
    "crm/tasks/7#title": (None, None),
}


def test_what_waits_is_taken_up(store_url: str) -> None:
    """A refused write is due, one without an answer waits for a person; on both engines, twice."""
    store = open_store(store_url)
    with store.writing() as db:
        upgrade(db)
        for statement in left_before():
            db.exec_driver_sql(statement)
        bring_over(db)
        bring_over(db)
        assert standing(db) == EXPECTED
    store.close()


def test_an_upgrade_from_0_3_takes_it_up(tmp_path: Path) -> None:
    """Its plans that nobody applied are made anew: they do not tell all that is approved today."""
    with closing(sqlite3.connect(tmp_path / "store.db")) as old:
        old.executescript(SCHEMA.read_text("utf-8"))
        for statement in left_before():
            old.execute(statement)
        old.commit()
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    with store.writing() as db:
        upgrade(db)
        assert standing(db) == EXPECTED
        states = dict(db.execute(select(PLAN.c.id, PLAN.c.state)).all())
        assert states == {"p_1": "applied", "p_2": "discarded"}
    store.close()
