"""The handoff board: who holds what, due when; accept, return, recycle."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from catalog.labels import Language
from config.duration import Duration
from playbook.book import Handoff, playbook_of
from playbook.decide import ledger
from playbook.decide.ledger import Decision
from staging.bulk import chunks
from staging.labels import labels
from staging.tables.decisions import HANDOFF, HANDOFF_EVENT
from staging.tables.entities import ENTITY_TABLES
from tasuki.errors import GuardError, UnknownRecordError
from tasuki.service.app import App
from tasuki.values import Json, instant

STATES: Final = ("offered", "accepted", "returned", "recycled")
"""The columns of the board."""
_SHOWN: Final = 50
_NEED: Final = ENTITY_TABLES["need"]
Said = Mapping[Language, str]
"""A sentence in each language."""


@dataclass(frozen=True, slots=True)
class Card:
    """One handoff on the board."""

    id: str
    need_id: str
    rule: str
    from_team: str
    to_team: str
    state: str
    account_id: str | None
    account: str
    product: str
    confidence: int | None
    assignee: str | None
    """The name of whoever it is for."""
    assigned_by: str | None
    offered_at: str
    accept_due_at: str | None
    contact_due_at: str | None
    is_overdue: bool
    decided_at: str | None
    decided_by: str | None
    reason: str | None
    recycle_at: str | None
    scores: Mapping[str, float]
    people: str | None
    """The person it is about."""


@dataclass(frozen=True, slots=True)
class Column:
    """One state of one boundary."""

    state: str
    total: int
    overdue: int
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where one team hands to the next."""

    rule: str
    description: str
    why: Said
    """Why it is done, in each language."""
    from_team: str
    to_team: str
    columns: tuple[Column, ...]
    reasons: tuple[str, ...]
    """Why it may be given back."""
    recycle_on: str
    """The day proposed for a recycled one."""

    @property
    def total(self) -> int:
        """How many handoffs there are."""
        return sum(column.total for column in self.columns)


@dataclass(frozen=True, slots=True)
class Board:
    """Every boundary, and the teams by name."""

    boundaries: tuple[Boundary, ...]
    teams: Mapping[str, Said]
    """Team → its title in each language."""
    assignees: tuple[tuple[str, str], ...]
    """(id, name) of everybody who has one."""
    assignee: str | None
    is_overdue_only: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the ledger."""

    event: str
    by: str
    detail: str | None
    at: str


@dataclass(frozen=True, slots=True)
class HandoffView:
    """One handoff with everything that happened to it."""

    card: Card
    boundary: Boundary
    teams: Mapping[str, Said]
    events: tuple[Event, ...]
    place: str
    """File and line of its rule."""
    requires: tuple[str, ...]
    version: str | None


def board(app: App, assignee: str | None = None, *, overdue_only: bool = False) -> Board:
    """Every boundary with its handoffs (of one assignee, or only those over time)."""
    with app.store.reading() as db:
        rows = list(db.execute(select(HANDOFF).where(HANDOFF.c.state.in_(STATES))))
        cards = _cards(app, db, rows)
        people = sorted({(r.assignee, c.assignee) for r, c in _pairs(rows, cards) if c.assignee})
    chosen = [
        card
        for row, card in _pairs(rows, cards)
        if assignee in (None, row.assignee) and (card.is_overdue or not overdue_only)
    ]
    found = tuple(_boundary(app, rule, chosen) for rule in _rules(app))
    named = tuple((str(id_), str(name)) for id_, name in people)
    return Board(found, _teams(app), named, assignee, overdue_only)


def show(app: App, id: str) -> HandoffView:
    """One handoff and its ledger. Errors: UnknownRecordError."""
    with app.store.reading() as db:
        row = _require(db, id)
        card = _cards(app, db, [row])[0]
        found = db.execute(
            select(
                HANDOFF_EVENT.c.event,
                HANDOFF_EVENT.c.by,
                HANDOFF_EVENT.c.detail,
                HANDOFF_EVENT.c.at,
            )
            .where(HANDOFF_EVENT.c.handoff_id == id)
            .order_by(HANDOFF_EVENT.c.seq)
        )
        events = tuple(Event(*each) for each in found)
    rule = next((each for each in _rules(app) if each.rule.name == row.rule), None)
    return HandoffView(
        card=card,
        boundary=_boundary(app, rule, [card]) if rule else _gone(card),
        teams=_teams(app),
        events=events,
        place=f"{rule.rule.place.file}:{rule.rule.place.line}" if rule else "",
        requires=rule.says.requires if rule else (),
        version=row.version,
    )


def accept(app: App, id: str, by: str) -> None:
    """The receiving team has it now. Errors: UnknownRecordError; GuardError when it is decided."""
    with app.store.writing() as db:
        ledger.accept(db, app.tools, Decision(id, by))


def return_(app: App, id: str, by: str, reason: str) -> None:
    """It goes back, with one of the rule's reasons. Errors: as `accept`; GuardError without one."""
    with app.store.writing() as db:
        ledger.return_(db, app.tools, playbook_of(app.tools), Decision(id, by, reason))


def recycle(app: App, id: str, by: str, on: str) -> None:
    """Not now: it comes up again on that day. Errors: as `accept`; GuardError for a day gone by."""
    until = _morning(app, id, on)
    with app.store.writing() as db:
        ledger.recycle(db, app.tools, Decision(id, by), until)


def _morning(app: App, id: str, on: str) -> datetime:
    zone = ZoneInfo(app.project.timezone)
    try:
        until = datetime.combine(date.fromisoformat(on), time(), zone).astimezone(UTC)
    except ValueError:
        until = app.tools.clock.now()
    if until <= app.tools.clock.now():
        raise GuardError(
            "a recycled handoff needs a day to come",
            where=f"handoff {id}",
            why="on that day the need comes up again by itself",
            remedy="Choose a later day.",
        )
    return until


def _rules(app: App) -> list[Handoff]:
    """The handoff rules in the order of the chain of teams."""
    book = playbook_of(app.tools)
    position = {team.name: team.position for team in book.teams}
    return sorted(book.handoffs, key=lambda h: (position[h.says.from_team], h.rule.name))


def _teams(app: App) -> dict[str, Said]:
    return {team.name: dict(team.title) for team in playbook_of(app.tools).teams}


def _boundary(app: App, rule: Handoff, cards: Sequence[Card]) -> Boundary:
    by_state: dict[str, list[Card]] = defaultdict(list)
    for card in cards:
        if card.rule == rule.rule.name:
            by_state[card.state].append(card)
    return Boundary(
        rule=rule.rule.name,
        description=rule.says.description,
        why=dict(rule.says.why),
        from_team=rule.says.from_team,
        to_team=rule.says.to_team,
        columns=tuple(_column(state, by_state[state]) for state in STATES),
        reasons=rule.says.return_reasons,
        recycle_on=_proposed(app, rule.says.recycle_after),
    )


def _gone(card: Card) -> Boundary:
    """The boundary of a rule that no file declares any more."""
    columns = tuple(_column(s, [card] if s == card.state else []) for s in STATES)
    return Boundary(card.rule, "", {}, card.from_team, card.to_team, columns, (), "")


def _column(state: str, cards: Sequence[Card]) -> Column:
    overdue = sum(card.is_overdue for card in cards)
    if state == "offered":
        ordered = sorted(cards, key=lambda c: (c.accept_due_at or "~", c.account))
    else:
        ordered = sorted(cards, key=lambda c: c.decided_at or "", reverse=True)
    return Column(state, len(cards), overdue, tuple(ordered[:_SHOWN]))


def _proposed(app: App, after: Duration) -> str:
    zone = ZoneInfo(app.project.timezone)
    now = app.tools.clock.now().astimezone(zone)
    return (now + after.clock).date().isoformat() if after.clock else now.date().isoformat()


def _cards(app: App, db: Connection, rows: Sequence[Row[Any]]) -> list[Card]:
    needs = {row.id: row for row in _needs(db, [row.need_id for row in rows])}
    wanted = [("account", need.account_id) for need in needs.values()]
    wanted += [("person", need.person_id) for need in needs.values()]
    wanted += [("user_", row.assignee) for row in rows]
    names = labels(db, wanted)
    now = app.tools.now()
    return [_card(row, needs.get(row.need_id), names, now) for row in rows]


def _needs(db: Connection, ids: Sequence[str]) -> list[Any]:
    found: list[Any] = []
    columns = (_NEED.c.id, _NEED.c.account_id, _NEED.c.person_id)
    for chunk in chunks(ids):
        found.extend(db.execute(select(*columns).where(_NEED.c.id.in_(chunk))).all())
    return found


def _card(
    row: Row[Any], need: Row[Any] | None, names: Mapping[tuple[str, str], str], now: str
) -> Card:
    facts: dict[str, Json] = row.facts or {}
    due = row.accept_due_at
    account_id = need.account_id if need else None
    return Card(
        id=row.id,
        need_id=row.need_id,
        rule=row.rule,
        from_team=row.from_team,
        to_team=row.to_team,
        state=row.state,
        account_id=account_id,
        account=names.get(("account", account_id or ""), "–"),
        product=facts.get("product") or "–",
        confidence=facts.get("confidence"),
        assignee=names.get(("user_", row.assignee or "")),
        assigned_by=row.assigned_by,
        offered_at=row.offered_at,
        accept_due_at=due,
        contact_due_at=row.contact_due_at,
        is_overdue=row.state == "offered" and due is not None and instant(due) < instant(now),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
        recycle_at=row.recycle_at,
        scores=dict(facts.get("scores") or {}),
        people=names.get(("person", (need.person_id if need else None) or "")),
    )


def _pairs(rows: Sequence[Row[Any]], cards: Sequence[Card]) -> list[tuple[Row[Any], Card]]:
    return list(zip(rows, cards, strict=True))


def _require(db: Connection, id: str) -> Row[Any]:
    row = db.execute(select(HANDOFF).where(HANDOFF.c.id == id)).first()
    if row is None:
        raise UnknownRecordError(
            f"there is no handoff {id}", remedy="The handoff board lists them with their ids."
        )
    return row
