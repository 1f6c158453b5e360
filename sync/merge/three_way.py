"""What one field of an entity becomes: three-way, like Git, as a star around the entity (pure).

Each record is compared with its own base, the value both last agreed on. Nobody moved: keep. One
moved, or all to the same: take it. Moved apart: the policy decides, or a person. No base yet: the
mapping's first_sync policy decides. A blank moves nothing unless the field says `clear`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mappings.spec import Policy, Rule

ABSENT: Final = object()
"""The base of a record that was never merged."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record's say about one field."""

    ref: str
    side: str
    value: Any
    base: Any = ABSENT
    modified_at: str | None = None
    modified_by: str | None = None

    @property
    def is_fresh(self) -> bool:
        """It has never been merged before."""
        return self.base is ABSENT

    @property
    def has_moved(self) -> bool:
        """It differs from what both sides last agreed on."""
        return self.base is not ABSENT and self.value != self.base


@dataclass(frozen=True, slots=True)
class Current:
    """What the entity holds now, and from which record it came."""

    value: Any = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What the field becomes, whose value it is, and why; `in_conflict` waits for a person."""

    value: Any
    winner: str | None
    why: str
    in_conflict: bool = False


def is_blank(value: Any) -> bool:
    """Nothing a person would call a value."""
    return value is None or value in ("", [], ())


def merge_field(
    candidates: Sequence[Candidate],
    current: Current,
    policy: Policy,
    first_sync: Policy | None = None,
    *,
    clear: bool = False,
) -> Choice:
    """What the field becomes; the order of the candidates does not matter."""
    voices = sorted(candidates, key=lambda c: c.ref)
    if policy.rule is Rule.UNION:
        return _union(voices)
    holder_left = current.ref is not None and all(c.ref != current.ref for c in voices)
    if is_blank(current.value) or holder_left:
        return _first(voices, first_sync or policy, clear=clear)
    moved = [c for c in voices if c.has_moved and (clear or not is_blank(c.value))]
    if moved:
        return _moved(moved, current, policy)
    fresh = [c for c in voices if c.is_fresh and not is_blank(c.value)]
    if any(c.value != current.value for c in fresh):
        return _decide(_holders(voices, current) + fresh, first_sync or policy, "first sync")
    return Choice(current.value, current.ref, "unchanged")


def _first(voices: Sequence[Candidate], policy: Policy, *, clear: bool) -> Choice:
    cleared = clear and any(c.has_moved and is_blank(c.value) for c in voices)
    filled = [c for c in voices if not is_blank(c.value)]
    if cleared or not filled:
        return Choice(None, None, "blank")
    if len({_key(c.value) for c in filled}) == 1:
        return Choice(filled[0].value, _strongest(filled, policy).ref, "all agree")
    if policy.rule is Rule.FILL_BLANK_ONLY:
        best = _strongest(filled, policy)
        return Choice(best.value, best.ref, "first value found")
    return _decide(filled, policy, "first sync")


def _moved(moved: Sequence[Candidate], current: Current, policy: Policy) -> Choice:
    if policy.rule is Rule.FILL_BLANK_ONLY:
        return Choice(current.value, current.ref, "fill_blank_only: there is a value")
    if len({_key(c.value) for c in moved}) == 1:
        who = _strongest(moved, policy)
        return Choice(who.value, who.ref, "moved" if len(moved) == 1 else "moved to the same")
    choice = _decide(moved, policy, "moved apart")
    if choice.in_conflict:
        return Choice(current.value, current.ref, choice.why, in_conflict=True)
    return choice


def _decide(voices: Sequence[Candidate], policy: Policy, why: str) -> Choice:
    match policy.rule:
        case Rule.ASK:
            best = _strongest(voices, policy)
            return Choice(best.value, best.ref, f"{why}: a person decides", in_conflict=True)
        case Rule.LATEST_WINS:
            best = max(voices, key=lambda c: (c.modified_at or "", c.ref))
        case Rule.HIGHEST:
            best = max(voices, key=lambda c: (c.value, c.ref))
        case _:
            best = _strongest(voices, policy)
    return Choice(best.value, best.ref, f"{why}: {policy}")


def _strongest(voices: Sequence[Candidate], policy: Policy) -> Candidate:
    rank = {side: position for position, side in enumerate(policy.order)}
    return min(voices, key=lambda c: (rank.get(c.side, len(rank)), c.ref))


def _holders(voices: Sequence[Candidate], current: Current) -> list[Candidate]:
    return [c for c in voices if not c.is_fresh and c.value == current.value]


def _union(voices: Sequence[Candidate]) -> Choice:
    parts: dict[str, None] = {}
    for voice in voices:
        for part in str(voice.value or "").split(";"):
            if part.strip():
                parts.setdefault(part.strip())
    value = ";".join(sorted(parts)) or None
    return Choice(value, voices[0].ref if voices and value else None, "union")


def _key(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
