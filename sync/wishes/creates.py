"""Records that a side lacks and may have: made at most once, and never without its reasons.

Parents come first: a record whose link leads to an entity that has no record there waits until it
has one, and is made by the plan after that.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from catalog.expression.evaluate import evaluate
from connectors.budget import Lane
from connectors.protocol import Verb
from mappings.apply import Pointers, Pushed, pointers, push
from mappings.scope import takes
from mappings.spec import LINKED, Create, Side
from mappings.spec import Mapping as RecordMapping
from staging import identities
from sync.context import Tools
from sync.wishes.ends import pointed
from sync.wishes.scene import Scene
from sync.wishes.watch import WAITS, creating
from sync.write.intent import HELD, Intent
from tasuki.clock import today
from tasuki.values import Json, Ref

PREFIX: Final = "create:"
"""What the origin of every wish for a new record begins with."""
OWN_KEY: Final = "tasuki_key"
"""The entity field that Tasuki itself fills where it is blank: with the entity's own id."""


class NotMade(StrEnum):
    """Why a record that a mapping asks for is not made."""

    BLANK_KEY = "blank_key"
    WAITS = WAITS
    DELETED = "deleted_there"
    TAKEN = "key_taken"
    OUT_OF_SCOPE = "out_of_scope"
    ERASED = "erased"


def creates(tools: Tools, mapping: RecordMapping, scene: Scene, erased: set[str]) -> list[Intent]:
    """The records these entities lack; those held back say why in their state."""
    homes: dict[str, list[Side]] = defaultdict(list)
    for side in creating(mapping):
        homes[side.connection].append(side)
    return [
        _intent(mapping, side, scene, id_, is_erased=id_ in erased)
        for id_ in scene.rows
        for connection, sides in homes.items()
        if not _is_there(mapping, scene, id_, connection)
        for side in _first_due(tools, sides, scene, id_)
    ]


def _is_there(mapping: RecordMapping, scene: Scene, id: str, connection: str) -> bool:
    """One record per connection: who is a lead there is not made a contact as well."""
    objects = {s.object for s in mapping.sides.values() if s.connection == connection}
    return any(
        link.connection == connection and link.object in objects
        for link in scene.members.get(id, ())
    )


def _first_due(tools: Tools, sides: Sequence[Side], scene: Scene, id: str) -> Iterator[Side]:
    """The first side whose condition is true."""
    for side in sides:
        if side.create and _is_due(tools, side.create, scene, id):
            yield side
            return


def _is_due(tools: Tools, create: Create, scene: Scene, id: str) -> bool:
    if create.when is None:
        return True
    now = tools.clock.now()
    return evaluate(create.when, scene.facts.get(id, {}), today(tools.clock), now) is True


def _intent(
    mapping: RecordMapping, side: Side, scene: Scene, id: str, *, is_erased: bool
) -> Intent:
    row = scene.rows[id]
    targets, missing = pointed(mapping, side.name, row, scene.ends)
    pushed = push(mapping, side.name, row, creating=True)
    tied = pointers(mapping, side.name, targets)
    fields = {**pushed.fields, **_links(tied)}
    key = _natural_key(mapping, side, row, pushed, id)
    if key is not None:
        fields.setdefault(*key)
    waits = [name for name in missing if mapping.links[name].to != "user_"]
    held = (
        (NotMade.ERASED if is_erased else None)
        or _barred(side, scene.left.get(id, ()))
        or (NotMade.BLANK_KEY if key is None else None)
        or (NotMade.WAITS if waits and not _has_a_home(mapping, targets) else None)
        or (NotMade.OUT_OF_SCOPE if _is_outside(side, fields) else None)
    )
    return Intent(
        id=f"{PREFIX}{mapping.name}:{side.name}:{id}",
        origin=f"{PREFIX}{mapping.name}",
        lane=Lane.MAPPINGS,
        verb=Verb.CREATE,
        connection=side.connection,
        object=side.object,
        natural_key=None if held else key,
        fields={} if held else fields,
        entity=mapping.entity.name,
        entity_id=id,
        cause=_cause(mapping, side, held, targets, row) | _note(side, tied),
        state=f"{HELD}{held}" if held else "open",
    )


def _has_a_home(mapping: RecordMapping, targets: Mapping[str, Ref]) -> bool:
    """A task under an opportunity may lack its person; a contact without its account may not."""
    return any(mapping.links[name].to != "user_" for name in targets)


def _barred(side: Side, left: Sequence[Any]) -> NotMade | None:
    """A record was there before, of whatever object: whoever took it away has decided."""
    here = [x for x in left if x.ref.connection == side.connection]
    if any(x.is_deleted for x in here):
        return NotMade.DELETED
    return NotMade.OUT_OF_SCOPE if here else None


def _is_outside(side: Side, fields: Mapping[str, Any]) -> bool:
    """Whether the new record would at once be one that this side does not take.

    A field that the create leaves out counts as blank: a system's own default is not known.
    """
    if side.scope is None:
        return False
    return not takes(side.scope, {**dict.fromkeys(side.scope.fields), **fields})


def _natural_key(
    mapping: RecordMapping, side: Side, row: Mapping[str, Any], pushed: Pushed, id: str
) -> tuple[str, str] | None:
    """The platform's field and the value that no second record may have."""
    name = side.create.key if side.create else ""
    look = mapping.fields[name].sides.get(side.name) if name in mapping.fields else None
    if look is None or not look.names:
        return None
    value = pushed.fields.get(look.names[0])
    if value in (None, "") and name == OWN_KEY:
        value = row.get(OWN_KEY) or f"{mapping.entity.name}:{id}"
    return None if value in (None, "") else (look.names[0], str(value))


def untaken(db: Connection, mapping: RecordMapping, wanted: Sequence[Intent]) -> list[Intent]:
    """The wishes whose key no other record of that object has; else none is made, and it is said.

    The record that has it is somebody else's (a person ruled so), and would be found, not made.
    """
    rules = [key for key in mapping.keys if len(key.parts) == 1]
    kinds = {key.parts[0].field: key.kind for key in rules}
    asked: dict[str, set[str]] = defaultdict(set)
    for intent in wanted:
        if found := _held_key(mapping, intent, kinds):
            asked[found[0]].add(found[1])
    held = identities.holders(db, mapping.entity.name, asked)
    return [
        _told(intent, NotMade.TAKEN)
        if (key := _held_key(mapping, intent, kinds))
        and any(
            (r.connection, r.object) == (intent.connection, intent.object)
            for r in held.get(key, ())
        )
        else intent
        for intent in wanted
    ]


def _held_key(
    mapping: RecordMapping, intent: Intent, kinds: Mapping[str, str]
) -> tuple[str, str] | None:
    """The identity key that an open wish's natural key is, where identity knows it."""
    side = mapping.side_of(intent.connection, intent.object)
    if intent.natural_key is None or side is None or side.create is None:
        return None
    kind = kinds.get(side.create.key)
    return (kind, intent.natural_key[1]) if kind else None


def _told(intent: Intent, why: NotMade) -> Intent:
    state = f"{HELD}{why}"
    cause = {**intent.cause, "held": str(why)}
    return replace(intent, natural_key=None, fields={}, cause=cause, state=state)


def _links(found: Pointers) -> dict[str, Json]:
    """Links as cells: a lookup's own field, an association under its pseudo-field."""
    return {**found.fields, **{f"{LINKED}{x[0]}": x[1] for x in found.associations}}


def _note(side: Side, tied: Pointers) -> dict[str, Json]:
    """What the new record goes without, since the system takes it not beside another pointer."""
    if not tied.left_out:
        return {}
    names = ", ".join(tied.left_out)
    return {"why": f"{_why(side)}; without {names}, which the system refuses beside its other link"}


def _why(side: Side) -> str:
    return side.create.text if side.create and side.create.text else "no record there"


def _cause(
    mapping: RecordMapping,
    side: Side,
    held: NotMade | None,
    targets: Mapping[str, Ref],
    row: Mapping[str, Any],
) -> dict[str, Json]:
    create = side.create
    place = str(create.place) if create and create.place else mapping.source
    return {
        "rule": mapping.name,
        "place": place,
        "why": _why(side),
        "held": held.value if held else None,
        "cells": {
            way.source: {"field": name, "to": [mapping.links[name].to, row[name]]}
            for name, ref in targets.items()
            for way in mapping.links[name].sides[side.name]
            if way.connection == ref.connection and ref.object in way.objects()
        },
    }
