"""What a call asked to see of a record: fields, related objects by dots, times in a zone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sandbox.account_engagement.faults import invalid
from sandbox.account_engagement.model import OBJECTS, Object
from sandbox.account_engagement.store import Row, read
from sandbox.state import State

Path: TypeAlias = tuple[str, ...]
_DEEPEST = 3


def wanted(object: Object, text: str | None) -> list[Path]:
    """The fields named by `id,prospect.email`; every call must say which."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    if not names:
        raise invalid("The fields parameter is required")
    return [_path(object, name) for name in dict.fromkeys(names)]


def _path(object: Object, name: str) -> Path:
    path = tuple(name.split("."))
    here = object
    for relation in path[:-1]:
        field = here.relations.get(relation)
        if field is None or field.refers_to is None or len(path) > _DEEPEST + 1:
            raise invalid(f"Invalid field: {name}")
        here = OBJECTS[field.refers_to]
    if path[-1] not in here.fields:
        raise invalid(f"Invalid field: {name}")
    return path


class Shown:
    """Renders rows as of one moment; related records are looked up once."""

    def __init__(self, state: State, at: float, zone: ZoneInfo) -> None:
        self._state = state
        self._at = at
        self._zone = zone
        self._known: dict[tuple[str, int], Row | None] = {}

    def record(self, row: Row, paths: Sequence[Path]) -> dict[str, Any]:
        """The JSON of a row; a related object is an object in it, or null."""
        shown: dict[str, Any] = {}
        for path in paths:
            if len(path) == 1:
                shown[path[0]] = self.value(row, path)
                continue
            inner = self._related(row, path[0])
            if inner is None:
                shown[path[0]] = None
            else:
                here = shown.setdefault(path[0], {})
                _put(here, self.record(inner, [path[1:]]))
        return shown

    def value(self, row: Row, path: Path) -> Any:
        """One value, through as many records as the path has dots."""
        here: Row | None = row
        for relation in path[:-1]:
            here = self._related(here, relation) if here else None
        if here is None:
            return None
        field = OBJECTS[here.object].fields[path[-1]]
        value = here.value(field.name)
        if value is None:
            return False if field.type == "bool" else None
        if field.type == "datetime":
            return datetime.fromtimestamp(value, self._zone).isoformat()
        return value

    def _related(self, row: Row, relation: str) -> Row | None:
        field = OBJECTS[row.object].relations[relation]
        id = row.value(field.name)
        if id is None or field.refers_to is None:
            return None
        key = (field.refers_to, int(id))
        if key not in self._known:
            self._known[key] = read(self._state, *key, self._at)
        return self._known[key]


def _put(here: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(here.get(name), dict):
            _put(here[name], value)
        else:
            here[name] = value
