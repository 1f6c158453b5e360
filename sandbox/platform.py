"""What each platform package (`sandbox.salesforce`, `sandbox.hubspot`) offers the server."""

from collections.abc import Mapping
from typing import Any, Protocol

from starlette.routing import BaseRoute

from sandbox.state import State


class Platform(Protocol):
    """A package whose `__init__` exports these three functions is served."""

    def routes(self, state: State) -> list[BaseRoute]:
        """Install the platform's tables and answer its paths (without trailing slashes)."""
        ...

    def counts(self, state: State) -> dict[str, int]:
        """How many live records each object holds."""
        ...

    def edit(self, state: State, object: str, id: str, fields: Mapping[str, Any]) -> None:
        """Change a record as a person would: not as the integration user or app."""
        ...
