"""Making the fields that are missing: through a system's API, or as a package to deploy."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from connectors.protocol import NewField, Settled
from mappings.finding import Finding
from tasuki.errors import BlockedError, ConfigError, RejectedError, TasukiError, TransientError
from tasuki.service.accounts import audit
from tasuki.service.app import App
from tasuki.service.checking import live
from tasuki.service.setting_up.named import Named, named
from tasuki.service.setting_up.needed import needed

Package = Callable[[App, str, Sequence[NewField]], Mapping[str, str] | None]
"""The files that make fields of a connection; None: its system takes none (see wiring)."""
_FOLDER: Final = Path(".tasuki/setup")


class How(StrEnum):
    """What becomes of a missing field."""

    API = "api"
    """Tasuki makes it."""
    PACKAGE = "package"
    """An administrator deploys the files that Tasuki writes."""
    BY_HAND = "by_hand"
    """Somebody makes it in the system itself."""


class Made(StrEnum):
    """How far a missing field has come."""

    MISSING = "missing"
    MADE = "made"
    WRITTEN = "written"
    """Its package is written and waits to be deployed."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FieldView:
    """One missing field: what it is to be, why, and how far it has come."""

    connection: str
    object: str
    name: str
    type: str
    length: int | None
    unique: bool
    label: Mapping[str, str]
    why: tuple[str, ...]
    """File and line of what writes it."""
    how: How
    state: Made = Made.MISSING


@dataclass(frozen=True, slots=True)
class SetupView:
    """What a project still needs of its systems."""

    fields: tuple[FieldView, ...]
    findings: tuple[Finding, ...]
    is_mistaken: bool
    packages: Mapping[str, Path] = field(default_factory=dict)
    """Connection → the folder its package was written to."""
    errors: Mapping[str, TasukiError] = field(default_factory=dict)
    """Connection, or `connection/object.field` → what its system refused."""

    @property
    def is_pending(self) -> bool:
        """Whether some field is still not there."""
        return any(each.state is not Made.MADE for each in self.fields)


def look(app: App, connections: Sequence[str], package: Package) -> SetupView:
    """Ask the systems what they have, and compare; makes nothing.

    Errors: UnknownRecordError for a name no file declares.
    """
    return _look(app, connections, package)[0]


def make(
    app: App, connections: Sequence[str], package: Package, by: str, out: Path | None = None
) -> SetupView:
    """Make what is missing where that can be done, and write the packages of the other systems.

    What is there already is left alone, so that making twice is making once. What one connection
    refuses keeps no other from being made.
    """
    view, missing = _look(app, connections, package)
    states: dict[tuple[str, str, str], Made] = {}
    packages: dict[str, Path] = {}
    errors = dict(view.errors)
    for name in dict.fromkeys(each.connection for each in missing):
        mine = [each.field for each in missing if each.connection == name]
        if app.tools.connectors[name].can.defines:
            made = _define(app, name, mine, errors, by)
            states |= {(name, *of): state for of, state in made.items()}
        elif files := package(app, name, mine):
            packages[name] = _write((out or app.project.folder / _FOLDER) / name, files)
            states |= {(name, each.object, each.name): Made.WRITTEN for each in mine}
    fields = tuple(
        replace(each, state=states.get((each.connection, each.object, each.name), each.state))
        for each in view.fields
    )
    return replace(view, fields=fields, packages=packages, errors=errors)


def _look(
    app: App, connections: Sequence[str], package: Package
) -> tuple[SetupView, tuple[Named, ...]]:
    every = named(app.tools)
    also: dict[str, list[str]] = {}
    for each in every:
        also.setdefault(each.connection, []).append(each.field.object)
    found, silent = live.discover(app, connections or tuple(also), also) if also else ({}, {})
    live.keep(app, found)
    asked = [each for each in every if not connections or each.connection in connections]
    lack = needed(app.project, asked, found)
    how = {name: _how(app, name, package) for name in {e.connection for e in lack.missing}}
    fields = tuple(_view(each, how[each.connection]) for each in lack.missing)
    return SetupView(fields, lack.findings, lack.is_mistaken, errors=silent), lack.missing


def _how(app: App, connection: str, package: Package) -> How:
    if app.tools.connectors[connection].can.defines:
        return How.API
    return How.BY_HAND if package(app, connection, ()) is None else How.PACKAGE


def _view(each: Named, how: How) -> FieldView:
    made = each.field
    why = tuple(str(place) for place in each.why)
    return FieldView(
        each.connection,
        made.object,
        made.name,
        made.type,
        made.length,
        made.unique,
        made.label,
        why,
        how,
    )


def _define(
    app: App, connection: str, fields: Sequence[NewField], errors: dict[str, TasukiError], by: str
) -> dict[tuple[str, str], Made]:
    """Make them through the API, and have the system describe itself anew."""
    try:
        receipts = app.tools.connectors[connection].define(fields)
    except (BlockedError, ConfigError, RejectedError, TransientError) as error:
        errors[connection] = error
        return {}
    found: dict[tuple[str, str], Made] = {}
    for each, receipt in zip(fields, receipts, strict=True):
        is_made = receipt.settled is Settled.WRITTEN
        found[each.object, each.name] = Made.MADE if is_made else Made.REFUSED
        if receipt.error is not None:
            errors[f"{connection}/{receipt.key}"] = receipt.error
        if receipt.created:
            audit(app, by, "field.made", f"{connection}/{receipt.key}")
    objects = list(dict.fromkeys(each.object for each in fields))
    described, silent = live.discover(app, [connection], {connection: objects})
    live.keep(app, described)
    errors |= silent
    return found


def _write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write a package in place of the one before it, whose files it might no longer name."""
    for top in {Path(path).parts[0] for path in files}:
        if (folder / top).is_dir():
            shutil.rmtree(folder / top)
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return folder
