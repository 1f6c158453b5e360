"""What each team received, what was written, what is incomplete: all on one page."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, func, select

from connectors.protocol import Verb
from playbook.book import Playbook, playbook_of
from playbook.documents import say
from staging import runs
from staging.completeness import certificates as proofs
from staging.tables.decisions import HANDOFF, SCORE, SIGNAL
from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import LINK, REVIEW
from staging.tables.writes import CONFLICT, INTENT, PLAN, RECEIPT
from staging.write import parking
from tasuki.service.app import App
from tasuki.service.explaining.browsers import browsers
from tasuki.service.money.revenue import Revenue, revenue
from tasuki.values import Json

_USER: Final = ENTITY_TABLES["user_"]
_MERGED: Final = ("account", "person", "opportunity")
_SUBJECTS: Final = ("Subject", "hs_task_subject")


@dataclass(frozen=True, slots=True)
class PersonReceived:
    """One person's tasks."""

    name: str
    tasks: int
    example: str


@dataclass(frozen=True, slots=True)
class TeamReceived:
    """One team's tasks, person by person."""

    team: str
    title: str
    tasks: int
    people: tuple[PersonReceived, ...]


@dataclass(frozen=True, slots=True)
class SignalCount:
    """One signal rule and how often it is true now."""

    rule: str
    open: int
    why: str
    example: str


@dataclass(frozen=True, slots=True)
class HandoffCount:
    """One boundary between two teams."""

    rule: str
    from_team: str
    to_team: str
    states: dict[str, int]


@dataclass(frozen=True, slots=True)
class Joined:
    """Records of several systems that became one entity each."""

    entity: str
    records: int
    entities: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """The system's own count beside ours."""

    connection: str
    object: str
    there: int
    here: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Report:
    """The state of things."""

    as_of: str
    last_run: str | None
    teams: tuple[TeamReceived, ...]
    written: dict[str, int]
    """`connection/object` → records written since the beginning, by verb in words."""
    scores: dict[str, dict[str, int]]
    """Score → grade → how many (`–` for none)."""
    signals: tuple[SignalCount, ...]
    handoffs: tuple[HandoffCount, ...]
    joined: tuple[Joined, ...]
    revenue: Revenue
    parked: tuple[dict[str, Json], ...]
    certificates: tuple[Certificate, ...]
    waiting: dict[str, int] = field(default_factory=dict)
    """What waits for a person: plans, reviews, conflicts, parked."""
    standing: parking.Standing = field(default_factory=lambda: parking.Standing(0, 0, None))
    """How much is parked, how much of it for a person only, and when the next is tried again."""
    browsers: dict[str, int] = field(default_factory=dict)
    """How many browsers are somebody's, staff's, a robot's, without consent, or in quarantine."""


def report(app: App) -> Report:
    """Everything people ask on a Monday morning."""
    book = playbook_of(app.tools)
    with app.store.reading() as db:
        causes = tuple(parking.open_causes(db))
        last = next(iter(runs.latest(db, 1, "run")), None)
        return Report(
            as_of=app.tools.now(),
            last_run=last.id if last else None,
            teams=_teams(db, book, app.project.language),
            written=_written(db),
            scores=_scores(db),
            signals=_signals(db, book, app.project.language),
            handoffs=_handoffs(db, book),
            joined=tuple(_joined(db, entity) for entity in _MERGED),
            revenue=revenue(db),
            parked=causes,
            certificates=_certificates(db),
            waiting=_waiting(db, causes),
            standing=parking.standing(db),
            browsers=browsers(db),
        )


def _teams(db: Connection, book: Playbook, language: str) -> tuple[TeamReceived, ...]:
    """Every task we made and that was written, by the receiving person's team."""
    people: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in db.execute(_tasks()):
        people[row.team or ""][row.name or "–"].append(_subject(row.fields))
    known = {team.name: say(team.title, language, team.name) for team in book.teams}
    names = [*known, *sorted(set(people) - set(known))]
    return tuple(
        _team(name, known.get(name) or name or "–", people[name])
        for name in names
        if name in people
    )


def _tasks() -> Any:
    wish = func.substr(RECEIPT.c.id, func.length(RECEIPT.c.plan_id) + 2)
    task = RECEIPT.join(INTENT, INTENT.c.id == wish)
    task = task.outerjoin(_USER, _USER.c.id == INTENT.c.owner)
    return (
        select(_USER.c.team, _USER.c.name, RECEIPT.c.fields)
        .select_from(task)
        .where(
            RECEIPT.c.state == "written",
            RECEIPT.c.verb.in_((Verb.CREATE, Verb.UPSERT)),
            INTENT.c.owner.is_not(None),
            INTENT.c.state != "undone",
        )
        .order_by(_USER.c.team, _USER.c.name, INTENT.c.lane, INTENT.c.id)
    )


def _subject(fields: Mapping[str, Json] | None) -> str:
    return next((str(fields[name]) for name in _SUBJECTS if fields and fields.get(name)), "")


def _team(name: str, title: str, people: Mapping[str, list[str]]) -> TeamReceived:
    found = [PersonReceived(who, len(tasks), tasks[0]) for who, tasks in people.items()]
    found.sort(key=lambda person: (-person.tasks, person.name))
    return TeamReceived(name, title, sum(person.tasks for person in found), tuple(found))


def _written(db: Connection) -> dict[str, int]:
    rows = db.execute(
        select(RECEIPT.c.connection, RECEIPT.c.object, RECEIPT.c.verb, func.count())
        .where(RECEIPT.c.state == "written")
        .group_by(RECEIPT.c.connection, RECEIPT.c.object, RECEIPT.c.verb)
        .order_by(RECEIPT.c.connection, RECEIPT.c.object, RECEIPT.c.verb)
    )
    return {f"{connection}/{object_} {verb}": n for connection, object_, verb, n in rows}


def _scores(db: Connection) -> dict[str, dict[str, int]]:
    rows = db.execute(
        select(SCORE.c.name, SCORE.c.grade, func.count())
        .group_by(SCORE.c.name, SCORE.c.grade)
        .order_by(SCORE.c.name, SCORE.c.grade)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for name, grade, count in rows:
        found[name][grade or "–"] = count
    return dict(found)


def _signals(db: Connection, book: Playbook, language: str) -> tuple[SignalCount, ...]:
    rows = db.execute(
        select(SIGNAL.c.rule, func.count(), func.min(SIGNAL.c.entity_id))
        .where(SIGNAL.c.closed_at.is_(None))
        .group_by(SIGNAL.c.rule)
    )
    found = {rule: (count, example) for rule, count, example in rows}
    return tuple(
        SignalCount(
            signal.rule.name,
            found.get(signal.rule.name, (0, ""))[0],
            say(signal.says.why, language, signal.says.description),
            f"{signal.says.entity}/{found[signal.rule.name][1]}"
            if signal.rule.name in found
            else "",
        )
        for signal in book.signals
    )


def _handoffs(db: Connection, book: Playbook) -> tuple[HandoffCount, ...]:
    rows = db.execute(
        select(HANDOFF.c.rule, HANDOFF.c.state, func.count())
        .group_by(HANDOFF.c.rule, HANDOFF.c.state)
        .order_by(HANDOFF.c.rule, HANDOFF.c.state)
    )
    states: dict[str, dict[str, int]] = defaultdict(dict)
    for rule, state, count in rows:
        states[rule][state] = count
    return tuple(
        HandoffCount(h.rule.name, h.says.from_team, h.says.to_team, states.get(h.rule.name, {}))
        for h in book.handoffs
    )


def _joined(db: Connection, entity: str) -> Joined:
    linked = select(func.count(), func.count(LINK.c.entity_id.distinct())).where(
        LINK.c.entity == entity, LINK.c.valid_to.is_(None)
    )
    records, entities = db.execute(linked).one()
    return Joined(entity, records, entities)


def _certificates(db: Connection) -> tuple[Certificate, ...]:
    return tuple(
        Certificate(each.connection, each.object, each.there, each.here, each.complete)
        for _, each in sorted(proofs.latest(db).items())
    )


def _waiting(db: Connection, causes: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    counts = Counter(parked=sum(cause["count"] for cause in causes))
    states = (
        ("plans", PLAN, ("draft", "approved")),
        ("reviews", REVIEW, ("open",)),
        ("conflicts", CONFLICT, ("open",)),
    )
    for name, table, open_ in states:
        waiting = select(func.count()).select_from(table).where(table.c.state.in_(open_))
        counts[name] = db.scalar(waiting) or 0
    return {name: counts[name] for name in ("plans", "parked", "reviews", "conflicts")}
