"""The weather of one sandbox: which rules strike a call, and how often they did."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

from sandbox.state import State
from sandbox.weather.rules import Reply, Rule, Storm
from sandbox.weather.storm import VENDORS
from sandbox.weather.vendor import Given


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the rules see it."""

    platform: str
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Strike:
    """A rule that befalls a call; its dice depend on seed, rule and ordinal alone."""

    rule: Rule
    dice: Random


@dataclass(slots=True)
class Count:
    """How often a rule's calls came, and how often it struck."""

    matched: int = 0
    happened: int = 0


@dataclass(slots=True)
class Sky:
    """The present storm and its counts.

    Calls arrive on several threads and connections: the lock makes "the third matching call" one
    call, whichever of two that come at once it is.
    """

    storm: Storm = field(default_factory=Storm)
    dead: dict[str, str] = field(default_factory=dict)
    """Authorizations that a storm ended, with the platform's name."""
    _counts: list[Count] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def calm(self) -> bool:
        """Whether nothing can happen to a call."""
        return not (self.storm.rules or self.dead)

    def begin(self, storm: Storm) -> None:
        """From the next call on this storm; all counts begin anew."""
        with self._lock:
            self.storm = storm
            self._counts = [Count() for _ in storm.rules]
            self.dead = {}

    def strikes(self, call: Call) -> Sequence[Strike]:
        """What befalls this call: everything that matches, but only one end."""
        found: list[Strike] = []
        with self._lock:
            for place, rule in enumerate(self.storm.rules):
                if rule.by_row or not _matches(rule, call):
                    continue
                count = self._counts[place]
                count.matched += 1
                ended = rule.ends and any(each.rule.ends for each in found)
                dice = Random(f"{self.storm.seed}/{place}/{count.matched}")
                if not ended and _strikes(rule, count, dice):
                    count.happened += 1
                    found.append(Strike(rule, dice))
        return found

    def holds_row(self, platform: str) -> bool:
        """Whether somebody else holds the next row of this platform's bulk work."""
        with self._lock:
            for place, rule in enumerate(self.storm.rules):
                if not rule.by_row or rule.platform not in {None, platform}:
                    continue
                count = self._counts[place]
                count.matched += 1
                dice = Random(f"{self.storm.seed}/{place}/{count.matched}")
                if _strikes(rule, count, dice) and dice.random() < (rule.locked or 0):
                    count.happened += 1
                    return True
        return False

    def report(self) -> dict[str, Any]:
        """The storm as it was written, each rule with its counts."""
        written = self.storm.model_dump(mode="json", exclude_defaults=True)
        with self._lock:
            rules = [
                {**rule, "matched": count.matched, "happened": count.happened}
                for rule, count in zip(written.get("rules", []), self._counts, strict=True)
            ]
        happened = sum(rule["happened"] for rule in rules)
        return {**written, "seed": self.storm.seed, "rules": rules, "happened": happened}


_SKIES: Final[WeakKeyDictionary[State, Sky]] = WeakKeyDictionary()


def weather_of(state: State) -> Sky:
    """The weather over this state; fine until a storm begins."""
    return _SKIES.setdefault(state, Sky())


def given(rule: Rule, platform: str) -> Given | None:
    """The answer of a rule in this platform's words."""
    if isinstance(rule.answer, Reply):
        return Given(rule.answer.status, rule.answer.body, headers=rule.answer.headers)
    return VENDORS[platform].answers.get(rule.answer or "")


def _matches(rule: Rule, call: Call) -> bool:
    if rule.platform not in {None, call.platform} or rule.method not in {None, call.method}:
        return False
    vendor = VENDORS[call.platform]
    if rule.kind is not None:
        kind = vendor.kinds.get(rule.kind)
        if kind is None or not kind.holds(call.method, call.path):
            return False
    if rule.answer is not None and given(rule, call.platform) is None:
        return False
    return rule.path is None or re.search(rule.path, call.path) is not None


def _strikes(rule: Rule, count: Count, dice: Random) -> bool:
    if count.matched <= rule.after or (rule.times or count.happened + 1) <= count.happened:
        return False
    if rule.nth and count.matched not in rule.nth:
        return False
    return dice.random() < rule.probability
