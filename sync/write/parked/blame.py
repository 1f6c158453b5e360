"""Which line of a mapping or rule a refusal is about; connectors name fields, never values."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from staging.write.plans import Change
from tasuki.errors import TasukiError

_WORD: Final = re.compile(r"\w+")


def named(cells: Iterable[Change], error: TasukiError | None) -> list[Change]:
    """The cells that a refusal names."""
    words = set(_WORD.findall(f"{error.what} {error.why}")) if error else set()
    return [cell for cell in cells if cell.field in words]


def place_of(cells: Sequence[Change], error: TasukiError | None) -> str | None:
    """The place of the cell that the refusal names; else the one all come from, or their file."""
    guilty, places = _places(named(cells, error)), _places(cells)
    if guilty or len(places) == 1:
        return (guilty or places)[0]
    files = {place.partition(":")[0] for place in places}
    return files.pop() if len(files) == 1 else None


def _places(cells: Iterable[Change]) -> list[str]:
    """Where the cells were declared, each once, in their order."""
    found = (str(cell.cause.get("place") or "") for cell in cells)
    return list(dict.fromkeys(place for place in found if place))
