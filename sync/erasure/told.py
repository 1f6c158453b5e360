"""A system forgot somebody for good and says so: once their record is gone there, so do we."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, select

from staging import queue, records
from staging.bulk import chunks
from staging.tables.identity import LINK
from sync.context import Runner, Step, Tools
from sync.erasure.erase import forget_one
from tasuki.values import Json


def forget_told(run: Runner) -> int:
    """Erase whom systems said they erased, and whose records are gone; how many."""
    people = run.step(TOLD)["people"]
    erased = sum(forget_one(run, person) for person in people)
    if people:
        run.step(TOLD)  # what was told of them is done with
    return erased


def _keep_told(
    db: Connection, _tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    people: set[str] = set()
    for kind in queue.waiting(db, queue.ERASED):
        connection, _, object_ = kind.partition("/")
        ids = queue.peek(db, queue.ERASED, kind)
        unread = set(queue.peek(db, queue.HINTED, kind))
        found = records.read(db, connection, object_, ids)
        gone = [id_ for id_ in ids if id_ in found and found[id_].deleted_at]
        theirs = _people(db, connection, object_, gone)
        queue.done(db, queue.ERASED, kind, sorted(set(ids) - unread - theirs.keys()))
        people.update(theirs.values())
    return {"people": sorted(people)}


def _people(db: Connection, connection: str, object: str, ids: Iterable[str]) -> dict[str, str]:
    """Whose these records were last, by id."""
    last: dict[str, str] = {}
    for chunk in chunks(ids):
        at = (LINK.c.entity == "person", LINK.c.connection == connection, LINK.c.object == object)
        query = select(LINK.c.id, LINK.c.entity_id).where(*at, LINK.c.id.in_(chunk))
        last |= dict(db.execute(query.order_by(LINK.c.seq)).all())
    return last


TOLD: Final = Step("erase.told", keep=_keep_told)
