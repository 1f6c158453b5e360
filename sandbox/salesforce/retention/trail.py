"""Field history: one row for each tracked field that a save gives another value."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.salesforce.org import Org
from sandbox.salesforce.rows.derive import Row
from sandbox.salesforce.rows.load import blank
from sandbox.salesforce.schema import Field, Object

MOST_TRACKED: Final = 20
_SETUP: Final = "history"
_TRACKED: Final[Mapping[str, tuple[str, ...]]] = {
    "Account": ("Industry", "Name", "OwnerId", "Website"),
    "Contact": ("AccountId", "Email", "OwnerId", "Title"),
    "Lead": ("Company", "Email", "OwnerId", "Status"),
    "Opportunity": ("AccountId", "Amount", "CloseDate", "OwnerId", "StageName"),
}
_KINDS: Final[Mapping[str, str]] = {
    "boolean": "Boolean",
    "currency": "Currency",
    "date": "DateOnly",
    "datetime": "DateTime",
    "double": "Double",
    "email": "Email",
    "int": "Double",
    "percent": "Percent",
    "phone": "Phone",
    "picklist": "DynamicEnum",
    "textarea": "TextArea",
    "url": "Url",
}


def track(org: Org, object: str, fields: list[str]) -> None:
    """Track these fields of an object from now on, as an administrator would."""
    known = org.schema.objects[object].fields
    if object not in _TRACKED or len(fields) > MOST_TRACKED or not set(fields) <= set(known):
        raise ValueError(f"{object}: history tracks at most {MOST_TRACKED} of its own fields")
    org.setup.put(_SETUP, object, {"fields": fields})


def write_trail(org: Org, object: Object, before: Row | None, row: Row, user: str) -> None:
    """Add what this save changed to the object's history."""
    if object.name not in _TRACKED:
        return
    of = "OpportunityField" if object.name == "Opportunity" else object.name
    history = org.schema.objects.get(f"{of}History")
    if history is None:
        return
    for entry in _entries(org, object, before, row):
        made = {
            **blank(history),
            **entry,
            "Id": org.next_ids(history.prefix, 1)[0],
            f"{object.name}Id": row["Id"],
            "CreatedDate": row["SystemModstamp"],
            "SystemModstamp": row["SystemModstamp"],
            "CreatedById": user,
        }
        org.state.db.execute(org.tables[history.name].insert, made)


def _entries(org: Org, object: Object, before: Row | None, row: Row) -> Iterator[Row]:
    if before is None:
        yield {"Field": "created"}
        return
    if object.name == "Lead" and row["IsConverted"] and not before["IsConverted"]:
        yield {"Field": "leadConverted"}
    kept = org.setup.of(_SETUP).get(object.name)
    for name in kept["fields"] if kept else _TRACKED[object.name]:
        if before[name] != row[name]:
            yield from _change(org, object.fields[name], before[name], row[name])


def _change(org: Org, field: Field, old: Any, new: Any) -> Iterator[Row]:
    """A change of a lookup is told twice, by names and by ids; long text without its values."""
    name = field.name.removesuffix("Id") if field.name.endswith("Id") else field.name
    if field.type == "reference":
        yield _entry(name, "Text", _name(org, old), _name(org, new))
        yield _entry(name, "EntityId", old, new)
    elif field.type == "textarea" and field.length > 255:
        yield _entry(name, "TextArea", None, None)
    else:
        yield _entry(name, _KINDS.get(field.type, "Text"), old, new)


def _entry(name: str, kind: str, old: Any, new: Any) -> Row:
    return {"Field": name, "DataType": kind, "OldValue": old, "NewValue": new}


def _name(org: Org, id: str | None) -> Any:
    object = org.schema.of_id(id) if id else None
    if object is None or "Name" not in object.fields:
        return None
    return org.value(object.name, id, "Name")
