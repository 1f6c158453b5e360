"""Small values that every room shares: refs, JSON, digests, ids, instants as text."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, TypeAlias

import orjson
from uuid_utils import uuid7

Json: TypeAlias = Any
"""None, bool, int, float, str, list or dict of such."""


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """One record somewhere: connection, object, id."""

    connection: str
    object: str
    id: str

    def __str__(self) -> str:
        return f"{self.connection}/{self.object}/{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Ref":
        """The ref behind `connection/object/id`; ValueError when it is not one."""
        connection, object_, id_ = text.split("/", 2)
        return cls(connection, object_, id_)


def dumps(value: object) -> str:
    """Canonical JSON: sorted keys, so that equal values give equal text."""
    return packed(value).decode()


def packed(value: object) -> bytes:
    """The same as bytes."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS)


def loads(text: str | bytes) -> Json:
    """The value behind JSON text."""
    value: Json = orjson.loads(text)
    return value


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def digest(value: object) -> str:
    """A 128-bit fingerprint of a JSON value, equal for equal values."""
    return digest_of(packed(value))


def digest_of(packed: bytes) -> str:
    """The same of a value that is packed already."""
    return blake2b(packed, digest_size=16).hexdigest()


def new_id() -> str:
    """A fresh sortable id (UUIDv7)."""
    return str(uuid7())


def stamp(moment: datetime) -> str:
    """An instant as sortable text: UTC, milliseconds, `2026-01-02T03:04:05.678Z`."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """The instant behind ISO 8601 text with an offset."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def same_value(a: Json, b: Json) -> bool:
    """Whether a system would say that two values are equal.

    HubSpot answers numbers as text, Salesforce answers 72 as 72.0 and trims what it is sent; a
    text that a person saved in a browser may have other line ends.
    """
    if a in (None, "") and b in (None, ""):
        return True
    return bool(a == b) or _spelled(a) == _spelled(b)


def _spelled(value: Json) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    text = str(value).replace("\r\n", "\n").strip()
    try:
        return format(float(text), ".15g")
    except ValueError:
        return text
