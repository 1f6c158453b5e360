"""Data written by others, read from beside the project; without it these tests skip."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Find a folder of shared data, or skip."""

    def find(name: str) -> Path:
        root = Path(os.environ.get("TASUKI_SHARED") or HERE.parent / "shared")
        found = root / "data" / name
        if not found.is_dir():
            pytest.skip(f"{found} is not here: it is not part of the project")
        return found

    return find
