"""The log of a long-running process: one JSON line per event, without secrets or persons."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from jobs import journal


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """A journal that writes here; the process's logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    journal.begin(["s3cr3t-value"], stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def said(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line(lines: io.StringIO) -> None:
    """Name, level, time and fields stand on one line."""
    structlog.get_logger("tasuki.test").info("sync.pulled", rows=3)
    (event,) = said(lines)
    assert (event["event"], event["level"], event["rows"]) == ("sync.pulled", "info", 3)
    assert event["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_secret", "abc"),
        ("hubspot_token", "pat-1"),
        ("password", "hunter2"),
        ("email", "ada@example.com"),
        ("family_name", "山田"),
        ("before", "anything"),
        ("why", "the value s3cr3t-value was refused"),
        ("why", "duplicate of ada@example.com"),
        ("why", "call +81 3-1234-5678 first"),
        ("why", "Authorization: Bearer abcdef.123"),
        ("where", "postgresql://tasuki:hunter2@db/tasuki"),
        ("nested", {"token": "pat-1"}),
        ("many", ["ada@example.com"]),
    ],
)
def test_secrets_and_persons_are_masked(lines: io.StringIO, field: str, value: Any) -> None:
    """By the name of a field, by a secret's value, and by what looks like a person's address."""
    structlog.get_logger("tasuki.test").warning("test.event", **{field: value})
    text = lines.getvalue()
    assert journal.MASK in text
    for leak in ("s3cr3t-value", "ada@", "hunter2", "pat-1", "1234-5678", "abcdef.123", "山田"):
        assert leak not in text


def test_ids_numbers_and_instants_stay(lines: io.StringIO) -> None:
    """What an operator needs to find a record is not taken for a telephone number."""
    kept = {"run": "01a1ffdb-d4e5-7216-a79e-88a8e591625d", "at": "2026-11-21T20:46:03.987Z"}
    structlog.get_logger("tasuki.test").info("test.event", rows=41037, **kept)
    (event,) = said(lines)
    assert {name: event[name] for name in kept} == kept
    assert event["rows"] == 41037


def test_other_libraries_write_here_too(lines: io.StringIO) -> None:
    """A warning of the standard library's logging is a JSON line, masked as well."""
    logging.getLogger("somewhere").warning("refused for %s", "ada@example.com")
    (event,) = said(lines)
    assert event["event"] == f"refused for {journal.MASK}"


def test_an_exception_leaves_only_its_kind(lines: io.StringIO) -> None:
    """A traceback may hold a record's values: only the kind of error is written."""
    try:
        raise ValueError("ada@example.com is no number")
    except ValueError:
        structlog.get_logger("tasuki.test").exception("test.failed")
    (event,) = said(lines)
    assert event["error_kind"] == "ValueError"
    assert "number" not in lines.getvalue()


def test_the_environment_names_its_secrets() -> None:
    """Only what is named like a secret is one."""
    environment = {"SALESFORCE_CLIENT_SECRET": "a", "HUBSPOT_TOKEN": "b", "SALES_URL": "c"}
    assert sorted(journal.secrets_in(environment)) == ["a", "b"]


@given(st.text(min_size=6, max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_a_secret_never_passes(secret: str, before: str, after: str) -> None:
    """Whatever stands around it, a known secret is gone from the text."""
    event = journal.Redact([secret])(None, "info", {"why": f"{before}{secret}{after}"})
    assert secret not in event["why"] or secret in journal.MASK
