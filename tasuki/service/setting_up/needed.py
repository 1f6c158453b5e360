"""What of the fields a project writes is missing in a system, mistaken, or not unique."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from config.nearest import did_you_mean, nearest
from config.project import Project
from connectors.protocol import FieldInfo, ObjectInfo
from mappings.finding import Finding, Severity
from tasuki.service.app import App
from tasuki.service.checking.check import Check, State
from tasuki.service.checking.live import known
from tasuki.service.checking.project import Discovered
from tasuki.service.setting_up.named import Named, named

_ADDED: Final[Mapping[str, str]] = {"salesforce": "__c"}
"""System → how the names of fields end that people add to it; others are the vendor's own."""
_LONG_TEXT: Final = 255
"""Longer texts are another kind of field."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What a project needs of its systems."""

    missing: tuple[Named, ...]
    """Fields to be made."""
    findings: tuple[Finding, ...]
    """Names that are mistakes (errors), and keys that are not unique (warnings)."""

    @property
    def is_mistaken(self) -> bool:
        """Some names can only be corrected in the files."""
        return any(each.severity is Severity.ERROR for each in self.findings)


def needed(project: Project, fields: Sequence[Named], discovered: Discovered) -> Needed:
    """The fields beside what the systems described; those not described are not judged."""
    objects = {
        (connection, info.name): info for connection, infos in discovered.items() for info in infos
    }
    missing: list[Named] = []
    findings: list[Finding] = []
    for each in fields:
        info = objects.get((each.connection, each.field.object))
        if info is None:
            continue
        there = next((one for one in info.fields if one.name == each.field.name), None)
        if there is not None:
            findings += _not_unique(each, there)
        elif each.field.name.endswith(_added(project, each.connection)):
            missing.append(_sized(each, objects))
            findings += _alike(each, info)
        else:
            findings.append(_mistake(each, info))
    return Needed(tuple(missing), tuple(findings))


def checks(app: App, db: Connection) -> Iterator[Check]:
    """What the last `discover` lacks of the fields that the project writes."""
    described = {name: known(db, name) for name in app.project.connections}
    lack = needed(app.project, named(app.tools), described).missing
    if lack:
        shown = ", ".join(f"{e.connection}/{e.field.object}.{e.field.name}" for e in lack[:6])
        more = f" and {len(lack) - 6} more" if len(lack) > 6 else ""
        yield Check("fields to make", State.WARN, f"missing: {shown}{more}", "tasuki setup")


def _added(project: Project, connection: str) -> str:
    return _ADDED.get(project.connections[connection].system, "")


def _sized(each: Named, objects: Mapping[tuple[str, str], ObjectInfo]) -> Named:
    """Wide enough for what the other sides hold."""
    lengths = [
        field.length
        for connection, object, name in each.read_from
        if (info := objects.get((connection, object))) is not None
        for field in info.fields
        if field.name == name and field.length
    ]
    if each.field.type != "text" or each.field.unique or max(lengths, default=0) <= _LONG_TEXT:
        return each
    return replace(each, field=replace(each.field, type="longtext", length=max(lengths)))


def _not_unique(each: Named, there: FieldInfo) -> Iterator[Finding]:
    """A key that its system does not keep single; an external id is the best some objects have."""
    if each.field.unique and not (there.unique or there.external_id):
        yield Finding(
            Severity.WARNING,
            f"`{there.name}` of {_home(each)} is not unique",
            each.why[0],
            "it holds a key: Tasuki looks before it creates, but somebody else may create the same "
            "at that moment",
            f"Make `{there.name}` unique there (in HubSpot: a new property, unique from the first "
            "day), or choose a key that is.",
        )


def _alike(each: Named, info: ObjectInfo) -> Iterator[Finding]:
    """A name very like one that is there may be that one, misspelt."""
    close = nearest(each.field.name, (one.name for one in info.fields))
    if close is not None and _letters(close) == _letters(each.field.name):
        yield Finding(
            Severity.WARNING,
            f"{_home(each)} has `{close}`, but no `{each.field.name}`",
            each.why[0],
            "the two names differ in case or underscores alone",
            f"Write `{close}` if that is the one; else the new one is made beside it.",
        )


def _letters(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _mistake(each: Named, info: ObjectInfo) -> Finding:
    return Finding(
        Severity.ERROR,
        f"{_home(each)} has no field `{each.field.name}`",
        each.why[0],
        "it is named like a standard field, which nobody can add, or our user may not see it",
        did_you_mean(
            each.field.name,
            (one.name for one in info.fields),
            "Correct its name, or end it in __c to have it made.",
        ),
    )


def _home(each: Named) -> str:
    return f"{each.connection}/{each.field.object}"
