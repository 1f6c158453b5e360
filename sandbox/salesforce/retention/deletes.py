"""The delete log: how far back it reaches, and how the platform cuts it short."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sandbox.salesforce.org import PURGED, Org
from sandbox.salesforce.rows.values import moment, stamp
from sandbox.salesforce.schema import Object

REACH: Final = timedelta(days=15)
_KEPT: Final = timedelta(hours=2)


def earliest(org: Org, object: str) -> datetime:
    """From when on getDeleted is complete."""
    oldest = (org.state.now() - REACH).replace(second=0, microsecond=0)
    trimmed = org.state.setting(f"sf_trimmed/{object}")
    return max(oldest, moment(trimmed)) if trimmed else oldest


def trim(org: Org, object: str, *, told: bool = True) -> int:
    """Forget deletes older than two hours, as after a mass delete; how many.

    `told`: `earliestDateAvailable` says so afterwards; the platform does not always.
    """
    edge = org.state.now() - _KEPT
    with org.state.transaction() as db:
        sql = "DELETE FROM sf_deleted WHERE object = ? AND deleted_at < ?"
        gone = db.execute(sql, (object, stamp(edge))).rowcount
        if told and gone:
            org.state.set_setting(f"sf_trimmed/{object}", stamp(edge))
    return gone


def purge(org: Org, object: Object, ids: Sequence[str]) -> int:
    """Empty the recycle bin of these rows: only getDeleted still knows them; how many.

    The table keeps them, unseen: their places may not be given to new rows while cursors live.
    """
    table = org.tables[object.name].name
    with org.state.transaction() as db:
        sql = f"UPDATE {table} SET IsDeleted = {PURGED} WHERE Id = ? AND IsDeleted = 1"
        return sum(db.execute(sql, (id,)).rowcount for id in ids)
