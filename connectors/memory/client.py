"""One session with the in-process system: the whole protocol, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors.budget import Limits
from connectors.memory.faults import Faults, Mishap, unknown
from connectors.memory.settings import MemorySettings
from connectors.memory.system import API_USER, MemorySystem, Row
from connectors.protocol import (
    LINKED,
    Automation,
    Capabilities,
    Deletes,
    Exchange,
    Filter,
    Ids,
    NewField,
    Notice,
    ObjectInfo,
    Page,
    Past,
    Receipt,
    Record,
    Settled,
    Verb,
    Window,
    Write,
)
from mappings.filter import lets_through
from tasuki.errors import MovedError, RejectedError
from tasuki.values import Ref, dumps, instant, loads, stamp


@dataclass(slots=True)
class MemoryConnector:
    """A signed-in session with a `MemorySystem`."""

    system: MemorySystem
    settings: MemorySettings = field(default_factory=MemorySettings)
    faults: Faults = field(default_factory=Faults)
    user: str = API_USER
    calls: int = 0

    @property
    def can(self) -> Capabilities:
        """Everything the protocol knows."""
        shapes = self.system.shapes.items()
        return Capabilities(
            writes=True,
            batch_size=self.settings.batch_size,
            page_size=self.settings.page_size,
            deletes=True,
            deletes_swept=self.settings.deletes_swept,
            links_swept=self.settings.links_swept,
            filters=True,
            guarded_size=self.settings.guarded_size,
            bulk_from=self.settings.bulk_from,
            bulk_size=self.settings.bulk_size,
            history=self.settings.history,
            id_from={name: shape.id_from for name, shape in shapes if shape.id_from},
            unique_keys={name: shape.unique for name, shape in shapes if shape.unique},
        )

    def discover(self, objects: Sequence[str] = ()) -> Sequence[ObjectInfo]:
        """Metadata of the named objects (all when none is named)."""
        self._call("discover", "")
        return [self.system.info(name) for name in objects or sorted(self.system.shapes)]

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """What changed since the cursor, oldest first; everything when the cursor is None."""
        self._call("page", object)
        hidden = tuple(name for name in fields if (object, name) in self.faults.hidden)
        if self.settings.lag is not None:
            page = self._stamped_page(object, fields, cursor, self.settings.lag, filter)
            return replace(page, unreadable=hidden)
        start = int(cursor) if cursor else 0
        rows = sorted(self.system.visible(object).values(), key=lambda row: row.sequence)
        fresh = [row for row in rows if row.sequence > start and lets_through(filter, row.fields)]
        again = [row for row in rows if row.sequence <= start][-self.settings.overlap :]
        taken = fresh[: self.settings.page_size]
        shown = [*(again if start and self.settings.overlap else []), *taken]
        more = len(fresh) > len(taken)
        last = (taken if more else rows)[-1].sequence if rows else start
        records = tuple(self._record(object, row, fields) for row in shown)
        return Page(records, str(last), more, unreadable=hidden)

    def _stamped_page(
        self,
        object: str,
        fields: Sequence[str],
        cursor: str | None,
        lag: timedelta,
        filter: Filter | None,
    ) -> Page:
        """As a platform does it: by (stamp, id), covering for good what is older than the lag."""
        since, at, id = loads(cursor) if cursor else (None, "", "")
        rows = sorted((stamp(r.modified_at), r.id, r) for r in self.system.visible(object).values())
        fresh = [row for row in rows if row[:2] > (at, id) and lets_through(filter, row[2].fields)]
        taken = fresh[: self.settings.page_size]
        records = tuple(self._record(object, row, fields) for _, _, row in taken)
        if len(fresh) > len(taken):
            onward = dumps([since, *taken[-1][:2]])
            return Page(records, onward, more=True, total=len(fresh))
        until = self.system.clock.now() - lag
        covered = Window(instant(since) if since else None, until)
        return Page(records, _cursor_at(until), more=False, total=len(fresh), covered=covered)

    def cursor_from(self, object: str, moment: datetime) -> str:
        """The place behind everything that changed before the moment."""
        if self.settings.lag is not None:
            return _cursor_at(moment)
        rows = self.system.table(object).values()
        return str(max((row.sequence for row in rows if row.modified_at < moment), default=0))

    def deletes(self, object: str, cursor: str | None) -> Deletes:
        """What was deleted since the cursor; with None, only the cursor to start from."""
        self._call("deletes", object)
        gone = sorted(
            (row for row in self.system.table(object).values() if row.deleted),
            key=lambda row: row.sequence,
        )
        last = str(gone[-1].sequence if gone else 0)
        if cursor is None:
            return Deletes((), last)
        fresh = [row for row in gone if row.sequence > int(cursor)]
        taken = fresh[: self.settings.page_size]
        merged = {row.id: row.survivor for row in taken if row.survivor}
        reached = str(taken[-1].sequence) if taken else cursor
        more = len(fresh) > len(taken)
        return Deletes(tuple(row.id for row in taken), reached, more, merged)

    def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """The named records as they are now; those that do not exist are left out."""
        self._call("read", object)
        living = self.system.visible(object)
        return [self._record(object, living[id], fields) for id in ids if id in living]

    def find(
        self, object: str, key: str, values: Sequence[str], fields: Sequence[str]
    ) -> Sequence[Record]:
        """Records whose field `key` equals one of the values."""
        self._call("find", object)
        rows = self.system.matching(object, key, values)
        return [self._record(object, row, fields) for row in rows]

    def ids(self, object: str, after: str | None) -> Ids:
        """A page of living ids."""
        self._call("ids", object)
        rest = sorted(id for id in self.system.visible(object) if after is None or id > after)
        taken = rest[: self.settings.page_size]
        return Ids(tuple(taken), taken[-1] if len(rest) > len(taken) else None)

    def count(self, object: str, window: Window | None = None, filter: Filter | None = None) -> int:
        """How many living records the object has, or those last changed within the window."""
        self._call("count", object)
        rows = self.system.visible(object).values()
        stamps = [row.modified_at for row in rows if lets_through(filter, row.fields)]
        return len([at for at in stamps if window is None or _within(window, at)])

    def write(self, batch: Sequence[Write]) -> Sequence[Receipt]:
        """Write a batch; one receipt per write, in order."""
        self._call("write", batch[0].object if batch else "")
        self.faults.meanwhile()
        mishap = self.faults.on_write()
        arrived = {
            Mishap.NONE: len(batch),
            Mishap.LOSE_ANSWER: len(batch),
            Mishap.LOSE_HALF: len(batch) // 2,
            Mishap.LOSE_REQUEST: 0,
        }[mishap]
        receipts = [self._write(write) for write in batch[:arrived]]
        return receipts if mishap is Mishap.NONE else unknown(batch)

    def limits(self) -> Limits:
        """Calls made so far; nothing is rationed here."""
        return Limits(calls=self.calls)

    def history(
        self, object: str, ids: Sequence[str], fields: Sequence[str], since: datetime
    ) -> Sequence[Past]:
        """The values these fields were given since a moment, oldest first."""
        self._call("history", object)
        return [
            past
            for id in ids
            for past in self.system.past.get((object, id), ())
            if past.field in fields and past.at >= since
        ]

    def automations(self, objects: Sequence[str]) -> Sequence[Automation]:
        """Those that the system was given."""
        self._call("automations", "")
        return [each for each in self.system.automations if each.object in objects]

    def define(self, fields: Sequence[NewField]) -> Sequence[Receipt]:
        """Fields are not made through this door."""
        return ()

    def notices(self) -> Sequence[Notice]:
        """Nothing runs beside us here."""
        return ()

    def close(self) -> None:
        """Nothing to give back."""

    def _call(self, verb: str, object: str) -> None:
        self.calls += 1
        self.faults.on_call(verb, object)

    def _record(self, object: str, row: Row, fields: Sequence[str]) -> Record:
        seen = {
            name: (
                self.system.linked(object, row.id, name.removeprefix(LINKED))
                if name.startswith(LINKED)
                else row.fields.get(name)
            )
            for name in fields
            if (object, name) not in self.faults.hidden
        }
        return Record(row.id, seen, row.modified_at, row.modified_by)

    def _write(self, write: Write) -> Receipt:
        self.system.table(write.object)
        error = self.system.complaint(write) or self._clash(write)
        if error is not None:
            return _told(write, Receipt(write.key, Settled.REJECTED, write.id, error=error))
        verbs = {
            Verb.CREATE: self._create,
            Verb.UPDATE: self._update,
            Verb.UPSERT: self._upsert,
            Verb.DELETE: self._delete,
        }
        receipt = verbs[write.verb](write)
        if receipt.settled is Settled.WRITTEN and receipt.id is not None:
            for link in write.links:
                end = (link.object, link.id)
                self.system.link((write.object, receipt.id), end, link.label)
            for link in write.unlinks:
                self.system.unlink((write.object, receipt.id), (link.object, link.id), link.label)
        return _told(write, receipt)

    def _create(self, write: Write) -> Receipt:
        known = self._known(write)
        if known is not None:
            return Receipt(write.key, Settled.WRITTEN, known)
        id = self.system.add(write.object, _with_key(write), by=self.user)
        return Receipt(write.key, Settled.WRITTEN, id, created=True)

    def _update(self, write: Write) -> Receipt:
        id = write.id or self._known(write)
        if id is None or id not in self.system.living(write.object):
            return _missing(write)
        row = self.system.living(write.object)[id]
        if write.unmoved_since is not None and row.modified_at > write.unmoved_since:
            return Receipt(write.key, Settled.REJECTED, id, error=_moved(write))
        if any(row.fields.get(name) != value for name, value in write.fields.items()):
            self.system.edit(write.object, id, write.fields, by=self.user)
        return Receipt(write.key, Settled.WRITTEN, id)

    def _upsert(self, write: Write) -> Receipt:
        known = write.id or self._known(write)
        return self._update(write) if known is not None else self._create(write)

    def _delete(self, write: Write) -> Receipt:
        id = write.id or self._known(write)
        if id is None or id not in self.system.table(write.object):
            return _missing(write)
        if id in self.system.living(write.object):
            self.system.delete(write.object, id, by=self.user)
        return Receipt(write.key, Settled.WRITTEN, id)

    def _known(self, write: Write) -> str | None:
        """The living record this write means, by its natural key or by the fields of its id."""
        if write.natural_key is not None:
            key, value = write.natural_key
            rows = self.system.matching(write.object, key, [value])
            return rows[0].id if rows else None
        parts = self.system.shapes[write.object].id_from
        made = "/".join(str(write.fields.get(part)) for part in parts)
        return made if parts and made in self.system.living(write.object) else None

    def _clash(self, write: Write) -> RejectedError | None:
        """The refusal when another record already holds a unique value."""
        unique = self.system.shapes[write.object].unique
        value = write.fields.get(unique) if unique else None
        if unique is None or value is None:
            return None
        own = write.id or self._known(write)
        holders = {row.id for row in self.system.matching(write.object, unique, [value])} - {own}
        if not holders or write.verb is Verb.DELETE:
            return None
        return RejectedError(
            f"Another record already holds this {unique}.",
            where=str(Ref("memory", write.object, write.id or "new")),
            why=f"{unique} is unique on {write.object}.",
            remedy="Merge the two records, or clear the field on one of them.",
        )


def _cursor_at(moment: datetime) -> str:
    """Everything stamped at the moment or later, whatever its id."""
    return dumps([stamp(moment), stamp(moment), ""])


def _within(window: Window, at: datetime) -> bool:
    return (window.since is None or window.since <= at) and at < window.until


def _with_key(write: Write) -> dict[str, object]:
    key = dict([write.natural_key]) if write.natural_key else {}
    return {**write.fields, **key}


def _told(write: Write, receipt: Receipt) -> Receipt:
    """The receipt with what was said about this record, values left out."""
    said = {"id": receipt.id, "code": receipt.error.code if receipt.error else None}
    request = {"id": write.id, "fields": dict.fromkeys(write.fields, "…")}
    call, status = f"{write.verb} {write.object}", 400 if receipt.error else 200
    return replace(receipt, exchange=Exchange(call, status, request, said))


def _moved(write: Write) -> MovedError:
    return MovedError(
        "The record was changed meanwhile.",
        where=str(Ref("memory", write.object, write.id or "unknown")),
        why="Its stamp is younger than our look at it.",
        remedy="Plan anew: the next plan sees what it holds now.",
    )


def _missing(write: Write) -> Receipt:
    error = RejectedError(
        "The record does not exist.",
        where=str(Ref("memory", write.object, write.id or "unknown")),
        why="It was deleted, or never was.",
        remedy="Pull again; the link is then repaired or dropped.",
    )
    return Receipt(write.key, Settled.REJECTED, write.id, error=error)
