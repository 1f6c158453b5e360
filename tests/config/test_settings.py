"""Typed settings and the errors of files that do not fit them."""

from datetime import timedelta

import pytest
from pydantic import Field

from config.duration import Duration
from config.nearest import did_you_mean, nearest
from config.settings import Settings, read
from config.yaml import parse
from tasuki.errors import ConfigError


class Inner(Settings):
    """A part of something."""

    size: int = Field(default=1, ge=1)


class Outer(Settings):
    """Something with parts."""

    name: str
    pause: timedelta = timedelta(seconds=1)
    within: Duration = Duration(timedelta(hours=1))
    parts: dict[str, Inner] = Field(default={})


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(Outer, parse(text, "x.yaml"))
    return caught.value


def test_an_unknown_key_names_the_nearest_known_one() -> None:
    """A misspelt key is refused at its place, with did-you-mean, at any depth."""
    assert refused("nam: x\nname: y\n").remedy == "Did you mean `name`?"
    deep = refused("name: y\nparts: {a: {siez: 3}}\n")
    assert str(deep.where) == "x.yaml:2:13 (parts.a.siez)"
    assert deep.remedy == "Did you mean `size`?"


def test_a_wrong_value_is_shown_at_the_value() -> None:
    """The place of a wrong value is the value's own, and its text is not repeated."""
    error = refused("name: y\nparts: {a: {size: many}}\n")
    assert str(error.where) == "x.yaml:2:19 (parts.a.size)"
    assert "many" not in "".join(error.lines())


def test_a_missing_key_says_what_to_add() -> None:
    """A required key that is not there is named."""
    assert refused("pause: 5s\n").remedy == "Add `name: …` here."


def test_durations_are_written_as_people_do() -> None:
    """`30s` fits a timedelta, and `2bd` a Duration in business days."""
    found = read(Outer, parse("name: x\npause: 30s\nwithin: 2bd\n", "x.yaml"))
    assert found.pause == timedelta(seconds=30)
    assert found.within == Duration(business_days=2)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90d", 7776000), ("4h", 14400), ("15m", 900), ("1.5h", 5400)]
)
def test_a_duration_is_read_and_shown(text: str, seconds: int) -> None:
    """A clock duration has its length, and reading what it shows gives it again."""
    duration = Duration.parse(text)
    assert duration.clock == timedelta(seconds=seconds)
    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize("text", ["4", "h", "1.5bd", "0bd", "4 hours", "-1d"])
def test_what_is_no_duration_says_how_to_write_one(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="business days"):
        Duration.parse(text)


def test_nothing_near_means_no_guess() -> None:
    """A word like no other is answered with what is known, not with a guess."""
    assert nearest("zzz", ["name", "size"]) is None
    assert did_you_mean("zzz", ["size", "name"], "Remove it.") == (
        "Remove it. Known: `name`, `size`."
    )
