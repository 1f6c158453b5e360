"""What one field of an entity becomes: three-way, like Git, as a star around the entity (pure).

Each record is compared with its own base, the value both last agreed on. Nobody moved: keep. One
moved, or all to the same: take it. Moved apart: the policy decides, or a person. No base yet: the
mapping's first_sync policy decides. A blank moves nothing unless the field says `clear`.

Above all that stands what a person decided about these very values. A late page that brings back
an older value moves nothing. `owner_by_stage` is no tie-break: the owner's value is the field's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mappings.spec import Policy, Rule

ABSENT: Final = object()
"""The base of a record that was never merged."""
_ASKS: Final = "a person decides"
_DIGITS: Final = 4
"""The store keeps so many decimals: what differs beyond them is the same number."""


def exactly(value: Any) -> Any:
    """A side that shows every value as it is."""
    return value


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record's say about one field."""

    ref: str
    side: str
    value: Any
    base: Any = ABSENT
    modified_at: str | None = None
    modified_by: str | None = None
    stale: Any = ABSENT
    """What a late page brought back; `value` is then what had been agreed."""
    reads: Callable[[Any], Any] = field(default=exactly, compare=False)
    """How its side shows an entity's value: a lossy transform or value map tells less."""

    @property
    def is_fresh(self) -> bool:
        """It has never been merged before."""
        return self.base is ABSENT

    @property
    def has_moved(self) -> bool:
        """It differs from what both sides last agreed on."""
        return self.base is not ABSENT and not same(self.value, self.base)

    @property
    def is_stale(self) -> bool:
        """A late page brought back a value it is known to have left."""
        return self.stale is not ABSENT

    def says(self, value: Any) -> bool:
        """It holds this value, as far as its side can show it."""
        if same(self.value, value):
            return True
        return self.reads is not exactly and same(self.value, self.reads(value))


@dataclass(frozen=True, slots=True)
class Current:
    """What the entity holds now, and from which record it came."""

    value: Any = None
    ref: str | None = None


def held(value: Any, ref: str | None, why: str | None) -> Current:
    """What an entity holds; a value it shows only until a person has decided is none."""
    return Current() if why == f"first sync: {_ASKS}" else Current(value, ref)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about the values that records held then."""

    value: Any
    ref: str | None
    by: str
    said: Mapping[str, Any]

    def stands(self, voices: Iterable[Candidate]) -> bool:
        """Whether every record still says what it said then, or what was decided."""
        return all(
            is_blank(c.value) or c.says(self.value) or same(c.value, self.said.get(c.ref, ABSENT))
            for c in voices
        )


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


def same(one: Any, other: Any) -> bool:
    """Equal in the form the store keeps."""
    if one == other:
        return True
    if type(one) is str and type(other) is str:
        return False  # the usual case: two texts, both said or one of them blank
    return bool(_key(one) == _key(other))


def owned(policy: Policy, team: str | None) -> Policy:
    """An `owner_by_stage` policy as the team in whose hands the entity is makes it."""
    if policy.rule is not Rule.OWNER_BY_STAGE:
        return policy
    owner = policy.by_stage.get(team) if team else None
    if owner is None:
        return Policy(Rule.SIDE_WINS, policy.order)
    return replace(policy, order=(owner, *(side for side in policy.order if side != owner)))


def merge_field(
    candidates: Sequence[Candidate],
    current: Current,
    policy: Policy,
    first_sync: Policy | None = None,
    *,
    clear: bool = False,
    decision: Decision | None = None,
) -> Choice:
    """What the field becomes; the order of the candidates does not matter."""
    voices = sorted(candidates, key=lambda c: c.ref)
    if decision is not None and voices and decision.stands(voices):
        ref = decision.ref if any(c.ref == decision.ref for c in voices) else None
        return Choice(decision.value, ref, f"decided by {decision.by}")
    if policy.rule is Rule.UNION:
        return _union(voices, current, clear=clear)
    if policy.rule is Rule.OWNER_BY_STAGE:
        mine = [c for c in voices if c.side == policy.order[0]]
        if (choice := _by_owner(mine, current, policy, clear=clear)) is not None:
            return choice
        policy = Policy(Rule.SIDE_WINS, policy.order)
    return _three_way(voices, current, policy, first_sync, clear=clear)


def _three_way(
    voices: Sequence[Candidate],
    current: Current,
    policy: Policy,
    first_sync: Policy | None,
    *,
    clear: bool,
) -> Choice:
    holder_left = current.ref is not None and all(c.ref != current.ref for c in voices)
    was_cleared = clear and current.ref is not None and is_blank(current.value)
    if holder_left or (is_blank(current.value) and not was_cleared):
        return _first(voices, policy, first_sync, clear=clear)
    moved = [c for c in voices if c.has_moved and (clear or not is_blank(c.value))]
    fresh = [c for c in voices if c.is_fresh and not is_blank(c.value)]
    strangers = [c for c in fresh if not c.says(current.value)]
    if moved:
        return _moved([*moved, *strangers], current, policy)
    if strangers:
        choice = _met(_holders(voices, current) + fresh, first_sync or policy, "newcomer")
        if choice.in_conflict:
            return replace(choice, value=current.value, winner=current.ref)
        return choice
    return Choice(current.value, current.ref, "unchanged")


def _by_owner(
    mine: Sequence[Candidate], current: Current, policy: Policy, *, clear: bool
) -> Choice | None:
    """The owner's own value; None where the owner says nothing and the others may."""
    known = current if any(c.ref == current.ref for c in mine) else Current()
    cleared = clear and any(c.has_moved and is_blank(c.value) for c in mine)
    cleared = cleared or (clear and known.ref is not None and is_blank(known.value))
    if not cleared and all(is_blank(c.value) for c in mine):
        return None
    by_order = Policy(Rule.SIDE_WINS, policy.order)
    choice = _three_way(mine, known, by_order, None, clear=clear)
    filled = [c for c in mine if not is_blank(c.value)]
    if not cleared and (agreed := _agreed(filled, by_order)) and not agreed.says(choice.value):
        choice = Choice(agreed.value, agreed.ref, "")
    if choice.why == "unchanged":
        return choice
    return replace(choice, why=f"{policy.rule}: {policy.order[0]} owns it")


def _first(
    voices: Sequence[Candidate], policy: Policy, first_sync: Policy | None, *, clear: bool
) -> Choice:
    emptied = [c for c in voices if clear and c.has_moved and is_blank(c.value)]
    news = [c for c in voices if not emptied or c.has_moved or c.is_fresh]
    filled = [c for c in news if not is_blank(c.value)]
    if not filled:
        return Choice(None, emptied[0].ref if emptied else None, "blank")
    if all(c.has_moved for c in filled):
        return _filled(filled, policy)
    return _met(filled, first_sync or policy, "first sync")


def _filled(moved: Sequence[Candidate], policy: Policy) -> Choice:
    """Records that met long ago and were blank: whoever fills it now moved it."""
    if len(moved) > 1 and _agreed(moved, policy) is None:
        choice = _met(moved, policy, "moved apart")
        return replace(choice, value=None, winner=None) if choice.in_conflict else choice
    return _met(moved, policy, "moved")


def _met(filled: Sequence[Candidate], policy: Policy, why: str) -> Choice:
    """Values that meet for the first time."""
    if (agreed := _agreed(filled, policy)) is not None:
        return Choice(agreed.value, agreed.ref, "all agree")
    if policy.rule is Rule.FILL_BLANK_ONLY:
        best = _strongest(filled, policy)
        return Choice(best.value, best.ref, f"{why}: the strongest side")
    return _decide(filled, policy, why)


def _moved(moved: Sequence[Candidate], current: Current, policy: Policy) -> Choice:
    if policy.rule is Rule.FILL_BLANK_ONLY:
        return Choice(current.value, current.ref, "fill_blank_only: there is a value")
    if (agreed := _agreed(moved, policy)) is not None:
        why = "moved" if len(moved) == 1 else "moved to the same"
        is_cleared = is_blank(agreed.value)
        value = None if is_cleared else agreed.value
        return Choice(value, agreed.ref, "cleared" if is_cleared else why)
    choice = _decide(moved, policy, "moved apart")
    if choice.in_conflict:
        return replace(choice, value=current.value, winner=current.ref)
    return replace(choice, value=None) if is_blank(choice.value) else choice


def _decide(voices: Sequence[Candidate], policy: Policy, why: str) -> Choice:
    match policy.rule:
        case Rule.ASK:
            best = None
        case Rule.LATEST_WINS:
            latest = max(c.modified_at or "" for c in voices)
            best = _strongest([c for c in voices if (c.modified_at or "") == latest], policy)
        case Rule.HIGHEST:
            best = _highest(voices, policy)
        case _:
            best = _strongest(voices, policy)
    if best is None:
        held = _strongest(voices, policy)
        return Choice(held.value, held.ref, f"{why}: {_ASKS}", in_conflict=True)
    return Choice(best.value, best.ref, f"{why}: {policy}")


def _highest(voices: Sequence[Candidate], policy: Policy) -> Candidate | None:
    """The greatest value; None where values cannot be compared."""
    filled = [c for c in voices if not is_blank(c.value)]
    kinds = {"number" if isinstance(c.value, (int, float)) else type(c.value) for c in filled}
    if len(kinds) > 1:
        return None
    if not filled:
        return _strongest(voices, policy)
    highest = max(c.value for c in filled)
    return _strongest([c for c in filled if same(c.value, highest)], policy)


def _agreed(voices: Sequence[Candidate], policy: Policy) -> Candidate | None:
    """The strongest voice whose value all the others say too, each as far as its side can."""
    telling = [v for v in voices if all(c.says(v.value) for c in voices)]
    return _strongest(telling, policy) if telling else None


def _strongest(voices: Sequence[Candidate], policy: Policy) -> Candidate:
    rank = {side: position for position, side in enumerate(policy.order)}
    return min(voices, key=lambda c: (rank.get(c.side, len(rank)), c.ref))


def _holders(voices: Sequence[Candidate], current: Current) -> list[Candidate]:
    return [c for c in voices if not c.is_fresh and c.says(current.value)]


def _union(voices: Sequence[Candidate], current: Current, *, clear: bool) -> Choice:
    """Every part that anybody says; with `clear`, less what somebody took out."""
    said = {part for c in voices for part in parts(c.value)}
    if clear and not is_blank(current.value):
        based = [c for c in voices if not c.is_fresh]
        gone = {part for c in based for part in parts(c.base) - parts(c.value)}
        fresh = {p for c in voices for p in parts(c.value) - parts(_base(c))}
        said = ((parts(current.value) & said) - gone) | fresh
    if said == parts(current.value) and (current.value or not said):
        return Choice(current.value, current.ref, "unchanged" if said else "blank")
    first = next((c.ref for c in voices if parts(c.value) & said), None)
    return Choice(";".join(sorted(said)) or None, first, "union")


def _base(voice: Candidate) -> Any:
    return None if voice.is_fresh else voice.base


def parts(value: Any) -> set[str]:
    """A multiple choice as a set: neither order nor repetition is a difference."""
    pieces = value if isinstance(value, (list, tuple)) else str(value or "").split(";")
    return {str(piece).strip() for piece in pieces if str(piece).strip()}


def _key(value: Any) -> Any:
    if is_blank(value):
        return None
    if isinstance(value, float):
        return round(value, _DIGITS)
    return tuple(value) if isinstance(value, list) else value
