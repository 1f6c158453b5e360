"""Records that go because a person deleted another one of the same entity."""

from collections.abc import Iterator, Sequence
from typing import Final

from connectors.budget import Lane
from connectors.protocol import Verb
from mappings.spec import Mapping as RecordMapping
from mappings.spec import Side
from staging.identities import Link
from sync.wishes.scene import Left, Scene
from sync.wishes.watch import deleting
from sync.write.intent import Intent

PREFIX: Final = "delete:"
"""What the origin of every wish for a delete begins with."""


def deletes(mapping: RecordMapping, scene: Scene) -> list[Intent]:
    """What must go. Out of scope, out of sight, absorbed, or deleted by us is not deleted."""
    return [
        _intent(mapping, side, gone, link)
        for side in deleting(mapping)
        for id_, left in scene.left.items()
        if (gone := _gone(side, left, scene.members.get(id_, ()))) is not None
        for link in _others(mapping, side, scene.members.get(id_, ()))
    ]


def _gone(side: Side, left: Sequence[Left], members: Sequence[Link]) -> Left | None:
    """The record a person deleted there, when the entity has no other on that side."""
    if any((m.connection, m.object) == (side.connection, side.object) for m in members):
        return None
    here = (x for x in left if (x.ref.connection, x.ref.object) == (side.connection, side.object))
    return next((x for x in here if x.is_told), None)


def _others(mapping: RecordMapping, side: Side, members: Sequence[Link]) -> Iterator[Link]:
    objects = {
        (mapping.sides[name].connection, mapping.sides[name].object)
        for name in side.delete_in
        if name in mapping.sides
    }
    return (link for link in members if (link.connection, link.object) in objects)


def _intent(mapping: RecordMapping, side: Side, gone: Left, link: Link) -> Intent:
    return Intent(
        id=f"{PREFIX}{mapping.name}:{link.ref}",
        origin=f"{PREFIX}{mapping.name}",
        lane=Lane.MAPPINGS,
        verb=Verb.DELETE,
        connection=link.connection,
        object=link.object,
        record_id=link.id,
        fields={},
        entity=mapping.entity.name,
        entity_id=gone.entity_id,
        cause={"rule": mapping.name, "place": mapping.source, "why": f"deleted in {side.name}"},
    )
