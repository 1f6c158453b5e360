"""What an edited or a new mapping says of records that are staged already: looked at again.

No system is asked. A step marks so many records; where the next one begins is kept with it, so that
a stopped run goes on there, and an edit meanwhile begins anew.
"""

from typing import Any, Final

from sqlalchemy import Connection

from catalog.shape import Grain
from mappings.spec import Mapping as RecordMapping
from staging import queue, records
from staging.records import Position
from sync.context import Runner, Step, Tools
from sync.reading.covered import COVERED
from sync.reading.stream import hand_on, stream
from tasuki.values import Json, Ref, dumps, loads

_CHUNK: Final = 1_000
_OF: Final = "mappings"
_READ: Final = "read"
"""The version whose words were read last."""
_LOOK: Final = "look"
"""Side and id behind which records are to be looked at again; nothing when all were."""


def revise(run: Runner) -> int:
    """Hand on every staged record of which a mapping says otherwise now; how many."""
    looked, more = 0, True
    while more:
        done = run.step(LOOK)
        looked, more = looked + done["looked"], done["more"]
    return looked


def _keep_look(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    for mapping in tools.mappings:
        at = records.positions(db, _OF, mapping.name)
        read, look = (at.get(name, Position(None, None)).value for name in (_READ, _LOOK))
        if read != mapping.version:
            _move(db, tools, mapping, _READ, mapping.version)
            is_known = read is not None or _is_read_before(db, tools, mapping)
            look = dumps([next(iter(mapping.sides)), None]) if is_known else look
        if look is not None:
            return {"looked": _look(db, tools, mapping, *loads(look)), "more": True}
    return {"looked": 0, "more": False}


def _is_read_before(db: Connection, tools: Tools, mapping: RecordMapping) -> bool:
    """Whether a new mapping finds records that were read as a whole before this run."""
    places = ((side.connection, side.object) for side in mapping.sides.values())
    found = (records.position(db, *place, COVERED) for place in places)
    return any(at.value is not None and at.run_id != tools.run for at in found)


def _look(
    db: Connection, tools: Tools, mapping: RecordMapping, side: str, after: str | None
) -> int:
    """Hand on the next records of a side, and remember where to go on; how many."""
    here = mapping.sides[side]
    each = stream(tools, f"{here.connection}/{here.object}")
    ids = list(records.living_ids(db, each.connection, each.object, after, _CHUNK))
    hand_on(db, each, ids)
    if mapping.entity.grain is Grain.MERGED:
        refs = (str(Ref(each.connection, each.object, id_)) for id_ in ids)
        queue.mark(db, queue.IDENTIFY, mapping.entity.name, refs)
    sides = list(mapping.sides)
    onward = [*sides[sides.index(side) + 1 :], None][0]
    following = [side, ids[-1]] if len(ids) == _CHUNK else [onward, None]
    _move(db, tools, mapping, _LOOK, dumps(following) if following[0] else None)
    return len(ids)


def _move(
    db: Connection, tools: Tools, mapping: RecordMapping, name: str, value: str | None
) -> None:
    records.move(db, _OF, mapping.name, name, Position(value, None), tools.run, tools.now())


LOOK: Final = Step("revise.look", keep=_keep_look)
