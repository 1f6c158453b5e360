"""One call and its answer, apart from HTTP: composite calls the same resources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import orjson

from sandbox.salesforce.faults import FaultError, bad_json, not_found
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import Object
from sandbox.salesforce.setup.option import SaveOptions, save_options
from sandbox.salesforce.setup.usage import Usage
from sandbox.salesforce.soql.pages import Queries


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a data resource: `path` is below `/services/data/{version}`.

    `org` is all there is, `seen` what the caller's permissions show of it (mostly the same).
    """

    org: Org
    seen: Org
    user: str
    app: str
    usage: Usage
    queries: Queries
    version: str
    method: str
    path: tuple[str, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def stem(self) -> str:
        """The path all resources of this version begin with."""
        return f"/services/data/{self.version}"

    def object(self, name: str) -> Object:
        """The object a path names, whole; 404 for none and for one the caller may not see."""
        found = self.seen.schema.find(name)
        if found is None:
            raise not_found()
        return self.org.schema.objects[found.name]

    def visible(self, object: Object) -> Object:
        """The object with the fields the caller may see."""
        return self.seen.schema.objects[object.name]

    @property
    def options(self) -> SaveOptions:
        """How this call's writes are to be saved."""
        return save_options(self.headers)

    def record(self) -> Mapping[str, Any]:
        """The body as one JSON object."""
        if not isinstance(self.body, dict):
            raise bad_json("The HTTP entity body is required and must be a JSON object.")
        return self.body

    def since(self, header: str) -> datetime | None:
        """A conditional header's date; 400 when it is none."""
        given = self.headers.get(header)
        if given is None:
            return None
        try:
            found = parsedate_to_datetime(given)
        except ValueError:
            raise FaultError("INVALID_HEADER", f"Invalid date in {header}: {given}") from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body as JSON bytes (empty for none), extra headers, records returned or written."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0


def json(content: object, status: int = 200, rows: int = 0) -> Answer:
    """An answer with this content."""
    return Answer(status, orjson.dumps(content), rows=rows)


def refused(fault: FaultError) -> Answer:
    """The answer to a single-record call the platform refuses."""
    return json([fault.rest()], fault.status)


def http_date(moment: datetime) -> str:
    """A header's date."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def split_list(text: str) -> Sequence[str]:
    """The members of a comma list."""
    return [each.strip() for each in text.split(",") if each.strip()]
