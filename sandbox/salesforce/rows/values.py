"""Values as rows keep them: text as it goes over the wire, booleans 0 and 1, numbers as numbers."""

import re
from datetime import UTC, date, datetime
from typing import Any, Final

from sandbox.salesforce.faults import FaultError, bad_json
from sandbox.salesforce.ids import full_id, is_id
from sandbox.salesforce.schema import Field

_EMAIL: Final = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[^@\s,;<>().]+")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_SOAP: Final = {"boolean": "boolean", "int": "int", "date": "date", "datetime": "datetime"}


def stamp(moment: datetime) -> str:
    """A datetime as the platform writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def moment(text: str) -> datetime:
    """The aware datetime a wire text means; without an offset it is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def stored(field: Field, value: Any) -> Any:
    """The value a row keeps; raises JSON_PARSER_ERROR or MALFORMED_ID for one that cannot be."""
    if value is None or value == "":
        return 0 if field.type == "boolean" else None
    if field.type == "boolean":
        return _boolean(field, value)
    if field.type in {"date", "datetime"}:
        return _time(field, value)
    if field.type in {"int", "double", "currency", "percent"}:
        return _number(field, value)
    if isinstance(value, bool | int | float):
        raise _unreadable("string", value)
    if field.type in {"id", "reference"}:
        return _id(field, value)
    return str(value).strip() or None


def _boolean(field: Field, value: Any) -> int:
    if isinstance(value, bool | int):
        return int(bool(value))
    if str(value).lower() in {"true", "false"}:
        return int(str(value).lower() == "true")
    raise _unreadable("boolean", value)


def _number(field: Field, value: Any) -> float | int:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _unreadable(_SOAP.get(field.type, "double"), value) from None
    if isinstance(value, bool) or (field.type == "int" and not number.is_integer()):
        raise _unreadable(_SOAP.get(field.type, "double"), value)
    if field.type == "int":
        return int(number)
    whole_digits = field.precision - field.scale
    if field.precision and abs(number) >= 10**whole_digits:
        text = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise FaultError("NUMBER_OUTSIDE_VALID_RANGE", text, [field.name])
    return round(number, field.scale) if field.precision else number


def _time(field: Field, value: Any) -> str:
    try:
        if isinstance(value, datetime):
            return stamp(value) if field.type == "datetime" else value.date().isoformat()
        if isinstance(value, date):
            return value.isoformat() if field.type == "date" else f"{value}T00:00:00.000+0000"
        if field.type == "date" and _DATE.match(value):
            return date.fromisoformat(value[:10]).isoformat()
        if field.type == "datetime":
            return stamp(moment(value))
    except (TypeError, ValueError):
        pass
    raise _unreadable(field.type, value)


def _id(field: Field, value: Any) -> str:
    if not is_id(value):
        text = f"{field.label}: id value of incorrect type: {value}"
        raise FaultError("MALFORMED_ID", text, [field.name])
    return full_id(value)


def _unreadable(kind: str, value: Any) -> FaultError:
    token = {bool: "VALUE_TRUE", int: "VALUE_NUMBER_INT", float: "VALUE_NUMBER_FLOAT"}
    name = token.get(type(value), "VALUE_STRING")
    return bad_json(f"Cannot deserialize instance of {kind} from {name} value {value}")


def check_text(field: Field, value: Any) -> None:
    """Refuse text that is too long, no e-mail address, or outside a restricted picklist."""
    if not isinstance(value, str):
        return
    if field.length and field.type not in {"id", "reference"} and len(value) > field.length:
        text = f"{field.label}: data value too large: {value} (max length={field.length})"
        raise FaultError("STRING_TOO_LONG", text, [field.name])
    if field.type == "email" and not _EMAIL.fullmatch(value):
        text = f"{field.label}: invalid email address: {value}"
        raise FaultError("INVALID_EMAIL_ADDRESS", text, [field.name])
    if "restricted" in field.traits and field.values:
        given = value.split(";") if field.type == "multipicklist" else [value]
        for one in given:
            if one not in field.values:
                text = f"{field.label}: bad value for restricted picklist field: {one}"
                raise FaultError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, [field.name])
