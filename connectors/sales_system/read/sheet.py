"""A workbook's sheet as rows of text cells (XLSX, XLS, ODS), as they would stand in a CSV file.

Whole numbers lose their `.0`, dates are ISO text; what a formula last showed is its value. A
workbook has no encoding, and a cell that shows an error is spoilt.
"""

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

from python_calamine import CalamineError, CalamineWorkbook, WorksheetNotFound

from connectors.sales_system.faults import missing_sheet, not_a_workbook
from connectors.sales_system.read.text import Row

Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta

_MARKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How zipped workbooks and old binary ones begin."""


def is_workbook(raw: bytes) -> bool:
    """Whether the bytes are a workbook's, whatever the file is called."""
    return raw.startswith(_MARKS)


def rows(raw: bytes, where: str, sheet: str | None) -> Iterator[Row]:
    """The rows of the named sheet, else of the first; empty rows are left out."""
    table = _table(raw, where, sheet)
    width = len(_trimmed(table[0])) if table else 0
    for line, cells in enumerate(table, start=1):
        said = [_text(cell) for cell in cells]
        if any(said):
            yield Row(line, _fitted(said, width))


def _table(raw: bytes, where: str, sheet: str | None) -> list[list[Cell]]:
    names: list[str] = []
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        names = workbook.sheet_names
        return workbook.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
    except WorksheetNotFound:
        raise missing_sheet(str(sheet), names, where) from None
    except (CalamineError, IndexError) as error:
        raise not_a_workbook(where) from error


def _trimmed(cells: list[Cell]) -> list[Cell]:
    """A header without the empty columns behind it."""
    while cells and cells[-1] == "":
        cells = cells[:-1]
    return cells


def _fitted(cells: list[str], width: int) -> list[str]:
    """The cells under the header; more only where something stands there."""
    return cells[: max(width, max((i + 1 for i, cell in enumerate(cells) if cell), default=0))]


def _text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat() if cell.time() != time() else cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, (date, time)) else str(cell)
