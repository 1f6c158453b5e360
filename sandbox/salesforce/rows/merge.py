"""Merging and undeleting: what people do in the user interface and REST cannot do."""

from collections.abc import Sequence

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import PERSON, Org
from sandbox.salesforce.rows.write import live, save, to_bin

_MOST_LOSERS = 2


def merge(org: Org, name: str, survivor: str, losers: Sequence[str]) -> None:
    """Fold up to two records into a third: what hung on them hangs on it, they point to it."""
    object = org.schema.objects[name]
    if "merge" not in object.traits or len(losers) > _MOST_LOSERS:
        text = f"entity type {name} does not support merge of {len(losers) + 1} records"
        raise FaultError("INVALID_TYPE_FOR_OPERATION", text, [])
    with org.state.transaction() as db:
        kept = live(org, object, survivor)
        for loser in losers:
            live(org, object, loser)
            _move_children(org, name, loser, survivor)
            to_bin(org, object, loser)
            table = org.tables[name].name
            db.execute(f"UPDATE {table} SET MasterRecordId = ? WHERE Id = ?", (survivor, loser))
        save(org, object, kept, {}, PERSON)


def _move_children(org: Org, name: str, loser: str, survivor: str) -> None:
    for child, field in org.schema.referrers(name):
        if field.name == "MasterRecordId":
            continue
        sql = (
            f"UPDATE {org.tables[child.name].name} SET {field.name} = ?, SystemModstamp = ?"
            f" WHERE {field.name} = ? AND IsDeleted = 0"
        )
        org.state.db.execute(sql, (survivor, org.now(), loser))


def undelete(org: Org, name: str, id: str) -> None:
    """Take a record out of the recycle bin, with all its delete took along; ids stay.

    Lookups to it return where nobody has set them since.
    """
    object = org.schema.objects[name]
    row = org.row(name, id)
    if row is None or not row["IsDeleted"] or "undelete" not in object.traits:
        text = f"entity is not in the recycle bin: {id}"
        raise FaultError("UNDELETE_FAILED", text, [])
    with org.state.transaction():
        save(org, object, row, {"IsDeleted": 0}, PERSON)
        _mend(org, name, id)


def _mend(org: Org, name: str, id: str) -> None:
    """Undo what the delete of a row tore, children and their children too."""
    now, db = org.now(), org.state.db
    db.execute("DELETE FROM sf_deleted WHERE object = ? AND Id = ?", (name, id))
    sql = "DELETE FROM sf_torn WHERE root = ? RETURNING object, Id, field"
    for child, torn, field in db.execute(sql, (id,)).fetchall():
        change = f"UPDATE sf_{child} SET SystemModstamp = ?"
        if field is not None:
            lookup = f"{change}, {field} = ? WHERE Id = ? AND {field} IS NULL"
            db.execute(lookup, (now, id, torn))
            continue
        back = f"{change}, IsDeleted = 0 WHERE Id = ? AND IsDeleted = 1"
        if db.execute(back, (now, torn)).rowcount:
            _mend(org, child, torn)
