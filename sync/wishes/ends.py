"""The record at the other end of a link, on the connection where the link is written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection

from mappings.spec import LinkRule, Pointer, Way
from mappings.spec import Mapping as RecordMapping
from staging import identities
from staging.identities import Link
from tasuki.values import Ref

Ends: TypeAlias = Mapping[tuple[str, str], Sequence[Link]]
"""(entity, id) → the records that are it."""


def ends_of(db: Connection, mapping: RecordMapping, rows: Iterable[Mapping[str, Any]]) -> Ends:
    """The records behind everything that these rows point at through links that are written."""
    wanted: dict[str, set[str]] = defaultdict(set)
    written = [(name, rule.to) for name, rule in mapping.links.items() if rule.writes]
    for row in rows:
        for name, to in written:
            if id_ := row.get(name):
                wanted[to].add(id_)
    return {
        (entity, id_): links
        for entity, ids in wanted.items()
        for id_, links in identities.members_of(db, entity, ids).items()
    }


def end(rule: LinkRule, side: str, links: Sequence[Link]) -> Ref | None:
    """The record that a side's pointer must name; None when the entity has none it can lead to."""
    ways = (way for way in rule.sides.get(side, ()) if way.pointer is not Pointer.VALUE)
    return next((ref for way in ways for ref in _led_to(way, links)), None)


def pointed(
    mapping: RecordMapping, side: str, row: Mapping[str, Any], ends: Ends
) -> tuple[dict[str, Ref], list[str]]:
    """Of a side's written links: the record each must name, and those that find none there."""
    found: dict[str, Ref] = {}
    missing: list[str] = []
    for name, rule in mapping.links.items():
        if side not in rule.writes or not row.get(name):
            continue
        ref = end(rule, side, ends.get((rule.to, row[name]), ()))
        if ref is None:
            missing.append(name)
        else:
            found[name] = ref
    return found, missing


def _led_to(way: Way, links: Sequence[Link]) -> list[Ref]:
    """The records a way can lead to, the best first."""
    here = [link.ref for link in links if link.connection == way.connection]
    rank = {name: position for position, name in enumerate(way.objects())}
    fitting = [ref for ref in here if ref.object in rank]
    return sorted(fitting, key=lambda ref: (rank[ref.object], len(ref.id), ref.id))
