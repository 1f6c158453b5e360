"""Errors as four lines (what, where, why, fix), and the exit code each family ends with."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from cyclopts import CycloptsError, UnknownCommandError, UnknownOptionError

from tasuki.errors import (
    BlockedError,
    BudgetError,
    ConfigError,
    GuardError,
    RejectedError,
    SourceError,
    TasukiError,
    UnreachableError,
)


class Exit(IntEnum):
    """What a command's exit code says."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PENDING = 3
    REJECTED = 4
    GUARDED = 5
    SIGN_IN = 6
    BUDGET = 7
    INTERRUPTED = 130


INTERRUPTED_CODE: Final = "TSK-5200"
_CODES: Final[tuple[tuple[type[TasukiError], Exit], ...]] = (
    (ConfigError, Exit.USAGE),
    (RejectedError, Exit.REJECTED),
    (GuardError, Exit.GUARDED),
    (BudgetError, Exit.BUDGET),
    (UnreachableError, Exit.FAILED),
    (SourceError, Exit.REJECTED),
    (BlockedError, Exit.SIGN_IN),
)


class UsageError(TasukiError):
    """The command line itself is not understood."""

    code = "TSK-1010"


class NotConfirmedError(GuardError):
    """A person did not say yes."""

    code = "TSK-5010"


def exit_code(error: TasukiError) -> Exit:
    """The exit code of an error's family."""
    if error.code == INTERRUPTED_CODE:
        return Exit.INTERRUPTED
    if isinstance(error, UsageError):
        return Exit.USAGE
    found = (code for family, code in _CODES if isinstance(error, family))
    return next(found, Exit.FAILED)


def exit_of(code: str) -> Exit:
    """The exit code of an error's family, by the error's own code."""
    exact = {family.code[:6]: exit_ for family, exit_ in reversed(_CODES)}
    family = {"TSK-4": Exit.SIGN_IN, "TSK-3": Exit.REJECTED}
    return exact.get(code[:6]) or family.get(code[:5], Exit.FAILED)


def usage_error(error: CycloptsError) -> UsageError:
    """What Cyclopts found wrong with the command line, in our four lines."""
    said = " ".join(str(error).split())
    what, _, hint = said.partition(" Did you mean ")
    command = " ".join(("tasuki", *(error.command_chain or ())))
    remedy = f"Did you mean {hint}" if hint else f"`{command} --help` shows how it is used."
    return UsageError(what, where=command, why=_why(error), remedy=remedy)


def _why(error: CycloptsError) -> str:
    if isinstance(error, UnknownCommandError):
        return "there is no such command"
    if isinstance(error, UnknownOptionError):
        return "this command does not know the option"
    return "the command line is incomplete or does not fit"


def labelled(error: TasukiError) -> Iterable[tuple[str, str]]:
    """The four lines with their labels; the first carries the code."""
    return zip(("error", "where", "why", "fix"), error.lines(), strict=True)
