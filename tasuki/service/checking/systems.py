"""The systems behind the connections: do they answer, what do they cost, what did they change."""

from collections.abc import Iterator

from sqlalchemy import Connection

from connectors.budget import Limits
from connectors.protocol import Connector
from mappings.live.rights import lacking, needs
from staging.systems import schemas
from sync.reading.stream import streams
from tasuki.errors import TasukiError
from tasuki.service.app import App
from tasuki.service.checking.check import Check, State
from tasuki.service.checking.live import FRESH, known
from tasuki.service.checking.owners import owners
from tasuki.service.connecting import ConnectionView, connections
from tasuki.values import instant


def inside(app: App, db: Connection) -> Iterator[Check]:
    """What the store alone tells of the systems."""
    yield from _schemas(app, db)
    yield from _rights(app, db)
    yield from _owners(app, db)


def outside(app: App) -> Iterator[Check]:
    """Each connection is asked the cheapest question it has, and what it noticed."""
    for view in connections(app):
        if view.state != "open":
            yield _shut(view)
            continue
        try:
            connector = app.tools.connectors[view.name]
            yield Check(f"connection {view.name}", State.OK, _answer(app, view, connector))
            yield from _notices(view, connector)
        except TasukiError as error:
            found = f"{error.what}: {error.why}" if error.why else error.what
            yield Check(f"connection {view.name}", State.FAIL, found, error.remedy, error.code)
    yield from _budgets(app)


def _shut(view: ConnectionView) -> Check:
    """A connection that is not asked: a person wanted it so, or it failed until now."""
    name, found = f"connection {view.name}", f"{view.state}: {view.why}"
    if view.state == "paused":
        return Check(name, State.WARN, found, f"tasuki resume {view.name}")
    fix = f"See that the system answers; `tasuki resume {view.name}` tries it at once."
    return Check(name, State.FAIL, found, fix)


def _answer(app: App, view: ConnectionView, connector: Connector) -> str:
    mine = [s.object for s in streams(app.tools) if s.connection == view.name]
    asked = [o for o in mine if not o.startswith(connector.can.uncounted)]
    if not asked:
        return "not called: no mapping reads from it"
    said = f"{connector.count(asked[0]):,} {asked[0]}"
    environment = f", {view.environment}" if view.environment else ""
    return f"answers{environment}; {said}{_allowance(connector.limits())}"


def _allowance(limits: Limits) -> str:
    if limits.allowed is None or limits.used is None:
        return ""
    return f"; {limits.used:,} of {limits.allowed:,} API calls used today"


def _notices(view: ConnectionView, connector: Connector) -> Iterator[Check]:
    for notice in connector.notices():
        fix = f"Leave to it: {', '.join(notice.fields)}" if notice.fields else ""
        yield Check(f"{view.name}: {notice.code}", State.WARN, notice.text, fix)


def _budgets(app: App) -> Iterator[Check]:
    for view in connections(app):
        if view.ours is None:
            continue
        said = f"{view.made:,} of {view.ours:,} calls made, about {view.forecast:,} by midnight"
        if view.stopped:
            fix = "Wait until midnight, or raise `budget:` of the connection."
            found = f"{said}; stopped for today: {', '.join(view.stopped)}"
            yield Check(f"budget {view.name}", State.WARN, found, fix)
        else:
            yield Check(f"budget {view.name}", State.OK, said)


def _schemas(app: App, db: Connection) -> Iterator[Check]:
    """How old the kept metadata is, and what of its drift a mapping feels."""
    fetched = schemas.fetched_at(db)
    for name in app.project.connections:
        if name not in fetched:
            continue
        age = app.tools.clock.now() - instant(fetched[name])
        felt = [
            f"{each['object']}.{each['field']} ({each['what'].replace('_', ' ')})"
            for each in schemas.drifted_since(db, fetched[name])
            if each["connection"] == name and each["detail"]["felt_by"]
        ]
        if felt:
            fix = "tasuki validate --live"
            yield Check(f"schema {name}", State.WARN, f"drifted: {', '.join(felt)}", fix)
        elif age > FRESH:
            yield Check(f"schema {name}", State.WARN, f"{age.days} days old", "tasuki discover")
        else:
            yield Check(f"schema {name}", State.OK, f"discovered {age.days} days ago")


def _rights(app: App, db: Connection) -> Iterator[Check]:
    """What each mapping needs of our user, and what of it the systems last refused."""
    described = {
        (name, info.name): info for name in app.project.connections for info in known(db, name)
    }
    for mapping in app.tools.mappings:
        sides = [s for s in mapping.sides.values() if (s.connection, s.object) in described]
        of = {s.name: described[s.connection, s.object] for s in sides}
        lack = [found for s in sides for found in lacking(mapping, s, of[s.name])]
        need = "; ".join(
            f"{s.connection}/{s.object}: {', '.join(needs(mapping, s))}" for s in sides
        )
        if lack:
            found = f"needs {need}; {'; '.join(each.what for each in lack)}"
            yield Check(f"rights {mapping.name}", State.FAIL, found, lack[0].fix)
        elif sides:
            yield Check(f"rights {mapping.name}", State.OK, f"has what it needs: {need}")


def _owners(app: App, db: Connection) -> Iterator[Check]:
    found = owners(db, app.tools)
    if not found.people:
        return
    said: list[str] = []
    said += [f"{n} active people are not in {name}" for name, n in found.lonely.items()]
    said += [f"{n} {name} records belong to people who left" for name, n in found.departed.items()]
    if found.unknown:
        said.append(f"{found.unknown} records name an owner nobody knows")
    fix = "Give them new owners, or add the people where they are missing." if said else ""
    state = State.WARN if said else State.OK
    yield Check("owners", state, "; ".join(said) or f"{found.people} people, all known", fix)
