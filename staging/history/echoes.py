"""What we wrote, until it is seen again: known by what was sent, never by whose account it was.

A page may show our write late, spelled its system's way, together with somebody's edit, or not yet:
a record that did not move since it was read before our write still shows what we wrote over.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, null, select, update

from staging.bulk import chunks
from staging.tables.staged import BASE
from staging.write.rivals import wrote_last
from tasuki.values import Json, same_value

Cells = Mapping[str, Json]
"""Platform field → value."""
Stamp = str | None


def sent(db: Connection, connection: str, object: str, ids: Iterable[str]) -> dict[str, Cells]:
    """What we sent to these records and have not seen again yet, by id."""
    found: dict[str, Cells] = {}
    for chunk in chunks(ids):
        waiting = (BASE.c.id.in_(chunk), BASE.c.sent.is_not(None))
        query = select(BASE.c.id, BASE.c.sent).where(*_of(connection, object), *waiting)
        found |= {id_: cells for id_, cells in db.execute(query) if cells}
    return found


def forget(db: Connection, connection: str, object: str, ids: Iterable[str]) -> None:
    """What we sent to these has been seen, or overtaken."""
    for chunk in chunks(ids):
        waiting = (BASE.c.id.in_(chunk), BASE.c.sent.is_not(None))
        db.execute(update(BASE).where(*_of(connection, object), *waiting).values(sent=null()))


def spelled(ours: Cells, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Of what we sent, the cells that are shown again, as their system spells them."""
    return {k: shown[k] for k, v in ours.items() if k in shown and same_value(v, shown[k])}


def covered(
    db: Connection,
    at: tuple[str, str],
    shown: Mapping[str, tuple[Mapping[str, Any], Stamp]],
    known: Mapping[str, tuple[Mapping[str, Any], Stamp]],
    waiting: Mapping[str, Cells],
) -> dict[str, dict[str, Any]]:
    """The cells of late records that show what we wrote over, as we know them: id → cells.

    Late is a record whose stamp is not newer than when it was read before our write; or older than
    when our write was seen.
    """
    older = {i for i, (_, stamp) in shown.items() if stamp and stamp < (known[i][1] or "")}
    even = {i for i, (_, stamp) in shown.items() if stamp and stamp == known[i][1]}
    found = {
        id_: {k: known[id_][0][k] for k in waiting[id_] if _is_stamped(k, known[id_][0])}
        for id_ in waiting
        if id_ in older | even
    }
    for (id_, name), write in wrote_last(db, *at, sorted(older - waiting.keys())).items():
        fields, was = shown[id_][0], known[id_][0]
        is_ours = _is_stamped(name, was) and same_value(was[name], write.sent)
        if is_ours and name in fields and same_value(fields[name], write.before):
            found.setdefault(id_, {})[name] = was[name]
    return {id_: cells for id_, cells in found.items() if cells}


def _is_stamped(name: str, cells: Cells) -> bool:
    """Whether a record is stamped anew when this cell changes: not of links, which are lists."""
    return name in cells and not isinstance(cells[name], list)


def _of(connection: str, object: str) -> tuple[Any, Any]:
    return BASE.c.connection == connection, BASE.c.object == object
