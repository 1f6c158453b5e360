"""A write as the platform's JSON: links as ids, values in the types it insists on."""

from decimal import Decimal
from typing import Any

from connectors.account_engagement.metadata import Kind
from connectors.protocol import Verb, Write


def payload(kind: Kind, write: Write) -> dict[str, Any]:
    """The body of one write."""
    body = {name: _value(kind, name, value) for name, value in write.fields.items()}
    body |= {_lookup(link.object): int(link.id) for link in write.links if link.id.isdigit()}
    if write.natural_key and write.verb is not Verb.UPDATE:
        body.setdefault(*write.natural_key)
    return body


def _lookup(object: str) -> str:
    """`prospectId` of `prospects`."""
    return f"{object.rstrip('s')}Id"


def _value(kind: Kind, name: str, value: Any) -> Any:
    field = kind.fields.get(name)
    if field is None or value is None:
        return value
    if field.type in {"int", "reference"}:
        text = str(value)
        return int(Decimal(text)) if text.lstrip("-").replace(".", "", 1).isdigit() else value
    if field.type == "bool" and isinstance(value, str):
        return value.lower() == "true"
    return str(value) if field.type == "text" else value
