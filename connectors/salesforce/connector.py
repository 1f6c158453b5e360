"""The Salesforce connector: the protocol's verbs, each carried out by its module."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

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
    OpenContext,
    Page,
    Past,
    Receipt,
    Record,
    Window,
    Write,
)
from connectors.salesforce.client import Client, open_client
from connectors.salesforce.metadata import automations, describe, history
from connectors.salesforce.notices import notices
from connectors.salesforce.read import deletes, pages, records
from connectors.salesforce.read.rows import PAGE_SIZE
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.write.batch import write
from connectors.salesforce.write.ingest import BULK_FROM, BULK_SIZE
from connectors.salesforce.write.ways import BATCH_SIZE, GUARDED_SIZE

_CAN: Final = Capabilities(
    writes=True,
    batch_size=BATCH_SIZE,
    page_size=PAGE_SIZE,
    deletes=True,
    filters=True,
    guarded_size=GUARDED_SIZE,
    bulk_from=BULK_FROM,
    bulk_size=BULK_SIZE,
    history=True,
    history_size=500,
)


@dataclass(frozen=True, slots=True)
class SalesforceConnector:
    """One Salesforce org through one integration user."""

    client: Client

    @property
    def can(self) -> Capabilities:
        """Unique keys differ per org; a write asks the org's describe for them."""
        return _CAN

    def discover(self, objects: Sequence[str] = ()) -> Sequence[ObjectInfo]:
        """Live metadata of the named objects, or of the standard ones."""
        return describe.discover(self.client, objects)

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """What changed since the cursor; `Owner.Email` reads through a lookup."""
        return pages.page(self.client, object, fields, cursor, filter)

    def cursor_from(self, object: str, moment: datetime) -> str:
        """A pull of everything stamped at the moment or later."""
        return pages.cursor_from(moment)

    def deletes(self, object: str, cursor: str | None) -> Deletes:
        """What was deleted or merged away since the cursor."""
        return deletes.deletes(self.client, object, cursor)

    def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """The named records as they are now."""
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
        return records.count(self.client, object, window, filter)

    def write(self, batch: Sequence[Write]) -> Sequence[Receipt]:
        """One receipt per write, in order."""
        return write(self.client, batch)

    def limits(self) -> Limits:
        """The org's allowance as last seen."""
        return self.client.limits()

    def history(
        self, object: str, ids: Sequence[str], fields: Sequence[str], since: datetime
    ) -> Sequence[Past]:
        """Values of the fields that the org tracks, with the user who wrote them."""
        return history.history(self.client, object, ids, fields, since)

    def automations(self, objects: Sequence[str]) -> Sequence[Automation]:
        """Flows, triggers, assignment and duplicate rules, as far as our user sees them."""
        return automations.automations(self.client, objects)

    def define(self, fields: Sequence[NewField]) -> Sequence[Receipt]:
        """Salesforce takes fields as a package that an administrator deploys (`SPEC.package`)."""
        return ()

    def notices(self) -> Sequence[Notice]:
        """Another integration beside us, and a day's calls that run out."""
        return notices(self.client)

    def close(self) -> None:
        """Close the sockets and forget the token."""
        self.client.close()


def open_salesforce(settings: SalesforceSettings, context: OpenContext) -> SalesforceConnector:
    """A connector that signs in when it is first asked for data."""
    return SalesforceConnector(open_client(settings, context))
