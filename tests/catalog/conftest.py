"""Rows that hold what no row should, on each engine, for every test of expressions."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from catalog.expression.evaluate import evaluate
from catalog.expression.lower import lower, register_functions
from catalog.expression.scope import Scope
from catalog.expression.tree import written
from catalog.shape import Type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.expression.tree import Node

TODAY = date(2026, 3, 31)
NOW = datetime(2026, 3, 31, 12, 30, 15, 250_000, tzinfo=UTC)
FIELDS = {
    "t": Type.TEXT,
    "u": Type.TEXT,
    "i": Type.INT,
    "j": Type.INT,
    "n": Type.NUM,
    "m": Type.NUM,
    "b": Type.BOOL,
    "c": Type.BOOL,
    "d": Type.DATE,
    "e": Type.DATE,
    "s": Type.TIME,
    "z": Type.TIME,
}
SCOPE = Scope({"r": FIELDS}, "r")
TEXTS = (
    None,
    "",
    "abc",
    "ABC",
    " abc\t",
    "　全角 ",
    "株式会社ヤマダ",
    "ÉCOLE ß İ ΑΣ ǅ",
    "ａｂＣ",
    "12.5",
    "-7",
    "+3",
    "1,000",
    "1e5",
    ".5",
    "5.",
    "12.5.1",
    "١٢",
    "999999999999999.999999999999999",
    "0.000000000000001",
    "2026-01-31",
    "2026/02/29",
    "2024-02-29",
    "now",
    "a%b_c\\d[e]*?",
    "a\nb",
    "it's",
    "🦊🦊",
    "NULL",
)
INTS = (None, 0, 1, -1, 7, 100, -31, 2_147_483_647, -2_147_483_648)
NUMS = tuple(
    None if text is None else Decimal(text)
    for text in (
        None, "0", "1", "-1", "0.5", "-0.5", "2.5", "2.675", "1.005", "0.1", "0.2", "0.3",
        "1000000000000000", "1000000000000001", "-1000000000000000", "1e20", "-1e30",
        "0.000000000000001", "1e-16", "1e-300", "-1e-40", "123456.789", "4503599627370497.5",
    )
)  # fmt: skip
DATES = (
    None, "2026-03-31", "2026-04-01", "2024-02-29", "0001-01-01", "9999-12-31", "2026-01-31",
    "2024-02-30", "2023-02-29", "1900-02-29", "2000-02-29", "0000-01-01", "0000-02-29", "now",
    "", "abc", "2026-1-1", "2026-03-31T00:00:00.000Z", "2460000.5", "12:00", " 2026-03-31",
    "2026-13-01", "2026-00-10", "2026-04-31", "20260331", "２０２６-０３-３１", "2026-03-31\n",
)  # fmt: skip
TIMES = (
    None, "2026-03-31T12:30:15.250Z", "2026-03-31T12:30:15.251Z", "2026-03-30T12:30:15.250Z",
    "2026-03-30T12:30:15.249Z", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z",
    "2024-02-30T00:00:00.000Z", "2026-03-31T24:00:00.000Z", "2026-03-31T23:59:60.000Z",
    "2026-03-31", "2026-03-31T12:30:15Z", "2026-03-31 12:30:15.250", "2026-03-31T12:30:15.250",
    "2026-03-31T12:30:15.250+0000", "now", "", "abc", "2024-02-29T00:00:00.001Z",
    "2026-03-31T12:30:15.2501Z", "1969-12-31T23:59:59.999Z",
)  # fmt: skip
BOOLS = (None, True, False)
POOLS: dict[Type, tuple[Any, ...]] = {
    Type.TEXT: TEXTS,
    Type.INT: INTS,
    Type.NUM: NUMS,
    Type.BOOL: BOOLS,
    Type.DATE: DATES,
    Type.TIME: TIMES,
}


def hostile_rows() -> list[dict[str, Any]]:
    """Every value of every pool in each of its fields, beside ever other neighbours."""
    count = 3 * max(map(len, POOLS.values()))
    rows = []
    for number in range(count):
        row: dict[str, Any] = {"id": number}
        for place, (name, kind) in enumerate(FIELDS.items()):
            pool = POOLS[kind]
            row[name] = pool[(number * (1 + place % 2) + number // len(pool) * place) % len(pool)]
        rows.append(row)
    return rows


ROWS = hostile_rows()


def table(engine: sa.Engine) -> sa.Table:
    """The rows' table, kept as the store keeps them."""
    postgres = engine.dialect.name == "postgresql"
    sortable = sa.Text(collation="C") if postgres else sa.Text()
    kinds = {
        Type.TEXT: sa.Text(),
        Type.INT: sa.Integer(),
        Type.NUM: sa.Numeric() if postgres else sa.Float(),
        Type.BOOL: sa.Boolean(),
        Type.DATE: sortable,
        Type.TIME: sortable,
    }
    columns = [sa.Column(name, kinds[kind]) for name, kind in FIELDS.items()]
    return sa.Table("r", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *columns)


class Store:
    """One engine holding the hostile rows, and what Python sees of them."""

    scope = SCOPE

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", lambda raw, _: register_functions(raw))
        self.table = table(self.engine)
        self.table.metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            connection.execute(sa.insert(self.table), [self.kept(row) for row in ROWS])
        self.connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def kept(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row as this engine's driver takes it."""
        if self.engine.dialect.name == "postgresql":
            return row
        return {k: float(v) if isinstance(v, Decimal) else v for k, v in row.items()}

    def lowered(self, tree: Node) -> sa.ColumnElement[Any]:
        """The tree as SQL over the rows' table."""
        return lower(tree, lambda _, name: self.table.c[name], TODAY, NOW)

    def sql(self, tree: Node) -> str:
        """The text the engine is sent."""
        return str(self.lowered(tree).compile(self.engine))

    def answers(self, tree: Node) -> list[Any]:
        """What the engine says, row by row."""
        query = sa.select(self.lowered(tree)).select_from(self.table).order_by(self.table.c.id)
        return list(self.connection.execute(query).scalars())

    def count(self, tree: Node) -> int:
        """How many rows the condition keeps in a WHERE."""
        query = sa.select(sa.func.count()).select_from(self.table).where(self.lowered(tree))
        return int(self.connection.execute(query).scalar_one())

    def in_python(self, tree: Node) -> list[Any]:
        """What the Python reference says, row by row."""
        return [evaluate(tree, {("r", k): v for k, v in row.items()}, TODAY, NOW) for row in ROWS]

    def assert_alike(self, tree: Node) -> None:
        """Every row answers the same in the engine and in Python."""
        said, meant = self.answers(tree), self.in_python(tree)
        differ = [
            (row, one, other)
            for row, one, other in zip(ROWS, said, meant, strict=True)
            if one != other or isinstance(one, bool) != isinstance(other, bool)
        ]
        assert not differ, f"{written(tree)}: {len(differ)} differ, first {differ[0]}"

    def close(self) -> None:
        """Let the engine go."""
        self.connection.close()
        self.engine.dispose()


@pytest.fixture
def hostile(store_url: str) -> Iterator[Store]:
    """Give a store with the hostile rows."""
    with closing(Store(store_url)) as opened:
        yield opened
