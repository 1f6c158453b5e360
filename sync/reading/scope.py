"""Which staged records a mapping side takes: one out of scope is to it as if deleted."""

from collections.abc import Mapping
from typing import Any

from mappings.scope import takes
from mappings.spec import Side
from staging.erasure.purge import is_erased
from staging.records import Staged
from sync.reading.stream import Stream


def belongs(side: Side, row: Staged) -> bool:
    """Whether a staged record lives, is not an erased person's, and is in its side's scope."""
    return not row.deleted_at and not is_erased(row.payload) and takes(side.scope, row.payload)


def is_wanted(each: Stream, payload: Mapping[str, Any]) -> bool:
    """Whether any reader of a stream takes a record."""
    return any(takes(side.scope, payload) for _, side in each.readers)
