"""What users of a HubSpot account do meanwhile."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from orjson import dumps

from sandbox.hubspot.crm.merges import merge
from sandbox.hubspot.data.definitions import ready
from sandbox.hubspot.data.kinds import Kind, kind_of
from sandbox.hubspot.data.links import add_links, unlink
from sandbox.hubspot.data.records import Row, read
from sandbox.hubspot.data.times import millis
from sandbox.hubspot.data.writes import Author, archive, create, purge
from sandbox.hubspot.people import PERSON, edit
from sandbox.state import State
from sandbox.weather.movers.choice import some, written
from sandbox.weather.rules import Move

_USER: Final = Author("CRM_UI", f"userId:{PERSON}", PERSON)
_USUAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "contacts": {"jobtitle": "Title {n}"},
    "companies": {"phone": "03-{n}"},
    "deals": {"dealname": "Deal {n}"},
}
"""What is edited when a move does not say."""
_TO_COMPANY: Final = {"contacts": 279, "deals": 341, "tickets": 339}
"""The plain association types (API notes, section 8)."""


def act(state: State, move: Move, dice: Random) -> None:
    """Carry out one move."""
    _MOVES[move.do](ready(state), move, dice)


def _create(state: State, move: Move, dice: Random) -> None:
    for _ in range(move.count):
        create(state, kind_of(move.object), written(dice, move.fields), _USER)


def _edit(state: State, move: Move, dice: Random) -> None:
    kind = kind_of(move.object)
    fields = move.fields or _USUAL[kind.name]
    for id in _living(state, kind, dice, move.count):
        edit(state, kind.name, str(id), written(dice, fields))


def _archive(state: State, move: Move, dice: Random) -> None:
    kind = kind_of(move.object)
    for id in _living(state, kind, dice, move.count):
        archive(state, kind, _row(state, kind, id))


def _purge(state: State, move: Move, dice: Random) -> None:
    kind = kind_of(move.object)
    for id in _living(state, kind, dice, move.count):
        purge(state, kind, _row(state, kind, id))


def _merge(state: State, move: Move, dice: Random) -> None:
    kind = kind_of(move.object)
    chosen = _living(state, kind, dice, 2 * move.count)
    for first, second in zip(chosen[::2], chosen[1::2], strict=True):
        merge(state, kind, _row(state, kind, first), _row(state, kind, second))


def _relink(state: State, move: Move, dice: Random) -> None:
    """Another company instead of the ones a record hangs on; no modified date moves."""
    kind, company = kind_of(move.object), kind_of("companies")
    for id in _living(state, kind, dice, move.count):
        _unlink_companies(state, kind, id)
        other = _living(state, company, dice, 1)[0]
        add_links(state, [(kind.id, id, company.id, other, _TO_COMPANY[kind.name])])


def _unlink(state: State, move: Move, dice: Random) -> None:
    kind = kind_of(move.object)
    sql = "SELECT DISTINCT from_id FROM hs_association WHERE from_type = ? AND to_type = '0-2'"
    linked = [id for (id,) in state.db.execute(f"{sql} ORDER BY from_id", (kind.id,))]
    for id in some(dice, linked, move.count, f"linked {kind.name}"):
        _unlink_companies(state, kind, id)


def _unlink_companies(state: State, kind: Kind, id: int) -> None:
    sql = "SELECT DISTINCT to_id FROM hs_association WHERE from_type = ? AND from_id = ?"
    found = state.db.execute(f"{sql} AND to_type = '0-2'", (kind.id, id)).fetchall()
    for (company,) in found:
        unlink(state, kind.id, id, "0-2", company)


def _tie(state: State, move: Move, dice: Random) -> None:
    """One millisecond for all of them, as a bulk edit leaves behind, and a value for each."""
    kind, now = kind_of(move.object), millis(state.now())
    fields = move.fields or _USUAL[kind.name]
    rows = (
        (now, dumps(written(dice, fields)).decode(), kind.id, id)
        for id in _living(state, kind, dice, move.count)
    )
    state.db.executemany(
        "UPDATE hs_record SET modified = ?, properties = json_patch(properties, ?) "
        "WHERE type = ? AND id = ?",
        rows,
    )


def _living(state: State, kind: Kind, dice: Random, count: int) -> list[int]:
    sql = "SELECT id FROM hs_record WHERE type = ? AND archived = 0 ORDER BY id"
    known = [id for (id,) in state.db.execute(sql, (kind.id,))]
    return some(dice, known, count, f"living {kind.name}")


def _row(state: State, kind: Kind, id: int) -> Row:
    found = read(state, kind, str(id))
    if found is None:
        raise LookupError(f"{kind.name} {id} is not there")
    return found


_MOVES: Final[Mapping[str, Callable[[State, Move, Random], None]]] = {
    "create": _create,
    "edit": _edit,
    "archive": _archive,
    "purge": _purge,
    "merge": _merge,
    "relink": _relink,
    "unlink": _unlink,
    "tie": _tie,
}
