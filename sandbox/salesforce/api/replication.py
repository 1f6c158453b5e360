"""`/updated` and `/deleted`: ids changed in a span of whole minutes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sandbox.salesforce.api.call import Answer, Call, json
from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.retention.deletes import REACH, earliest
from sandbox.salesforce.retention.late import covered
from sandbox.salesforce.rows.values import moment, stamp
from sandbox.salesforce.schema import Object

_REACH: Final = {"updated": timedelta(days=30), "deleted": REACH}
_MOST_IDS: Final = 600_000


def updated(call: Call, name: str) -> Answer:
    """`GET /sobjects/X/updated/?start&end`."""
    object = _replicated(call, name)
    start, end = _span(call, "updated")
    sql = (
        f"SELECT Id FROM {call.org.tables[object.name].name}"
        " WHERE SystemModstamp >= ? AND SystemModstamp < ? AND IsDeleted = 0 ORDER BY Id"
    )
    with call.org.state.lock:
        found = call.org.state.db.execute(sql, (stamp(start), stamp(end))).fetchall()
    ids = [id for (id,) in _few(call, found)]
    return json({"ids": ids, "latestDateCovered": stamp(covered(call.org, end))}, rows=len(ids))


def deleted(call: Call, name: str) -> Answer:
    """`GET /sobjects/X/deleted/?start&end`."""
    object = _replicated(call, name)
    start, end = _span(call, "deleted")
    sql = (
        "SELECT Id, deleted_at FROM sf_deleted"
        " WHERE object = ? AND deleted_at >= ? AND deleted_at < ? ORDER BY deleted_at, Id"
    )
    with call.org.state.lock:
        values = (object.name, stamp(start), stamp(end))
        found = call.org.state.db.execute(sql, values).fetchall()
    records = [{"id": id, "deletedDate": at} for id, at in _few(call, found)]
    body = {
        "deletedRecords": records,
        "earliestDateAvailable": stamp(earliest(call.org, object.name)),
        "latestDateCovered": stamp(covered(call.org, end)),
    }
    return json(body, rows=len(records))


def _few(call: Call, found: Sequence[tuple[str, ...]]) -> Sequence[tuple[str, ...]]:
    """The rows, unless there are more than one answer may list (a setting lowers the limit)."""
    most = int(call.org.state.setting("sf_replication_ids") or _MOST_IDS)
    if len(found) > most:
        raise FaultError("EXCEEDED_ID_LIMIT", f"cannot return more than {most} ids")
    return found


def _replicated(call: Call, name: str) -> Object:
    object = call.object(name)
    if "replicate" not in object.traits:
        text = f"entity type {object.name} does not support replicate"
        raise FaultError("INVALID_TYPE_FOR_OPERATION", text)
    return object


def _span(call: Call, kind: str) -> tuple[datetime, datetime]:
    start, end = (_minute(_moment(call, name)) for name in ("start", "end"))
    if start >= end:
        text = "endDate must be at least one minute greater than startDate"
        raise FaultError("INVALID_REPLICATION_DATE", text)
    if start < _minute(call.org.state.now() - _REACH[kind]):
        text = f"startDate cannot be more than {_REACH[kind].days} days ago"
        raise FaultError("INVALID_REPLICATION_DATE", text)
    return start, end


def _moment(call: Call, name: str) -> datetime:
    text = call.query.get(name, "")
    try:
        return moment(text.replace(" ", "+"))
    except ValueError:
        raise FaultError("INVALID_REPLICATION_DATE", f"{name}: invalid date {text}") from None


def _minute(when: datetime) -> datetime:
    return when.replace(second=0, microsecond=0)
