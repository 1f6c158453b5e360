"""Records as they are now: by id, by key, all ids, how many, and what was deleted."""

from collections.abc import Iterator, Sequence
from typing import Final

from connectors.account_engagement.client import Client
from connectors.account_engagement.metadata import MOVED, Kind, kind_of
from connectors.account_engagement.read.rows import asked, record, rows, second
from connectors.protocol import Deletes, Ids, Record, Window
from tasuki.errors import ConfigError
from tasuki.values import Json, dumps, loads, stamp

_DELETED: Final = {"deleted": "true"}


def read(client: Client, object: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
    """The named records in the order asked for; those that do not exist are left out.

    Each call reads on from the first id that is not known yet, so neighbours share one.
    """
    kind = kind_of(object, client.connection)
    wanted = sorted({int(id) for id in ids if id.isdigit()})
    found: dict[str, Record] = {}
    while wanted:
        span = min(wanted[-1] - wanted[0] + 1, client.settings.page_size)
        got = rows(client, kind, asked(kind, fields), {}, wanted[0] - 1, limit=span)
        found |= {str(row["id"]): record(kind, row, fields) for row in got.rows}
        reached = got.last if got.more and got.last is not None else wanted[-1]
        wanted = [id for id in wanted if id > reached]
    return [found[id] for id in dict.fromkeys(ids) if id in found]


def find(
    client: Client, object: str, key: str, values: Sequence[str], fields: Sequence[str]
) -> list[Record]:
    """Records whose field equals one of the values; a call per value.

    Errors: ConfigError when the platform does not filter by this field.
    """
    kind = kind_of(object, client.connection)
    if key == "id":
        return read(client, object, values, fields)
    if key not in kind.filters:
        able = ", ".join(sorted(kind.filters)) or "id"
        raise ConfigError(
            f"Account Engagement cannot look {object} up by {key}",
            where=f"{client.connection}/{object}",
            why=f"it filters them by {able} only",
            remedy=f"Name {able} in the mapping.",
        )
    named = asked(kind, [*fields, key])
    found = [
        record(kind, row, fields)
        for value in dict.fromkeys(values)
        for row in _all(client, kind, named, {key: value})
        if str(row.get(key)).casefold() == value.casefold()
    ]
    return [*{each.id: each for each in found}.values()]


def ids(client: Client, object: str, after: str | None) -> Ids:
    """A page of living ids."""
    kind = kind_of(object, client.connection)
    got = rows(client, kind, (), {}, int(after) if after else None)
    return Ids(tuple(str(row["id"]) for row in got.rows), str(got.last) if got.more else None)


def count(client: Client, object: str, window: Window | None) -> int:
    """How many living records there are: the platform tells no number, so their ids are walked."""
    kind = kind_of(object, client.connection)
    conditions: dict[str, str] = {}
    if window is not None:
        conditions[f"{kind.stamp}Before"] = stamp(second(window.until))
        if window.since is not None:
            conditions[f"{kind.stamp}AfterOrEqualTo"] = stamp(window.since)
    return sum(1 for _ in _all(client, kind, (), conditions))


def deletes(client: Client, object: str, cursor: str | None) -> Deletes:
    """What was deleted since the cursor; an object that has no recycle bin loses nothing.

    A delete moves `updatedAt`; one that was taken back is no longer told and comes as a change.
    """
    kind = kind_of(object, client.connection)
    if not kind.tells_deletes:
        return Deletes((), dumps({}))
    if cursor is None:
        rows(client, kind, (), _DELETED, None, limit=1)  # for the platform's clock
        return Deletes((), _since(client))
    walk = loads(cursor)
    conditions = {**_DELETED, f"{MOVED}AfterOrEqualTo": walk["since"]}
    got = rows(client, kind, (), conditions, walk.get("after"))
    gone = tuple(str(row["id"]) for row in got.rows)
    begun = walk.get("begun") or _since(client)
    if got.more:
        return Deletes(gone, dumps({**walk, "after": got.last, "begun": begun}), more=True)
    return Deletes(gone, begun)


def _since(client: Client) -> str:
    at = client.asked_at() - client.settings.overlap
    return dumps({"since": stamp(second(at))})


def _all(
    client: Client, kind: Kind, fields: Sequence[str], conditions: dict[str, str]
) -> Iterator[Json]:
    after: int | None = None
    while True:
        got = rows(client, kind, fields, conditions, after)
        yield from got.rows
        after = got.last
        if not got.more or after is None:
            return
