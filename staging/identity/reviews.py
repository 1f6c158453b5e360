"""Doubts that wait for a person: asked once, settled when data answers, decided for good."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, true, update

from staging import identities
from staging.bulk import chunks, upsert
from staging.tables.identity import REVIEW
from tasuki.values import Json, Ref

OPEN = "open"
SETTLED = "settled"
PROBABLE = "probable"
"""The reason of what a bulk clean-up proposes; no key shows it, so no key takes it back."""
IN_BOOKS = "sold to a customer no CRM knows, and the names are alike"
"""The reason of what a reconciliation proposes; likewise."""
STATES = (OPEN, "accepted", "rejected", SETTLED)


@dataclass(frozen=True, slots=True)
class Question:
    """One pair in doubt, as it is asked."""

    left: str
    right: str
    reason: str
    evidence: Mapping[str, Json]
    """What the two share and in what they differ: names of keys and fields, no values."""


@dataclass(frozen=True, slots=True)
class Review:
    """One doubt as it stands."""

    id: str
    entity: str
    left: str
    right: str
    reason: str
    state: str
    at: str
    evidence: Mapping[str, Json]
    decided_at: str | None
    decided_by: str | None


def review_id(entity: str, left: str, right: str) -> str:
    """The name of the question about a pair; the same whenever it is asked."""
    said = f"{entity} {min(left, right)} {max(left, right)}"
    return f"rev_{blake2b(said.encode(), digest_size=6).hexdigest()}"


def ask(db: Connection, entity: str, questions: Iterable[Question], now: str) -> None:
    """Ask what was never asked, and again what data had answered; a person is asked once."""
    rows = {
        (id_ := review_id(entity, q.left, q.right)): _row(id_, entity, q, now) for q in questions
    }
    known = {
        row.id: (row.state, row.reason, row.evidence)
        for chunk in chunks(rows)
        for row in db.execute(
            select(REVIEW.c.id, REVIEW.c.state, REVIEW.c.reason, REVIEW.c.evidence).where(
                REVIEW.c.id.in_(chunk)
            )
        )
    }
    fresh = [
        row
        for id_, row in rows.items()
        if id_ not in known
        or known[id_][0] == SETTLED
        or (known[id_][0] == OPEN and known[id_][1:] != (row["reason"], row["evidence"]))
    ]
    upsert(db, REVIEW, fresh)


def settle(
    db: Connection, entity: str, refs: Collection[str] | None, still: Collection[str], now: str
) -> int:
    """Close the open questions about these records (or all) that are no doubt any more."""
    mine = (REVIEW.c.entity == entity, REVIEW.c.state == OPEN)
    if not db.scalar(select(func.count()).select_from(REVIEW).where(*mine)):
        return 0
    query = select(REVIEW.c.id, REVIEW.c.reason, REVIEW.c.left_ref, REVIEW.c.right_ref).where(*mine)
    found = {} if refs is not None else {row.id: row for row in db.execute(query)}
    for chunk in chunks(refs or ()):
        either = or_(REVIEW.c.left_ref.in_(chunk), REVIEW.c.right_ref.in_(chunk))
        found |= {row.id: row for row in db.execute(query.where(either))}
    over = [row for id_, row in found.items() if id_ not in still]
    gone = {row.id for row in over} - _still_two(db, entity, over)
    for chunk in chunks(sorted(gone)):
        db.execute(
            update(REVIEW)
            .where(REVIEW.c.id.in_(chunk))
            .values(state=SETTLED, decided_at=now, decided_by="data")
        )
    return len(gone)


def _still_two(db: Connection, entity: str, rows: Iterable[Any]) -> set[str]:
    """The proposals among these that no key shows, whose records live and are not one yet."""
    found = [row for row in rows if row.reason in {PROBABLE, IN_BOOKS}]
    refs = {Ref.parse(ref) for row in found for ref in (row.left_ref, row.right_ref)}
    links = {str(ref): id_ for ref, id_ in identities.links_of(db, entity, refs).items()}
    return {
        row.id
        for row in found
        if {row.left_ref, row.right_ref} <= links.keys()
        and links[row.left_ref] != links[row.right_ref]
    }


def decide(db: Connection, id: str, state: str, by: str, now: str) -> None:
    """A person's answer to one question."""
    values = {"state": state, "decided_at": now, "decided_by": by}
    db.execute(update(REVIEW).where(REVIEW.c.id == id).values(**values))


def find(db: Connection, id: str) -> Review | None:
    """One question."""
    row = db.execute(select(REVIEW).where(REVIEW.c.id == id)).first()
    return _review(row) if row else None


def listed(
    db: Connection, *, entity: str = "", state: str = OPEN, limit: int = 50
) -> tuple[list[Review], int]:
    """The oldest questions of a state (all states without one), and how many there are in all."""
    by_state = REVIEW.c.state == state if state else true()
    wanted = and_(by_state, REVIEW.c.entity == entity if entity else true())
    many = db.scalar(select(func.count()).select_from(REVIEW).where(wanted)) or 0
    query = select(REVIEW).where(wanted).order_by(REVIEW.c.at, REVIEW.c.id).limit(limit)
    return [_review(row) for row in db.execute(query)], many


def part(
    db: Connection, states: Sequence[str], entity: str = "", *, limit: int, skip: int = 0
) -> list[Review]:
    """Some of the questions in these states: open ones oldest first, others by the last answer."""
    query = select(REVIEW).where(REVIEW.c.state.in_(states))
    if entity:
        query = query.where(REVIEW.c.entity == entity)
    first = (REVIEW.c.at,) if OPEN in states else (REVIEW.c.decided_at.desc(),)
    query = query.order_by(*first, REVIEW.c.id).limit(limit).offset(skip)
    return [_review(row) for row in db.execute(query)]


def tally(db: Connection) -> dict[tuple[str, str], int]:
    """How many questions there are: (entity, state) → count."""
    by = (REVIEW.c.entity, REVIEW.c.state)
    rows = db.execute(select(*by, func.count()).group_by(*by))
    return {(entity, state): many for entity, state, many in rows}


def _row(id: str, entity: str, question: Question, now: str) -> dict[str, Any]:
    return {
        "id": id,
        "entity": entity,
        "left_ref": question.left,
        "right_ref": question.right,
        "reason": question.reason,
        "state": OPEN,
        "at": now,
        "evidence": dict(question.evidence),
        "decided_at": None,
        "decided_by": None,
    }


def _review(row: Any) -> Review:
    return Review(
        row.id,
        row.entity,
        row.left_ref,
        row.right_ref,
        row.reason,
        row.state,
        row.at,
        row.evidence or {},
        row.decided_at,
        row.decided_by,
    )
