"""Rows another writer holds: a write that touches one is refused, as the platform does."""

from collections.abc import Iterable
from typing import Final

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.setup.kept import Setup

_KIND: Final = "lock"


class Locks:
    """Locked ids, each for a number of writes or until released; a restart keeps them."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def hold(self, ids: Iterable[str], times: int | None = None) -> None:
        """Lock these ids; with `times`, each lets go after refusing so many writes."""
        for id in ids:
            self._setup.put(_KIND, id, {"left": times})

    def release(self, ids: Iterable[str] | None = None) -> None:
        """Release these, or all."""
        for id in list(self._setup.of(_KIND)) if ids is None else ids:
            self._setup.put(_KIND, id, None)

    def check(self, ids: Iterable[object]) -> None:
        """Refuse a write that needs a locked row."""
        held = self._setup.of(_KIND)
        if not held:
            return
        for id in ids:
            if id in held:
                self._count(str(id))
                text = (
                    f"unable to obtain exclusive access to this record or 1 records: {str(id)[:15]}"
                )
                raise FaultError("UNABLE_TO_LOCK_ROW", text, [])

    def _count(self, id: str) -> None:
        """One refusal less; a restart may repeat some: the file forgets with the refused write."""
        left = self._setup.of(_KIND)[id]["left"]
        if left is not None:
            self._setup.put(_KIND, id, {"left": left - 1} if left > 1 else None)
