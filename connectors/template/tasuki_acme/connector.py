"""The protocol over Acme's API: pages, deletes, reading, counting, writing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

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
    Page,
    Past,
    Receipt,
    Record,
    Settled,
    Window,
    Write,
)
from tasuki.errors import TransientError
from tasuki_acme.client import Client, rejected

OVERLAP: Final = timedelta(minutes=5)
"""How late a record may appear behind a stamp that we have already passed."""
BATCH: Final = 100
"""Records per write call, and values per question."""


@dataclass(slots=True)
class AcmeConnector:
    """One signed-in account of Acme."""

    client: Client
    page_size: int

    @property
    def can(self) -> Capabilities:
        """It writes in batches, tells its deletes, and upserts people by e-mail."""
        return Capabilities(
            writes=True,
            batch_size=BATCH,
            page_size=self.page_size,
            deletes=True,
            unique_keys={"people": "email"},
        )

    def discover(self, objects: Sequence[str] = ()) -> Sequence[ObjectInfo]:
        """Live metadata: what Acme says, not what we remember."""
        known: Mapping[str, Sequence[str]] = self.client.get("/objects")
        return [
            ObjectInfo(name, name, tuple(FieldInfo(field, "text") for field in known[name]))
            for name in objects or sorted(known)
        ]

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """What changed since the cursor by (stamp, id); the last page says what was covered."""
        begun, since, after = json.loads(cursor) if cursor else (None, None, None)
        asked = {"since": since, "after": after, "limit": self.page_size}
        answer = self.client.get(f"/{object}", fields=",".join(fields), **asked)
        rows, total, hidden = answer["rows"], answer["total"], tuple(answer["hidden"])
        records = tuple(_record(row) for row in rows)
        if total > len(rows):
            onward = json.dumps([begun, rows[-1]["changed_at"], rows[-1]["id"]])
            return Page(records, onward, more=True, total=total, unreadable=hidden)
        until = _instant(answer["now"]) - OVERLAP
        covered = Window(_instant(begun) if begun else None, until)
        resume = self.cursor_from(object, until)
        return Page(records, resume, False, total=total, covered=covered, unreadable=hidden)

    def cursor_from(self, object: str, moment: datetime) -> str:
        """Everything stamped then or later, whatever its id."""
        return json.dumps([moment.isoformat(), moment.isoformat(), ""])

    def deletes(self, object: str, cursor: str | None) -> Deletes:
        """Ids deleted since the cursor; the first time, only where to start."""
        answer = self.client.get(f"/{object}/deleted", since=cursor)
        onward = (_instant(answer["now"]) - OVERLAP).isoformat()
        return Deletes(tuple(answer["ids"]) if cursor else (), onward)

    def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """The named records as they are now; those that do not exist are left out."""
        return self.find(object, "id", ids, fields)

    def find(
        self, object: str, key: str, values: Sequence[str], fields: Sequence[str]
    ) -> Sequence[Record]:
        """Records whose field equals one of the values, in as many questions as it takes."""
        found: list[Record] = []
        for start in range(0, len(values), BATCH):
            asked = {"key": key, "values": ",".join(values[start : start + BATCH])}
            answer = self.client.get(f"/{object}/find", fields=",".join(fields), **asked)
            found += [_record(row) for row in answer["rows"]]
        return found

    def ids(self, object: str, after: str | None) -> Ids:
        """A page of living ids."""
        answer = self.client.get(f"/{object}/ids", after=after, limit=self.page_size)
        return Ids(tuple(answer["ids"]), answer["ids"][-1] if answer["more"] else None)

    def count(self, object: str, window: Window | None = None, filter: Filter | None = None) -> int:
        """How many living records there are, or were last changed within the window."""
        since = window.since.isoformat() if window and window.since else None
        until = window.until.isoformat() if window else None
        return int(self.client.get(f"/{object}/count", since=since, until=until)["count"])

    def write(self, batch: Sequence[Write]) -> Sequence[Receipt]:
        """One call for the batch; its natural keys let Acme find before it creates."""
        body = {"writes": [_asked(write) for write in batch]}
        try:
            answer = self.client.post(f"/{batch[0].object}/batch", body)
        except TransientError as lost:
            return [Receipt(each.key, Settled.UNKNOWN, each.id, error=lost) for each in batch]
        return [_receipt(*pair) for pair in zip(batch, answer["answers"], strict=True)]

    def limits(self) -> Limits:
        """Calls made so far."""
        return Limits(calls=self.client.calls)

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
        """Nothing that we know of runs beside us here."""
        return ()

    def close(self) -> None:
        """Give back the session."""
        self.client.http.close()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _record(row: Mapping[str, Any]) -> Record:
    return Record(row["id"], row["fields"], _instant(row["changed_at"]), row.get("changed_by"))


def _asked(write: Write) -> dict[str, Any]:
    key = write.natural_key[0] if write.natural_key else None
    return {"verb": write.verb, "id": write.id, "fields": dict(write.fields), "key": key}


def _receipt(write: Write, answer: Mapping[str, Any]) -> Receipt:
    if "code" in answer:
        error = rejected(write.object, answer["code"], answer.get("field", ""))
        return Receipt(write.key, Settled.REJECTED, write.id, error=error)
    return Receipt(write.key, Settled.WRITTEN, answer["id"], created=answer["created"])
