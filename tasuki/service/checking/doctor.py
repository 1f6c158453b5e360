"""Will it work, here and now: store, connections, leases, freshness, rules that cannot fire."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, func, select

from catalog.entities import ENTITIES
from catalog.expression.tree import names
from connectors.protocol import Limits
from playbook.book import Playbook, playbook_of
from playbook.explain import AnyRule, conditions
from staging import runs
from staging.migrations.upgrade import current, head
from staging.tables.entities import ENTITY_TABLES, METRIC_TABLES
from staging.tables.operating import CERTIFICATE
from staging.write import parking
from sync.lease import DAEMON, WRITER, Holder
from sync.pull import streams
from tasuki.errors import SignInError, TasukiError
from tasuki.service.app import App
from tasuki.service.checking.origin import safe_url
from tasuki.values import instant

_STALE_HOURS: Final = 26


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    found: str
    fix: str = ""
    code: str = ""


def doctor(app: App) -> tuple[Check, ...]:
    """Every check, in the order things depend on each other. Talks to every connection once."""
    with app.store.reading() as db:
        inside = [*_store(app, db), *_leases(db), *_freshness(app, db)]
        blind = list(_blind_rules(db, playbook_of(app.tools)))
    return (*_python(), *inside, *_connections(app), *blind)


def worst(checks: tuple[Check, ...]) -> State:
    """The state of the whole."""
    order = list(State)
    return max((check.state for check in checks), key=order.index, default=State.OK)


def is_signed_out(checks: tuple[Check, ...]) -> bool:
    """Whether some system refuses who we say we are."""
    return any(check.code == SignInError.code for check in checks)


def _python() -> Iterator[Check]:
    yield Check("python", State.OK, platform.python_version())


def _store(app: App, db: Connection) -> Iterator[Check]:
    url = safe_url(app.project.store_url)
    at, needed = current(db), head()
    if at == needed:
        yield Check("store", State.OK, f"{url}, tables of revision {at}")
    else:
        found = f"{url} is at {at}, this version needs {needed}"
        yield Check("store", State.FAIL, found, "Install the version of Tasuki that made it.")


def _leases(db: Connection) -> Iterator[Check]:
    for name in (WRITER, DAEMON):
        found = runs.lease_holder(db, name)
        if found is None:
            yield Check(f"{name} lease", State.OK, "free")
            continue
        holder = Holder.parse(found[0])
        who = f"{holder.doing} (process {holder.pid} on {holder.host})"
        gone = ", whose process is gone: the next one takes over" if holder.is_gone() else ""
        yield Check(f"{name} lease", State.OK, who + gone)


def _freshness(app: App, db: Connection) -> Iterator[Check]:
    last = next(iter(runs.latest(db, 1, "run")), None)
    if last is None:
        yield Check("last run", State.WARN, "there was none", "tasuki run")
    else:
        hours = (app.tools.clock.now() - instant(last.started_at)).total_seconds() / 3600
        said = f"{last.state}, {hours:.1f} hours ago"
        bad = last.state in ("failed", "interrupted") or hours > _STALE_HOURS
        yield Check("last run", State.WARN if bad else State.OK, said, "tasuki run" if bad else "")
    yield from _certificate(db)
    waiting = parking.open_count(db)
    fix = "tasuki report" if waiting else ""
    yield Check("parked", State.WARN if waiting else State.OK, f"{waiting} wait", fix)


def _certificate(db: Connection) -> Iterator[Check]:
    newest = select(CERTIFICATE.c.run_id).order_by(CERTIFICATE.c.at.desc()).limit(1)
    rows = db.execute(
        select(CERTIFICATE).where(CERTIFICATE.c.run_id == newest.scalar_subquery())
    ).all()
    short = [f"{r.connection}/{r.object}" for r in rows if not r.complete]
    if short:
        yield Check("complete", State.WARN, f"counts differ: {', '.join(short)}", "tasuki run")
    elif rows:
        yield Check("complete", State.OK, f"{len(rows)} objects counted equal to their system")


def _connections(app: App) -> Iterator[Check]:
    """Each connection is asked the cheapest question it has."""
    for name, config in app.project.connections.items():
        connector = app.tools.connectors[name]
        title = f"connection {name}"
        environment = f", {config.environment}" if config.environment else ""
        mine = [s.object for s in streams(app.tools) if s.connection == name]
        asked = [o for o in mine if not o.startswith(connector.can.uncounted)]
        try:
            count = connector.count(asked[0]) if asked else None
            said = f"answers{environment}; {_what(asked, count)}{_allowance(connector.limits())}"
            yield Check(title, State.OK, said)
        except TasukiError as error:
            found = f"{error.what}: {error.why}" if error.why else error.what
            yield Check(title, State.FAIL, found, error.remedy, error.code)


def _what(asked: list[str], count: int | None) -> str:
    return f"{count:,} {asked[0]}" if asked and count is not None else "nothing is read from it"


def _allowance(limits: Limits) -> str:
    if limits.allowed is None or limits.used is None:
        return ""
    return f"; {limits.used:,} of {limits.allowed:,} API calls used today"


def _blind_rules(db: Connection, book: Playbook) -> Iterator[Check]:
    """Rules that look at a field which is blank everywhere."""
    rules: list[AnyRule] = [*book.scores, *book.signals, *book.handoffs, *book.scenarios]
    blank: dict[tuple[str, str], bool] = {}
    blind = 0
    for rule in rules:
        asked = {name for each in conditions(rule, book.known) for name in names(each.tree)}
        empty = sorted(f"{e}.{f}" for e, f in asked if _is_blank(db, blank, e, f))
        if empty:
            blind += 1
            yield Check(f"rule {rule.rule.name}", State.WARN,
                        f"{', '.join(empty)} is blank everywhere",
                        f"Map it, or correct {rule.rule.place}.")  # fmt: skip
    if not blind:
        yield Check("rules", State.OK, f"{len(rules)}, each sees every field it asks for")


def _is_blank(db: Connection, known: dict[tuple[str, str], bool], entity: str, field: str) -> bool:
    """No row holds a value although there are rows; asked once per field."""
    if entity not in ENTITIES or (column := _column(entity, field)) is None:
        return False
    key = (entity, field)
    if key not in known:
        query = select(func.count(), func.count(column)).select_from(column.table)
        every, filled = db.execute(query).one()
        known[key] = bool(every) and not filled
    return known[key]


def _column(entity: str, field: str) -> Any:
    own = ENTITY_TABLES[entity]
    if field in own.c:
        return own.c[field]
    numbers = METRIC_TABLES.get(entity)
    return numbers.c[field] if numbers is not None and field in numbers.c else None
