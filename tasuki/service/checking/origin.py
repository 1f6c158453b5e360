"""Which value of a setting won, and where it came from; secrets stay masked."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel
from sqlalchemy.engine import make_url

from config.project import Project

_KEYS = ("name", "language", "timezone", "fiscal_year_start", "store_url", "identity", "guards")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its value as it may be shown, and its origin."""

    key: str
    value: str
    origin: str


def settings(project: Project) -> tuple[Setting, ...]:
    """Every setting of the project and its connections, with its origin."""
    return (*_project(project), *_schedules(project), *_connections(project))


def _project(project: Project) -> Iterator[Setting]:
    for key in _KEYS:
        value = getattr(project, key)
        if isinstance(value, BaseModel):
            for name, inner in value.model_dump(mode="json").items():
                path = f"{key}.{name}"
                yield Setting(path, _shown(inner), project.origin(path))
        else:
            text = safe_url(value) if key == "store_url" else str(value)
            yield Setting(key, text, project.origin(key))


def _schedules(project: Project) -> Iterator[Setting]:
    for position, schedule in enumerate(project.schedules):
        path = f"schedules.{position}"
        yield Setting(path, f"{schedule.run} at {schedule.cron}", project.origin("schedules"))


def _connections(project: Project) -> Iterator[Setting]:
    for connection in project.connections.values():
        for key, value in connection.settings.items():
            place = connection.source.place((key,))
            shown = _shown(value) if not isinstance(value, dict) else f"{len(value)} entries"
            yield Setting(
                f"connections.{connection.name}.{key}", shown, f"{place.file}:{place.line}"
            )


def safe_url(url: str) -> str:
    """A store's URL without its password."""
    return make_url(url).render_as_string(hide_password=True)


def _shown(value: object) -> str:
    """As the file says it: references to secrets unresolved."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(sorted(map(str, value))) or "none"
    return str(value)
