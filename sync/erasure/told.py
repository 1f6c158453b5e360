"""A system forgot somebody for good and says so: once their record is gone there, so do we."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, select

from staging import queue, records
from staging.bulk import chunks
from staging.tables.identity import LINK
from sync.context import Runner, Step, Tools
from sync.erasure.erase import erase
from tasuki.values import Json


def forget_told(run: Runner) -> int:
    """Erase whom systems said they erased, and whose records are gone; how many."""
    return int(run.step(TOLD)["erased"])


def _keep_told(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    people: set[str] = set()
    for kind in queue.waiting(db, queue.ERASED):
        connection, _, object_ = kind.partition("/")
        ids = queue.peek(db, queue.ERASED, kind)
        found = records.read(db, connection, object_, ids)
        people |= _people(
            db, connection, object_, (i for i in ids if i in found and found[i].deleted_at)
        )
        queue.done(db, queue.ERASED, kind, ids)
    for person in sorted(people):
        erase(db, tools, person)
    return {"erased": len(people)}


def _people(db: Connection, connection: str, object: str, ids: Iterable[str]) -> set[str]:
    """Whose these records were last."""
    last: dict[str, str] = {}
    for chunk in chunks(ids):
        at = (LINK.c.entity == "person", LINK.c.connection == connection, LINK.c.object == object)
        query = select(LINK.c.id, LINK.c.entity_id).where(*at, LINK.c.id.in_(chunk))
        last |= dict(db.execute(query.order_by(LINK.c.seq)).all())
    return set(last.values())


TOLD: Final = Step("erase.told", keep=_keep_told)
