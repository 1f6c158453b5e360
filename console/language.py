"""The catalogue of words: English in the code, Japanese in locale/; who reads which."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Final = ("en", "ja")
NAMES: Final = {"en": "English", "ja": "日本語"}
FOLDER: Final = Path(__file__).parent / "locale"


def N_(text: str) -> str:  # noqa: N802 - the word gettext's tools look for
    """Mark a text for the catalogue where it is only named."""
    return text


@cache
def catalogue(language: str) -> NullTranslations:
    """The words of a language, compiled from its .po file when they are first needed."""
    path = FOLDER / language / "LC_MESSAGES" / "console.po"
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        read = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return GNUTranslations(compiled)


def choose(own: str | None, accepted: str, project: str) -> str:
    """The user's own language, else the browser's first that we have, else the project's."""
    if own in LANGUAGES:
        return str(own)
    for tag in _by_weight(accepted):
        if (language := tag.partition("-")[0].lower()) in LANGUAGES:
            return language
    return project if project in LANGUAGES else LANGUAGES[0]


def _by_weight(accepted: str) -> list[str]:
    weighed: list[tuple[float, str]] = []
    for part in accepted.split(","):
        tag, _, rest = part.strip().partition(";")
        weight = rest.strip().removeprefix("q=")
        try:
            weighed.append((-float(weight) if weight else -1.0, tag))
        except ValueError:
            continue
    return [tag for _, tag in sorted(weighed, key=lambda each: each[0])]
