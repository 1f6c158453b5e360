"""The front door: streams, JSON, exit codes, four-line errors, both languages."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tasuki.cli.faults import Exit, exit_code, exit_of
from tasuki.cli.front import run
from tasuki.cli.screen import plain
from tasuki.cli.speech.japanese import JAPANESE
from tasuki.cli.speech.words import Words
from tasuki.errors import (
    BlockedError,
    BudgetError,
    ConfigError,
    GuardError,
    LeaseError,
    RejectedError,
    SignInError,
    TasukiError,
    TransientError,
    UnreachableError,
)
from tasuki.service.writing.views import Left

CLI = Path(__file__).resolve().parents[2] / "tasuki" / "cli"
SAID = re.compile(r"(?:words|say|title)\(\s*((?:\"[^\"\n]*\"\s*|'[^'\n]*'\s*)+)")
TEXT = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), Exit.USAGE),
        (RejectedError("x"), Exit.REJECTED),
        (GuardError("x"), Exit.GUARDED),
        (SignInError("x"), Exit.SIGN_IN),
        (BlockedError("x"), Exit.SIGN_IN),
        (BudgetError("x"), Exit.BUDGET),
        (UnreachableError("x"), Exit.FAILED),
        (LeaseError("x"), Exit.FAILED),
        (TransientError("x"), Exit.FAILED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_family_has_its_exit_code(error: TasukiError, code: Exit) -> None:
    """Scripts can tell a guard from a sign-in from a bad file."""
    assert exit_code(error) == code
    assert exit_of(error.code) == code


def test_an_error_goes_to_stderr_in_four_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What with its code, where, why, fix; stdout stays empty."""
    monkeypatch.chdir(tmp_path)
    code = run(["runs"])
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert [line.split(":")[0] for line in said.err.splitlines()] == [
        "error",
        "where",
        "why",
        "fix",
    ]
    assert "[TSK-1100]" in said.err


def test_under_json_an_error_is_a_document_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The caller of `--json` always gets one document with a schema."""
    monkeypatch.chdir(tmp_path)
    assert run(["--json", "runs"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["schema"], said["code"]) == ("tasuki.error/1", "TSK-1100")


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (["aply"], "Did you mean"),
        (["plan", "--detaild-exitcode"], "Did you mean"),
        (["apply"], "tasuki apply --help"),
        (["plan", "--only", "rename", "--show", "p_1"], "Choose from delete"),
    ],
)
def test_a_command_line_nobody_understands(
    words: list[str], fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A usage error ends with 2 and says what was meant."""
    assert run(words) == 2
    assert fix in capsys.readouterr().err


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    """Everything a newcomer may type stands in `tasuki --help`."""
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    for verb in (
        "init sandbox demo validate test discover plan approve apply run runs undo explain report "
        "doctor serve daemon"
    ).split():
        assert re.search(rf"│ {verb}\s", said), verb


def test_init_makes_a_project_that_validates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `init` writes is free of findings, and `doctor --config` knows where values stand."""
    monkeypatch.chdir(tmp_path)
    assert run(["init", "mine", "--language", "ja"]) == 0
    capsys.readouterr()
    assert run(["--project-dir", "mine", "validate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []
    assert run(["--project-dir", "mine", "doctor", "--config", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["settings"]
    found = {each["key"]: each for each in shown}
    assert found["language"]["value"] == "ja"
    assert found["language"]["origin"].startswith("tasuki.yaml:")
    assert found["connections.hubspot.token"]["value"] == "${HUBSPOT_TOKEN}"
    assert run(["init", "mine"]) == 2


def test_every_sentence_has_its_japanese() -> None:
    """No sentence the commands say about plans, runs and the demo is left in English."""
    said = {
        "".join(a or b for a, b in TEXT.findall(found))
        for path in CLI.rglob("*.py")
        for found in SAID.findall(path.read_text("utf-8"))
    }
    assert said - set(JAPANESE) == set()


def test_japanese_keeps_every_hole() -> None:
    """A translated sentence fills in the same values."""
    holes = re.compile(r"\{(\w+)\}")
    odd = {
        english
        for english, japanese in JAPANESE.items()
        if set(holes.findall(english)) != set(holes.findall(japanese))
    }
    assert odd == set()


def test_words_fall_back_to_english() -> None:
    """An unknown sentence is said as it is."""
    assert Words("ja")("Something new about {n}", n=3) == "Something new about 3"


def test_read_models_become_plain_json() -> None:
    """Dataclasses, durations, decimals and paths have one plain form."""
    value = {
        "a": Left("p", "crm", "tasks", None, "f", "r"),
        "t": timedelta(seconds=2),
        "p": Path("x"),
    }
    assert plain({**value, "d": Decimal("1.5"), "s": {"b", "a"}}) == {
        "a": {
            "label": "p",
            "connection": "crm",
            "object": "tasks",
            "record_id": None,
            "field": "f",
            "reason": "r",
        },
        "t": 2.0,
        "p": "x",
        "d": 1.5,
        "s": ["a", "b"],
    }
