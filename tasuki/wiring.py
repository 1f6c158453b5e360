"""The one place that names concrete things together: plain calls, nothing opened at import time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from catalog.custom import entities_of
from catalog.shape import Entity
from config.nearest import did_you_mean
from config.project import ConnectionConfig, Project, load_project
from config.settings import problems
from connectors.budget import Budget
from connectors.protocol import Connector, ConnectorSpec, Delivery, Hint, NewField, OpenContext
from mappings.finding import Finding, finding_of
from mappings.project import load_mappings
from playbook.book import read_playbook, written_fields
from staging.engine import Store, open_store
from staging.migrations.upgrade import upgrade
from staging.migrations.widen import widen
from sync.budget.ledger import Ledger
from sync.context import Tools
from tasuki.clock import Clock, SystemClock
from tasuki.errors import ConfigError, SignInError
from tasuki.service.app import App, Connections

Spec = ConnectorSpec[Any]


def _salesforce() -> Spec:
    from connectors import salesforce

    return salesforce.SPEC


def _hubspot() -> Spec:
    from connectors import hubspot

    return hubspot.SPEC


def _account_engagement() -> Spec:
    from connectors import account_engagement

    return account_engagement.SPEC


def _sales_system() -> Spec:
    from connectors import sales_system

    return sales_system.SPEC


def _memory() -> Spec:
    from connectors import memory

    return memory.SPEC


BUILT_IN: Final[Mapping[str, Callable[[], Spec]]] = {
    "salesforce": _salesforce,
    "hubspot": _hubspot,
    "account_engagement": _account_engagement,
    "sales_system": _sales_system,
    "memory": _memory,
}
"""Each vendor's client library is imported when a connection of it is first asked for data."""


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
    entities = entities_of(project)
    store = prepare_store(project.store_url, entities.values())
    ledgers = open_ledgers(project, store, clock)
    given = connectors or {}
    openers: dict[str, Callable[[], Connector]] = {
        name: partial(given.__getitem__, name) for name in given
    }
    for name, config in project.connections.items():
        openers.setdefault(name, partial(open_connection, project, config, clock, ledgers[name]))
    book = read_playbook(project)
    tools = Tools(
        project=project,
        mappings=load_mappings(project),
        connectors=Connections(openers, ledgers),
        clock=clock,
        entities=entities,
        reads=written_fields(book),
        rules=book,
    )
    return App(project, store, tools)


def prepare_store(url: str, entities: Iterable[Entity] = ()) -> Store:
    """The store behind a URL, with this version's tables and those of a project's own catalog."""
    with ExitStack() as undo:
        store = open_store(url)
        undo.callback(store.close)
        with store.writing() as db:
            upgrade(db)
            widen(db, entities)
        undo.pop_all()
    return store


def open_ledgers(project: Project, store: Store, clock: Clock) -> dict[str, Ledger]:
    """What each connection may spend, kept in the store; asks nothing yet."""
    zone = ZoneInfo(project.timezone)
    return {
        name: Ledger(name, config.budget, store.writing, clock, zone)
        for name, config in project.connections.items()
    }


def open_connection(
    project: Project, config: ConnectionConfig, clock: Clock, budget: Budget
) -> Connector:
    """The connector behind one connection of the project."""
    spec = _spec(config)
    settings = project.connection_settings(config.name, spec.settings)
    return spec.open(settings, OpenContext(config.name, project.folder, clock, budget))


def check_connections(project: Project) -> tuple[Finding, ...]:
    """What is wrong with the connections' files; opens nothing and looks up no secret."""
    found: list[ConfigError] = []
    for config in project.connections.values():
        try:
            model = _spec(config).settings
        except ConfigError as error:
            found.append(error)
        else:
            found += problems(model, config.source, config.given_to(model))
    return tuple(map(finding_of, found))


def hints_of(app: App, name: str, delivery: Delivery) -> Sequence[Hint]:
    """The records that a webhook delivery to one connection names.

    Errors: SignInError when it is not signed as it must be, or the system sends none.
    """
    spec = _spec(app.project.connections[name])
    if spec.hints is None:
        raise SignInError(
            f"{name} takes no webhooks",
            where=name,
            why=f"{spec.title} sends none that Tasuki can check",
            remedy="Take the address out of the system's settings; polling sees every change.",
        )
    settings = app.project.connection_settings(name, spec.settings)
    return spec.hints(settings, delivery, app.tools.clock.now())


def package_of(app: App, name: str, fields: Sequence[NewField]) -> Mapping[str, str] | None:
    """The files that make fields of one connection; None where its system takes none."""
    package = _spec(app.project.connections[name]).package
    return None if package is None else package(fields)


def _spec(config: ConnectionConfig) -> Spec:
    if config.system in BUILT_IN:
        return BUILT_IN[config.system]()
    installed = {entry.name: entry for entry in entry_points(group="tasuki.connectors")}
    if config.system in installed:
        found: Spec = installed[config.system].load()
        return found
    raise ConfigError(
        f"There is no connector `{config.system}`",
        where=config.source.value_place(("system",)),
        why="no installed package brings it",
        remedy=did_you_mean(
            config.system, sorted({*BUILT_IN, *installed}), "Install the package that brings it."
        ),
    )
