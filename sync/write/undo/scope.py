"""What is to be undone: a run, a plan, a scenario run or one record, found by one word."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final, NoReturn

from sqlalchemy import Connection, select

from config.nearest import did_you_mean
from staging import runs
from staging.tables.decisions import SCENARIO_RUN
from staging.write import plans, written
from staging.write.written import Piece
from sync.context import Tools
from tasuki.errors import UnknownRecordError
from tasuki.values import Json, Ref

LATEST: Final = "latest"
"""Says the newest run that wrote instead of an id."""
_WRITING: Final = ("apply", "push")
_PLAN: Final = "p_"
_SCENARIO: Final = "sr_"
_RECENT: Final = 100


class Of(StrEnum):
    """What kind of thing is undone."""

    RUN = "run"
    PLAN = "plan"
    SCENARIO = "scenario"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Scope:
    """What an undo is about, by its whole id."""

    of: Of
    id: str
    """A run's, plan's or scenario run's id; `connection/object/id` of a record."""
    since: str | None = None
    """Of a record: only what was written from this moment on."""

    def said(self) -> dict[str, Json]:
        """The scope as a plan's notes keep it."""
        return {**asdict(self), "of": str(self.of)}

    def __str__(self) -> str:
        names = {Of.SCENARIO: "scenario run"}
        return f"{names.get(self.of, str(self.of))} {self.id}"


def scope_of(said: dict[str, Json]) -> Scope:
    """The scope that a plan's notes keep."""
    return Scope(Of(said["of"]), str(said["id"]), said.get("since"))


def resolve(db: Connection, tools: Tools, what: str, since: str | None = None) -> Scope:
    """What a word means: `latest`, `connection/object/id`, or an id or the beginning of one.

    A run that wrote nothing itself means the plan it made.

    Errors: UnknownRecordError with the nearest known word.
    """
    if what.count("/") >= 2:  # connection/object/id
        return _record(db, tools, what, since)
    if what.startswith(_PLAN):
        found = plans.get(db, what)
        return Scope(Of.PLAN, found.id) if found else _unknown(db, what, "plan")
    if what.startswith(_SCENARIO):
        return _scenario(db, what)
    return _run(db, what)


def pieces(db: Connection, scope: Scope) -> list[Piece]:
    """Every settled write that the scope is about."""
    if scope.of is Of.RECORD:
        ref = Ref.parse(scope.id)
        return written.of_record(db, ref.connection, ref.object, ref.id, scope.since)
    if scope.of is Of.SCENARIO:
        return written.of_intents(db, written.intents_of_scenario(db, scope.id))
    return written.of_plans(db, plans_in(db, scope))


def plans_in(db: Connection, scope: Scope) -> list[str]:
    """The plans that the scope wholly takes back; none for a record.

    Of a run also what earlier runs of the same plan wrote before they were killed.
    """
    if scope.of is Of.RUN:
        return written.plans_of_run(db, scope.id)
    if scope.of is Of.SCENARIO:
        return written.plans_of_scenario(db, scope.id)
    return [scope.id] if scope.of is Of.PLAN else []


def _record(db: Connection, tools: Tools, what: str, since: str | None) -> Scope:
    ref = Ref.parse(what)
    if ref.connection not in tools.connectors:
        names = [f"{name}/{ref.object}/{ref.id}" for name in tools.connectors]
        _refuse(what, f"there is no connection {ref.connection}", names)
    if not written.of_record(db, ref.connection, ref.object, ref.id):
        sides = (side for mapping in tools.mappings for side in mapping.sides.values())
        objects = {side.object for side in sides if side.connection == ref.connection}
        names = [f"{ref.connection}/{name}/{ref.id}" for name in objects - {ref.object}]
        _refuse(what, f"Tasuki has written nothing to {what}", names)
    return Scope(Of.RECORD, what, since)


def _scenario(db: Connection, what: str) -> Scope:
    ids = SCENARIO_RUN.c.id
    found = list(db.scalars(select(ids).where(ids.startswith(what, autoescape=True)).limit(2)))
    if len(found) != 1:
        recent = select(ids).order_by(SCENARIO_RUN.c.created_at.desc()).limit(_RECENT)
        _refuse(what, f"there is no scenario run {what}", list(db.scalars(recent)))
    return Scope(Of.SCENARIO, found[0])


def _run(db: Connection, what: str) -> Scope:
    if what == LATEST:
        found = next((r for r in runs.latest(db, _RECENT) if r.kind in _WRITING), None)
    else:
        found = runs.get(db, what)
    if found is None:
        _unknown(db, what, "run")
    made = found.counts.get("plan")
    if found.kind not in _WRITING and made and not written.plans_of_run(db, found.id):
        return Scope(Of.PLAN, str(made))
    return Scope(Of.RUN, found.id)


def _unknown(db: Connection, what: str, kind: str) -> NoReturn:
    known = [run.id for run in runs.latest(db, _RECENT) if run.kind in _WRITING]
    known += [plan.id for plan in plans.latest(db, _RECENT, ("applied", "applying"))]
    _refuse(what, f"there is no {kind} {what}", [*known, LATEST])


def _refuse(what: str, why: str, known: Sequence[str]) -> NoReturn:
    raise UnknownRecordError(
        why,
        where=f"undo {what}",
        why="no run, plan, scenario run or record that Tasuki wrote to, or more than one, "
        "goes by that name",
        remedy=did_you_mean(what, known[:_RECENT], "`tasuki runs` lists runs with their ids."),
    )
