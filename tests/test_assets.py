"""The console's vendored files are what the lock says, word for word."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
VENDOR = TOP / "console" / "static" / "vendor"
LOCK = TOP / "assets" / "package-lock.json"


def contents(folder: Path) -> dict[str, bytes]:
    """Read every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_asset_lock_is_hashed_and_names_no_registry() -> None:
    """Every vendored package has a digest, and no entry tells where it came from."""
    packages = json.loads(LOCK.read_text("utf-8"))["packages"]
    packages.pop("")
    assert all("integrity" in entry and "resolved" not in entry for entry in packages.values())


def test_every_vendored_library_brings_its_licence() -> None:
    """What we serve of others, we serve with their licence."""
    assert {"LICENSE.htmx", "LICENSE.tabler", "LICENSE.tabler-icons"} <= contents(VENDOR).keys()


@pytest.mark.slow
def test_vendored_files_are_what_the_lock_says(tmp_path: Path) -> None:
    """`make assets` from the lock gives exactly the committed files."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine; only refreshing the assets needs it")
    for name in ("assets", "tools"):
        ignored = shutil.ignore_patterns("node_modules", "__pycache__")
        shutil.copytree(TOP / name, tmp_path / name, ignore=ignored)
    subprocess.run([sys.executable, "tools/vendor-assets"], cwd=tmp_path, check=True)
    made = tmp_path / "console" / "static" / "vendor"
    assert contents(made) == contents(VENDOR)
