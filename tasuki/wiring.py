"""The one place that names concrete things together: plain calls, nothing opened at import time."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

from config.nearest import did_you_mean
from config.project import ConnectionConfig, Project, load_project
from connectors import hubspot, memory, sales_system, salesforce
from connectors.protocol import Connector, ConnectorSpec, OpenContext
from mappings.project import load_mappings
from playbook.book import read_playbook, written_fields
from staging.engine import Store, open_store
from staging.migrations.upgrade import upgrade
from sync.context import Tools
from tasuki.clock import Clock, SystemClock
from tasuki.errors import ConfigError
from tasuki.service.app import App

BUILT_IN: Final = (salesforce.SPEC, hubspot.SPEC, sales_system.SPEC, memory.SPEC)


def open_app(
    folder: Path,
    clock: Clock | None = None,
    environment: Mapping[str, str] | None = None,
    connectors: Mapping[str, Connector] | None = None,
) -> App:
    """A project, opened: read, checked, its store brought up to date. Calls no system yet.

    `connectors` replaces those of the project (rehearsals, laws).

    Errors: ConfigError with file, line and column; UnreachableError when the store is not there.
    """
    project = load_project(folder, environment)
    clock = clock or SystemClock()
    opened = dict(connectors or {})
    for name, config in project.connections.items():
        if name not in opened:
            opened[name] = open_connection(project, config, clock)
    book = read_playbook(project)
    tools = Tools(
        project=project,
        mappings=load_mappings(project),
        connectors=opened,
        clock=clock,
        reads=written_fields(book),
        rules=book,
    )
    return App(project, prepare_store(project.store_url), tools)


def prepare_store(url: str) -> Store:
    """The store behind a URL, with this version's tables."""
    store = open_store(url)
    with store.writing() as db:
        upgrade(db)
    return store


def open_connection(project: Project, config: ConnectionConfig, clock: Clock) -> Connector:
    """The connector behind one connection of the project."""
    spec = _spec(config)
    settings = project.connection_settings(config.name, spec.settings)
    return spec.open(settings, OpenContext(config.name, project.folder, clock))


def specs() -> dict[str, ConnectorSpec[Any]]:
    """Every kind of connector by name: ours and those of installed packages."""
    found: dict[str, ConnectorSpec[Any]] = {spec.name: spec for spec in BUILT_IN}
    for entry in entry_points(group="tasuki.connectors"):
        if entry.name not in found:
            found[entry.name] = entry.load()
    return found


def _spec(config: ConnectionConfig) -> ConnectorSpec[Any]:
    known = specs()
    if config.system in known:
        return known[config.system]
    raise ConfigError(
        f"There is no connector `{config.system}`",
        where=config.source.value_place(("system",)),
        why="no installed package brings it",
        remedy=did_you_mean(config.system, known, "Install the package that brings it."),
    )
