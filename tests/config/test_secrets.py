"""Secrets come from outside the files."""

from pathlib import Path

import pytest

from config.secrets import refuse_secrets, resolve
from config.yaml import parse
from tasuki.errors import ConfigError

TOKEN = "pat-na1-" + "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    "line",
    [
        f"anything: {TOKEN}",
        "client_secret: hunter2",
        "password: x",
        "store: postgresql://tasuki:hunter2@db/tasuki",
        "nested: {list: [{api_key: abc}]}",
        "x: 0123456789ABCDEF0123456789ABCDEF",
    ],
)
def test_what_looks_like_a_secret_is_refused_and_not_repeated(line: str) -> None:
    """A literal secret is an error with its place; the value appears nowhere in it."""
    document = parse(f"kind: connection\n{line}\n", "connections/x.yaml")
    with pytest.raises(ConfigError) as caught:
        refuse_secrets(document)
    assert str(caught.value.where).startswith("connections/x.yaml:2:")
    shown = "".join(caught.value.lines())
    assert "hunter2" not in shown
    assert TOKEN not in shown


@pytest.mark.parametrize(
    "line",
    [
        "token: ${HUBSPOT_TOKEN}",
        "token: env:HUBSPOT_TOKEN",
        "client_secret: file:/run/secrets/sf",
        "store: postgresql://tasuki:${DB_PASSWORD}@db/tasuki",
        "unique_keys: {tasks: tasuki_key}",
        "token:",
        "page_size: 100",
    ],
)
def test_references_and_plain_settings_pass(line: str) -> None:
    """Naming where a secret is kept is what is wanted."""
    refuse_secrets(parse(line, "x.yaml"))


def test_references_are_looked_up(tmp_path: Path) -> None:
    """Variables, `env:` and files are replaced by what they hold; other values stay."""
    (tmp_path / "secret").write_text("s3\n", encoding="utf-8")
    document = parse(
        "a: ${A}\nb: x-${A}-${B}\nc: env:B\nd: file:secret\ne: [1, '${A}']\n", "x.yaml"
    )
    found = resolve(document.data, document, {"A": "1", "B": "2"}, tmp_path)
    assert found == {"a": "1", "b": "x-1-2", "c": "2", "d": "s3", "e": [1, "1"]}


@pytest.mark.parametrize("text", ["a: ${ABSENT}", "a: env:ABSENT", "a: file:absent"])
def test_a_reference_to_nothing_is_an_error_at_its_place(text: str, tmp_path: Path) -> None:
    """A variable that is not set and a file that is not there are named."""
    document = parse(text, "x.yaml")
    with pytest.raises(ConfigError) as caught:
        resolve(document.data, document, {"ABSENT": ""}, tmp_path)
    assert str(caught.value.where) == "x.yaml:1:4 (a)"
