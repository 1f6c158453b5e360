"""The sales system connector: each object is a table or a set of files; nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connectors.budget import Limits
from connectors.protocol import (
    Automation,
    Capabilities,
    Deletes,
    FieldInfo,
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
    Settled,
    Window,
    Write,
)
from connectors.sales_system.client import Client
from connectors.sales_system.faults import unknown_object
from connectors.sales_system.read import tables
from connectors.sales_system.read.drops import Drops
from connectors.sales_system.read.tables import Table, open_table
from connectors.sales_system.settings import FilesSettings, SalesSystemSettings, TableSettings
from tasuki.errors import RejectedError

_READ_ONLY: Final = "Tasuki only reads the sales system"


@dataclass(slots=True)
class SalesSystemConnector:
    """One sales system: a database, a folder of files, or both."""

    client: Client
    _drops: dict[str, Drops] = field(default_factory=dict)

    @property
    def can(self) -> Capabilities:
        """Reads, and finds; deleted rows show only by comparing ids; files are read whole."""
        settings = self.client.settings
        tables_alone = all(isinstance(each, TableSettings) for each in settings.objects.values())
        return Capabilities(page_size=settings.page_size, filters=tables_alone)

    def discover(self, objects: Sequence[str] = ()) -> Sequence[ObjectInfo]:
        """The declared objects with the columns they have now."""
        return [self._describe(name) for name in objects or self.client.settings.objects]

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """What changed since the cursor; broken rows are named by line or id."""
        source = self._source(object)
        if isinstance(source, Table):
            return tables.page(source, fields, cursor, filter)
        return source.page(fields, cursor)

    def cursor_from(self, object: str, moment: datetime) -> str:
        """Everything: a pull of the books is cheap, and their stamps are their own."""
        return "{}"

    def deletes(self, object: str, cursor: str | None) -> Deletes:
        """Nothing: neither tables nor files tell what they lost."""
        return Deletes((), cursor or "")

    def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """The named rows as they are now."""
        source = self._source(object)
        if isinstance(source, Table):
            return tables.find(source, source.settings.id, list(ids), fields)
        records = source.records(fields)
        return [records[id] for id in dict.fromkeys(ids) if id in records]

    def find(
        self, object: str, key: str, values: Sequence[str], fields: Sequence[str]
    ) -> Sequence[Record]:
        """Rows whose column equals one of the values, as text."""
        source = self._source(object)
        if isinstance(source, Table):
            return tables.find(source, key, list(values), fields)
        return source.find(key, values, fields)

    def ids(self, object: str, after: str | None) -> Ids:
        """A page of ids."""
        source = self._source(object)
        return tables.ids(source, after) if isinstance(source, Table) else source.ids()

    def count(self, object: str, window: Window | None = None, filter: Filter | None = None) -> int:
        """How many rows have an id; pages cover no window, so none is ever asked for."""
        source = self._source(object)
        if isinstance(source, Table):
            return tables.count(source, filter)
        return len(source.ids().ids)

    def write(self, batch: Sequence[Write]) -> Sequence[Receipt]:
        """Refuse: the books are not ours to change."""
        remedy = "Remove this connection from the mapping's targets."
        return [
            Receipt(
                each.key,
                Settled.REJECTED,
                error=RejectedError(
                    f"{each.object} cannot be written",
                    where=self.client.where(each.object),
                    why=_READ_ONLY,
                    remedy=remedy,
                ),
            )
            for each in batch
        ]

    def limits(self) -> Limits:
        """Queries made and files read."""
        return Limits(calls=self.client.tally.calls)

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
        """Nothing runs beside us here."""
        return ()

    def close(self) -> None:
        """Close the database and forget the files."""
        self._drops.clear()
        self.client.close()

    def _source(self, object: str) -> Table | Drops:
        settings = self.client.settings.objects.get(object)
        if settings is None:
            known = self.client.settings.objects
            raise unknown_object(object, known, self.client.connection)
        if isinstance(settings, FilesSettings):
            return self._drops.setdefault(object, Drops(self.client, settings))
        return open_table(self.client, object, settings)

    def _describe(self, object: str) -> ObjectInfo:
        source = self._source(object)
        names = source.names if isinstance(source, Table) else source.names()
        types = source.settings.types
        fields = (
            FieldInfo(name, types.get(name, "text"), createable=False, updateable=False)
            for name in names
        )
        return ObjectInfo(object, object, tuple(fields))


def open_sales_system(settings: SalesSystemSettings, context: OpenContext) -> SalesSystemConnector:
    """A connector that opens the database or a file when it is first asked."""
    client = Client(settings, context.connection, context.folder, context.clock, context.budget)
    return SalesSystemConnector(client)
