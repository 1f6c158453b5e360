"""A dropped file's bytes as rows of cells: encoding and separator found, line numbers kept.

Detection is the same every time: UTF-16 by its mark, UTF-8 and CP932 when the whole file obeys
them; a file with a few spoilt lines is read in the encoding it nearly obeys, and those lines are
broken rows; only then a guess is made.
"""

import csv
import io
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from typing import Final, NamedTuple

from charset_normalizer import from_bytes

from connectors.sales_system.faults import not_rows, unreadable

_EXPECTED: Final = ("utf-8-sig", "cp932")
_SPOILT_PERCENT: Final = 5
_SEPARATORS: Final = (",", "\t", ";")


class Row(NamedTuple):
    """One row and the file's line on which it begins."""

    line: int
    cells: list[str]

    @property
    def is_spoilt(self) -> bool:
        """Whether a byte of it does not belong to the file's encoding."""
        return any("\udc80" <= char <= "\udcff" for cell in self.cells for char in cell)


def rows(raw: bytes, where: str, encoding: str | None, separator: str | None) -> Iterator[Row]:
    """The file's rows, header first; empty lines are left out."""
    content = _decoded(raw, where, encoding)
    first = content.partition("\n")[0]
    found = separator or max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=found)
    line = 1
    try:
        for cells in reader:
            if any(cells):
                yield Row(line, cells)
            line = reader.line_num + 1
    except csv.Error:
        raise not_rows(f"{where}:{line}") from None  # its words quote nothing useful


def _decoded(raw: bytes, where: str, encoding: str | None) -> str:
    try:
        return raw.decode(encoding or _detected(raw, where), errors="surrogateescape")
    except (LookupError, UnicodeDecodeError) as error:
        raise unreadable(where, encoding or "text") from error


def _detected(raw: bytes, where: str) -> str:
    if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    for name in _EXPECTED:
        if _spoilt_lines(raw, name) == 0:
            return name
    nearest = min(_EXPECTED, key=lambda name: _spoilt_lines(raw, name))
    if _spoilt_lines(raw, nearest) * 100 <= _SPOILT_PERCENT * max(raw.count(b"\n"), 1):
        return nearest
    best = from_bytes(raw).best()
    if best is None:
        raise unreadable(where, " or ".join(_EXPECTED))
    return best.encoding


def _spoilt_lines(raw: bytes, encoding: str) -> int:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode(encoding, errors="surrogateescape")
        return sum(Row(0, [line]).is_spoilt for line in text.split("\n"))
    return 0
