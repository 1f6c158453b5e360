"""Bulk loading: how a world, not a client, puts rows into the org."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from sandbox.salesforce.ids import full_id, number_of
from sandbox.salesforce.org import INTEGRATION_USER, Org, org_of
from sandbox.salesforce.rows.derive import Row, Save, derive
from sandbox.salesforce.rows.values import stored
from sandbox.salesforce.schema import Object
from sandbox.state import State

_CHUNK: Final = 5_000


def insert(state: State, object: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Put rows into the org as they are: no permission, length or picklist is checked.

    A row is a mapping from API names to JSON values, `datetime` or `date`; it may carry what no
    client may write (`Id`, `CreatedDate`, `SystemModstamp`, `OwnerId`, `IsDeleted`, ...). What it
    leaves out is filled: ids in order, stamps with now (`SystemModstamp` and `LastModifiedDate`
    with each other or `CreatedDate`), owners with the integration user, derived fields by the
    platform's rules. No `OpportunityHistory` is made: give those rows too. Parents come first.
    Errors: KeyError for an object or field the org does not have; FaultError for an unfit value.
    """
    org = org_of(state)
    described = org.schema.objects[object]
    found = iter(rows)
    while chunk := list(islice(found, _CHUNK)):
        _insert_chunk(org, described, chunk)


def _insert_chunk(org: Org, object: Object, chunk: list[Mapping[str, Any]]) -> None:
    now = org.now()
    missing = sum(1 for row in chunk if not row.get("Id"))
    fresh = iter(org.next_ids(object.prefix, missing) if missing else ())
    with org.state.transaction() as db:
        built = [_complete(org, object, row, fresh, now) for row in chunk]
        db.executemany(org.tables[object.name].insert, built)
        if object.name == "OpportunityLineItem":
            flag = "UPDATE sf_Opportunity SET HasOpportunityLineItem = 1 WHERE Id = :OpportunityId"
            db.executemany(flag, built)
        gone = [
            (object.name, row["Id"], row["SystemModstamp"]) for row in built if row["IsDeleted"]
        ]
        db.executemany("INSERT OR REPLACE INTO sf_deleted VALUES (?, ?, ?)", gone)
        used = max((number_of(row["Id"]) or 0 for row in built), default=0)
        org.keep_above(object.prefix, used)


def _complete(
    org: Org, object: Object, given: Mapping[str, Any], fresh: Iterator[str], now: str
) -> Row:
    row = blank(object)
    for name, value in given.items():
        row[name] = stored(object.fields[name], value)
    row["Id"] = full_id(row["Id"]) if row["Id"] else next(fresh)
    fill_system(row, now, INTEGRATION_USER)
    derive(object.name, Save(org, row, None, frozenset(given), row["SystemModstamp"]))
    asked = {name: value for name, value in given.items() if value is not None and name != "Id"}
    row.update((name, stored(object.fields[name], value)) for name, value in asked.items())
    return row


def blank(object: Object) -> Row:
    """A row with each field's default."""
    row: Row = {each.name: each.default for each in object.stored}
    for each in object.stored:
        if each.type == "boolean":
            row[each.name] = int(bool(each.default))
    row.setdefault("IsDeleted", 0)
    row.setdefault("SystemModstamp", None)
    return row


def fill_system(row: Row, now: str, user: str) -> None:
    """Fill the stamps and users that the row leaves out."""
    known = [row.get(name) for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp")]
    created = next((each for each in known if each), now)
    changed = row.get("SystemModstamp") or row.get("LastModifiedDate") or created
    filled = {
        "CreatedDate": created,
        "LastModifiedDate": row.get("LastModifiedDate") or changed,
        "SystemModstamp": changed,
        "CreatedById": user,
        "LastModifiedById": user,
        "OwnerId": user,
    }
    for name, value in filled.items():
        if name in row and not row[name]:
            row[name] = value
