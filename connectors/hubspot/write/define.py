"""Fields made in the account: properties in a group of our own, all of an object in one call.

A name that is there already is left as it is: it fits, or its difference is told, since a person
may have made it and HubSpot changes neither name nor uniqueness later. An archived one comes back
by its name. After a lost answer the account is asked again, so nothing is made twice.

Source: platforms notes on HubSpot, §6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from connectors.hubspot.client import Client
from connectors.hubspot.faults import ForbiddenError, RefusedError
from connectors.hubspot.metadata import SCOPED, properties_of
from connectors.hubspot.write.batch import Sender
from connectors.protocol import NewField, Receipt, Settled
from tasuki.errors import RejectedError, TasukiError, TransientError
from tasuki.values import Json

GROUP: Final = "tasuki"
AT_ONCE: Final = 100
TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "text": ("string", "text"),
    "longtext": ("string", "textarea"),
    "int": ("number", "number"),
    "num": ("number", "number"),
    "bool": ("bool", "booleancheckbox"),
    "date": ("date", "date"),
    "datetime": ("datetime", "date"),
    "picklist": ("enumeration", "select"),
}
"""Our types as HubSpot's type and form field."""
_TRUTH: Final = (("Yes", "true"), ("No", "false"))
_FAMILY: Final = "crm.schemas"
_EXISTS: Final = 409


def define(client: Client, fields: Sequence[NewField]) -> list[Receipt]:
    """Make the fields that are missing; one receipt per field, in order."""
    sender = Sender(client)
    receipts: dict[str, Receipt] = {}
    for object in dict.fromkeys(field.object for field in fields):
        wanted = {_key(field): field for field in fields if field.object == object}
        receipts |= _of_object(sender, object, wanted)
    return [receipts[_key(field)] for field in fields]


def _key(field: NewField) -> str:
    return f"{field.object}.{field.name}"


def _of_object(sender: Sender, object: str, wanted: Mapping[str, NewField]) -> dict[str, Receipt]:
    receipts: dict[str, Receipt] = {}
    try:
        held = _held(sender.client, object)
        receipts |= {
            key: _there(sender, field, held[field.name])
            for key, field in wanted.items()
            if field.name in held
        }
        missing = [(key, field) for key, field in wanted.items() if key not in receipts]
        if missing and all(row.get("groupName") != GROUP for row in held.values()):
            _group(sender, object)
        for start in range(0, len(missing), AT_ONCE):
            receipts |= _make(sender, object, dict(missing[start : start + AT_ONCE]))
    except TasukiError as error:
        rest = {key: field for key, field in wanted.items() if key not in receipts}
        receipts |= _stopped(sender, object, rest, error)
    finally:
        sender.client.defined.pop(object, None)
    return receipts


def _stopped(
    sender: Sender, object: str, fields: Mapping[str, NewField], error: TasukiError
) -> dict[str, Receipt]:
    """The receipts of those that could not be asked for, or whose answer is open."""
    if isinstance(error, ForbiddenError):
        return _refused(sender, fields, _unscoped(object, error, sender.client.connection))
    if isinstance(error, RejectedError):
        return _refused(sender, fields, error)
    if isinstance(error, TransientError) or sender.sent:
        return _open(sender, fields, error)
    raise error


def _held(client: Client, object: str) -> dict[str, Json]:
    return {str(row["name"]): row for row in properties_of(client, object)}


def _group(sender: Sender, object: str) -> None:
    """See that our group is there; somebody may have made it since."""
    body = {"name": GROUP, "label": GROUP.capitalize()}
    try:
        sender.call(sender.client.apis.groups.create, object, body, about=object, repeatable=True)
    except RefusedError as error:
        if error.refusal.status != _EXISTS:
            raise


# ── making ──


def _make(sender: Sender, object: str, fields: Mapping[str, NewField]) -> dict[str, Receipt]:
    """Make properties that are not there; those refused as a whole one by one."""
    body = {"inputs": [body_of(field) for field in fields.values()]}
    work = sender.client.apis.new_properties.create
    try:
        answer = sender.call(work, object, body, about=object, repeatable=False)
    except RejectedError as error:
        if len(fields) > 1:
            parts = [_make(sender, object, {key: field}) for key, field in fields.items()]
            return {key: receipt for part in parts for key, receipt in part.items()}
        return _looked_up(sender, object, fields, error)
    except TransientError as error:
        return _looked_up(sender, object, fields, error)
    made = {str(row["name"]): row for row in answer.get("results") or ()}
    done = {key: field for key, field in fields.items() if field.name in made}
    left = {key: field for key, field in fields.items() if key not in done}
    receipts = {key: _made(sender, field, made[field.name]) for key, field in done.items()}
    if left and done:  # some of a batch were refused: each tells its own reason alone
        return receipts | _make(sender, object, left)
    return receipts | _refused(sender, left, _silent(sender, object, answer))


def _silent(sender: Sender, object: str, answer: Json) -> RejectedError:
    return RejectedError(
        "HubSpot did not make the property.",
        where=f"{sender.client.connection}/{object}",
        why=_categories(answer) or "Its answer leaves the property out.",
        remedy="Make the property in HubSpot (Settings > Properties), then run setup again.",
    )


def _categories(answer: Json) -> str:
    errors = answer.get("errors") or ()
    return ", ".join(sorted({str(each.get("category") or "") for each in errors} - {""}))


def _looked_up(
    sender: Sender, object: str, fields: Mapping[str, NewField], error: TasukiError
) -> dict[str, Receipt]:
    """After a refusal or a lost answer: what is there now, and what is not."""
    exchanges = {key: sender.exchange(body_of(field), None) for key, field in fields.items()}
    try:
        held = _held(sender.client, object)
    except TasukiError:
        held = {}
    lost = isinstance(error, TransientError)
    rest = _open if lost else _refused
    receipts: dict[str, Receipt] = {}
    for key, field in fields.items():
        there = field.name in held
        told = (
            _made(sender, field, held[field.name])
            if there
            else rest(sender, {key: field}, error)[key]
        )
        receipts[key] = replace(told, created=told.created and lost, exchange=exchanges[key])
    return receipts


def body_of(field: NewField) -> dict[str, Any]:
    """A field as HubSpot's property."""
    type, form = TYPES.get(field.type, TYPES["text"])
    options = [(each, each) for each in field.options] if type == "enumeration" else []
    if type == "bool":
        options = [*_TRUTH]
    return {
        "groupName": GROUP,
        "name": field.name,
        "label": next(iter(field.label.values()), field.name),
        "description": field.help,
        "type": type,
        "fieldType": form,
        "hasUniqueValue": field.unique,
        "options": [
            {"label": label, "value": value, "displayOrder": n, "hidden": False}
            for n, (label, value) in enumerate(options)
        ],
    }


# ── receipts ──


def _made(sender: Sender, field: NewField, row: Json) -> Receipt:
    """The receipt of a property as it came out: one that was archived may differ."""
    receipt = _there(sender, field, row)
    exchange = sender.exchange(body_of(field), {"name": row["name"], "type": row.get("type")})
    return replace(receipt, created=receipt.error is None, exchange=exchange)


def _there(sender: Sender, field: NewField, row: Json) -> Receipt:
    """The receipt of a property that stands: written when it fits, else its difference."""
    found = differences(field, row)
    if not found:
        return Receipt(_key(field), Settled.WRITTEN, field.name)
    error = RejectedError(
        f"The property {field.name} of {field.object} is there, but not as it is needed.",
        where=f"{sender.client.connection}/{field.object}",
        why=f"{'; '.join(why for why, _ in found)}.",
        remedy=found[0][1],
    )
    return Receipt(_key(field), Settled.REJECTED, field.name, error=error)


_RENAME: Final = "Archive or rename the property in HubSpot, or name another in the project."
_EXTEND: Final = "Add the options to the property in HubSpot, then run setup again."


def differences(field: NewField, row: Json) -> list[tuple[str, str]]:
    """What keeps a standing property from being this field, each with the step that mends it."""
    type, _ = TYPES.get(field.type, TYPES["text"])
    limits: Mapping[str, Any] = row.get("modificationMetadata") or {}
    held = {str(option.get("value")) for option in row.get("options") or ()}
    lacks = [each for each in field.options if type == "enumeration" and each not in held]
    found = {
        f"its type is {row.get('type')}, not {type}": row.get("type") != type,
        "it is not unique, which cannot be changed later": field.unique
        and not row.get("hasUniqueValue"),
        "HubSpot computes it itself": limits.get("readOnlyValue") or row.get("calculated"),
    }
    told = [(why, _RENAME) for why, differs in found.items() if differs]
    return [*told, (f"it lacks the options {', '.join(lacks)}", _EXTEND)] if lacks else told


def _refused(
    sender: Sender, fields: Mapping[str, NewField], error: TasukiError
) -> dict[str, Receipt]:
    said = error.refusal.body if isinstance(error, RefusedError) else None
    return {
        key: Receipt(
            key, Settled.REJECTED, error=error, exchange=sender.exchange(body_of(field), said)
        )
        for key, field in fields.items()
    }


def _open(sender: Sender, fields: Mapping[str, NewField], error: TasukiError) -> dict[str, Receipt]:
    return {
        key: Receipt(
            key, Settled.UNKNOWN, error=error, exchange=sender.exchange(body_of(field), None)
        )
        for key, field in fields.items()
    }


def _unscoped(object: str, error: ForbiddenError, connection: str) -> RejectedError:
    """Definitions need a scope of their own, beside the one for records."""
    asked = SCOPED.get(object, ("", "crm.objects.custom.write"))[1]
    needed = " or ".join(error.scopes) or asked.replace("crm.objects", _FAMILY)
    return RejectedError(
        f"HubSpot does not let this token make properties of {object}.",
        where=f"{connection}/{object}",
        why=f"It needs the scope {needed}.",
        remedy=f"Grant {needed} to the app or service key in HubSpot, then run setup again.",
    )
