"""What we say about ourselves is run: generated pages, links, words and the README's commands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
PAGES = [TOP / name for name in ("README.md", "README.ja.md", "CONTRIBUTING.md", "SECURITY.md")]
PAGES += sorted((TOP / "docs").rglob("*.md"))
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
CONSOLE = re.compile(
    r"(?P<skip><!-- not run: [^>]+-->\s*\n)?```console\n(?P<body>.*?)```", re.DOTALL
)
HEADINGS = ("**Status**", "**Context.**", "**Decision.**", "**Consequences.**", "**Rejected")
WORDS = """
system connection object record entity link field mapping metric score criterion need handoff
signal scenario intent plan change risk apply outcome conflict parked undo run lease receipt ref
""".split()

# The suite is what runs this test, so a README that says `make test` is not run from inside it.
RUN_BY_CI_ITSELF = ("make test", "make check", "make bench")
# The sandbox refuses a few values, as platforms do: those are parked, and exit code 4 says so.
MAY_PARK = re.compile(r"^tasuki apply\b")
KEEPS_RUNNING = re.compile(r"(^|/)tasuki (serve|daemon|sandbox)\b(?!.*--help)")


def commands(document: Path) -> list[str]:
    """Every `$ ` line of the page's console blocks, continued lines joined, comments dropped."""
    text = document.read_text("utf-8")
    bodies = [m["body"] for m in CONSOLE.finditer(text) if not m["skip"]]
    lines = "\n".join(bodies).replace("\\\n", " ").splitlines()
    said = (line[2:].partition("  #")[0].strip() for line in lines if line.startswith("$ "))
    return [line for line in said if line and not line.startswith(RUN_BY_CI_ITSELF)]


def script(lines: list[str]) -> str:
    """Write one shell session: what keeps running goes to the background and is ended at last."""
    steps = ["set -euo pipefail", "started=()", "finish() {", '  for id in "${started[@]}"; do']
    steps += [
        '    kill -TERM "$id" 2>/dev/null || true',
        "  done",
        "  wait || true",
        "}",
        "trap finish EXIT",
    ]
    for line in lines:
        if line.startswith("git clone"):
            continue
        steps.append(f"echo {_quoted('$ ' + line)}")
        allowed = " || (( $? == 4 ))" if MAY_PARK.match(line) else ""
        steps += _background(line) if KEEPS_RUNNING.search(line) else [line + allowed]
    return "\n".join(steps)


def _background(line: str) -> list[str]:
    """Start the command and go on when it has said its address; fail when it ends before."""
    return [
        "said=$(mktemp)",
        f'{line} >"$said" 2>&1 &',
        "started+=($!)",
        'for _ in $(seq 150); do grep -q http "$said" && break; kill -0 "$!"; sleep 0.2; done',
        'grep -q http "$said" || { echo "it never said its address"; cat "$said"; exit 1; }',
        "sleep 1",
    ]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def newcomers_copy(target: Path) -> Path:
    """Copy what Git would hand to a newcomer, changes not yet committed included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (TOP / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, target / name)
    subprocess.run(["git", "init", "--quiet"], cwd=target, check=True)
    return target


def test_the_generated_pages_are_up_to_date() -> None:
    """docs/reference says what the code says; `make docs` brings it up to date."""
    done = subprocess.run(
        [sys.executable, "tools/reference_docs.py", "--check"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "document", PAGES, ids=lambda document: document.relative_to(TOP).as_posix()
)
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link of a document names a file of the repository."""
    targets = LINK.findall(document.read_text("utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_explains(word: str) -> None:
    """Every word of the design has its line in the glossary, with its Japanese."""
    text = (TOP / "docs" / "glossary.md").read_text("utf-8")
    line = re.search(
        rf"^\| \*\*{word}\*\* \| (?P<ja>[^|]+) \| (?P<meaning>[^|]+) \|$", text, re.MULTILINE
    )
    assert line
    assert re.search(r"[぀-ヿ一-鿿]", line["ja"])


@pytest.mark.parametrize(
    "document",
    sorted((TOP / "docs" / "decisions").glob("0*.md")),
    ids=lambda document: document.stem,
)
def test_decisions_are_one_page_in_one_form(document: Path) -> None:
    """A decision has at most 60 lines, says all five things, and is listed."""
    text = document.read_text("utf-8")
    assert len(text.splitlines()) <= 60
    assert [heading for heading in HEADINGS if heading not in text] == []
    assert document.name in (document.parent / "README.md").read_text("utf-8")


def test_every_make_verb_the_pages_name_exists() -> None:
    """A `make something` in any document is a target of the Makefile."""
    makefile = (TOP / "Makefile").read_text("utf-8")
    named = {
        verb
        for document in PAGES
        for verb in re.findall(r"`make ([a-z-]+)", document.read_text("utf-8"))
    }
    assert {verb for verb in named if not re.search(rf"^{verb}:", makefile, re.MULTILINE)} == set()


def test_both_readmes_tell_the_same_commands() -> None:
    """The Japanese README runs the same commands as the English one."""
    assert commands(TOP / "README.ja.md") == commands(TOP / "README.md")


@pytest.mark.slow
def test_the_readmes_commands_run(tmp_path: Path) -> None:
    """Every command of the README's console blocks works, in order, on a newcomer's machine."""
    lines = commands(TOP / "README.md")
    assert lines, "the README shows no command"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("VIRTUAL_ENV", "PYTHON"))}
    done = subprocess.run(
        ["bash", "-c", script(lines)],
        cwd=newcomers_copy(tmp_path / "tasuki"),
        env=clean,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    told = "\n".join(line for line in done.stderr.splitlines() if "WARNING: Location" not in line)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{told[-4000:]}"
