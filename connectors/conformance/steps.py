"""What the promises do again and again: add by hand, pull, write; values compared as text."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from connectors.conformance.bench import Bench
from connectors.protocol import Filter, Page, Receipt, Record, Settled, Verb, Write

MANY: Final = 7
"""More than two pages, where a bench makes its pages small (3)."""
LATER: Final = timedelta(minutes=10)
"""Longer than any connector's overlap."""
_ENDLESS: Final = 1000


def key(number: int) -> str:
    """The natural key of one numbered record; it passes as an e-mail address."""
    return f"n{number}@example.com"


def fields(bench: Bench, number: int) -> dict[str, object]:
    """Text and natural key of one numbered record."""
    return {**bench.required, bench.text: f"name{number}", bench.key: key(number)}


def add(bench: Bench, number: int) -> str:
    """A record made by hand, told apart by its number."""
    return bench.hand.add(bench.object, fields(bench, number))


def add_many(bench: Bench, count: int = MANY) -> list[str]:
    """Records made by hand, numbered from 0."""
    return [add(bench, number) for number in range(count)]


def walk(bench: Bench, cursor: str | None = None, filter: Filter | None = None) -> list[Page]:
    """Every page from the cursor to the last."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        pages.append(bench.connector.page(bench.object, [bench.text], cursor, filter))
        cursor = pages[-1].next_cursor
        assert len(pages) < _ENDLESS, "paging never ends"
    return pages


def pull(bench: Bench, cursor: str | None = None) -> tuple[list[Record], str]:
    """Every record from the cursor on, and the cursor to resume from."""
    pages = walk(bench, cursor)
    return [record for page in pages for record in page.records], pages[-1].next_cursor


def latest(records: Sequence[Record]) -> dict[str, str]:
    """Id to text, the last answer of each record standing."""
    return {record.id: str(next(iter(record.fields.values()))) for record in records}


def create(bench: Bench, number: int, *, natural: bool = True) -> Write:
    """A create with (or without) a natural key."""
    made = fields(bench, number)
    natural_key = (bench.key, str(made[bench.key])) if natural else None
    return Write(f"w{number}", Verb.CREATE, bench.object, made, natural_key=natural_key)


def update(bench: Bench, id: str, name: str, text: str) -> Write:
    """An update of the text field."""
    return Write(name, Verb.UPDATE, bench.object, {bench.text: text}, id)


def summary(receipts: Sequence[Receipt]) -> list[tuple[str, Settled]]:
    """Key and ending of each receipt."""
    return [(receipt.key, receipt.settled) for receipt in receipts]
