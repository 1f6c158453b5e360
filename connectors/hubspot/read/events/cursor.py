"""Where a pull of events stands, and events as records."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from connectors.hubspot.read.filters import EPOCH, milliseconds
from connectors.protocol import Record
from tasuki.values import dumps, instant, loads, stamp


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a pull stands; instants in milliseconds since 1970."""

    since: int = 0
    newest: int = 0
    after: str | None = None
    base: int | None = None
    """The newest event known when this pull began; None between pulls."""
    server: int | None = None
    """When this pull began, on HubSpot's clock."""
    checked: int | None = None
    """Contacts that changed later may have had older events attached."""
    owed: Sequence[str] = ()
    """Contacts whose whole history is to be read again, the most urgent first."""
    left: int | None = None
    """How many of them this pull may still read; None while it sweeps."""
    by_contact: bool = False
    """The account shows events of one contact at a time only."""

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """The cursor behind its text; from the beginning without one."""
        return cls(**loads(text)) if text else cls()

    def text(self) -> str:
        """The cursor as opaque text, without what is unset."""
        unset = asdict(type(self)())
        return dumps({n: v for n, v in asdict(self).items() if v != unset[n]})

    def iso(self) -> str:
        """The beginning of the sweep as HubSpot writes instants."""
        return stamp(EPOCH + timedelta(milliseconds=self.since))

    def onward(self, found: Sequence[Record], after: str | None, overlap: timedelta) -> Self:
        """The next page of the sweep, or the place from which the next sweep begins."""
        moments = [milliseconds(each.modified_at) for each in found if each.modified_at]
        newest = max([self.newest, *moments])
        if after:
            return replace(self, newest=newest, after=after)
        since = max(self.since, newest - overlap // timedelta(milliseconds=1))
        return replace(self, since=since, newest=newest, after=None)


def cursor_from(moment: datetime) -> str:
    """The cursor of a pull of what happened at the moment or later."""
    return Cursor(since=milliseconds(moment)).text()


def records(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> tuple[Record, ...]:
    """Events as records, each once, oldest first."""
    unique = {str(row["id"]): row for row in rows}
    found = [_record(id, row, fields) for id, row in unique.items()]
    return tuple(
        sorted(found, key=lambda each: stamp(each.modified_at) if each.modified_at else "")
    )


def _record(id: str, row: Mapping[str, Any], fields: Sequence[str]) -> Record:
    moment = row.get("occurredAt") or row.get("created")
    values = {name: row.get(name) or None for name in fields}
    return Record(id, values, instant(str(moment)) if moment else None)
