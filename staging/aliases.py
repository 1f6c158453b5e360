"""Which record absorbed which when a platform merged them."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from staging.bulk import chunks, upsert
from staging.identities import by_object
from staging.tables.staged import ALIAS
from tasuki.values import Ref


def remember(
    db: Connection, connection: str, object: str, merged: Mapping[str, str], now: str
) -> None:
    """Keep which record absorbed which (old id -> survivor)."""
    rows = (
        {"connection": connection, "object": object, "old_id": old, "new_id": new, "at": now}
        for old, new in merged.items()
    )
    upsert(db, ALIAS, rows)


def survivors(db: Connection, connection: str, object: str, ids: Iterable[str]) -> dict[str, str]:
    """The record that each absorbed record ended up in, through any number of merges."""
    wanted = set(ids)
    known: dict[str, str] = {}
    frontier = wanted
    while frontier:
        step = _next(db, connection, object, frontier)
        known |= step
        frontier = set(step.values()) - set(known)
    return {id_: _end(known, id_) for id_ in wanted if id_ in known}


def absorbed(
    db: Connection, connection: str, object: str, ids: Iterable[str]
) -> dict[str, set[str]]:
    """The ids that ended up in each of these records, through any number of merges."""
    found: dict[str, set[str]] = {}
    frontier = {id_: id_ for id_ in ids}
    while frontier:
        ahead: dict[str, str] = {}
        for chunk in chunks(sorted(frontier)):
            rows = db.execute(
                select(ALIAS.c.old_id, ALIAS.c.new_id).where(
                    *_of(connection, object), ALIAS.c.new_id.in_(chunk)
                )
            )
            for old, new in rows:
                if old not in found.setdefault(frontier[new], set()):
                    found[frontier[new]].add(old)
                    ahead[old] = frontier[new]
        frontier = ahead
    return found


def merged_into(db: Connection, refs: Iterable[Ref]) -> set[Ref]:
    """The records that ended up in any of these, through any number of merges."""
    return {
        Ref(connection, object_, id_)
        for (connection, object_), ids in by_object(refs).items()
        for old in absorbed(db, connection, object_, ids).values()
        for id_ in old
    }


def _end(known: Mapping[str, str], id: str) -> str:
    walked = {id}
    while (ahead := known.get(id)) is not None and ahead not in walked:
        walked.add(ahead)
        id = ahead
    return id


def _next(db: Connection, connection: str, object: str, ids: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(sorted(ids)):
        rows = db.execute(
            select(ALIAS.c.old_id, ALIAS.c.new_id).where(
                *_of(connection, object), ALIAS.c.old_id.in_(chunk)
            )
        )
        found |= dict(rows.all())
    return found


def _of(connection: str, object: str) -> tuple[Any, Any]:
    return ALIAS.c.connection == connection, ALIAS.c.object == object
