"""What the sandbox holds: contacts of forty fields on both platforms, companies and deals."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sandbox import hubspot, salesforce
from sandbox.hubspot.data.definitions import definitions, ready
from sandbox.hubspot.data.kinds import kind_of
from sandbox.salesforce.ids import new_id
from sandbox.salesforce.org import org_of
from sandbox.state import State

FIELDS: Final = 40
BORN: Final = datetime(2026, 1, 5, tzinfo=UTC)
CRM: Final = "crm/Contact"
HUB: Final = "hub/contacts"
_FILLED: Final = frozenset({"string", "textarea", "phone"})
_NOT_ASKED: Final = frozenset(
    {"Id", "MasterRecordId", "LastModifiedById", "SystemModstamp", "LastViewedDate"}
    | {"LastReferencedDate"}
)
_DERIVED: Final = ("hs_object", "hs_email_domain", "hs_unique", "associated", "num_")


def make(
    folder: Path, people: int, others: Mapping[str, int] | None = None, *, apart: bool = False
) -> None:
    """Put so many people on each platform, and so many HubSpot records of other objects.

    With `apart` the people are on Salesforce only.
    """
    with State(folder / "sandbox.db") as state:
        hubspot.configure(state, burst=0, search_per_second=0, daily=0)
        salesforce.insert(state, "Contact", _contacts(state, people))
        hubspot.insert(state, "contacts", _people(state, 0 if apart else people))
        for object_, many in (others or {}).items():
            hubspot.insert(state, object_, (_named(object_, n + 1) for n in range(many)))


def fields(state: State) -> dict[str, frozenset[str]]:
    """The forty fields that are read, by `connection/object`."""
    described = org_of(state).schema.objects["Contact"]
    asked = [each.name for each in described.stored if each.name not in _NOT_ASKED]
    return {CRM: frozenset(asked[:FIELDS]), HUB: frozenset(_properties(state))}


def touch(folder: Path, moment: datetime, many: int) -> None:
    """Stamp the first so many people of both platforms with one moment, as one import does."""
    with State(folder / "sandbox.db") as state, state.transaction() as db:
        org_of(state)
        said = moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        db.execute(
            "UPDATE sf_Contact SET SystemModstamp = ?, LastModifiedDate = ?, Title = 'Imported' "
            "WHERE Id <= ?",
            (said, said, new_id("003", many)),
        )
        db.execute(
            "UPDATE hs_record SET modified = ?, "
            "properties = json_set(properties, '$.jobtitle', 'Imported') "
            "WHERE type = ? AND id <= ?",
            (int(moment.timestamp() * 1000), kind_of("contacts").id, many),
        )


def _properties(state: State) -> list[str]:
    known = definitions(ready(state), kind_of("contacts")).values()
    found = [
        each.name
        for each in known
        if each.type in ("string", "number") and not each.name.startswith(_DERIVED)
    ]
    return found[:FIELDS]


def _contacts(state: State, many: int) -> Iterator[dict[str, Any]]:
    described = org_of(state).schema.objects["Contact"]
    filled = [each for each in described.stored if each.type in _FILLED and each.name != "Name"]
    for n in range(1, many + 1):
        row = {each.name: f"{each.name[:12]} {n}"[: each.length] for each in filled}
        row |= {"Id": new_id("003", n), "Email": f"n{n}@people.example"}
        yield {**row, "LastName": f"姓 {n}", "CreatedDate": BORN + timedelta(seconds=n)}


def _people(state: State, many: int) -> Iterator[dict[str, Any]]:
    known = definitions(ready(state), kind_of("contacts"))
    names = _properties(state)
    for n in range(1, many + 1):
        row = {
            name: f"{name[:12]} {n}" if known[name].type == "string" else n % 97 for name in names
        }
        yield _record(n, {**row, "email": f"n{n}@people.example", "lastname": f"姓 {n}"})


def _named(object: str, number: int) -> dict[str, Any]:
    name = "dealname" if object == "deals" else "name"
    return _record(number, {name: f"{object} {number}"})


def _record(number: int, values: Mapping[str, Any]) -> dict[str, Any]:
    born = BORN + timedelta(seconds=number)
    return {"id": number, "properties": values, "created": born, "modified": born}
