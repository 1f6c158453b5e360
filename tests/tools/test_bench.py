"""The benchmark: tools/bench, at a tiny size; what it measures is not judged here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.bench import floor, world
from tools.bench.place import place, project, pulled
from tools.bench.reading import checksum, there
from tools.bench.table import at_least, at_most
from tools.bench.world import CRM, HUB

TOP = Path(__file__).resolve().parents[2]


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    """Run it as `make bench` does."""
    command = [sys.executable, "-m", "tools.bench", *words]
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)


def test_a_figure_on_its_goal_has_reached_it():
    """Goals are bounds: a figure equal to its goal is good enough, one beyond is not."""
    assert at_most("reading", "calls", 3, 3, "2").reached
    assert not at_most("reading", "calls", 4, 3, "2").reached
    assert at_least("sandbox", "records", 3, 3).reached
    assert not at_least("sandbox", "records", 2, 3).reached


def test_an_unknown_row_is_refused_with_the_known_ones():
    """Who asks for a row that is not there is told which there are."""
    done = bench("--only", "speed")
    assert done.returncode == 2
    assert "no such row: speed; there are reading, noop" in done.stderr


@pytest.mark.slow
def test_the_floor_reads_what_we_read(tmp_path):
    """The hand-written floor and a pull bring the same records; ours equal the sandbox's tables."""
    with place(tmp_path, 250) as at:
        least = {
            HUB: floor.hubspot(at.running.info, sorted(at.asked[HUB]), tmp_path / "hub.db"),
            CRM: floor.salesforce(at.running.info, sorted(at.asked[CRM]), tmp_path / "crm.db"),
        }
        for kind, found in least.items():
            assert len(at.asked[kind]) == world.FIELDS
            with project(at, kind[:3], [kind]) as app:
                assert pulled(at, app).result["read"] == found.records == 250
                assert checksum(app, kind) == there(at, kind)


@pytest.mark.slow
def test_every_row_prints():
    """Each row that there is prints its figures at a tiny size, as a table of Markdown."""
    done = bench("--markdown", "--scale", "0.01")
    assert done.returncode == 0, done.stderr[-2_000:]
    groups = {line.split("|")[1].strip() for line in done.stdout.splitlines()}
    assert groups == {
        "reading",
        "sandbox",
        "noop",
        "changed",
        "echo",
        "ties",
        "memory",
        "limits",
        "identity",
        "latency",
        "writing",
        "first-write",
    }
