"""Every error says what happens next: four families, one table from family to action.

    TasukiError
    ├── TransientError   the same call may pass later: wait, then repeat it
    ├── RejectedError    this record will not pass as it is: park it, go on with its neighbours
    ├── BlockedError     nothing passes on this connection until a person acts: pause it, say so
    └── ConfigError      Tasuki refuses to start from this file or command

Anything outside the tree is a bug: the run fails with its traceback, once.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Final


class Action(StrEnum):
    """What the flow does with a family of errors."""

    RETRY = "retry"
    PARK = "park"
    PAUSE = "pause"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the project's files something stands; lines and columns count from 1."""

    file: str
    line: int | None = None
    column: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        position = ":".join(str(n) for n in (self.line, self.column) if n is not None)
        spot = f"{self.file}:{position}" if position else self.file
        return f"{spot} ({self.key})" if self.key else spot


class TasukiError(Exception):
    """What went wrong, where, why, and the one step that mends it.

    No message holds a secret or a person's value: refs, field names and rules only.
    """

    code: ClassVar[str] = "TSK-1000"

    def __init__(
        self, what: str, *, where: str | Place | None = None, why: str = "", remedy: str = ""
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.remedy = remedy

    def lines(self) -> tuple[str, str, str, str]:
        """The four lines an operator reads: what, where, why, fix."""
        return (self.what, str(self.where or "-"), self.why or "-", self.remedy or "-")


class TransientError(TasukiError):
    """The same call may pass later: wait, then repeat it."""

    code = "TSK-2000"

    def __init__(
        self,
        what: str,
        *,
        where: str | Place | None = None,
        why: str = "",
        remedy: str = "Wait; Tasuki repeats the call by itself.",
        retry_after: timedelta | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(what, where=where, why=why, remedy=remedy)
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown


class MovedError(TransientError):
    """Somebody changed the record between our look and our write: it is left as they made it."""

    code = "TSK-2100"


class RejectedError(TasukiError):
    """This record will not pass as it is: park it, go on with its neighbours."""

    code = "TSK-3000"


class BlockedError(TasukiError):
    """Nothing passes on this connection until a person acts: pause it, say so."""

    code = "TSK-4000"


class SignInError(BlockedError):
    """The system refuses who we say we are."""

    code = "TSK-4100"


class UnreachableError(BlockedError):
    """Nothing answers at the connection's address."""

    code = "TSK-4200"


class BudgetError(BlockedError):
    """The connection's allowance of calls is used up for now."""

    code = "TSK-4300"


class PausedError(BlockedError):
    """A person paused the connection."""

    code = "TSK-4400"


class SourceError(BlockedError):
    """A file or table is not as the project declares it, or cannot be read at all."""

    code = "TSK-4500"


class GuardError(TasukiError):
    """A guard or a missing approval stopped the run before its first write."""

    code = "TSK-5000"


class LeaseError(TasukiError):
    """Somebody else is doing this right now."""

    code = "TSK-5100"


class ConfigError(TasukiError):
    """Tasuki refuses to start from this file or command."""

    code = "TSK-1100"


class ExpressionError(ConfigError):
    """A condition does not parse, names something unknown, or mixes types."""

    code = "TSK-1200"


class MappingError(ConfigError):
    """A mapping names something that neither the catalog nor the platform knows."""

    code = "TSK-1300"


class UnknownRecordError(ConfigError):
    """No record, run, plan or rule goes by that name."""

    code = "TSK-1400"


ACTIONS: Final[dict[type[TasukiError], Action]] = {
    TransientError: Action.RETRY,
    RejectedError: Action.PARK,
    BlockedError: Action.PAUSE,
    GuardError: Action.REFUSE,
    LeaseError: Action.REFUSE,
    ConfigError: Action.REFUSE,
}


def action_for(error: TasukiError) -> Action:
    """What the flow does next about this error."""
    return next(ACTIONS[kind] for kind in type(error).__mro__ if kind in ACTIONS)
