"""What earlier releases left waiting, as this one expects it: parked writes, plans not applied.

Kept apart from the revision, which is drafted from the tables.
"""

from typing import Any, Final

from sqlalchemy import Connection, delete, select, update

from staging.bulk import chunks, upsert
from staging.tables.writes import CHANGE, INTENT, PARKED, PLAN, RECEIPT

_UNTOLD: Final = ("open", "unknown")
"""Receipts whose answer never came: whether their record was made, a person must say."""


def bring_over(db: Connection) -> None:
    """Refused writes wait under their wish, due at once; plans that nobody applied are made anew.

    Before, a refused write was parked under its own id and no clock opened it again. Plans said
    less of themselves, so that nobody could tell whether they are what was approved.
    """
    not_begun = PLAN.c.state.in_(("draft", "approved"))
    db.execute(update(PLAN).where(not_begun).values(state="discarded"))
    rows = db.execute(_REFUSED).all()
    untold = {row.id: row.wish for row in rows if row.receipt in _UNTOLD}
    for id_, wish in untold.items():
        db.execute(update(PARKED).where(PARKED.c.id == id_).values(intent_id=wish))
    refused = [row for row in rows if row.id not in untold]
    upsert(db, PARKED, (_under_its_wish(row) for row in refused if row.state == "parked"))
    for chunk in chunks({row.id for row in refused}):
        db.execute(delete(PARKED).where(PARKED.c.id.in_(chunk)))


def _under_its_wish(row: Any) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in _KEPT}
    return {**kept, "id": row.wish, "intent_id": row.wish, "state": "open", "next_at": row.at}


_KEPT: Final = "connection object record_id run_id code reason fix place at label".split()
_REFUSED: Final = (
    select(
        PARKED.c.id,
        *(PARKED.c[name] for name in _KEPT if name != "label"),
        CHANGE.c.label,
        INTENT.c.id.label("wish"),
        INTENT.c.state,
        RECEIPT.c.state.label("receipt"),
    )
    .join(CHANGE, CHANGE.c.write_id == PARKED.c.id)
    .join(INTENT, INTENT.c.id == CHANGE.c.intent_id)
    .outerjoin(RECEIPT, RECEIPT.c.id == PARKED.c.id)
    .where(PARKED.c.state == "open", PARKED.c.intent_id.is_(None))
    .order_by(PARKED.c.at, PARKED.c.id)
    .distinct()
)
