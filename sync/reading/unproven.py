"""Stamps that were read and not yet counted on both sides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.protocol import Record, Window
from staging.records import Position
from tasuki.values import dumps, loads, stamp

UNPROVEN: Final = "unproven"
"""The window of changes that waits for its count."""
SCOPED: Final = "unproven scope"
"""The window of a walk of some records only; counted by itself, with the same filter."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """What was read and not yet counted: stamps from `since` up to `until` (None: no bound)."""

    since: str | None
    until: str | None
    whole: bool
    """It was read from the beginning, so that a count that agrees speaks for all ids."""
    tried: str | None = None
    """When reading it again and comparing all ids did not explain its difference."""
    beside: bool = False
    """Of a walk of some records: others were staged before it."""

    @classmethod
    def of(cls, window: Window | None, *, whole: bool, beside: bool = False) -> "Unproven":
        """The window a walk covered; without one, all living records are counted."""
        if window is None:
            return cls(None, None, whole, beside=beside)
        since = stamp(window.since) if window.since else None
        return cls(since, stamp(window.until), whole, beside=beside)

    @classmethod
    def kept(cls, at: Mapping[str, Position], part: str = UNPROVEN) -> "Unproven | None":
        """What waits in the store, if anything."""
        text = at[part].value if part in at else None
        return cls(*loads(text)) if text else None

    def text(self) -> str:
        """As the store keeps it."""
        return dumps([self.since, self.until, self.whole, self.tried, self.beside])

    def holds(self, record: Record) -> bool:
        """Whether a record was last changed within; from the beginning on, every record was."""
        if self.since is None:
            return True
        at = stamp(record.modified_at) if record.modified_at else ""
        return self.since <= at < (self.until or "~")

    def wider(self, other: "Unproven | None") -> "Unproven":
        """The stamps of both."""
        if other is None:
            return self
        since = min(self.since, other.since) if self.since and other.since else None
        until = max(self.until, other.until) if self.until and other.until else None
        return Unproven(since, until, self.whole or other.whole, self.tried or other.tried)
