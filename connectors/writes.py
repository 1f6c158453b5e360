"""Writes and the answers to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from tasuki.errors import TasukiError

Fields: TypeAlias = Mapping[str, Any]


class Verb(StrEnum):
    """What a write does to its record."""

    CREATE = "create"
    UPDATE = "update"
    UPSERT = "upsert"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class LinkTo:
    """An association to set together with a write."""

    object: str
    id: str
    label: str | None = None
    """Under which label the system shows it; None: the plain one."""


@dataclass(frozen=True, slots=True)
class Write:
    """One record's write.

    `key` is the caller's name for this write (a receipt id); receipts repeat it. CREATE and UPSERT
    with `natural_key` (field, value) must never make a second record with that value.
    """

    key: str
    verb: Verb
    object: str
    fields: Fields
    id: str | None = None
    natural_key: tuple[str, str] | None = None
    links: tuple[LinkTo, ...] = ()
    unlinks: tuple[LinkTo, ...] = ()
    """Associations to take away."""
    unmoved_since: datetime | None = None
    """The record's stamp when it was last looked at: where the system can (`can.guarded_size`), a
    write is refused with MovedError when somebody changed the record after it."""


class Settled(StrEnum):
    """How a write ended."""

    WRITTEN = "written"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """No answer came: the record must be read again before anything is sent again."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went over the wire for one record, fit to be kept: no secret and no record's value.

    Values stand as `…`; what was sent is in the receipt, where an erasure finds it.
    """

    call: str
    """Method and path, e.g. `PATCH /composite/sobjects`."""
    status: int | None
    """HTTP status; None when no answer came."""
    request: Any
    """This record's part of the request, as JSON."""
    answer: Any
    """This record's part of the answer, as JSON."""
    request_id: str | None = None
    """What the system calls the request, to be quoted to its support."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to one write; exactly one per write, in the order of the batch."""

    key: str
    settled: Settled
    id: str | None = None
    created: bool = False
    error: TasukiError | None = None
    exchange: Exchange | None = None
