"""One request as the endpoints see it, and the answer they give."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.hubspot.data.kinds import Kind, kind_in
from sandbox.hubspot.data.times import millis
from sandbox.hubspot.data.writes import Author
from sandbox.hubspot.door.limits import Gate
from sandbox.hubspot.faults import invalid
from sandbox.hubspot.oauth.caller import NOBODY, Caller
from sandbox.hubspot.settings import Settings
from sandbox.state import State


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request; `parts` are the variables of its path."""

    state: State
    gate: Gate
    settings: Settings
    origin: str
    version: str
    path: str
    parts: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    raw: bytes
    caller: Caller = NOBODY
    content_type: str = ""

    @property
    def now(self) -> int:
        """The sandbox's present moment in milliseconds."""
        return millis(self.state.now())

    @property
    def author(self) -> Author:
        """Who the writes of this request belong to: the app that sent it."""
        return Author(source_id=str(self.caller.app))

    def kind(self, part: str = "type") -> Kind:
        """The object type named in the path."""
        return kind_in(self.state, self.parts[part])

    def all(self, name: str) -> list[str]:
        """Every value of a list parameter: repeated, comma-separated or both."""
        values = (value for key, value in self.query if key == name)
        return [each for value in values for each in value.split(",") if each]

    def one(self, name: str) -> str | None:
        """The value of a parameter, or None."""
        return next((value for key, value in self.query if key == name and value), None)

    def flag(self, name: str) -> bool:
        """Whether a boolean parameter says true."""
        return (self.one(name) or "").lower() == "true"

    def number(self, name: str) -> int | None:
        """A whole-number parameter, or None; a 400 when it is no number."""
        value = self.one(name)
        if value is None:
            return None
        if not value.lstrip("-").isdigit():
            raise invalid(f"{name} must be a number, not {value}")
        return int(value)

    def limit(self, default: int, most: int) -> int:
        """The page size asked for; a 400 when it is beyond what the endpoint allows."""
        asked = self.number("limit")
        if asked is None:
            return default
        if not 0 < asked <= most:
            raise invalid(f"limit must be between 1 and {most}", context={"limit": [str(asked)]})
        return asked

    def json(self) -> Any:
        """The body, parsed; a 400 when it is not JSON."""
        try:
            return orjson.loads(self.raw)
        except orjson.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            raise invalid(f"Invalid input JSON on {where}: {error.msg}") from error

    def body(self) -> dict[str, Any]:
        """The body when it must be an object."""
        found = self.json()
        if not isinstance(found, dict):
            raise invalid("Invalid input JSON on line 1, column 1: an object is expected")
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back, bytes as they are; `rows` is how many records it returned or wrote."""

    content: Any = None
    status: int = 200
    rows: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Answer]
Endpoint = tuple[str, str, Handler]
"""method, path without version such as `crm/objects/{type}/search`, handler."""
