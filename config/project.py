"""The project folder: found, read whole, frozen."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from dotenv import dotenv_values
from pydantic import BaseModel

from config.document import (
    ConnectionDocument,
    Identity,
    ProjectDocument,
    ResourceDocument,
    Schedule,
    Sweeps,
    User,
)
from config.guards import Approval, BudgetSettings, Guards, Retries
from config.money.currency import Rates, load_rates
from config.nearest import did_you_mean
from config.secrets import refuse_secrets, resolve
from config.settings import read
from config.yaml import Document, KeyPath, load, overlay
from tasuki.errors import ConfigError, Place

FILE: Final = "tasuki.yaml"
LOCAL_FILE: Final = "tasuki.local.yaml"
FOLDERS: Final = ("connections", "catalog", "mappings", "playbook")
"""Folders whose YAML files are resources."""
FROM_ENVIRONMENT: Final = {"TASUKI_STORE": "store", "TASUKI_LANGUAGE": "language"}
"""Variables that override a key of tasuki.yaml."""

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Resource:
    """One declared thing: a file, or a part of one, that knows its lines."""

    kind: str
    name: str
    data: Mapping[str, Any] = field(repr=False)
    source: Document

    @property
    def place(self) -> Place:
        """Where it is declared."""
        return self.source.place(("name",))


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """One signed-in account, before its secrets are looked up."""

    name: str
    system: str
    settings: Mapping[str, Any]
    """The system's own settings as written, references to secrets unresolved."""
    environment: str | None
    source: Document
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    sweeps: Sweeps = field(default_factory=Sweeps)

    @property
    def place(self) -> Place:
        """Where it is declared."""
        return self.source.place(("name",))

    def given_to(self, model: type[BaseModel]) -> dict[str, Any]:
        """The settings as its system's model takes them, references unresolved."""
        given = dict(self.settings)
        if self.environment is not None and "environment" in model.model_fields:
            given["environment"] = self.environment
        return given


@dataclass(frozen=True, slots=True)
class Project:
    """Everything a project folder says, read once and passed down."""

    folder: Path
    name: str
    language: str = "en"
    timezone: str = "UTC"
    fiscal_year_start: int = 4
    rates: Rates = field(default_factory=Rates)
    """The project's currency, and what others were worth in it."""
    store_url: str = "sqlite://"
    erasure_folder: Path = Path(".tasuki/erasure")
    public_url: str | None = None
    identity: Identity = field(default_factory=Identity)
    guards: Guards = field(default_factory=Guards)
    approval: Approval = field(default_factory=Approval)
    retries: Retries = field(default_factory=Retries)
    alerts: tuple[str, ...] = ()
    """Where changes of state are told, references to secrets unresolved."""
    schedules: tuple[Schedule, ...] = ()
    users: tuple[User, ...] = ()
    integrations: frozenset[str] = frozenset()
    """User ids and e-mails in the systems whose edits are no person's."""
    connections: Mapping[str, ConnectionConfig] = field(default_factory=dict)
    files: tuple[Resource, ...] = ()
    """Every resource of the project, in the order of kind and name."""
    document: Document = field(default_factory=lambda: Document(FILE, {}), repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Holds secrets: never shown, never logged."""

    def resources(self, kind: str) -> list[Resource]:
        """The resources of one kind, by name."""
        return [resource for resource in self.files if resource.kind == kind]

    def resource(self, kind: str, name: str) -> Resource:
        """One resource.

        Errors: ConfigError with the nearest known name.
        """
        known = {resource.name: resource for resource in self.resources(kind)}
        if name in known:
            return known[name]
        raise ConfigError(
            f"There is no {kind} `{name}`",
            where=self.document.file,
            why="no file of the project declares it",
            remedy=did_you_mean(name, known, f"Add a file with `kind: {kind}`."),
        )

    def connection_settings(self, name: str, model: type[S]) -> S:
        """The settings of a connection as its connector wants them, secrets looked up.

        Errors: ConfigError with file, line and column: unknown key, wrong value, missing secret.
        """
        if (found := self.connections.get(name)) is None:
            raise ConfigError(
                f"There is no connection `{name}`",
                where=self.document.file,
                why="no file in connections/ declares it",
                remedy=did_you_mean(name, self.connections, "Add it to connections/."),
            )
        given = found.given_to(model)
        data = resolve(given, found.source, self.environment, self.folder)
        return read(model, found.source, data=data)

    def origin(self, key: str) -> str:
        """Where a setting's value came from: a variable, a file and line, or the default."""
        for variable, overridden in FROM_ENVIRONMENT.items():
            if key in (overridden, f"{overridden}_url") and self.environment.get(variable):
                return f"environment variable {variable}"
        path: KeyPath = tuple(("store" if key == "store_url" else key).split("."))
        if self.document.get(path, self) is self:
            return "default"
        place = self.document.place(path)
        return f"{place.file}:{place.line}:{place.column}"


def find_project(start: Path | None = None, project_dir: Path | None = None) -> Path:
    """The project folder: the one named, TASUKI_PROJECT_DIR, or the nearest above `start`.

    Errors: ConfigError when there is none.
    """
    named = project_dir or os.environ.get("TASUKI_PROJECT_DIR")
    if named:
        folder = Path(named).expanduser().resolve()
        if (folder / FILE).is_file():
            return folder
        raise _no_project(folder, "it has no tasuki.yaml")
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder
    raise _no_project(here, "neither it nor a folder above it has a tasuki.yaml")


def _no_project(folder: Path, why: str) -> ConfigError:
    return ConfigError(
        "This is no Tasuki project",
        where=str(folder),
        why=why,
        remedy="Run `tasuki init` here, or name the project with --project-dir.",
    )


def load_project(folder: Path, environment: Mapping[str, str] | None = None) -> Project:
    """Read a project folder whole.

    `environment` is the process's own with `.env` beneath it, unless one is handed in.

    Errors: ConfigError with file, line and column.
    """
    variables = _environment(folder) if environment is None else dict(environment)
    document = _project_document(folder)
    refuse_secrets(document)
    settings = read(ProjectDocument, document)
    if overrides := _overrides(variables):
        settings = read(ProjectDocument, document, data={**document.data, **overrides})
    files = _unique(_resources(folder))
    return Project(
        folder=folder,
        name=settings.name,
        language=settings.language,
        timezone=settings.timezone,
        fiscal_year_start=settings.fiscal_year_start,
        rates=_rates(settings, folder, document),
        store_url=_store_url(settings.store, folder, document, variables),
        erasure_folder=folder / settings.erasure_folder,
        public_url=settings.public_url,
        identity=settings.identity,
        guards=settings.guards,
        approval=settings.approval,
        retries=settings.retries,
        alerts=settings.alerts,
        schedules=settings.schedules,
        users=settings.users,
        integrations=settings.integrations,
        connections=_connections(files),
        files=files,
        document=document,
        environment=variables,
    )


def _environment(folder: Path) -> dict[str, str]:
    from_file = {k: v for k, v in dotenv_values(folder / ".env").items() if v is not None}
    return {**from_file, **os.environ}


def _project_document(folder: Path) -> Document:
    if not (folder / FILE).is_file():
        raise _no_project(folder, "it has no tasuki.yaml")
    document = load(folder / FILE, FILE)
    if (folder / LOCAL_FILE).is_file():
        document = overlay(document, load(folder / LOCAL_FILE, LOCAL_FILE))
    return document


def _overrides(variables: Mapping[str, str]) -> dict[str, str]:
    return {key: variables[name] for name, key in FROM_ENVIRONMENT.items() if variables.get(name)}


def _rates(settings: ProjectDocument, folder: Path, document: Document) -> Rates:
    if settings.rates is None:
        return Rates(settings.currency)
    if not (folder / settings.rates).is_file():
        raise ConfigError(
            f"There is no file {settings.rates}",
            where=document.value_place(("rates",)),
            why="`rates` names a CSV file of the project",
            remedy="Correct the path, or take `rates` out.",
        )
    return load_rates(folder / settings.rates, settings.rates, settings.currency)


def _store_url(url: str, folder: Path, document: Document, variables: Mapping[str, str]) -> str:
    """The store's URL with secrets looked up and a relative SQLite path made absolute."""
    found: str = resolve(url, document, variables, folder, ("store",))
    scheme, mark, path = found.partition(":///")
    if scheme.startswith("sqlite") and mark and path and not path.startswith(("/", ":memory:")):
        return f"{scheme}:///{folder / path}"
    return found


def _resources(folder: Path) -> Iterator[Resource]:
    for part in FOLDERS:
        for path in sorted((folder / part).rglob("*.y*ml")):
            document = load(path, path.relative_to(folder).as_posix())
            if part == "connections":
                refuse_secrets(document)
            about = read(ResourceDocument, document)
            yield Resource(about.kind, about.name, document.data, document)


def _unique(resources: Iterator[Resource]) -> tuple[Resource, ...]:
    found: dict[tuple[str, str], Resource] = {}
    for resource in resources:
        key = (resource.kind, resource.name)
        if key in found:
            raise ConfigError(
                f"Two files declare the {resource.kind} `{resource.name}`",
                where=resource.place,
                why=f"it is already declared in {found[key].source.file}",
                remedy="Give one of them another name, or remove it.",
            )
        found[key] = resource
    return tuple(found[key] for key in sorted(found))


def _connections(files: Sequence[Resource]) -> dict[str, ConnectionConfig]:
    found: dict[str, ConnectionConfig] = {}
    for resource in files:
        if resource.kind == "connection":
            document = read(ConnectionDocument, resource.source)
            found[document.name] = ConnectionConfig(
                name=document.name,
                system=document.system,
                settings=document.__pydantic_extra__ or {},
                environment=document.environment,
                source=resource.source,
                budget=document.budget,
                sweeps=document.sweeps,
            )
    return found
