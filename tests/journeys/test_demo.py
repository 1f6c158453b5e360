"""The demo: exit 0, the second run silent, no process left, and again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
TASUKI = Path(sys.executable).parent / "tasuki"


def demo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a small demo in a folder."""
    return subprocess.run(
        [TASUKI, "demo", "--scale", "0.04", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_demo_walks_the_flow_and_leaves_no_process(tmp_path: Path) -> None:
    """It exits 0, shows plan, teams and the silent second run, and ends its sandbox; twice."""
    first = demo(tmp_path, "--plain")
    assert first.returncode == 0, first.stderr
    for said in (
        "Salesforce  https://localhost:",
        "salesforce · Task (sandbox)",
        "playbook/signals/",
        "cells written",
        "✓ The second run plans nothing.",
        "What each team received",
        "Next: tasuki serve --demo",
    ):
        assert said in first.stdout, said
    assert _sandboxes(tmp_path) == []
    assert (tmp_path / ".tasuki-demo" / ".gitignore").read_text("utf-8").endswith("*\n")
    requests = (tmp_path / ".tasuki-demo" / "sandbox" / "network.jsonl").read_text("utf-8")
    assert '"POST"' in requests

    second = demo(tmp_path, "--language", "ja", "--json")
    assert second.returncode == 0, second.stderr
    said = json.loads(second.stdout)
    assert (said["schema"], said["silent"]) == ("tasuki.demo/1", True)
    assert _sandboxes(tmp_path) == []


def test_the_demo_wipes_only_its_own_folder(tmp_path: Path) -> None:
    """A folder that holds something else is refused and left as it is."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    refused = demo(tmp_path, "--folder", "mine")
    assert (refused.returncode, "fix:" in refused.stderr) == (2, True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def _sandboxes(folder: Path) -> list[str]:
    """The processes that serve a world in this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words and "sandbox" in words:
            found.append(words)
    return found
