"""CSV as Bulk API 2.0 reads and writes it: every cell quoted, delimiters and line ends by name."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any, Final

DELIMITERS: Final = {
    "BACKQUOTE": "`",
    "CARET": "^",
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
LINE_ENDS: Final = {"LF": "\n", "CRLF": "\r\n"}


class SheetError(ValueError):
    """The file is no CSV of the kind the job announced; the text is the job's error message."""


class _Lines:
    """Collects what a CSV writer writes: one text for each row."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def write(self, text: str) -> None:
        self.found.append(text)


def lines(rows: Iterable[Sequence[Any]], delimiter: str) -> list[str]:
    """Each row as a line without its end; None is an empty cell."""
    sink = _Lines()
    # a line end the writer knows to quote, taken off again below
    writer = csv.writer(
        sink, delimiter=DELIMITERS[delimiter], quoting=csv.QUOTE_ALL, lineterminator="\n"
    )
    writer.writerows(rows)
    return [each[:-1] for each in sink.found]


def written(rows: Iterable[Sequence[Any]], delimiter: str, line_end: str) -> bytes:
    """A whole file."""
    end = LINE_ENDS[line_end]
    return "".join(each + end for each in lines(rows, delimiter)).encode()


def parsed(data: bytes, delimiter: str, line_end: str) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of an uploaded file; SheetError for one that does not fit."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SheetError("ClientInputError : the file is not encoded in UTF-8") from None
    first = text.partition("\n")[0]
    if first.endswith("\r") is not (line_end == "CRLF") and "\n" in text:
        raise SheetError(
            "ClientInputError : LineEnding is invalid on user data. "
            f"Current LineEnding setting is {line_end}"
        )
    try:
        rows = list(
            csv.reader(StringIO(text, newline=""), delimiter=DELIMITERS[delimiter], strict=True)
        )
    except csv.Error as error:
        raise SheetError(f"InvalidBatch : Failed to parse CSV: {error}") from None
    found = [row for row in rows if row]
    if not found:
        raise SheetError("InvalidBatch : The file has no header")
    header, *values = found
    for number, row in enumerate(values, start=1):
        if len(row) != len(header):
            raise SheetError(f"InvalidBatch : Row {number} has not as many values as the header")
    return header, values
