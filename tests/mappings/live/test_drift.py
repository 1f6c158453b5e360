"""Metadata that drifts: what is told of it, and which mappings feel it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from config.project import load_project
from connectors.protocol import FieldInfo, ObjectInfo
from mappings.live.drift import Moved, What, drift, felt_by
from mappings.project import load_mappings
from tests.rehearsal import FILES

NAME = FieldInfo("name", "text", length=80)
TIER = FieldInfo("industry", "picklist", options=("steel", "food"), restricted=True)
BEFORE = ObjectInfo("companies", "Company", (NAME, TIER))


def moved(*now: FieldInfo) -> list[Moved]:
    return drift(BEFORE, replace(BEFORE, fields=now))


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ((NAME,), Moved(What.FIELD_GONE, "industry")),
        ((NAME, replace(TIER, readable=False)), Moved(What.READ_LOST, "industry")),
        ((NAME, replace(TIER, updateable=False)), Moved(What.WRITE_LOST, "industry")),
        ((NAME, replace(TIER, options=("food",))), Moved(What.OPTION_GONE, "industry", "steel")),
        ((NAME, replace(TIER, required=True)), Moved(What.NOW_REQUIRED, "industry")),
        ((replace(NAME, length=40), TIER), Moved(What.SHORTER, "name", "80", "40")),
        ((replace(NAME, type="num"), TIER), Moved(What.TYPE_CHANGED, "name", "text", "num")),
        ((NAME, TIER, FieldInfo("x", "text")), Moved(What.FIELD_NEW, "x")),
        ((NAME, TIER, FieldInfo("x", "text", required=True)), Moved(What.NOW_REQUIRED, "x")),
    ],
    ids=lambda value: value.what.value if isinstance(value, Moved) else "",
)
def test_what_was_lost_or_tightened_is_told(now: tuple[FieldInfo, ...], told: Moved) -> None:
    """Each way in which a field may stop to fit is told once, with what it was and is."""
    assert moved(*now) == [told]


def test_unchanged_metadata_tells_nothing() -> None:
    """Equal descriptions, a longer field, a new option and a right gained are no drift."""
    wider = (replace(NAME, length=120), replace(TIER, options=("steel", "food", "paper")))
    assert moved(NAME, TIER) == []
    assert moved(*wider) == []
    assert drift(replace(BEFORE, fields=(replace(NAME, readable=False), TIER)), BEFORE) == []


def test_an_object_that_is_gone_is_told_alone() -> None:
    """Nobody needs forty lines about the fields of an object that is not there."""
    assert drift(BEFORE, None) == [Moved(What.OBJECT_GONE)]


def test_the_mappings_that_break_are_named_with_their_line(tmp_path: Path) -> None:
    """A lost field names the line that reads or writes it; one nobody uses names nobody."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    mappings = load_mappings(load_project(tmp_path))
    (felt,) = felt_by(Moved(What.FIELD_GONE, "industry"), "crm", "companies", mappings)
    assert felt.mapping == "account"
    assert felt.place is not None
    line = (tmp_path / felt.place.file).read_text("utf-8").splitlines()[(felt.place.line or 0) - 1]
    assert "industry" in line
    assert felt_by(Moved(What.FIELD_GONE, "industry"), "ma", "contacts", mappings) == []
    assert felt_by(Moved(What.FIELD_NEW, "industry"), "crm", "companies", mappings) == []
    (whole,) = felt_by(Moved(What.OBJECT_GONE), "crm", "tasks", mappings)
    assert whole.mapping == "activity"
