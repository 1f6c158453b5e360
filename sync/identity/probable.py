"""Duplicates that no key shows, by Splink over one whole entity: for a bulk clean-up, only to ask.

Needs the extra: `pip install tasuki[splink]`. Splink learns from the entities themselves how much
each field says, in DuckDB and in memory: 100,000 entities take about a minute. Values are compared
as the keys read them; two different corporate numbers are never proposed.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from mappings.transforms.company import company_words
from mappings.transforms.people import person_key
from tasuki.errors import ConfigError

Row = Mapping[str, Any]

_PAIRS_TO_LEARN_FROM: Final = 20
_SAMPLED: Final = 1_000_000
_SEED: Final = 1
_ID: Final = "unique_id"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entities that are probably one; how probably, and the fields they share."""

    left: str
    right: str
    probability: float
    share: tuple[str, ...]
    differ: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """What is compared of an entity."""

    names: Mapping[str, Callable[[str], str | None]]
    """Field → how it is read; compared letter by letter."""
    exact: tuple[str, ...]
    """Fields that are equal or not; pairs are looked for, and learned from, among the equal."""
    veto: tuple[str, ...] = ()


def _company(value: str) -> str | None:
    return "".join(company_words(value)[0]) or None


MODELS: Final[Mapping[str, Model]] = {
    "account": Model({"name": _company}, ("domain", "phone", "city"), ("corporate_number",)),
    "person": Model(
        {"family_name": person_key, "given_name": person_key}, ("email", "phone", "account_id")
    ),
}
"""The entities that can be cleaned up so."""


def probable(entity: str, rows: Sequence[Row], least: float) -> list[Pair]:
    """The pairs that are one thing with at least this probability, the surest first.

    Shape:  rows hold `id` and the fields of the model.
    Errors: ConfigError when the extra is not installed.
    """
    model = MODELS[entity]
    read = [_read(model, row) for row in rows]
    if len(read) < 2:
        return []
    said = {str(row["id"]): row for row in rows}
    found = (_pair(model, said, answer) for answer in _predicted(model, read, least))
    sure = (pair for pair in found if pair is not None)
    return sorted(sure, key=lambda pair: (-pair.probability, pair.left, pair.right))


def _read(model: Model, row: Row) -> dict[str, str | None]:
    read = {name: row.get(name) and clean(str(row[name])) for name, clean in model.names.items()}
    same = {name: str(row[name]) if row.get(name) else None for name in model.exact}
    return {_ID: str(row["id"]), **read, **same}


def _pair(model: Model, said: Mapping[str, Row], answer: Row) -> Pair | None:
    left, right = sorted((str(answer[f"{_ID}_l"]), str(answer[f"{_ID}_r"])))
    one, other = said[left], said[right]
    both = [n for n in (*model.names, *model.exact, *model.veto) if one.get(n) and other.get(n)]
    differ = tuple(name for name in both if one[name] != other[name])
    if set(differ) & set(model.veto):
        return None
    share = tuple(name for name in both if name not in differ)
    return Pair(left, right, round(float(answer["match_probability"]), 3), share, differ)


def _predicted(
    model: Model, rows: Sequence[Mapping[str, str | None]], least: float
) -> Iterator[Row]:
    splink, compare, engine, arrow = _splink()
    log = logging.getLogger("splink")
    log.setLevel(logging.ERROR)
    names = [compare.JaroWinklerAtThresholds(name, [0.95, 0.88]) for name in model.names]
    exact = [compare.ExactMatch(name) for name in model.exact]
    first = next(iter(model.names))
    settings = splink.SettingsCreator(
        link_type="dedupe_only",
        comparisons=[*names, *exact],
        blocking_rules_to_generate_predictions=[
            *(splink.block_on(name) for name in model.exact),
            splink.block_on(f"substr({first}, 1, 3)"),
        ],
    )
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    text = arrow.schema([(name, arrow.string()) for name in columns])
    table = engine.DuckDBAPI().register(arrow.table(columns, schema=text))
    linker = splink.Linker(table, settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=_SAMPLED, seed=_SEED)
    for name in _taught(model, rows):
        linker.training.estimate_parameters_using_expectation_maximisation(splink.block_on(name))
    answer = linker.inference.predict(threshold_match_probability=least)
    yield from answer.as_record_list()


def _taught(model: Model, rows: Sequence[Mapping[str, str | None]]) -> list[str]:
    """The fields that enough pairs share: what these pairs share besides teaches the others."""
    shared = {
        name: sum(n - 1 for n in Counter(row[name] for row in rows if row[name]).values())
        for name in model.exact
    }
    return [name for name, pairs in shared.items() if pairs >= _PAIRS_TO_LEARN_FROM]


def _splink() -> tuple[Any, Any, Any, Any]:
    """Splink's own modules, imported only where somebody asks for them."""
    try:
        splink = import_module("splink")
        compare = import_module("splink.comparison_library")
        engine = import_module("splink.backends.duckdb")
        arrow = import_module("pyarrow")
    except ImportError:
        raise ConfigError(
            "Splink is not installed",
            why="it is an extra: everyday work does not need it",
            remedy="Run `pip install tasuki[splink]`.",
        ) from None
    return splink, compare, engine, arrow
