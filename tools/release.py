"""Fold the fragments of changes/ into CHANGELOG.md and set the version.

Usage: python tools/release.py VERSION [--date YYYY-MM-DD]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

TOP: Final = Path(__file__).resolve().parent.parent
KINDS: Final = ("added", "changed", "fixed", "removed", "security")
MARK: Final = "<!-- releases below -->"
VERSION: Final = re.compile(r"^\d+\.\d+\.\d+$")
VERSION_LINE: Final = re.compile(r'^version = ".*"$', re.MULTILINE)


def fragments(folder: Path) -> dict[str, list[Path]]:
    """Group the fragments by kind, each kind in the order of file names.

    Errors: ValueError names every file that is no fragment.
    """
    found: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    strangers: list[Path] = []
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        kind = path.stem.rpartition(".")[2]
        found.get(kind, strangers).append(path)
    if strangers:
        names = ", ".join(path.name for path in strangers)
        raise ValueError(f"not called <slug>.<{'|'.join(KINDS)}>.md: {names}")
    return {kind: paths for kind, paths in found.items() if paths}


def section(version: str, day: date, found: dict[str, list[Path]]) -> str:
    """Write one release's part of the changelog."""
    lines = [f"## {version} - {day.isoformat()}"]
    for kind, paths in found.items():
        lines += ["", f"### {kind.capitalize()}", ""]
        lines += [f"- {' '.join(path.read_text('utf-8').split())}" for path in paths]
    return "\n".join(lines)


def fold(top: Path, version: str, day: date) -> list[Path]:
    """Move every fragment into the changelog; return the fragments that are now spent."""
    found = fragments(top / "changes")
    changelog, project = top / "CHANGELOG.md", top / "pyproject.toml"
    entry = section(version, day, found)
    text = changelog.read_text("utf-8")
    if MARK not in text:
        raise ValueError(f"{changelog.name} has lost its line {MARK!r}")
    changelog.write_text(text.replace(MARK, f"{MARK}\n\n{entry}"), "utf-8")
    renamed = VERSION_LINE.sub(f'version = "{version}"', project.read_text("utf-8"), count=1)
    project.write_text(renamed, "utf-8")
    return [path for paths in found.values() for path in paths]


def main(words: list[str]) -> int:
    """Fold, delete the spent fragments, and tell what is left to do by hand."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("version")
    parser.add_argument("--date", type=date.fromisoformat, default=datetime.now(UTC).date())
    asked = parser.parse_args(words)
    if not VERSION.match(asked.version):
        parser.error(f"a version has three numbers, such as 0.2.0; not {asked.version!r}")
    try:
        spent = fold(TOP, asked.version, asked.date)
    except ValueError as error:
        parser.error(str(error))
    for path in spent:
        path.unlink()
    subprocess.run(["git", "add", "CHANGELOG.md", "pyproject.toml", "changes"], cwd=TOP, check=True)
    print(f"{len(spent)} fragments folded into CHANGELOG.md as {asked.version}.")
    print(f"Look at `git diff --cached`, then: git commit -m 'release: {asked.version}'")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
