"""One query: a page of rows in id order, and rows as records.

No token is ever sent: each page asks for what comes after the last id. So a walk may rest for days
where a token dies after four hours, and has no end at 100,000 records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.account_engagement.client import Call, Client
from connectors.account_engagement.metadata import MOVED, Kind
from connectors.protocol import Record
from tasuki.values import Json, instant, stamp


@dataclass(frozen=True, slots=True)
class Rows:
    """One page as it was answered."""

    rows: Sequence[Json]
    more: bool

    @property
    def last(self) -> int | None:
        """The greatest id among them."""
        return int(self.rows[-1]["id"]) if self.rows else None


def rows(
    client: Client,
    kind: Kind,
    fields: Sequence[str],
    conditions: Mapping[str, str],
    after: int | None,
    *,
    limit: int | None = None,
) -> Rows:
    """The next rows by id that fulfil the conditions."""
    query = {
        "fields": ",".join(dict.fromkeys(["id", *fields])),
        "orderBy": "id ASC",
        "limit": str(limit or client.settings.page_size),
        **conditions,
    }
    if after is not None:
        query["idGreaterThan"] = str(after)
    answer = client.call(Call("GET", f"objects/{kind.name}", query, about=kind.name))
    more = bool(answer.body.get("nextPageToken")) or answer.is_cut
    return Rows(answer.body.get("values") or [], more)


def plain(fields: Sequence[str]) -> list[str]:
    """The fields that are data: the stamp that moves by itself is `Record.modified_at`."""
    return [name for name in fields if name != MOVED]


def asked(kind: Kind, fields: Sequence[str]) -> list[str]:
    """What a call must name to make records of its rows."""
    return [*plain(fields), kind.stamp]


def record(kind: Kind, row: Json, fields: Sequence[str]) -> Record:
    """A row as a record, its times in UTC whatever the API user's zone is."""
    told = row.get(kind.stamp)
    values = {name: _value(name, row) for name in plain(fields)}
    return Record(str(row["id"]), values, instant(told) if told else None)


def _value(name: str, row: Json) -> Any:
    value: Any = row
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, str) and name.endswith("At") and value:
        return stamp(instant(value))
    return None if value == "" else value


def second(moment: datetime) -> datetime:
    """Whole seconds, as stamps are told and compared."""
    return moment.replace(microsecond=0)
