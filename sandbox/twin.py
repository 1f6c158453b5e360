"""What a twin of a real account took over from a saved export, and what it did not."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How much metadata was taken over.

    Shape:  `skipped` pairs what was left out (a file, an object, `object.field`) with the reason.
    """

    objects: int = 0
    fields: int = 0
    skipped: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: "ImportReport") -> "ImportReport":
        """Both together."""
        skipped = (*self.skipped, *other.skipped)
        return ImportReport(self.objects + other.objects, self.fields + other.fields, skipped)
