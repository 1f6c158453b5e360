"""The Account Engagement connector: the protocol's verbs, each carried out by its module."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connectors.account_engagement import metadata
from connectors.account_engagement.client import Client
from connectors.account_engagement.notices import notices
from connectors.account_engagement.read import pages, records
from connectors.account_engagement.write.batch import write
from connectors.budget import Limits
from connectors.protocol import (
    Automation,
    Capabilities,
    Deletes,
    Filter,
    Ids,
    NewField,
    Notice,
    ObjectInfo,
    Page,
    Past,
    Receipt,
    Record,
    Window,
    Write,
)

_CAN: Final = Capabilities(writes=True, batch_size=1, page_size=1000, deletes=True)


@dataclass(frozen=True, slots=True)
class AccountEngagementConnector:
    """One business unit through one integration user."""

    client: Client

    @property
    def can(self) -> Capabilities:
        """One record per write call; no field is unique."""
        return _CAN

    def discover(self, objects: Sequence[str] = ()) -> Sequence[ObjectInfo]:
        """The objects as documented: the platform has no describe."""
        return metadata.discover(objects, self.client.connection)

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """What changed since the cursor, in the order of ids; `prospect.email` reads through."""
        return pages.page(self.client, object, fields, cursor)

    def cursor_from(self, object: str, moment: datetime) -> str:
        """A pull of everything stamped at the moment or later."""
        return pages.cursor_from(moment)

    def deletes(self, object: str, cursor: str | None) -> Deletes:
        """What was deleted since the cursor."""
        return records.deletes(self.client, object, cursor)

    def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """The named records as they are now, as far as the platform's cache knows."""
        return records.read(self.client, object, ids, fields)

    def find(
        self, object: str, key: str, values: Sequence[str], fields: Sequence[str]
    ) -> Sequence[Record]:
        """Records whose field equals one of the values."""
        return records.find(self.client, object, key, values, fields)

    def ids(self, object: str, after: str | None) -> Ids:
        """A page of living ids."""
        return records.ids(self.client, object, after)

    def count(self, object: str, window: Window | None = None, filter: Filter | None = None) -> int:
        """How many living records there are, or those stamped within the window."""
        return records.count(self.client, object, window)

    def write(self, batch: Sequence[Write]) -> Sequence[Receipt]:
        """One receipt per write, in order."""
        return write(self.client, batch)

    def limits(self) -> Limits:
        """The day's allowance as last told."""
        return self.client.limits()

    def history(
        self, object: str, ids: Sequence[str], fields: Sequence[str], since: datetime
    ) -> Sequence[Past]:
        """No past values are kept here."""
        return ()

    def automations(self, objects: Sequence[str]) -> Sequence[Automation]:
        """Nothing here fires by itself."""
        return ()

    def define(self, fields: Sequence[NewField]) -> Sequence[Receipt]:
        """Fields are not made through this door."""
        return ()

    def notices(self) -> Sequence[Notice]:
        """Another integration beside us, and a day's calls that run out."""
        return notices(self.client)

    def close(self) -> None:
        """Close the sockets and forget the token."""
        self.client.close()
