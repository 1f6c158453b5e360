"""Write the sales system and the truth to disk."""

import csv
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from sandbox.world.shape import Row, Truth, World

TRUTH_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE customers (
    customer_code TEXT PRIMARY KEY, customer_name TEXT NOT NULL, corporate_number TEXT,
    domain TEXT, updated_at TEXT NOT NULL
);
CREATE TABLE sales_lines (
    line_id INTEGER PRIMARY KEY, invoice_no TEXT NOT NULL, invoiced_on TEXT NOT NULL,
    customer_code TEXT NOT NULL, customer_name TEXT NOT NULL, corporate_number TEXT,
    sku TEXT NOT NULL, quantity INTEGER NOT NULL, unit_price INTEGER NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    delivered_code TEXT, end_user_code TEXT, end_user_name TEXT, paid_on TEXT,
    updated_at TEXT NOT NULL
);
CREATE INDEX sales_lines_updated_at ON sales_lines (updated_at);
"""


def write_sales(world: World, folder: Path) -> None:
    """Make `sales.db` and `imports/` in the folder; a database that is there is replaced."""
    imports = folder / "imports"
    imports.mkdir(parents=True, exist_ok=True)
    path = folder / "sales.db"
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path)
    try:
        db.executescript(_SCHEMA)
        _fill(db, "customers", world.sales.customers)
        _fill(db, "sales_lines", world.sales.lines)
        db.commit()
    finally:
        db.close()
    _write_csv(imports / "contracts_utf8.csv", world.sales.contracts, "utf-8-sig")
    _write_csv(imports / "legacy_sales_cp932.csv", world.sales.legacy, "cp932")


def _fill(db: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    db.executemany(f"INSERT INTO {table} VALUES ({marks})", [tuple(row.values()) for row in rows])


def _write_csv(path: Path, rows: Sequence[Row], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


def write_truth(world: World, path: Path) -> None:
    """Write what a perfect run would find, as JSON; the README names its shape."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head: dict[str, Any] = {
        "version": TRUTH_VERSION,
        "seed": world.seed,
        "scale": world.scale,
        "today": world.today.isoformat(),
    }
    text = json.dumps(
        head | _shown(world.truth), ensure_ascii=False, indent=1, sort_keys=True, default=_plain
    )
    path.write_text(text + "\n", encoding="utf-8")


def _shown(truth: Truth) -> dict[str, Any]:
    records = [[r.system, r.object, r.id, r.company, r.person] for r in truth.records]
    cookies = [asdict(cookie) for cookie in truth.cookies]
    return {
        "rules": truth.rules,
        "settings": truth.settings,
        "teams": truth.teams,
        "companies": truth.companies,
        "people": truth.people,
        "records": records,
        "cookies": cookies,
        "planted": truth.planted,
    }


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
