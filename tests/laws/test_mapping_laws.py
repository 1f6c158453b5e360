"""Laws of every ready mapping: there and back means the same, and one round settles."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.shape import Type
from config.yaml import load as read_yaml
from mappings.apply import normalize, push, seen
from mappings.checking.preview import Given, WouldWrite, preview
from mappings.load import Surroundings, load
from mappings.spec import ID, MappedField, Mapping, SideField, WrittenAs
from mappings.transforms.registry import Habits

LIBRARY = sorted((Path(__file__).parents[2] / "mappings" / "library").glob("*.yaml"))
ZONES = ("UTC", "Asia/Tokyo", "America/New_York")

TEXTS = st.sampled_from(
    "a;b|b;a;a| Aoba |㈱青葉|青葉 太郎|Taro.Aoyama@Aoba.example|info@x.example|03-1234-5678|"
    "+1 650-253-0000|https://www.aoba.example/x?y=1|c000012|1010012345678|001000000000001AAA|true|12".split(
        "|"
    )
) | st.text(max_size=6)
NUMBERS = (
    st.integers(-(10**9), 10**9)
    | st.sampled_from(["1,234.50", "12", "12.0", "¥1,000", 0.1, 480000.0, "0", "n/a"])
)  # fmt: skip
FLAGS = st.sampled_from([True, False, "true", "false", "TRUE", "", None])
MOMENTS = st.sampled_from(
    (
        "2026-01-31|2026-01-31T15:00:00Z|2026-01-31T15:00:00.000+0000|1769903999000|"
        "2026-01-31T23:30:00+09:00|2026/01/31|令和8年1月31日|2026-03-08T02:30:00|soon"
    ).split("|")
)
DAYS = st.sampled_from(["2026-01-31", "2026-03-08", "2026/01/31"])
BLANKS = st.sampled_from([None, "", " "])
BY_TYPE = {
    Type.TEXT: TEXTS,
    Type.REF: TEXTS,
    Type.INT: NUMBERS,
    Type.NUM: NUMBERS,
    Type.BOOL: FLAGS,
    Type.DATE: MOMENTS,
    Type.TIME: MOMENTS,
}


def mappings() -> list[Any]:
    return [
        pytest.param(load(read_yaml(path), Surroundings(habits=Habits(timezone=zone))), id=name)
        for path in LIBRARY
        for zone in ZONES
        for name in [f"{path.stem}-{zone}"]
    ]


def records(mapping: Mapping, side: str) -> st.SearchStrategy[dict[str, Any]]:
    """Payloads with every mapped field, sensible and otherwise."""
    cells: dict[str, st.SearchStrategy[Any]] = {}
    for rule in mapping.fields.values():
        if (look := rule.sides.get(side)) is None:
            continue
        for name in look.names:
            cells[name] = _values(rule, look)
    cells.pop(ID, None)
    return st.fixed_dictionaries({}, optional=cells)


def _values(rule: MappedField, look: SideField) -> st.SearchStrategy[Any]:
    """Of a field written as a day, days: it holds no others."""
    known = st.sampled_from([key for key in look.value_map if key != "*"] or [None])
    kinds = DAYS if look.written_as is WrittenAs.DATE else BY_TYPE[rule.type]
    return known | kinds | BLANKS


@pytest.mark.parametrize("mapping", mappings())
@settings(max_examples=25)
@given(st.data())
def test_there_and_back_means_the_same(mapping: Mapping, data: st.DataObject) -> None:
    """What a record says, written back to it, is what it said; nothing is left to send."""
    for side in mapping.sides:
        record = data.draw(records(mapping, side))
        said = normalize(mapping, side, record).values
        sent = push(mapping, side, said, record=record).fields
        after = record | sent
        assert normalize(mapping, side, after).values == said
        was = seen(mapping, side, record)
        assert {k: v for k, v in seen(mapping, side, after).items() if k in was} == was
        assert preview(mapping, [Given(side, record)]).writes == ()


@pytest.mark.parametrize("mapping", mappings())
@settings(max_examples=25)
@given(st.data())
def test_one_round_settles(mapping: Mapping, data: st.DataObject) -> None:
    """Records of all sides meet; what would be written, written, leaves nothing to write.

    Where a side keeps the day of an instant only, the day comes back once, without a base.
    """
    met = [Given(side, data.draw(records(mapping, side))) for side in mapping.sides]
    for _ in range(2 if _forgets(mapping) else 1):
        met = _written(met, preview(mapping, met).writes)
    assert preview(mapping, met).writes == ()


def _forgets(mapping: Mapping) -> bool:
    looks = (look for rule in mapping.fields.values() for look in rule.sides.values())
    return any(look.written_as is WrittenAs.DATE for look in looks)


def _written(met: list[Given], writes: Sequence[WouldWrite]) -> list[Given]:
    return [
        Given(r.side, {**r.fields, **{w.name: w.after for w in writes if w.side == r.side}})
        for r in met
    ]
