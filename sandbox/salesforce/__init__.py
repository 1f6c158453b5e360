"""Salesforce core CRM over REST, as real clients meet it.

The world generator uses `insert` and `ids.new_id`, tests that compare use `records`; the server
uses `routes`, `counts` and `edit`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.salesforce.org import PERSON, org_of
from sandbox.salesforce.rows.load import insert
from sandbox.salesforce.rows.write import update
from sandbox.salesforce.service import routes
from sandbox.state import State

__all__ = ["counts", "edit", "insert", "records", "routes"]


def counts(state: State) -> dict[str, int]:
    """How many live records each object holds."""
    org = org_of(state)
    live = "SELECT count(*) FROM {} WHERE IsDeleted = 0"
    return {
        name: org.state.db.execute(live.format(table.name)).fetchone()[0]
        for name, table in org.tables.items()
    }


def records(state: State, object: str) -> Iterator[dict[str, Any]]:
    """What the org holds, as REST would show it: every record with every stored field.

    Deleted records come too; addresses only as their parts. For tests that compare.
    """
    org = org_of(state)
    described = org.schema.objects[object]
    flags = [each.name for each in described.stored if each.type == "boolean"]
    for row in org.rows(object):
        row.update((name, bool(row[name])) for name in flags)
        yield {each.name: row[each.name] for each in described.stored}


def edit(state: State, object: str, id: str, fields: Mapping[str, Any]) -> None:
    """Change a record as a person would: as the administrator, by the same rules."""
    org = org_of(state)
    update(org, org.schema.objects[object], id, fields, user=PERSON)
