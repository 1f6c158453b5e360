"""Give every event to one person or to nobody: retroactively, and again when what is told changes.

A browser is read again when an event that tells something came, changed or went; then the events
between the instants that moved are given to others, in one statement per batch. Every other new
event is placed alone, by what is known of its browser: a kiosk's past is not read for one more
visit.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, case, select, true, update

from staging import queue
from staging.bulk import chunks, delete_where_in, upsert
from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import VISITOR_LINK
from sync.context import Runner, Step, Tools
from sync.identity.visitors import evidence
from sync.identity.visitors.changed import EVENT, FAST, RECIPIENT, VISITOR
from sync.identity.visitors.robots import is_robot
from sync.identity.visitors.spans import (
    BOT,
    NO_CONSENT,
    STAFF,
    Effect,
    Move,
    People,
    Span,
    effect,
    moves,
    openings,
    spans,
)
from tasuki.values import Json

CRAWLER: Final = "crawler"
"""This one event was a robot's, by its own word or its system's."""
_BROWSERS: Final = 300
_EVENTS: Final = 1_000
_EVENT: Final = ENTITY_TABLES["engagement"]
Spans = Mapping[str, Sequence[Span]]


def attribute(run: Runner) -> int:
    """Give the events of every changed browser to the right person; how many browsers moved."""
    moved, more = 0, True
    while more:
        browsers = run.step(BROWSERS)
        events = run.step(EVENTS)
        moved, more = moved + browsers["moved"], browsers["more"] or events["more"]
    return moved


def _keep_browsers(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    told, fast, recipients = (
        queue.take(db, queue.ATTRIBUTE, kind, _BROWSERS) for kind in (VISITOR, FAST, RECIPIENT)
    )
    if not (told or fast or recipients):
        return {"moved": 0, "more": False}
    found = evidence.around(db, [*told, *fast], recipients)
    before = evidence.known(db, found.affected)
    after = _decided(db, tools, found, before, fast)
    changed = {v for v in found.affected if tuple(before.get(v, ())) != tuple(after[v])}
    _keep_links(db, changed, after)
    _move(db, changed, before, after)
    return {"moved": len(changed), "more": True}


def _decided(
    db: Connection,
    tools: Tools,
    found: evidence.Around,
    before: Spans,
    doubted: Collection[str],
) -> Spans:
    identity = tools.project.identity
    told = evidence.judged(db, identity, found, before, doubted)
    people = evidence.people(db, identity, evidence.emails(told))
    opened = openings(told, people)
    return {visitor: spans(told[visitor], people, opened) for visitor in sorted(found.affected)}


def _keep_links(db: Connection, changed: Collection[str], after: Spans) -> None:
    delete_where_in(db, VISITOR_LINK, VISITOR_LINK.c.visitor, sorted(changed))
    rows = (
        {
            "visitor": visitor,
            "valid_from": span.at,
            "person_id": span.person,
            "rule": span.rule,
            "state": span.state,
            "claimant_id": span.claimant,
        }
        for visitor in sorted(changed)
        for span in after[visitor]
    )
    upsert(db, VISITOR_LINK, rows)


def _move(db: Connection, changed: Iterable[str], before: Spans, after: Spans) -> None:
    """Give the events between two instants to others, where the effect on them changed."""
    found = [(v, move) for v in changed for move in moves(before.get(v, ()), after[v])]
    if not found:
        return
    touched = {e.person for _, move in found for e in (move.before, move.after)}
    said = sorted({v for v, move in found if not (move.before.is_known and move.after.is_known)})
    db.execute(_GIVE, [_bound(visitor, move) for visitor, move in found])
    queue.mark(db, queue.MEASURE, "person", sorted(filter(None, touched | _said(db, said))))


def _said(db: Connection, visitors: Sequence[str]) -> set[str | None]:
    """Whom the systems name for the events of these browsers."""
    found: set[str | None] = set()
    for chunk in chunks(visitors):
        query = select(_EVENT.c.said_person_id).where(_EVENT.c.visitor.in_(chunk))
        found.update(db.scalars(query.distinct()))
    return found


def _bound(visitor: str, move: Move) -> dict[str, Any]:
    return {
        "of": visitor,
        "since": move.since,
        "until": move.until,
        "known": move.after.is_known,
        "person": move.after.person,
        "why": move.after.ignored,
    }


_GIVE: Final = (
    update(_EVENT)
    .where(
        _EVENT.c.visitor == bindparam("of"),
        _EVENT.c.occurred_at >= bindparam("since"),
        _EVENT.c.occurred_at < bindparam("until"),
    )
    .values(
        person_id=case(
            (bindparam("known", type_=true().type).is_(True), bindparam("person")),
            else_=_EVENT.c.said_person_id,
        ),
        ignored=case(
            (_EVENT.c.ignored == CRAWLER, _EVENT.c.ignored),
            else_=bindparam("why", type_=_EVENT.c.ignored.type),
        ),
    )
)
_PLACE: Final = (
    update(_EVENT)
    .where(_EVENT.c.id == bindparam("of"))
    .values(person_id=bindparam("person"), ignored=bindparam("why"))
)


def _keep_events(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    ids = queue.take(db, queue.ATTRIBUTE, EVENT, _EVENTS)
    if not ids:
        return {"placed": 0, "more": False}
    rows = _read(db, ids)
    known = evidence.known(db, {row.visitor for row in rows if row.visitor})
    people = evidence.people(db, tools.project.identity, _loose(rows))
    wrong = [
        (row, person, why)
        for row in rows
        for person, why in [_placed(row, known, people)]
        if (person, why) != (row.person_id, row.ignored)
    ]
    if wrong:
        db.execute(_PLACE, [{"of": row.id, "person": who, "why": why} for row, who, why in wrong])
    touched = {who for row, to, _ in wrong for who in (row.person_id, to) if who}
    queue.mark(db, queue.MEASURE, "person", sorted(touched))
    _doubt(db, tools, rows, known)
    return {"placed": len(wrong), "more": True}


def _read(db: Connection, ids: Sequence[str]) -> list[Row[Any]]:
    names = ("id", "visitor", "occurred_at", "person_id", "said_person_id", "ignored")
    more = ("user_agent", "filtered", "consent", "email", "recipient")
    columns = [_EVENT.c[name] for name in (*names, *more)]
    return [
        row
        for chunk in chunks(ids)
        for row in db.execute(select(*columns).where(_EVENT.c.id.in_(chunk)))
    ]


def _loose(rows: Iterable[Row[Any]]) -> set[str]:
    """The addresses in events that no browser is known of."""
    return {
        email for row in rows if not row.visitor for email in (row.email, row.recipient) if email
    }


def _placed(row: Row[Any], known: Spans, people: People) -> tuple[str | None, str | None]:
    """Whose an event is, and why it does not count."""
    found = (
        effect(known.get(row.visitor, ()), row.occurred_at) if row.visitor else _alone(row, people)
    )
    person = found.person if found.is_known else row.said_person_id
    is_crawler = row.filtered or is_robot(row.user_agent)
    return person, CRAWLER if is_crawler else found.ignored


def _alone(row: Row[Any], people: People) -> Effect:
    """What an event without a cookie is, such as an opened mail."""
    if row.consent is False:
        return Effect(None, NO_CONSENT)
    named = [who for email in (row.email, row.recipient) if email and (who := people.who(email))]
    ours = any(who.is_ours for who in named)
    return Effect(row.said_person_id, STAFF if ours else None)


def _doubt(db: Connection, tools: Tools, rows: Sequence[Row[Any]], known: Spans) -> None:
    """Browsers to look at once more: too fast for a reader, our own, or consenting again."""
    most = tools.project.identity.most_views_per_minute
    bots = {v for v, found in known.items() if found[0].state == BOT}
    placed = [row.id for row in rows if row.visitor and row.visitor not in bots]
    queue.mark(db, queue.ATTRIBUTE, FAST, sorted(evidence.fast(db, placed, most)))
    again = {row.visitor for row in rows if row.visitor and _tells_more(tools, row, known)}
    queue.mark(db, queue.ATTRIBUTE, VISITOR, sorted(again))


def _tells_more(tools: Tools, row: Row[Any], known: Spans) -> bool:
    found = known.get(row.visitor, ())
    if not found:
        return evidence.is_our_browser(tools.project.identity, row.visitor)
    return bool(row.consent) and effect(found, row.occurred_at).ignored == NO_CONSENT


BROWSERS: Final = Step("identify.visitors", keep=_keep_browsers)
EVENTS: Final = Step("identify.events", keep=_keep_events)
