"""Which page of a list is asked for; the number stands in the address."""

from dataclasses import dataclass
from typing import Final

from console.visit import Visit

_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Pages:
    """Which page of a list this is."""

    number: int
    last: int
    total: int
    """Items on all pages."""
    size: int

    @property
    def skipped(self) -> int:
        """Items on the pages before."""
        return (self.number - 1) * self.size


def asked(visit: Visit, name: str, total: int, size: int) -> Pages:
    """The page that the address asks for by this name; the nearest there is."""
    last = max(1, -(-total // size))
    return Pages(min(wanted(visit, name), last), last, total, size)


def wanted(visit: Visit, name: str) -> int:
    """The number in the address; 1 when none is there or it is no number."""
    said = visit.query.get(name, "")
    number = int(said) if said.isascii() and said.isdigit() and len(said) <= _DIGITS else 1
    return max(number, 1)
