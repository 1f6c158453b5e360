"""SQLite, PostgreSQL and plain Python answer every expression alike, whatever the rows hold."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.entities import Type
from catalog.expression.check import anything, condition
from catalog.expression.engine.sqlite import register_functions
from catalog.expression.evaluate import evaluate
from catalog.expression.functions.table import FUNCTIONS
from catalog.expression.lower import lower
from catalog.expression.scope import Scope
from catalog.expression.tree import written

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

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", lambda raw, _: register_functions(raw))
        self.table = table(self.engine)
        self.table.metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            connection.execute(sa.insert(self.table), [self.kept(row) for row in ROWS])
        self.connection = self.engine.connect()

    def kept(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row as this engine's driver takes it."""
        if self.engine.dialect.name == "postgresql":
            return row
        return {k: float(v) if isinstance(v, Decimal) else v for k, v in row.items()}

    def answers(self, tree: Node) -> list[Any]:
        """What the engine says, row by row."""
        element = lower(tree, lambda _, name: self.table.c[name], TODAY, NOW)
        query = sa.select(element).select_from(self.table).order_by(self.table.c.id)
        return list(self.connection.execute(query).scalars())

    def count(self, tree: Node) -> int:
        """How many rows the condition keeps in a WHERE."""
        element = lower(tree, lambda _, name: self.table.c[name], TODAY, NOW)
        query = sa.select(sa.func.count()).select_from(self.table).where(element)
        return int(self.connection.execute(query).scalar_one())

    def close(self) -> None:
        """Let the engine go."""
        self.connection.close()
        self.engine.dispose()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Give a store with the hostile rows."""
    with closing(Store(store_url)) as opened:
        yield opened


def in_python(tree: Node) -> list[Any]:
    """What the reference says, row by row."""
    return [evaluate(tree, {("r", k): v for k, v in row.items()}, TODAY, NOW) for row in ROWS]


def assert_alike(store: Store, tree: Node) -> None:
    """Every row answers the same in the engine and in Python."""
    said, meant = store.answers(tree), in_python(tree)
    differ = [
        (row, one, other)
        for row, one, other in zip(ROWS, said, meant, strict=True)
        if one != other or isinstance(one, bool) != isinstance(other, bool)
    ]
    assert not differ, f"{written(tree)}: {len(differ)} differ, first {differ[0]}"


# Each function over fields, and the operators, on every hostile row.
EXPRESSIONS = (
    "coalesce(r.t, r.u, 'x')", "coalesce(r.i, r.n)", "coalesce(r.d, today())",
    "nullif(r.t, 'abc')", "nullif(r.i, 1)", "nullif(r.n, r.i)", "nullif(r.b, r.c)",
    "if(r.b, r.i, r.n)", "if(r.t = 'abc', r.d, r.e)", "if(r.i > 1 and r.b, null, r.t)",
    "least(r.i, r.n, r.j)", "greatest(r.i, r.n, r.j)", "least(r.t, r.u)", "greatest(r.t, r.u, 'b')",
    "least(r.d, r.e)", "greatest(r.s, r.z)", "greatest(r.i, r.j)",
    "abs(r.i)", "abs(r.n)", "round(r.n)", "round(r.n, 2)", "round(r.n, 6)", "round(r.i, 3)",
    "round(r.n / 3, 4)", "to_num(r.t)", "to_num(trim(r.t))", "to_num(concat(r.t, r.u))",
    "lower(r.t)", "upper(r.t)", "trim(r.t)", "length(r.t)", "lower(concat(r.t, r.u))",
    "starts_with(r.t, r.u)", "ends_with(r.t, r.u)", "contains(r.t, r.u)",
    "starts_with(r.t, 'a')", "ends_with(r.t, 'b')", "contains(r.t, '')", "contains(r.t, 'ヤ')",
    "substr(r.t, 2)", "substr(r.t, 2, 3)", "substr(r.t, r.i, r.j)", "substr(r.t, r.i)",
    "concat(r.t, r.u)", "concat(r.t, '-', null, upper(r.u))",
    "to_date(r.t)", "to_date(trim(r.t))", "to_date(substr(r.s, 1, 10))" if False else "to_date(r.u)",
    "days_since(r.d)", "days_until(r.d)", "days_since(r.s)", "days_until(r.s)",
    "days_between(r.d, r.e)", "days_between(r.s, r.z)", "days_between(to_date(r.t), r.d)",
    "add_days(r.d, r.i)", "add_days(r.s, r.i)", "add_days(r.d, 30)", "add_days(r.s, -1)",
    "add_days(add_days(r.d, 1), -1)", "add_days(r.d, r.i * 1000)",
    "add_months(r.d, r.i)", "add_months(r.d, 1)", "add_months(r.d, -13)", "add_months(r.d, r.i * 99)",
    "year(r.d)", "year(r.s)", "month(r.d)", "month(r.s)", "year(add_months(to_date(r.t), 11))",
    "today()", "now()", "r.n", "r.i + r.j", "r.i - r.j", "r.i * r.j", "r.i / r.j", "r.n + r.m",
    "r.n - r.m", "r.n * r.m", "r.n / r.m", "r.n * r.m * r.n / r.m", "-r.n", "-r.i", "r.i * 1.5",
    "r.i * r.j * r.i", "r.n / (r.m - r.n)", "r.i / 0", "(r.i + 1) / 2",
    "r.t = r.u", "r.t <> r.u", "r.t < r.u", "r.t >= r.u", "r.t < 'b'", "r.n = 0.1", "r.n + r.m = 0.3",
    "r.n >= r.i", "r.i = 1.0", "r.i between r.n and 100", "r.t between 'A' and 'b'",
    "r.d < today()", "r.d between '2024-01-01' and '2026-12-31'", "r.s <= now()", "r.d = r.e",
    "r.s >= '2026-03-30'", "r.t in ('abc', '', 'it''s', '🦊🦊')", "r.i in (1, 7, -31)",
    "r.i in (1, 2.5)", "r.n in (1, 2.5, 0.1)", "r.b in (true)", "r.d in ('2026-03-31')",
    "r.t like 'a%'", "r.t like 'A%'", "r.t like '%b%'", "r.t like '_b_'", "r.t like 'a\\%b\\_c\\\\d[e]*?'",
    "r.t like '%[e]*_'", "r.t like ''", "r.t like '%'", "r.t not like '%　%'", "r.t like '__'",
    "r.b", "not r.b", "r.b = r.c", "r.b <> true", "r.b is true", "r.b is not false", "r.b is null",
    "r.n is null", "r.t is not null", "r.b and r.c", "r.b or r.c", "not (r.b and not r.c)",
    "r.b or r.i > 1 or r.t = 'abc'", "(r.n / r.m) > 1 is true", "not (r.t in ('abc')) or r.c",
    "case when r.b then r.i when r.c then r.n else 0 end", "case r.t when 'abc' then 1 end",
    "case when r.i > 0 then 'plus' when r.i < 0 then 'minus' end", "case when r.b then r.d end",
)  # fmt: skip


def test_every_function_is_covered() -> None:
    """No function of the table escapes the conformance test."""
    text = " ".join(EXPRESSIONS)
    assert [name for name in FUNCTIONS if f"{name}(" not in text] == []


def test_engines_answer_like_python(store: Store) -> None:
    """Every expression gives, row by row, what the Python reference gives."""
    for text in EXPRESSIONS:
        assert_alike(store, anything(text, SCOPE))


def test_examples_hold_everywhere(store: Store) -> None:
    """Every example of the function table is true on the engine and in Python."""
    for function in FUNCTIONS.values():
        for text, expected in function.examples:
            tree = anything(text, SCOPE)
            assert in_python(tree)[0] == expected, text
            assert store.answers(tree)[0] == expected, text


def test_a_where_keeps_only_what_is_true(store: Store) -> None:
    """A condition keeps the rows that Python finds true: unknown is left out."""
    for text in EXPRESSIONS:
        tree = anything(text, SCOPE)
        if all(answer in (None, True, False) for answer in in_python(tree)) and "=" in text:
            kept = sum(answer is True for answer in in_python(tree))
            assert store.count(tree) == kept, text


def test_deep_nesting_stays_small(store: Store) -> None:
    """A long argument used several times is computed once: nesting never multiplies the text."""
    text = "r.d"
    for _ in range(4):
        text = f"add_days(add_months({text}, 1), 1)"
    tree = anything(text, SCOPE)
    element = lower(tree, lambda _, name: store.table.c[name], TODAY, NOW)
    assert len(str(element.compile(store.engine))) < 60_000
    assert_alike(store, tree)
