"""What a page and an action are: an address, the permission it takes, and one plain function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.access.permission import May
from console.visit import Visit


@dataclass(frozen=True, slots=True)
class Page:
    """Something to look at: the read model goes into the template, or out as JSON."""

    path: str
    template: str
    read: Callable[[Visit], Any]
    needs: May = May.SEE


@dataclass(frozen=True, slots=True)
class Next:
    """Where an action sends the browser, and what it leaves or takes there."""

    to: str
    cookies: Mapping[str, str] = field(default_factory=dict)
    """An empty value takes the cookie away."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do: a form is posted, the browser is sent on."""

    path: str
    do: Callable[[Visit], Next]
    needs: May | None
    """None for what people do before they are signed in."""
