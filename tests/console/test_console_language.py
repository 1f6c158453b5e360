"""Every text has its Japanese, and each reader gets the language they asked for."""

from __future__ import annotations

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from babel.messages.pofile import read_po

from console.language import FOLDER, catalogue, choose

if TYPE_CHECKING:
    from tests.console.conftest import House

TOOL = Path(__file__).resolve().parents[2] / "tools" / "messages"
HOLES = re.compile(r"%\(\w+\)s|%%")


def tool() -> Any:
    spec = spec_from_loader("messages", SourceFileLoader("messages", str(TOOL)))
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_catalogue_is_complete() -> None:
    """Templates and code name no text that lacks its Japanese, and no translation is left over."""
    with (FOLDER / "ja" / "LC_MESSAGES" / "console.po").open("rb") as file:
        known = {str(m.id): m for m in read_po(file, locale="ja") if m.id}
    wanted = {str(m.id) for m in tool().template() if m.id}
    assert set(known) == wanted
    lacking = [id_ for id_, m in known.items() if not all(tool()._strings(m.string))]
    assert lacking == []


def test_translations_keep_their_holes() -> None:
    """Each translation fills in the same values as the English text."""
    with (FOLDER / "ja" / "LC_MESSAGES" / "console.po").open("rb") as file:
        for message in read_po(file, locale="ja"):
            if not message.id:
                continue
            english = message.id[-1] if isinstance(message.id, tuple) else message.id
            text = message.string
            japanese = text[0] if isinstance(text, tuple) else str(text)
            assert sorted(HOLES.findall(english)) == sorted(HOLES.findall(japanese)), english


@pytest.mark.parametrize(
    ("own", "accepted", "project", "language"),
    [
        ("ja", "en", "en", "ja"),
        (None, "ja-JP,ja;q=0.9,en;q=0.8", "en", "ja"),
        (None, "fr, en;q=0.5, ja;q=0.7", "en", "ja"),
        (None, "fr", "ja", "ja"),
        ("fr", "", "de", "en"),
        (None, "en;q=x, ja", "en", "ja"),
    ],
)
def test_the_language_is_the_readers(
    own: str | None, accepted: str, project: str, language: str
) -> None:
    """The user's setting counts first, then the browser, then the project."""
    assert choose(own, accepted, project) == language


def test_a_page_speaks_japanese(house: House) -> None:
    """A Japanese browser gets Japanese pages, with dates and states in Japanese."""
    client = house.client("viewer")
    text = client.get("/overview", headers={"Accept-Language": "ja"}).text
    assert '<html lang="ja"' in text
    assert "人の判断待ち" in text
    assert "承認待ちのプラン" in text


def test_a_choice_is_kept_with_the_user(house: House) -> None:
    """The language chosen in the menu holds for the user, in every browser."""
    house.client("viewer").post("/preferences", data={"language": "ja", "next": "/runs"})
    assert '<html lang="ja"' in house.client("viewer").get("/runs").text
    assert '<html lang="en"' in house.client("manager").get("/runs").text


def test_english_needs_no_catalogue() -> None:
    """English is what stands in the code."""
    assert catalogue("en").gettext("Overview") == "Overview"
