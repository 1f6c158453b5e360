"""Taking back what was written: what a word means, the plan that does it, and what it leaves."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from staging.write import plans
from staging.write.plans import Change
from sync.context import Order
from sync.write.undo.scope import Of, Scope, resolve
from tasuki.errors import ConfigError, UnknownRecordError
from tasuki.service.app import App, Runs
from tasuki.service.explaining.people import who
from tasuki.values import Json, Ref, stamp


@dataclass(frozen=True, slots=True)
class Kept:
    """One cell that an undo leaves as it is."""

    ref: str
    label: str
    field: str
    ours: Json
    """What Tasuki wrote last."""
    theirs: Json
    """What stands there now."""
    by: str | None
    """Who wrote that, as far as the system tells."""
    at: str | None
    run: str | None
    """The later run of ours that did."""
    reason: str


def meant(app: App, what: str, since: str = "") -> Scope:
    """What a word means: `latest`, a run, a plan, a scenario run or `connection/object/id`.

    `since` is a date or a moment in the project's time zone; of one record only.

    Errors: UnknownRecordError with the nearest known word; ConfigError.
    """
    moment = _moment(app, since) if since else None
    with app.store.reading() as db:
        scope = resolve(db, app.tools, what, moment)
    if since and scope.of is not Of.RECORD:
        raise ConfigError(
            "`--since` is for one record",
            where=f"undo {what}",
            why=f"{what} is a {str(scope).partition(' ')[0]}, which is undone as a whole",
            remedy="Leave --since out, or name a record as connection/object/id.",
        )
    return scope


def start_undo(runs: Runs, of: Scope, *, by: str = "operator", trigger: str = "cli") -> str:
    """Make the plan that undoes this; the undo run's id at once."""
    arguments = {"of": of.id, "by": by, **({"since": of.since} if of.since else {})}
    return runs.enqueue(Order("undo", arguments, trigger, by))


def kept(app: App, plan_id: str) -> tuple[Kept, ...]:
    """What the plan of an undo leaves as it is, record by record. Errors: UnknownRecordError."""
    with app.store.reading() as db:
        row = plans.get(db, plan_id)
        if row is None:
            raise UnknownRecordError(
                f"there is no plan {plan_id}", remedy="`tasuki undo` makes one and prints its id."
            )
        left = plans.changes(db, row.id, ("refused",))
        names = _names(db, left)
    return tuple(_kept(change, names) for change in left)


def _names(db: Connection, left: Iterable[Change]) -> dict[tuple[str, str], str | None]:
    """Who is behind each user id, asked once for each."""
    ids: dict[str, set[str]] = defaultdict(set)
    for change in left:
        if by := change.cause.get("by"):
            ids[change.connection].add(str(by))
    return {(c, by): who(db, c, by) for c, found in ids.items() for by in found}


def _kept(change: Change, names: dict[tuple[str, str], str | None]) -> Kept:
    cause = change.cause
    by = cause.get("by")
    return Kept(
        ref=str(Ref(change.connection, change.object, change.record_id or "")),
        label=change.label,
        field=change.field,
        ours=cause.get("ours"),
        theirs=change.before,
        by=names.get((change.connection, str(by)), by) if by else None,
        at=cause.get("at"),
        run=cause.get("later"),
        reason=change.reason or "",
    )


def _moment(app: App, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"`{text}` is no date",
            where="tasuki undo --since",
            why="a date such as 2025-01-01 is expected, or a moment",
            remedy="Write year, month and day: 2025-01-01.",
        ) from None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(app.project.timezone)))
