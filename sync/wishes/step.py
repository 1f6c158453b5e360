"""The step that looks at the entities that moved: who lacks a record, whose records must go."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from mappings.spec import Mapping as RecordMapping
from staging import queue
from staging.erasure import tombstones
from sync.context import Runner, Step, Tools
from sync.erasure import keyring
from sync.erasure.marks import EMAIL
from sync.wishes import creates, deletes
from sync.wishes.scene import look
from sync.wishes.watch import concerned, watched
from sync.write.intent import drop_unwanted, is_held, wish
from tasuki.values import Json

_CHUNK: Final = 500


def wish_records(run: Runner) -> dict[str, Json]:
    """Wish for every record that is due to be made or deleted; how many wishes are new."""
    wishes = 0
    for entity in sorted(watched(run.tools.mappings)):
        more = True
        while more:
            done = run.step(WISH, entity=entity)
            wishes, more = wishes + done["wishes"], done["more"]
    return {"records_wished": wishes}


def _keep_wish(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    entity = arguments["entity"]
    ids = queue.take(db, queue.WISH, entity, _CHUNK)
    wishes = 0
    for mapping in tools.mappings if ids else ():
        if due := concerned(db, mapping, entity, ids):
            wishes += _wish(db, tools, mapping, due)
    return {"wishes": wishes, "more": bool(ids)}


def _wish(db: Connection, tools: Tools, mapping: RecordMapping, ids: Sequence[str]) -> int:
    scene = look(db, tools, mapping, ids)
    wanted = creates.creates(tools, mapping, scene, erased(db, tools, scene.rows))
    made = creates.untaken(db, mapping, wanted)
    gone = deletes.deletes(mapping, scene)
    for prefix, wanted in ((creates.PREFIX, made), (deletes.PREFIX, gone)):
        drop_unwanted(db, f"{prefix}{mapping.name}", ids, {intent.id for intent in wanted})
    wish(db, [*made, *gone], tools.now())
    return sum(not is_held(intent) for intent in (*made, *gone))


def erased(db: Connection, tools: Tools, rows: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The entities whose address is an erased person's: nobody makes them again."""
    if not tombstones.any_stand(db):
        return set()
    ring = keyring.load(tools.project)
    marks: dict[str, set[str]] = defaultdict(set)
    for id_, row in rows.items():
        if email := row.get("email"):
            for mark in ring.marks(EMAIL, str(email).lower()):
                marks[mark].add(id_)
    return {id_ for mark in tombstones.known(db, marks) for id_ in marks[mark]}


WISH: Final = Step("wish.records", keep=_keep_wish)
