"""What is wrong in a file, as a reader needs it: what, where, why, fix, and how much it matters."""

from dataclasses import dataclass
from enum import StrEnum

from tasuki.errors import Place, TasukiError


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """Tasuki refuses to start from it."""
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: the four lines of an error, with how much it matters."""

    severity: Severity
    what: str
    where: Place | None
    why: str
    fix: str

    def lines(self) -> tuple[str, str, str, str]:
        """What, where, why, fix."""
        return (self.what, str(self.where or "-"), self.why, self.fix)


def finding_of(error: TasukiError) -> Finding:
    """An error as a finding."""
    where = Place(error.where) if isinstance(error.where, str) else error.where
    return Finding(Severity.ERROR, error.what, where, error.why or "-", error.remedy or "-")
