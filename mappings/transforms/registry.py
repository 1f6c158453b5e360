"""How a transform is declared: a pure function whose examples are its specification."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from config.money.currency import Rates

EDITION: Final = 2
"""Raised when a transform gives another answer than before: what is staged is then read again."""

Function: TypeAlias = Callable[..., Any]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True, slots=True)
class Habits:
    """What a project's place and trade make usual; some transforms ask for it."""

    phone_region: str = "JP"
    """The country of a phone number that names none."""
    timezone: str = "UTC"
    """The zone of a local time that names none."""
    free_mail: frozenset[str] = frozenset()
    """Mail domains that belong to nobody in particular, besides the well-known ones."""
    shared_mail: frozenset[str] = frozenset()
    """Mail addresses that are no one person's own, besides the usual ones such as info@."""
    junk: frozenset[str] = frozenset()
    """Values that say nothing and so make no key, besides the usual ones such as `n/a`."""
    rates: Rates = field(default_factory=Rates)
    """The project's currency, and what others were worth in it."""


USUAL: Final = Habits()


@dataclass(frozen=True, slots=True)
class Transform:
    """One named step; blanks never reach it, and what it cannot read is a ValueError."""

    name: str
    function: Function
    examples: Mapping[Any, Any]
    takes_text: bool
    takes_argument: bool
    takes_habits: bool

    @property
    def promise(self) -> str:
        """What the transform does, in one sentence."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    def bound(self, argument: str | None = None, habits: Habits = USUAL) -> Callable[[Any], Any]:
        """The step as a function of the value alone."""
        function = self.function
        extra: dict[str, Any] = {}
        if self.takes_argument and argument is not None:
            extra["argument"] = argument
        if self.takes_habits:
            extra["habits"] = habits
        if self.takes_text:
            return lambda value: function(value if type(value) is str else str(value), **extra)
        return (lambda value: function(value, **extra)) if extra else function


_DECLARED: Final[dict[str, Transform]] = {}


def transform(examples: Mapping[Any, Any]) -> Callable[[F], F]:
    """Declare a transform under its function's name.

    The first parameter's annotation says what it takes: `str` turns other values into text first.
    Optional keywords: `argument` (`{step: argument}` in a mapping) and `habits`.
    """

    def declare(function: F) -> F:
        parameters = inspect.signature(function).parameters
        first = next(iter(parameters.values()))
        name = function.__name__.removesuffix("_")
        _DECLARED[name] = Transform(
            name,
            function,
            examples,
            takes_text=first.annotation is str,
            takes_argument="argument" in parameters,
            takes_habits="habits" in parameters,
        )
        return function

    return declare


def declared() -> Mapping[str, Transform]:
    """Every transform declared so far, by name."""
    return dict(sorted(_DECLARED.items()))
