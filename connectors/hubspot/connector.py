"""The protocol over one HubSpot account: each object goes to those who know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.budget import Limits
from connectors.hubspot import metadata, notices
from connectors.hubspot.client import Client
from connectors.hubspot.others import automations, history
from connectors.hubspot.read import changes, count, deletes, directory, find, records
from connectors.hubspot.read.events import cursor as event_cursor
from connectors.hubspot.read.events import email, occurrence
from connectors.hubspot.write import define, lists
from connectors.hubspot.write import records as written
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
from tasuki.errors import ConfigError

_WHOLE = frozenset({directory.OWNERS, directory.LISTS})


@dataclass(frozen=True, slots=True)
class HubSpotConnector:
    """One signed-in HubSpot account."""

    client: Client

    @property
    def can(self) -> Capabilities:
        """What HubSpot can do; nothing is asked for."""
        settings = self.client.settings
        return Capabilities(
            writes=True,
            batch_size=settings.batch_size,
            page_size=settings.page_size,
            deletes=True,
            deletes_swept=True,
            links_swept=True,
            filters=True,
            history=True,
            history_size=records.WITH_HISTORY_AT_ONCE,
            defines=True,
            uncounted=(occurrence.PREFIX, email.EMAIL_EVENTS),
            id_from={directory.MEMBERSHIPS: ("list_id", "record_id")},
            unique_keys=settings.unique_keys,
        )

    def discover(self, objects: Sequence[str] = ()) -> Sequence[ObjectInfo]:
        """Live metadata of the named objects."""
        return metadata.discover(self.client, objects)

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """What changed since the cursor; owners and lists are read whole."""
        if object.startswith(occurrence.PREFIX):
            return occurrence.occurrences(self.client, object, fields, cursor)
        if object == email.EMAIL_EVENTS:
            return email.emails(self.client, object, fields, cursor)
        if object == directory.OWNERS:
            return directory.owners(self.client, fields, cursor)
        if object == directory.LISTS:
            return directory.lists(self.client, fields, cursor)
        _refuse(object, "paged", directory.MEMBERSHIPS)
        return changes.page(self.client, object, fields, cursor, filter)

    def cursor_from(self, object: str, moment: datetime) -> str:
        """A pull of everything stamped at the moment or later; owners and lists come whole."""
        if object.startswith(occurrence.PREFIX) or object == email.EMAIL_EVENTS:
            return event_cursor.cursor_from(moment)
        return "{}" if _is_pseudo(object) else changes.cursor_from(moment)

    def deletes(self, object: str, cursor: str | None) -> Deletes:
        """What was archived or merged away; events, owners and lists tell no deletes."""
        if _is_pseudo(object):
            return Deletes((), cursor or "{}")
        return deletes.deletes(self.client, object, cursor)

    def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """The named records as they are now."""
        if object in _WHOLE:
            wanted = set(ids)
            found = directory.whole(self.client, object, fields) if wanted else []
            return [record for record in found if record.id in wanted]
        if object == directory.MEMBERSHIPS:
            return directory.standing(self.client, ids, fields)
        _refuse_events(object, "read by id")
        return records.read(self.client, object, ids, fields)

    def find(
        self, object: str, key: str, values: Sequence[str], fields: Sequence[str]
    ) -> Sequence[Record]:
        """Records whose field equals one of the values; at once where the field is unique."""
        if object in _WHOLE:
            found = directory.whole(self.client, object, [*fields, key])
            return [
                Record(record.id, {n: record.fields[n] for n in fields}, record.modified_at)
                for record in found
                if record.fields[key] in values
            ]
        if object == directory.MEMBERSHIPS:
            return directory.memberships(self.client, values, fields) if key == "list_id" else []
        _refuse_events(object, "found by key")
        return find.find(self.client, object, key, values, fields)

    def ids(self, object: str, after: str | None) -> Ids:
        """A page of living ids."""
        if object in _WHOLE:
            found = directory.whole(self.client, object, ())
            return Ids(tuple(record.id for record in found), None)
        _refuse(object, "listed by id", directory.MEMBERSHIPS)
        return records.ids(self.client, object, after)

    def count(self, object: str, window: Window | None = None, filter: Filter | None = None) -> int:
        """How many living records the object has, as the search index knows."""
        if object in _WHOLE:
            return directory.count(self.client, object, window)
        _refuse(object, "counted", directory.MEMBERSHIPS)
        return count.count(self.client, object, window, filter)

    def write(self, batch: Sequence[Write]) -> Sequence[Receipt]:
        """Write a batch; one receipt per write, in order."""
        object = batch[0].object if batch else ""
        if object == directory.MEMBERSHIPS:
            return lists.change_members(self.client, batch)
        if object == directory.LISTS:
            return lists.change_lists(self.client, batch)
        return written.write(self.client, batch)

    def limits(self) -> Limits:
        """The daily allowance as last seen."""
        return self.client.limits()

    def history(
        self, object: str, ids: Sequence[str], fields: Sequence[str], since: datetime
    ) -> Sequence[Past]:
        """What properties were given, by whom, as HubSpot keeps it."""
        return () if _is_pseudo(object) else history.past(self.client, object, ids, fields, since)

    def automations(self, objects: Sequence[str]) -> Sequence[Automation]:
        """The account's workflows; none where the token lacks the scope `automation`."""
        return automations.automations(self.client, objects)

    def define(self, fields: Sequence[NewField]) -> Sequence[Receipt]:
        """Properties are made in the group `tasuki`; one that is there already must fit."""
        return define.define(self.client, fields)

    def notices(self) -> Sequence[Notice]:
        """What stands beside us in the account, and what it does not let us read."""
        return notices.notices(self.client)

    def close(self) -> None:
        """Close the connections."""
        self.client.apis.close()


def _is_pseudo(object: str) -> bool:
    named = {email.EMAIL_EVENTS, directory.OWNERS, directory.LISTS, directory.MEMBERSHIPS}
    return object in named or object.startswith(occurrence.PREFIX)


def _refuse_events(object: str, what: str) -> None:
    if object.startswith(occurrence.PREFIX) or object == email.EMAIL_EVENTS:
        raise ConfigError(
            f"{object} cannot be {what}.",
            where=object,
            why="HubSpot offers its events only as a sweep through time.",
            remedy="Pull the events; look them up in the store.",
        )


def _refuse(object: str, what: str, *others: str) -> None:
    _refuse_events(object, what)
    if object in others:
        raise ConfigError(
            f"{object} cannot be {what}.",
            where=object,
            why="HubSpot tells memberships per list.",
            remedy="Find them by `list_id`.",
        )
