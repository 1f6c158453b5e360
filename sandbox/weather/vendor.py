"""What the weather must know of a platform: its kinds of calls, and what it says on a bad day."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from starlette.types import Scope

JSON: Final = "application/json;charset=UTF-8"
HTML: Final = "text/html"


@dataclass(frozen=True, slots=True)
class Given:
    """An answer; `{correlation}` and `{uuid}` in its body become the call's own."""

    status: int
    body: str = ""
    type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    ends_token: bool = False
    """From now on the token of this call gets this answer."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A named kind of call."""

    methods: frozenset[str]
    path: re.Pattern[str]

    def holds(self, method: str, path: str) -> bool:
        """Whether this call is one."""
        return method in self.methods and self.path.search(path) is not None


def kind(methods: str, path: str) -> Kind:
    """A kind of call: methods by spaces, a regular expression for the path."""
    return Kind(frozenset(methods.split()), re.compile(path))


@dataclass(frozen=True, slots=True)
class Sent:
    """A call on its way to the platform: what the weather may change of it."""

    scope: Scope
    body: bytes


@dataclass(frozen=True, slots=True)
class Split:
    """A batch without its locked records, and how they come back into the answer."""

    sent: Sent | None
    """None when nothing is left to do."""
    join: Callable[[bytes | None], bytes]


@dataclass(frozen=True, slots=True)
class Vendor:
    """One platform's bad days, as data and three small functions."""

    name: str
    kinds: Mapping[str, Kind]
    answers: Mapping[str, Given]
    shorten: Callable[[Sent, Random], Sent]
    """The same call for fewer records a page."""
    empty: Callable[[Sent, bytes], bytes | None]
    """The same answer without records and with a cursor to the same place, where there is one."""
    lock: Callable[[Sent, Random, float], Split | None] | None = None
    """Takes the share of a batch's records that somebody else holds out of it."""
    lasting: str = "\0"
    """What an Authorization begins with that no bad day ends."""
    moves: frozenset[str] = frozenset()
    """What people can do there meanwhile (`movers` carries it out)."""


def page_of(status: str, title: str, text: str) -> str:
    """An edge server's HTML."""
    return (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {title}</h1></center>\r\n<hr><center>{text}</center>\r\n"
        "</body>\r\n</html>\r\n"
    )
