"""Values as HubSpot takes them: everything is text, and the empty text clears."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from connectors.protocol import Write
from tasuki.values import stamp


def text(value: Any) -> str:
    """One value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return ";".join(text(part) for part in value)
    return str(value)


def properties(write: Write) -> Mapping[str, str]:
    """What an existing record is changed to."""
    return {name: text(value) for name, value in write.fields.items()}


def properties_at_birth(write: Write) -> Mapping[str, str]:
    """What a new record begins with: its key too, and nothing that would only be cleared."""
    key = dict([write.natural_key]) if write.natural_key else {}
    given = {**write.fields, **key}
    return {name: text(value) for name, value in given.items() if value not in (None, "")}
