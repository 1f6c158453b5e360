"""Creating, changing, deleting and what else is done to records."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.account_engagement.account.settings import settings
from sandbox.account_engagement.faults import Fault, invalid, missing
from sandbox.account_engagement.identity import identify
from sandbox.account_engagement.model import OBJECTS, Object
from sandbox.account_engagement.store import Row, change, create, having, read
from sandbox.state import State

_PYTHON: Final[Mapping[str, type]] = {"int": int, "text": str, "bool": bool}


def living(state: State, object: Object, id: int) -> Row:
    """The record as it is, however far reads are behind; 404 when there is none."""
    row = read(state, object.name, id)
    if row is None or row.deleted:
        raise missing(f"{object.name} {id}")
    return row


def make(state: State, object: Object, body: Mapping[str, Any]) -> int:
    """A new record of what the body says; its id."""
    _check(state, object, body)
    for field in object.fields.values():
        if field.required and body.get(field.name) in (None, ""):
            raise invalid(f"Missing required property: {field.name}")
    if object.name == "prospects":
        _expect_own_email(state, str(body["email"]))
    if object.name == "list-memberships":
        _expect_single(state, body)
    given = dict(body)
    if object.name == "prospects":
        given = {"score": 0, **given, "email": _plain(str(given["email"]))}
    return create(state, object.name, given)


def alter(state: State, object: Object, id: int, body: Mapping[str, Any]) -> None:
    """Change what the body names."""
    living(state, object, id)
    _check(state, object, body)
    if fixed := [n for n in body if object.fields[n].required and n.endswith("Id")]:
        raise invalid(f"Property is read only: {fixed[0]}")
    change(state, object.name, id, body)


def remove(state: State, object: Object, id: int) -> None:
    """Put a record into the recycle bin."""
    living(state, object, id)
    change(state, object.name, id, {}, deleted=True)


def restore(state: State, object: Object, id: int) -> None:
    """Take a record out of the recycle bin."""
    row = read(state, object.name, id)
    if row is None or not row.deleted:
        raise missing(f"{object.name} {id}")
    change(state, object.name, id, {}, deleted=False)


def upsert_latest(state: State, body: Mapping[str, Any]) -> tuple[int, bool]:
    """Change the prospect of this address that was active last, or make one; whether it is new."""
    email, fields = body.get("matchEmail"), body.get("prospect") or {}
    if not isinstance(email, str) or "@" not in email:
        raise invalid("Invalid prospect email address")
    prospects = OBJECTS["prospects"]
    found = having(state, "prospects", "email", _plain(email))
    if not found:
        return make(state, prospects, {"email": email, **fields}), True
    rows = [row for id in found if (row := read(state, "prospects", id))]
    latest = max(rows, key=lambda row: (row.value("lastActivityAt") or 0, row.id))
    alter(state, prospects, latest.id, fields)
    return latest.id, False


def act(state: State, object: Object, id: int, action: str, body: Mapping[str, Any]) -> None:
    """Carry out `do/…` on one record."""
    if action == "undelete" and "undelete" in object.does:
        restore(state, object, id)
    elif action == "assignToProspect" and object.name == "visitors":
        prospect = body.get("prospectId")
        if not isinstance(prospect, int):
            raise invalid("Missing required property: prospectId")
        identify(state, id, prospect)
    elif action == "identifyCompany" and object.name == "visitors":
        name = body.get("companyName") or living(state, object, id).value("hostname")
        change(state, "visitors", id, {"companyName": name})
    else:
        raise Fault(404, 2, f"Invalid action: {action}")


def _check(state: State, object: Object, body: Mapping[str, Any]) -> None:
    for name, value in body.items():
        field = object.fields.get(name)
        if field is None:
            raise invalid(f"Invalid property: {name}")
        if not field.writable:
            raise invalid(f"Property is read only: {name}")
        if value is not None and type(value) is not _PYTHON[field.type]:
            raise invalid(f"Invalid value for property: {name}")
        if name == "email" and "@" not in str(value or ""):
            raise invalid("Invalid prospect email address")
        if field.refers_to and value is not None:
            target = read(state, field.refers_to, int(str(value)))
            if target is None or target.deleted:
                raise invalid(f"Invalid value for property: {name}")


def _expect_own_email(state: State, email: str) -> None:
    shared = settings(state).shared_emails
    if not shared and having(state, "prospects", "email", _plain(email)):
        raise invalid("A prospect with this email address already exists")


def _expect_single(state: State, body: Mapping[str, Any]) -> None:
    on = set(having(state, "list-memberships", "listId", body["listId"]))
    of = set(having(state, "list-memberships", "prospectId", body["prospectId"]))
    if on & of:
        raise invalid("Prospect is already a member of the list")


def _plain(email: str) -> str:
    return email.strip().lower()
