"""Rows of dropped CSV and Excel files: each file once per content, by a manifest in the cursor.

A file whose size and time stand in the manifest is not opened, one whose size and SHA-256 do (it
was delivered again) is not read. A changed file is read
from its first line, also when it changes in the middle of a pull. Rows are records by their
declared id; a row that cannot be one (cells missing, a cell of the wrong type, an id given twice)
is broken by file and line, and its neighbours come.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from glob import has_magic
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from connectors.protocol import Broken, Ids, Page, Record
from connectors.sales_system.client import Client
from connectors.sales_system.faults import empty_file, missing_in_header, no_files
from connectors.sales_system.read import sheet, text
from connectors.sales_system.read.cells import complaint
from connectors.sales_system.read.text import Row
from connectors.sales_system.settings import FilesSettings
from tasuki.values import dumps, loads

FILE: Final = "$file"
"""What every row says beside its cells: the name of the file it stands in …"""
FILE_DAY: Final = "$file_day"
"""… and the day that file was last written, UTC."""


@dataclass(frozen=True, slots=True)
class Drop:
    """One file as it was read: its fingerprint, its columns, its rows."""

    name: str
    print: str
    """Size and SHA-256."""
    names: Sequence[str] = ()
    records: Sequence[Record] = ()
    broken: Sequence[Broken] = ()
    is_empty: bool = False
    """It has no header, let alone rows."""


@dataclass(slots=True)
class Drops:
    """One declared object: the files of its pattern."""

    client: Client
    settings: FilesSettings
    _last: dict[str, Drop] = field(default_factory=dict)
    """The file read last, so that its next page need not parse it again."""

    def page(self, fields: Sequence[str], cursor: str | None) -> Page:
        """The next page: rows of the first file that the manifest does not know as it is."""
        state: dict[str, Any] = loads(cursor) if cursor else {}
        done: dict[str, str] = state.get("done", {})
        files = self._files()
        for name, path in files.items():
            known, _, then = done.get(name, "").partition("@")
            if then == (now := self.client.look(path)):
                continue
            raw = self.client.read(path)
            mark = _print(raw)
            entry = {name: f"{mark}@{now}"}
            if known != mark:
                at = state.get("at", 0) if state.get("print") == mark else 0
                return self._part(self._drop(name, path, raw), fields, done, entry, at)
            done = {**done, **entry}
        cursor = dumps({"done": {name: done[name] for name in files}})
        return Page((), cursor, False, reread=tuple(sorted(done.keys() - files.keys())))

    def _part(
        self,
        drop: Drop,
        fields: Sequence[str],
        done: dict[str, str],
        entry: dict[str, str],
        at: int,
    ) -> Page:
        records = [_only(each, fields, drop) for each in drop.records[at:]]
        size = self.client.settings.page_size
        if len(records) > size:
            cursor = {"done": done, "print": drop.print, "at": at + size}
            return Page(tuple(records[:size]), dumps(cursor), True)
        cursor = {"done": {**done, **entry}}
        return Page(tuple(records), dumps(cursor), True, tuple(drop.broken), reread=(drop.name,))

    def records(self, fields: Sequence[str]) -> dict[str, Record]:
        """Every readable row by id; the last file that holds an id decides."""
        return {each.id: _only(each, fields, drop) for drop in self._all() for each in drop.records}

    def find(self, key: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """Rows whose column equals one of the values."""
        wanted = set(values)
        keys = self.records([key])
        found = self.records(fields)
        return [found[id] for id, each in keys.items() if each.fields[key] in wanted]

    def ids(self) -> Ids:
        """All ids at once: they are in memory anyway. Errors: SourceError while a file is empty."""
        found: set[str] = set()
        for drop in self._all():
            if drop.is_empty:
                raise empty_file(drop.name)
            found.update(each.id for each in drop.records)
        return Ids(tuple(sorted(found)), None)

    def names(self) -> list[str]:
        """The columns of all files, in the order they come."""
        return list(dict.fromkeys(name for drop in self._all() for name in drop.names))

    def _all(self) -> Iterator[Drop]:
        for name, path in self._files().items():
            yield self._drop(name, path, self.client.read(path))

    def _files(self) -> dict[str, Path]:
        """The files by their name from the project folder, in name order."""
        pattern, folder = self.settings.files, self.client.folder
        if not has_magic(pattern):
            path = folder / pattern
            if not path.is_file():
                raise no_files(pattern, self.client.connection)
            return {pattern: path}
        root = Path(pattern).anchor  # empty where the pattern begins at the project folder
        found = (folder / root).glob(pattern.removeprefix(root))
        paths = sorted(path for path in found if path.is_file())
        return {(path if root else path.relative_to(folder)).as_posix(): path for path in paths}

    def _drop(self, name: str, path: Path, raw: bytes) -> Drop:
        last = self._last.get(name)
        if last is None or last.print != _print(raw):
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            last = parse(name, raw, self.settings, changed)
            self._last = {name: last}
        return last


def _print(raw: bytes) -> str:
    return f"{len(raw)}:{sha256(raw).hexdigest()}"


def _only(record: Record, fields: Sequence[str], drop: Drop) -> Record:
    for name in fields:
        if name not in drop.names:
            raise missing_in_header(name, drop.names, drop.name)
    values = {name: record.fields[name] for name in fields}
    return Record(record.id, values, record.modified_at)


def parse(name: str, raw: bytes, settings: FilesSettings, changed: datetime) -> Drop:
    """A file's bytes as records and broken rows.

    Errors: SourceError when a declared column is missing or the encoding is unknown.
    """
    lines = _rows(name, raw, settings)
    stamped = {FILE: Path(name).name, FILE_DAY: changed.date().isoformat()}
    if (header := next(lines, None)) is None:
        empty = Broken(f"{name}:1", "the file is empty")
        names = [*settings.columns.values(), *stamped]
        return Drop(name, _print(raw), names, broken=(empty,), is_empty=True)
    columns = _columns(name, [cell.strip() for cell in header.cells], settings)
    records: list[Record] = []
    broken: list[Broken] = []
    lines_by_id: dict[str, int] = {}
    for row in lines:
        values = _values(row, columns)
        id = _id(name, row, values, settings)
        said = _shape_complaint(row, header) or _id_complaint(id, settings, lines_by_id)
        if said := said or complaint(values, settings.types):
            broken.append(Broken(f"{name}:{row.line}", said))
            continue
        lines_by_id[id] = row.line
        records.append(Record(id, values | stamped, changed))
    return Drop(name, _print(raw), [*columns, *stamped], records, broken)


def _rows(name: str, raw: bytes, settings: FilesSettings) -> Iterator[Row]:
    """The file's rows, header first, whether it is a workbook or text."""
    if sheet.is_workbook(raw):
        return sheet.rows(raw, name, settings.sheet)
    return text.rows(raw, name, settings.encoding, settings.delimiter)


def _columns(file: str, header: Sequence[str], settings: FilesSettings) -> dict[str, int]:
    """Name to position of the columns that are read."""
    where = f"{file}:1"
    wanted = settings.columns or {name: name for name in header if name}
    for name in wanted:
        if name not in header:
            raise missing_in_header(name, header, where)
    columns = {name: header.index(source) for source, name in wanted.items()}
    for needed in (*(wanted.get(part, part) for part in settings.id_columns), *settings.types):
        if needed not in columns:
            raise missing_in_header(needed, list(columns), where)
    return columns


def _values(row: Row, columns: Mapping[str, int]) -> dict[str, str | None]:
    """The row's cells by name; an empty cell says nothing."""
    cells = row.cells
    return {
        name: (cells[at].strip() or None) if at < len(cells) else None
        for name, at in columns.items()
    }


def _id(file: str, row: Row, values: Mapping[str, str | None], settings: FilesSettings) -> str:
    """The row's id: its id columns joined, or file and line; empty when a column is."""
    parts = [values[settings.columns.get(name, name)] for name in settings.id_columns]
    if not parts:
        return f"{file}:{row.line}"
    return "" if None in parts else "|".join(map(str, parts))


def _shape_complaint(row: Row, header: Row) -> str:
    if len(row.cells) != len(header.cells):
        return f"it has {len(row.cells)} cells, the header has {len(header.cells)}"
    return "it holds bytes that are not in the file's encoding" if row.is_spoilt else ""


def _id_complaint(id: str, settings: FilesSettings, lines_by_id: Mapping[str, int]) -> str:
    if not id:
        return f"it needs {' and '.join(settings.id_columns)}"
    twin = lines_by_id.get(id)
    return f"it has the id of line {twin}" if twin else ""
