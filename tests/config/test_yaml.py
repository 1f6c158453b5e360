"""YAML with positions."""

from pathlib import Path

import pytest

from config.yaml import Document, dotted, load, overlay, parse
from tasuki.errors import ConfigError, Place

TEXT = """\
name: demo
fields:
  email: {hubspot: email, transform: [trim, lower]}
"""


def test_every_key_knows_its_line_and_column() -> None:
    """A key's place is where it is written, in lists as in maps."""
    document = parse(TEXT, "mappings/person.yaml")
    path = ("fields", "email", "transform", 1)
    assert document.place(path) == Place("mappings/person.yaml", 3, 45, "fields.email.transform[1]")
    assert document.place(("fields", "email")).column == 3
    assert document.value_place(("fields", "email")).column == 10


def test_a_missing_key_is_placed_at_its_parent() -> None:
    """What is not written is shown where it should have been."""
    place = parse(TEXT, "x.yaml").place(("fields", "email", "conflict"))
    assert (place.line, place.column, place.key) == (3, 3, "fields.email.conflict")


def test_data_is_plain_and_keys_are_text() -> None:
    """Numbers and dates are typed, keys are always text, and `no` is a word."""
    document = parse("001: Account\nyes: no\nn: 1.5\nday: 2026-01-02\nempty:\n", "x.yaml")
    assert list(document.data) == ["001", "yes", "n", "day", "empty"]
    assert document.data["yes"] == "no"
    assert document.data["day"].isoformat() == "2026-01-02"
    assert document.data["empty"] is None


def test_a_key_written_twice_is_refused() -> None:
    """Two values for one key would lose one of them."""
    with pytest.raises(ConfigError) as caught:
        parse("name: a\nkind: x\nname: b\n", "x.yaml")
    what, where, why, _ = caught.value.lines()
    assert (what, where) == ("The key `name` is written twice", "x.yaml:3:1 (name)")
    assert "line 1" in why


@pytest.mark.parametrize("text", ["a: [1, 2", "a: b: c", "\tx: 1", "? [a]\n: b"])
def test_broken_yaml_names_its_line(text: str) -> None:
    """Text that does not parse is an error with file and line."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "x.yaml")
    assert str(caught.value.where).startswith("x.yaml:")


def test_an_endless_file_is_refused() -> None:
    """Aliases cannot grow a small file into a huge one."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    with pytest.raises(ConfigError, match="too large"):
        parse("\n".join(lines), "x.yaml")


def test_an_unreadable_file_is_a_config_error(tmp_path: Path) -> None:
    """A missing file and one that is not UTF-8 are four-line errors."""
    with pytest.raises(ConfigError, match="no file"):
        load(tmp_path / "absent.yaml", "absent.yaml")
    (tmp_path / "cp932.yaml").write_bytes("名前: 青葉".encode("cp932"))
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "cp932.yaml", "cp932.yaml")


def test_an_overlay_keeps_both_files_places() -> None:
    """What a local file says replaces the rest key by key, and is shown in the local file."""
    base = parse("a: {x: 1, y: 2}\nb: [1, 2]\n", "tasuki.yaml")
    top = parse("# mine\na: {y: 3}\nb: [9]\n", "tasuki.local.yaml")
    both = overlay(base, top)
    assert both.data == {"a": {"x": 1, "y": 3}, "b": [9]}
    assert str(both.place(("a", "y"))) == "tasuki.local.yaml:2:5 (a.y)"
    assert str(both.place(("a", "x"))) == "tasuki.yaml:1:5 (a.x)"
    assert both.value_place(("b", 0)).file == "tasuki.local.yaml"


def test_paths_read_as_people_write_them() -> None:
    """Keys are joined by dots, list places stand in brackets."""
    assert dotted(("tests", 0, "given")) == "tests[0].given"
    assert Document("x", {"a": [1]}).get(("a", 0)) == 1
    assert Document("x", {"a": [1]}).get(("a", 5), "none") == "none"
