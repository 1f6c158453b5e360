"""Links as cells: where a record points elsewhere than its entity does, and may be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings.apply import pointers
from mappings.spec import LINKED, LinkRule, Pointer, Rule, Way
from sync.merge.voices import Voice
from sync.wishes.ends import Ends, pointed
from tasuki.values import Json


@dataclass(frozen=True, slots=True)
class Tie:
    """One pointer to be written: the record it must name, and the link that says so."""

    rule: LinkRule
    id: str

    def cause(self, row: Mapping[str, Any], provenance: Mapping[str, Any]) -> dict[str, Json]:
        """Why, and what the other record is."""
        trace = provenance.get(self.rule.name) or {}
        return {
            "field": self.rule.name,
            "place": str(self.rule.place) if self.rule.place else None,
            "policy": str(self.rule.policy),
            "from": trace.get("ref"),
            "why": trace.get("why"),
            "to": [self.rule.to, row[self.rule.name]],
        }


def tied_cells(voice: Voice, row: Mapping[str, Any], ends: Ends) -> dict[str, Tie]:
    """Platform field -> the pointer that it must hold; a blank takes no link away."""
    mapping, side = voice.mapping, voice.side
    targets, _ = pointed(mapping, side, row, ends)
    found: dict[str, Tie] = {}
    for name, ref in targets.items():
        rule = mapping.links[name]
        if voice.values.get(name) == row[name] or not _is_free(rule, voice):
            continue
        said = pointers(mapping, side, {name: ref}, voice.staged.payload)
        found |= {field: Tie(rule, id_) for field, id_ in said.fields.items()}
        found |= {f"{LINKED}{to[0]}": Tie(rule, to[1]) for to in said.associations}
    return found


def _is_free(rule: LinkRule, voice: Voice) -> bool:
    """Whether the pointer may be set: what it holds for another link, or first, stays."""
    way = next((w for w in rule.sides[voice.side] if w.pointer is not Pointer.VALUE), None)
    there = voice.staged.payload.get(way.source) if way else None
    if way is None or not there:
        return way is not None
    if rule.policy.rule is Rule.FILL_BLANK_ONLY:
        return False
    return way.pointer is Pointer.ASSOCIATION or _is_ours(way, str(there))


def _is_ours(way: Way, id: str) -> bool:
    return not way.by_prefix or any(id.startswith(start) for start in way.by_prefix)
