"""What was deleted, and who absorbed whom.

Deletes come on their own channel (`getDeleted`), which drops seconds at both ends; so a window
starts at the full minute before the cursor and ends at the full minute after now. It reaches back
15 days, less when the log was trimmed: `Deletes.gap` says when something may have been missed.
Some objects (history rows, some junctions) do not tell their deletes at all; for them a gap is told
once a day, since only comparing ids finds what is gone.

A merge deletes the losers. Which of the deleted ids are losers is asked only when there are any,
so that a quiet run costs one call. Survivors may have been merged away since: each chain is
followed to its end. A converted lead is not deleted: it stays, and names its contact.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from connectors.protocol import Deletes
from connectors.salesforce import filters
from connectors.salesforce.client import Client, Rest
from connectors.salesforce.read.rows import rows
from tasuki.errors import TasukiError
from tasuki.values import Json, dumps, instant, loads, stamp

_MERGEABLE: Final = frozenset({"Account", "Contact", "Lead", "Case"})
_REACH: Final = timedelta(days=15) - timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_TOO_MANY: Final = "EXCEEDED_ID_LIMIT"
_TOO_OLD: Final = "INVALID_REPLICATION_DATE"
_NOT_TOLD: Final = "INVALID_TYPE_FOR_OPERATION"


def deletes(client: Client, object: str, cursor: str | None) -> Deletes:
    """Ids deleted since the cursor, the absorbed ones among them also with their survivor."""
    if cursor is None:
        return Deletes((), _cursor(client.server_now(ask=True)))
    now = client.server_now()
    since = instant(loads(cursor)["since"])
    start = max(since - client.settings.overlap, now - _REACH)
    end = _floor(now) + _MINUTE
    try:
        answer, reached = _window(client, object, _floor(start), end)
    except TasukiError as error:
        return _untold(error, cursor, since, now)
    gone = tuple(dict.fromkeys(each["id"] for each in answer["deletedRecords"]))
    earliest = answer.get("earliestDateAvailable")
    trimmed = earliest is not None and instant(earliest) > since
    covered = min(reached, instant(answer["latestDateCovered"]), now)
    return Deletes(
        gone,
        _cursor(covered),
        more=reached < end and covered > since,  # a long transaction may hold the log back
        merged=_merged(client, object, gone),
        gap=trimmed or since < now - _REACH,
    )


def _untold(error: TasukiError, cursor: str, since: datetime, now: datetime) -> Deletes:
    """Nothing is told: at all, of that time, or of so many. Else the error is raised again."""
    if _NOT_TOLD in error.what and now - since < _DAY:
        return Deletes((), cursor)
    if any(code in error.what for code in (_NOT_TOLD, _TOO_OLD, _TOO_MANY)):
        return Deletes((), _cursor(now), gap=True)
    raise error


def _cursor(moment: datetime) -> str:
    return dumps({"since": stamp(moment)})


def _floor(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _window(client: Client, object: str, start: datetime, end: datetime) -> tuple[Json, datetime]:
    """The answer for a window and its end; the window is halved while it holds too many ids."""
    shortest = 2 * (client.settings.overlap + 2 * _MINUTE)  # its half still goes on
    while True:
        try:
            answer = _ask(client, object, start, end)
        except TasukiError as error:
            if _TOO_MANY not in error.what or end - start <= shortest:
                raise
            end = _floor(start + (end - start) / 2)
            continue
        return answer, end


def _ask(client: Client, object: str, start: datetime, end: datetime) -> Json:
    window = {"start": start.isoformat(), "end": end.isoformat()}

    def ask(rest: Rest) -> Json:
        return rest.restful(f"sobjects/{object}/deleted/", params=window)

    return client.ask(ask, f"{client.connection}/{object}")


def _merged(client: Client, object: str, gone: Sequence[str]) -> dict[str, str]:
    """Old id to survivor among the deleted; a chain of merges leads to its last survivor."""
    if object not in _MERGEABLE:
        return {}
    masters: dict[str, str] = {}
    asked: set[str] = set()
    while wanted := sorted({*gone, *masters.values()} - asked):
        masters |= _masters(client, object, wanted)
        asked.update(wanted)
    return {old: _survivor(old, masters) for old in gone if old in masters}


def _masters(client: Client, object: str, ids: Sequence[str]) -> dict[str, str]:
    """Those of the ids that were merged away, and into which record at first."""
    head = f"SELECT Id, MasterRecordId FROM {object} WHERE MasterRecordId != null AND Id IN "  # noqa: S608
    return {
        row["Id"]: row["MasterRecordId"]
        for chunk in filters.chunks(head, ids)
        for row in rows(client, object, head + chunk, deleted=True)
    }


def _survivor(old: str, masters: Mapping[str, str]) -> str:
    seen = {old}
    while (new := masters[old]) in masters and new not in seen:
        seen.add(new)
        old = new
    return masters[old]
