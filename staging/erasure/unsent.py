"""What was planned and not sent yet: nobody erased is written back, and no gap in their place."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, or_, select, update

from staging.bulk import chunks, delete_where_in
from staging.erasure.scrub import Place
from staging.tables.writes import CHANGE, INTENT, PARKED, RECEIPT

_REASON: Final = "it named somebody who was erased since"
_OPEN: Final = ("open", "unknown")


def drop_wishes(db: Connection, person: str) -> None:
    """What was wished for a person is not wished for, planned or under way any more."""
    mine = (INTENT.c.entity == "person", INTENT.c.entity_id == person)
    for chunk in chunks(db.scalars(select(INTENT.c.id).where(*mine)).all()):
        waiting = (CHANGE.c.intent_id.in_(chunk), CHANGE.c.state != "written")
        writes = set(db.scalars(select(CHANGE.c.write_id).where(*waiting)))
        db.execute(CHANGE.delete().where(*waiting))
        delete_where_in(db, RECEIPT, RECEIPT.c.id, writes, RECEIPT.c.state.in_(_OPEN))
        delete_where_in(db, PARKED, PARKED.c.id, writes)
        delete_where_in(db, PARKED, PARKED.c.intent_id, chunk)
    db.execute(INTENT.delete().where(*mine))


def refuse(db: Connection, struck: Iterable[Place]) -> list[tuple[str, str]]:
    """Refuse planned writes of which a sent cell was struck; the entities to decide on again."""
    struck = list(struck)
    cells = [place.key[0] for place in struck if str(place) == "change.after"]
    for chunk in chunks(cells):
        writes = select(CHANGE.c.write_id).where(CHANGE.c.id.in_(chunk))
        waiting = (CHANGE.c.write_id.in_(writes), CHANGE.c.state == "planned")
        db.execute(update(CHANGE).where(*waiting).values(state="refused", reason=_REASON))
    sent = ("intent.fields", "intent.natural_key")
    wishes = {place.key[0] for place in struck if str(place) in sent}
    unsent = or_(INTENT.c.state.in_(("open", "parked")), INTENT.c.state.startswith("held:"))
    again: list[tuple[str, str]] = []
    for chunk in chunks(sorted(wishes)):
        mine = (INTENT.c.id.in_(chunk), unsent)
        rows = db.execute(select(INTENT.c.entity, INTENT.c.entity_id).where(*mine))
        again += [(entity, id_) for entity, id_ in rows if entity and id_]
        db.execute(INTENT.delete().where(*mine))
        gone = PARKED.c.intent_id.not_in(select(INTENT.c.id))
        delete_where_in(db, PARKED, PARKED.c.intent_id, chunk, gone)
    return sorted(set(again))
