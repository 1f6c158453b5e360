"""What a mapping makes of records, without a store: normalized, merged, would-be writes."""

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mappings.apply import Normalized, Reject, normalize, push, seen
from mappings.spec import MappedField, Mapping, Rule
from mappings.values import union


@dataclass(frozen=True, slots=True)
class Given:
    """One record to preview."""

    side: str
    fields: Table[str, Any]
    id: str = ""


@dataclass(frozen=True, slots=True)
class WouldWrite:
    """One platform field that would change."""

    side: str
    field: str
    """The entity field behind it."""
    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of the given records."""

    normalized: tuple[tuple[Given, Normalized], ...]
    candidate: dict[str, Any]
    """The entity as these records alone would make it."""
    writes: tuple[WouldWrite, ...]
    rejects: tuple[Reject, ...]


def preview(mapping: Mapping, records: Sequence[Given]) -> Preview:
    """Show what these records of one entity would become, as if they met for the first time."""
    normalized = tuple((r, normalize(mapping, r.side, r.fields, r.id)) for r in records)
    merged = candidate(mapping, [(r.side, found.values) for r, found in normalized])
    writes = tuple(write for record in records for write in would_write(mapping, record, merged))
    pushed = [push(mapping, record.side, merged, record=record.fields) for record in records]
    rejects = [reject for _, found in normalized for reject in found.rejects]
    rejects += [reject for sent in pushed for reject in sent.rejects]
    return Preview(normalized, merged, writes, tuple(rejects))


def candidate(mapping: Mapping, values: Sequence[tuple[str, Table[str, Any]]]) -> dict[str, Any]:
    """One value per field from values of several sides, by policy and the order of sides.

    Without times `latest_wins` and `ask` take the strongest side: a preview knows no history.
    """
    found: dict[str, Any] = {}
    for name, rule in mapping.fields.items():
        given = [(side, row[name]) for side, row in values if name in row]
        if given:
            found[name] = _decided(rule, given)
    return found


def _decided(rule: MappedField, given: Sequence[tuple[str, Any]]) -> Any:
    order = {side: place for place, side in enumerate(rule.policy.order)}
    ranked = sorted(given, key=lambda pair: order.get(pair[0], len(order)))
    filled = [value for _, value in ranked if value is not None]
    if not filled:
        return None
    if rule.policy.rule is Rule.HIGHEST:
        return max(filled)
    if rule.policy.rule is Rule.UNION:
        return union(filled)
    return filled[0]


def would_write(mapping: Mapping, record: Given, merged: Table[str, Any]) -> list[WouldWrite]:
    """The cells of one record that differ from the candidate, compared in the entity's form."""
    present = seen(mapping, record.side, record.fields, record.id)
    found: list[WouldWrite] = []
    for rule in mapping.pushed(record.side):
        if rule.on_create_only or rule.name not in merged:
            continue
        if present.get(rule.name) == merged[rule.name] or not _may_write(rule, record):
            continue
        one = {rule.name: merged[rule.name]}
        sent = push(mapping, record.side, one, record=record.fields).fields
        for name, after in sent.items():
            before = record.fields.get(name)
            found.append(WouldWrite(record.side, rule.name, name, before, after))
    return found


def _may_write(rule: MappedField, record: Given) -> bool:
    """What cannot be read as a value is no blank to be filled."""
    raw = record.fields.get(rule.sides[record.side].names[0])
    return raw in (None, "") or rule.policy.rule is not Rule.FILL_BLANK_ONLY
