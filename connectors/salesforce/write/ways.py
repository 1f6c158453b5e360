"""The calls that write at once: collections of 200 records, and 25 guarded updates.

A guarded update is a subrequest of a composite call with a condition of its own: Salesforce refuses
it (412) when the record was stamped after `unmoved_since`. Its stamps are whole seconds, so what a
person does in that very second is not seen. Subrequests are neither collated nor rolled back for
each other's sake, and all together are one call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final, Protocol

from connectors.protocol import Write
from connectors.salesforce.client import Client, Rest
from connectors.salesforce.faults import of_part
from connectors.salesforce.write.payload import encode, record, values
from connectors.salesforce.write.receipts import Answered, Refusal
from tasuki.values import Json

BATCH_SIZE: Final = 200
GUARDED_SIZE: Final = 25
_MRU_SINCE: Final = 60.0
"""The API version from which writes may stay out of people's recently used lists."""


class Way(Protocol):
    """One kind of call that writes some records."""

    @property
    def call(self) -> str:
        """Method and path."""
        ...

    @property
    def size(self) -> int:
        """The most records of one call."""
        ...

    def ask(self, client: Client, rest: Rest, writes: Sequence[Write]) -> Json:
        """Send them."""
        ...

    def read(self, answer: Json, writes: Sequence[Write]) -> Sequence[Answered]:
        """What was said about each; LookupError or TypeError when the answer is odd."""
        ...


@dataclass(frozen=True, slots=True)
class Collection:
    """Up to 200 records; `unique` is the external id field of an upsert, `object` its object."""

    method: str
    unique: str | None = None
    object: str | None = None

    @property
    def call(self) -> str:
        """Method and path."""
        end = f"/{self.object}/{self.unique}" if self.unique else ""
        return f"{self.method} /composite/sobjects{end}"

    @property
    def size(self) -> int:
        """The most records of one call."""
        return BATCH_SIZE

    def ask(self, client: Client, rest: Rest, writes: Sequence[Write]) -> Json:
        """Send them; nothing is rolled back for a neighbour's sake."""
        path, said = "composite/sobjects", headers(client)
        if self.method == "DELETE":
            ids = ",".join(str(each.id) for each in writes)
            params = {"ids": ids, "allOrNone": "false"}
            return rest.restful(path, params=params, method="DELETE", headers=said)
        if self.unique:
            path = f"{path}/{self.object}/{self.unique}"
        body = encode({"allOrNone": False, "records": [record(each) for each in writes]})
        return rest.restful(path, method=self.method, data=body, headers=said)

    def read(self, answer: Json, writes: Sequence[Write]) -> Sequence[Answered]:
        """Answers belong to records by position only."""
        if not isinstance(answer, list) or len(answer) != len(writes):
            raise LookupError
        return [self._entry(each) for each in answer]

    def _entry(self, entry: Mapping[str, Any]) -> Answered:
        if entry["success"]:
            created = entry.get("created", self.method == "POST")
            return Answered(entry, entry["id"], bool(created))
        first = entry["errors"][0]
        code = str(first.get("statusCode") or first.get("errorCode"))
        message = str(first.get("message") or "")
        return Answered(entry, refusal=Refusal(code, message, first.get("fields") or []))


@dataclass(frozen=True, slots=True)
class Guarded:
    """Up to 25 updates, each refused when its record moved."""

    call: str = "POST /composite"
    size: int = GUARDED_SIZE

    def ask(self, client: Client, rest: Rest, writes: Sequence[Write]) -> Json:
        """Send them, in this order, each with headers of its own."""
        said = headers(client)
        stem = f"/services/data/v{client.settings.api_version}/sobjects"
        requests = [
            {
                "method": "PATCH",
                "url": f"{stem}/{each.object}/{each.id}",
                "referenceId": f"w{number}",
                "httpHeaders": {**said, **_condition(each.unmoved_since)},
                "body": values(each),
            }
            for number, each in enumerate(writes)
        ]
        body = {"allOrNone": False, "collateSubrequests": False, "compositeRequest": requests}
        return rest.restful("composite", method="POST", data=encode(body), headers=said)

    def read(self, answer: Json, writes: Sequence[Write]) -> Sequence[Answered]:
        """Answers belong to subrequests by their name."""
        named = {each["referenceId"]: each for each in answer["compositeResponse"]}
        return [_guarded(named[f"w{number}"], write) for number, write in enumerate(writes)]


def _condition(unmoved_since: datetime | None) -> dict[str, str]:
    if unmoved_since is None:
        return {}
    return {"If-Unmodified-Since": format_datetime(unmoved_since.astimezone(UTC), usegmt=True)}


def _guarded(said: Mapping[str, Any], write: Write) -> Answered:
    status = int(said["httpStatusCode"])
    part = {"httpStatusCode": status, "body": said.get("body")}
    if status < 300:
        return Answered(part, write.id)
    return Answered(part, refusal=Refusal(*of_part(status, said.get("body"))))


def headers(client: Client) -> dict[str, str]:
    """Said on every write, since Salesforce's defaults are meant for people at a screen."""
    settings = client.settings
    allow = str(settings.allow_duplicates).lower()
    said = {
        "Sforce-Auto-Assign": str(settings.auto_assign).upper(),
        "Sforce-Duplicate-Rule-Header": f"allowSave={allow}; includeRecordDetails=false; "
        "runAsCurrentUser=true",
    }
    if float(settings.api_version) >= _MRU_SINCE:
        said["Sforce-Mru"] = "updateMru=false"
    return said
