"""What people of a Salesforce org do meanwhile."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Any, Final

from sandbox.salesforce.org import PERSON, Org, org_of
from sandbox.salesforce.retention import late as retention
from sandbox.salesforce.retention.deletes import purge
from sandbox.salesforce.rows.convert import convert
from sandbox.salesforce.rows.merge import merge, undelete
from sandbox.salesforce.rows.write import create, delete, update
from sandbox.state import State
from sandbox.weather.movers.choice import some, written
from sandbox.weather.rules import Move

_USUAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "Account": {"Phone": "03-{n}"},
    "Contact": {"Title": "Title {n}"},
    "Lead": {"Title": "Title {n}"},
    "Opportunity": {"NextStep": "Step {n}"},
    "Task": {"Subject": "Subject {n}"},
}
"""What is edited when a move does not say."""


def act(state: State, move: Move, dice: Random) -> None:
    """Carry out one move."""
    _MOVES[move.do](org_of(state), move, dice)


def _create(org: Org, move: Move, dice: Random) -> None:
    for _ in range(move.count):
        fields = written(dice, move.fields)
        if move.late_seconds:
            _later(org, move, "create", None, fields)
        else:
            create(org, org.schema.objects[move.object], fields, PERSON)


def _edit(org: Org, move: Move, dice: Random) -> None:
    object, fields = org.schema.objects[move.object], move.fields or _USUAL[move.object]
    for id in _living(org, move, dice, move.count):
        if move.late_seconds:
            _later(org, move, "update", id, written(dice, fields))
        else:
            update(org, object, id, written(dice, fields), user=PERSON)


def _later(org: Org, move: Move, verb: str, id: str | None, fields: Mapping[str, Any]) -> None:
    """Write it in a transaction that goes on for a while."""
    late = retention.begin(org, timedelta(seconds=move.late_seconds))
    retention.write(org, late, verb, move.object, id, fields)


def _delete(org: Org, move: Move, dice: Random) -> None:
    for id in _living(org, move, dice, move.count):
        delete(org, org.schema.objects[move.object], id, PERSON)


def _purge(org: Org, move: Move, dice: Random) -> None:
    """Delete and empty the recycle bin of it: only the delete log still knows."""
    for id in _living(org, move, dice, move.count):
        object = org.schema.objects[move.object]
        delete(org, object, id, PERSON)
        purge(org, object, [id])


def _undelete(org: Org, move: Move, dice: Random) -> None:
    sql = f"SELECT Id FROM {org.tables[move.object].name} WHERE IsDeleted = 1 ORDER BY Id"
    gone = [id for (id,) in org.state.db.execute(sql)]
    for id in some(dice, gone, move.count, f"deleted {move.object}"):
        undelete(org, move.object, id)


def _merge(org: Org, move: Move, dice: Random) -> None:
    chosen = _living(org, move, dice, 2 * move.count)
    for survivor, loser in zip(chosen[::2], chosen[1::2], strict=True):
        merge(org, move.object, survivor, [loser])


def _convert(org: Org, move: Move, dice: Random) -> None:
    for lead in _living(org, move, dice, move.count, "AND IsConverted = 0"):
        convert(org, lead, opportunity_name=str(move.fields.get("Name", "")) or None)


def _relink(org: Org, move: Move, dice: Random) -> None:
    """Give records another account, as a person does when somebody changes employer."""
    account = Move(do="relink", object="Account")
    for id in _living(org, move, dice, move.count):
        other = _living(org, account, dice, 1)[0]
        update(org, org.schema.objects[move.object], id, {"AccountId": other}, user=PERSON)


def _tie(org: Org, move: Move, dice: Random) -> None:
    """One stamp for all of them, as a mass update leaves behind, and a value for each."""
    fields = move.fields or _USUAL[move.object]
    changed = "".join(f", {name} = :{name}" for name in fields)
    sql = f"UPDATE {org.tables[move.object].name} SET SystemModstamp = :now{changed} WHERE Id = :id"
    now = org.now()
    rows = (
        {"id": id, "now": now, **written(dice, fields)}
        for id in _living(org, move, dice, move.count)
    )
    org.state.db.executemany(sql, rows)


def _living(org: Org, move: Move, dice: Random, count: int, more: str = "") -> list[str]:
    table = org.tables[move.object].name
    sql = f"SELECT Id FROM {table} WHERE IsDeleted = 0 {more} ORDER BY Id"
    known = [id for (id,) in org.state.db.execute(sql)]
    return some(dice, known, count, f"living {move.object}")


_MOVES: Final[Mapping[str, Callable[[Org, Move, Random], None]]] = {
    "create": _create,
    "edit": _edit,
    "delete": _delete,
    "purge": _purge,
    "undelete": _undelete,
    "merge": _merge,
    "convert": _convert,
    "relink": _relink,
    "tie": _tie,
}
