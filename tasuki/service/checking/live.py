"""What the systems really have: asked, and kept in the store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Connection

from config.project import Project
from connectors.protocol import ObjectInfo
from mappings.live.drift import Felt, Moved, drift, felt_by
from staging.engine import is_there, open_store
from staging.migrations.upgrade import current, head
from staging.systems import schemas
from sync.reading.stream import streams
from tasuki.errors import BlockedError, RejectedError, TasukiError, TransientError, UnreachableError
from tasuki.service.app import App
from tasuki.service.checking.project import Discovered
from tasuki.service.connecting import chosen
from tasuki.values import Json, instant

_KEPT: Final = TypeAdapter(ObjectInfo)
"""Reads a kept description; keys of other versions are left out."""
FRESH: Final = timedelta(days=7)
"""How long what a system said of itself is taken for true."""


@dataclass(frozen=True, slots=True)
class ObjectView:
    """One object a system described."""

    connection: str
    object: str
    label: str
    fields: int
    picklists: int
    external_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DriftView:
    """Something a system lost or tightened since it was last discovered."""

    connection: str
    object: str
    moved: Moved
    felt_by: tuple[Felt, ...]
    """Mappings that break or lose something; none when nobody uses it."""


def discover(
    app: App, connections: Sequence[str] = (), also: Mapping[str, Sequence[str]] | None = None
) -> tuple[Discovered, dict[str, TasukiError]]:
    """Ask the systems (all, or these) to describe every object the mappings use.

    `also` names further objects by connection. A named connection that no mapping uses describes
    everything it knows. What a system does not answer is told by connection; the others are asked
    all the same.

    Errors: UnknownRecordError for a name no file declares.
    """
    wanted = chosen(app, connections) if connections else ()
    objects: dict[str, list[str]] = {name: [] for name in wanted}
    for each in streams(app.tools):
        if not wanted or each.connection in wanted:
            objects.setdefault(each.connection, []).append(each.object)
    for connection, names in (also or {}).items():
        if not wanted or connection in wanted:
            known = objects.setdefault(connection, [])
            known += [name for name in dict.fromkeys(names) if name not in known]
    found: dict[str, tuple[ObjectInfo, ...]] = {}
    silent: dict[str, TasukiError] = {}
    for connection, names in objects.items():
        try:
            found[connection] = tuple(app.tools.connectors[connection].discover(names))
        except (TransientError, RejectedError, BlockedError) as error:
            silent[connection] = error
    return found, silent


def keep(app: App, discovered: Discovered) -> tuple[DriftView, ...]:
    """Keep what the systems said of themselves; what drifted since they last said it."""
    now = app.tools.now()
    found: list[DriftView] = []
    with app.store.writing() as db:
        for connection, infos in discovered.items():
            found += _drifted(app, connection, schemas.kept(db, connection), infos)
            schemas.keep(db, connection, map(asdict, infos), now)
        schemas.note_drift(db, ({**_row(each), "at": now} for each in found))
    return tuple(found)


def _drifted(
    app: App, connection: str, kept: Mapping[str, Json], infos: Sequence[ObjectInfo]
) -> Iterator[DriftView]:
    asked = {s.object for s in streams(app.tools) if s.connection == connection}
    now = {info.name: info for info in infos}
    for name, said in kept.items():
        if name in asked or name in now:
            for moved in drift(_KEPT.validate_python(said), now.get(name)):
                felt = felt_by(moved, connection, name, app.tools.mappings)
                yield DriftView(connection, name, moved, tuple(felt))


def _row(each: DriftView) -> dict[str, Json]:
    felt = [{"mapping": f.mapping, "place": str(f.place or "")} for f in each.felt_by]
    said = {"before": each.moved.before, "after": each.moved.after, "felt_by": felt}
    where = {"connection": each.connection, "object": each.object, "field": each.moved.field}
    return {**where, "what": each.moved.what.value, "detail": said}


@dataclass(frozen=True, slots=True)
class Kept:
    """What the last `discover` kept, of connections whose description is fresh enough."""

    discovered: Discovered
    since: Mapping[str, str]
    """Connection → when the oldest of its descriptions was fetched."""
    too_old: Mapping[str, str]
    """The same of those that were left out."""


NOTHING: Final = Kept({}, {}, {})


def kept(project: Project, now: datetime) -> Kept:
    """What the store tells of the systems; nothing where no store answers. Makes none."""
    if not is_there(project.store_url):
        return NOTHING
    try:
        store = open_store(project.store_url)
    except UnreachableError:  # files are judged without it
        return NOTHING
    try:
        with store.reading() as db:
            return _kept(db, project, now) if current(db) == head() else NOTHING
    finally:
        store.close()


def _kept(db: Connection, project: Project, now: datetime) -> Kept:
    at = {n: t for n, t in schemas.fetched_at(db).items() if n in project.connections}
    fresh = {name: when for name, when in at.items() if now - instant(when) <= FRESH}
    found = {name: known(db, name) for name in fresh}
    return Kept(found, fresh, {n: t for n, t in at.items() if n not in fresh})


def known(db: Connection, connection: str) -> tuple[ObjectInfo, ...]:
    """Every object of a connection as it was last described."""
    return tuple(map(_KEPT.validate_python, schemas.kept(db, connection).values()))


def views(discovered: Discovered) -> tuple[ObjectView, ...]:
    """What was discovered, one line per object."""
    return tuple(
        ObjectView(
            connection,
            info.name,
            info.label,
            len(info.fields),
            sum(1 for field in info.fields if field.options),
            tuple(field.name for field in info.fields if field.external_id or field.unique),
        )
        for connection, infos in discovered.items()
        for info in infos
    )
