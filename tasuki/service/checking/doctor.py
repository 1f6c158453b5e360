"""Will it work, here and now: store, connections, leases, freshness, rules that cannot fire."""

import platform
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, func, select

from catalog.entities import ENTITIES
from catalog.expression.tree import names
from playbook.book import Playbook, playbook_of
from playbook.explain import AnyRule, conditions
from staging import runs
from staging.completeness import certificates as proofs
from staging.completeness import sweeps
from staging.migrations.upgrade import current, head
from staging.tables.entities import ENTITY_TABLES, METRIC_TABLES
from staging.write import parking
from sync.lease import DAEMON, WRITER, Holder
from sync.reading.stream import streams
from tasuki.errors import SignInError
from tasuki.service.app import App
from tasuki.service.checking import systems
from tasuki.service.checking.check import Check, State
from tasuki.service.checking.origin import safe_url
from tasuki.service.setting_up import needed
from tasuki.service.writing import rivals
from tasuki.values import Json, instant

_STALE_HOURS: Final = 26


def doctor(app: App) -> tuple[Check, ...]:
    """Every check, in the order things depend on each other. Talks to every connection once."""
    with app.store.reading() as db:
        inside = [*_store(app, db), *_leases(db), *_freshness(app, db), *systems.inside(app, db)]
        inside += needed.checks(app, db)
        blind = list(_blind_rules(db, playbook_of(app.tools)))
    return (*_python(), *inside, *systems.outside(app), *blind)


def worst(checks: tuple[Check, ...]) -> State:
    """The state of the whole."""
    order = list(State)
    return max((check.state for check in checks), key=order.index, default=State.OK)


def is_signed_out(checks: tuple[Check, ...]) -> bool:
    """Whether some system refuses, now, who we say we are."""
    refused = (check.code == SignInError.code for check in checks if check.state is State.FAIL)
    return any(refused)


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
        age = f"{hours:,.0f} hours ago" if hours >= 1 else "in the last hour"
        said = f"{last.state}, {age}"
        bad = last.state in ("failed", "interrupted", "partial") or hours > _STALE_HOURS
        yield Check("last run", State.WARN if bad else State.OK, said, "tasuki run" if bad else "")
        yield from _not_pulled(last.counts)
    yield from _certificate(app, db)
    yield _parked(db)
    yield from _rivals(app)


def _parked(db: Connection) -> Check:
    found = parking.standing(db)
    said = f"{found.waiting} wait"
    if found.dead:
        said += f", {found.dead} of them for a person only"
    if found.next_at:
        said += f"; the next is tried again at {found.next_at[:16]} UTC"
    if not found.waiting:
        return Check("parked", State.OK, said)
    return Check("parked", State.WARN, said, "tasuki park list")


def _rivals(app: App) -> Iterator[Check]:
    """Fields we leave alone because somebody sets them back, with who and in which cycle."""
    for each in rivals.fields(app):
        fix = f"Settle who owns the field, then `tasuki rivals resume {each.target}`."
        yield Check(f"rival {each.target}", State.WARN, rivals.sentence(each), fix)


def _not_pulled(counts: dict[str, Json]) -> Iterator[Check]:
    """What the last run could not read, a check for each cause."""
    causes: dict[tuple[str, str], list[str]] = {}
    told: dict[tuple[str, str], dict[str, Json]] = {}
    for kind, error in (counts.get("stopped") or {}).items():
        cause = (kind.partition("/")[0], error["what"])
        causes.setdefault(cause, []).append(kind)
        told.setdefault(cause, error)
    for cause, kinds in causes.items():
        error = told[cause]
        found = f"{', '.join(kinds)}: {error['what']}: {error['why']}"
        yield Check(f"pull {cause[0]}", State.WARN, found, error["fix"], error["code"])
    if hidden := counts.get("unreadable"):
        found = f"not shown to us any more, old values kept: {', '.join(hidden)}"
        fix = "Give the integration user permission to read them, or take them out of the mappings."
        yield Check("fields", State.WARN, found, fix)


def _certificate(app: App, db: Connection) -> Iterator[Check]:
    known = {(each.connection, each.object) for each in streams(app.tools)}
    proven = {of: proof for of, proof in proofs.latest(db).items() if of in known}
    short = ["/".join(of) for of, proof in proven.items() if not proof.complete]
    if short:
        yield Check("complete", State.WARN, f"counts differ: {', '.join(short)}", "tasuki run")
    elif proven:
        oldest = _hours(app, min(proof.at for proof in proven.values()))
        swept = [at for of, at in sweeps.last(db).items() if of in proven]
        ids = [at[sweeps.IDS] for at in swept if sweeps.IDS in at]
        said = f"{len(proven)} objects counted equal to their system in the last {oldest}"
        compared = f"; all ids compared in the last {_hours(app, min(ids))}" if ids else ""
        yield Check("complete", State.OK, said + compared)


def _hours(app: App, moment: str) -> str:
    hours = (app.tools.clock.now() - instant(moment)).total_seconds() / 3600
    whole = max(1, round(hours))
    return "hour" if whole == 1 else f"{whole} hours"


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
