"""Where a field's value came from and what lost: kept beside the value, in bounded room."""

from typing import Any, Final

from sync.merge.disputes import MergedField
from sync.merge.three_way import Candidate, is_blank, same
from tasuki.values import Json

_MOST: Final = 8
"""So many losing values are kept, those of the newest records."""
_LONGEST: Final = 200
"""So much of a losing text is kept; its record has the whole."""


def trace(merged: MergedField, before: Any, run: str) -> dict[str, Json]:
    """The story of a value; the run it was decided in stays until it is decided anew."""
    choice = merged.choice
    winner = next((c for c in merged.candidates if c.ref == choice.winner), None)
    told = {
        "ref": choice.winner,
        "at": winner.modified_at if winner else None,
        "by": winner.modified_by if winner else None,
        "why": choice.why,
        "losers": _losers(merged),
    }
    old = before or {}
    if choice.why == "unchanged" and old.get("ref") == told["ref"]:
        return told | {"why": old.get("why"), "run": old.get("run")}
    if choice.why == old.get("why") and old.get("ref") == told["ref"] and winner is None:
        return told | {"run": old.get("run")}
    return told | {"run": run}


def _losers(merged: MergedField) -> list[dict[str, Json]]:
    lost = [c for c in merged.candidates if _is_lost(c, merged.choice.value)]
    newest = sorted(lost, key=lambda c: (c.modified_at or "", c.ref), reverse=True)[:_MOST]
    return [_loser(c) for c in sorted(newest, key=lambda c: c.ref)]


def _is_lost(candidate: Candidate, value: Json) -> bool:
    return candidate.is_stale or not (is_blank(candidate.value) or same(candidate.value, value))


def _loser(candidate: Candidate) -> dict[str, Json]:
    value = candidate.stale if candidate.is_stale else candidate.value
    short = value[:_LONGEST] if isinstance(value, str) else value
    told = {"ref": candidate.ref, "value": short, "at": candidate.modified_at}
    return told | {"why": "stale"} if candidate.is_stale else told
