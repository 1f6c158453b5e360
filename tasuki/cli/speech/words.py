"""The same sentences in English and Japanese."""

from dataclasses import dataclass
from typing import Any

from tasuki.cli.speech.japanese import JAPANESE


@dataclass(frozen=True, slots=True)
class Words:
    """Says things in one language."""

    language: str = "en"

    def __call__(self, text: str, **values: Any) -> str:
        """The sentence in this language, with `{name}` filled in; English where none is known."""
        said = JAPANESE.get(text, text) if self.language == "ja" else text
        return said.format(**values) if values else said
