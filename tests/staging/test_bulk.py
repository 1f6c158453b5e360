"""Bulk writing: the same rows on both engines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from staging import bulk
from staging.tables.entities import ENTITY_TABLES
from staging.tables.operating import CERTIFICATE
from staging.tables.staged import BASE, DIRTY, RECORD, RECORD_CHANGE
from staging.tables.writes import RECEIPT

TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def base(id: str, normalized: Any, version: str | None = "1") -> dict[str, Any]:
    return {
        "connection": "crm",
        "object": "companies",
        "id": id,
        "normalized": normalized,
        "mapping_version": version,
    }


def crowd(size: int) -> list[dict[str, Any]]:
    """Rows around the interesting ones: PostgreSQL takes another way for many than for few."""
    return [base(f"crowd-{i}", {}) for i in range(size)]


def bases(db: Connection) -> dict[str, Any]:
    return {row.id: row.normalized for row in db.execute(select(BASE).order_by(BASE.c.id))}


def test_inserts_and_replaces(db: Connection) -> None:
    """A new key is inserted, a known one gets the given columns."""
    bulk.upsert(db, BASE, [base("1", {"a": 1}), base("2", {"b": None})])
    bulk.upsert(db, BASE, [base("2", {"b": "x"}), base("3", [])])
    assert bases(db) == {"1": {"a": 1}, "2": {"b": "x"}, "3": []}


def test_keeps_the_columns_it_is_not_given(db: Connection) -> None:
    """An upsert of some columns leaves the others as they stand."""
    bulk.upsert(db, BASE, [{**base("1", {"a": 1}), "sent": {"Name": "A"}}])
    bulk.upsert(db, BASE, [base("1", {"a": 2})])
    row = db.execute(select(BASE)).one()
    assert (row.normalized, row.sent) == ({"a": 2}, {"Name": "A"})


def test_may_keep_the_old_row(db: Connection) -> None:
    """With replace=False a known key stays as it was."""
    bulk.upsert(db, BASE, [base("1", {"a": 1})])
    bulk.upsert(db, BASE, [base("1", {"a": 2}), base("2", {})], replace=False)
    assert bases(db) == {"1": {"a": 1}, "2": {}}


@pytest.mark.parametrize("others", [0, 100])
@pytest.mark.parametrize("replace", [True, False])
def test_a_key_may_come_twice(db: Connection, replace: bool, others: int) -> None:
    """A key given twice in one call is one row: the last one stays, or the first that is kept."""
    rows = [base("1", {"n": 1}), *crowd(others), base("1", {"n": 2})]
    bulk.upsert(db, BASE, rows, replace=replace)
    assert bases(db)["1"] == {"n": 2 if replace else 1}
    assert len(bases(db)) == 1 + others


def test_a_table_of_keys_alone(db: Connection) -> None:
    """Rows that are all key are written once."""
    row = {"consumer": "map", "kind": "crm/contacts", "id": "1"}
    bulk.upsert(db, DIRTY, [row])
    bulk.upsert(db, DIRTY, [row, {**row, "id": "2"}])
    assert db.scalars(select(DIRTY.c.id).order_by(DIRTY.c.id)).all() == ["1", "2"]


def test_null_is_null(db: Connection) -> None:
    """A missing document is NULL, not the JSON word null."""
    bulk.upsert(db, BASE, [base("1", None, None)])
    found = select(BASE.c.id).where(BASE.c.normalized.is_(None), BASE.c.mapping_version.is_(None))
    assert db.scalars(found).all() == ["1"]


def test_booleans_come_back(db: Connection) -> None:
    """True and false survive both engines."""
    row = {"connection": "crm", "object": "o", "platform_count": 1, "staged_count": 2, "at": "now"}
    bulk.upsert(
        db,
        CERTIFICATE,
        [{**row, "run_id": "1", "complete": True}, {**row, "run_id": "2", "complete": False}],
    )
    query = select(CERTIFICATE.c.complete).order_by(CERTIFICATE.c.run_id)
    assert db.scalars(query).all() == [True, False]


def test_numbers_come_back(db: Connection) -> None:
    """Decimals and their text forms are the same number on both engines."""
    sale = ENTITY_TABLES["sale"]
    amounts = [Decimal("1234.5600"), "99999999.25", 12, None, 1.5]
    for copies in (1, 20):
        rows = [{"id": f"{i:03d}", "amount": a} for i, a in enumerate(amounts * copies)]
        bulk.upsert(db, sale, rows)
        found = db.scalars(select(sale.c.amount).order_by(sale.c.id)).all()
        numbers = [None if f is None else float(f) for f in found]
        assert numbers == [1234.56, 99999999.25, 12.0, None, 1.5] * copies


def test_server_defaults_hold_where_nothing_is_given(db: Connection) -> None:
    """A column that is left out gets its default, also through the merge of a copy."""
    given_ = {"plan_id": "p", "run_id": "r", "connection": "c", "object": "o", "verb": "create"}
    bulk.upsert(db, RECEIPT, [{"id": "1", **given_, "state": "open", "opened_at": "now"}])
    assert db.scalar(select(RECEIPT.c.created)) is False


def test_a_missing_value_is_refused_and_leaves_nothing(db: Connection) -> None:
    """A row without a required value fails the call on both engines."""
    row = {"connection": "c", "object": "o", "id": "1", "digest": None}
    with pytest.raises(IntegrityError), db.begin_nested():
        bulk.upsert(db, RECORD, [row])
    bulk.upsert(db, RECORD, [{**row, "digest": "d"}])
    assert db.scalars(select(RECORD.c.id)).all() == ["1"]


def test_many_chunks(db: Connection) -> None:
    """More rows than one chunk holds are all written."""
    rows = [{"consumer": "map", "kind": "k", "id": f"{i:05d}"} for i in range(12_001)]
    bulk.upsert(db, DIRTY, rows)
    assert len(db.scalars(select(DIRTY.c.id)).all()) == 12_001


def test_nothing_is_nothing(db: Connection) -> None:
    """An empty call writes nothing and fails nothing."""
    bulk.upsert(db, BASE, [])
    bulk.insert(db, RECORD_CHANGE, [])
    assert bases(db) == {}


def test_deletes_by_long_lists(db: Connection) -> None:
    """More ids than one IN takes are all deleted, under the other conditions too."""
    rows = [{"consumer": c, "kind": "k", "id": f"{i}"} for c in ("a", "b") for i in range(1_200)]
    bulk.upsert(db, DIRTY, rows)
    bulk.delete_where_in(db, DIRTY, DIRTY.c.id, map(str, range(1_199)), DIRTY.c.consumer == "a")
    left = db.execute(select(DIRTY.c.consumer, DIRTY.c.id).where(DIRTY.c.consumer == "a")).all()
    assert left == [("a", "1199")]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(JSON, min_size=1, max_size=5),
    words=st.lists(TEXT, min_size=1, max_size=5),
    others=st.sampled_from([0, 60]),
)
def test_any_value_comes_back(
    db: Connection, values: list[Any], words: list[str], others: int
) -> None:
    """Round trip: any JSON value and any text comes back from both engines as it was."""
    rows = [base(f"{i}", value, words[i % len(words)]) for i, value in enumerate(values)]
    bulk.upsert(db, BASE, [*rows, *crowd(others)])
    found = {r.id: (r.normalized, r.mapping_version) for r in db.execute(select(BASE))}
    for row in rows:
        assert found[row["id"]] == (row["normalized"], row["mapping_version"])
