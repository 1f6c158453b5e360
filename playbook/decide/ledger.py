"""Accept, return, recycle: said in the console, or done in the CRM and read from there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select, update

from playbook.book import Playbook
from playbook.decide.handoffs import record
from playbook.documents import HandoffDocument
from staging import queue, rows
from staging.bulk import chunks
from staging.tables.decisions import HANDOFF
from staging.tables.entities import ENTITY_TABLES
from sync.context import Tools
from sync.merge import stage
from tasuki.errors import GuardError, UnknownRecordError
from tasuki.values import stamp

_NEED: Final = ENTITY_TABLES["need"]
_ACTIVITY: Final = ENTITY_TABLES["activity"]
_DONE_IN_CRM: Final = "crm"
_SEASON: Final = "season"
_GONE: Final = HandoffDocument.model_validate(
    {
        "kind": "handoff",
        "name": "gone",
        "from_team": "-",
        "to_team": "-",
        "offer_when": "false",
        "sla": {"accept_within": "1d", "first_contact_within": "1d"},
    }
)
"""Says what holds for offers of a rule whose file is gone: the defaults."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about an offer."""

    handoff: str
    by: str
    reason: str = ""


def accept(db: Connection, tools: Tools, decision: Decision) -> None:
    """The receiving team has it now."""
    offer = _offered(db, decision.handoff)
    _decide(db, tools, offer, "accepted", decision)
    db.execute(
        update(_NEED)
        .where(_NEED.c.id == offer.need_id)
        .values(team=offer.to_team, owner_id=offer.assignee, since=tools.now(), state="open")
    )
    queue.mark(db, queue.DECIDE, "need", [offer.need_id])
    stage.follow(db, tools, rows.read(db, "need", [offer.need_id]).values())


def return_(db: Connection, tools: Tools, book: Playbook, decision: Decision) -> None:
    """It goes back, with a reason of the rule's list; the need stays where it was.

    It is not offered again before the rule's recycling time is over.
    """
    offer = _offered(db, decision.handoff)
    allowed = reasons(book, offer.rule)
    if decision.reason not in allowed:
        raise GuardError(
            "a return needs one of the rule's reasons",
            where=f"handoff {offer.id}",
            why=f"the rule {offer.rule} knows {', '.join(allowed)}",
            remedy="Choose one of them.",
        )
    _decide(db, tools, offer, "returned", decision)
    db.execute(update(_NEED).where(_NEED.c.id == offer.need_id).values(waiting=True))
    until = tools.clock.now() + _rule(book, offer.rule).recycle_after.clock
    queue.wake_at(db, "need", _SEASON, [(offer.need_id, stamp(until))])


def recycle(db: Connection, tools: Tools, decision: Decision, until: datetime) -> None:
    """Not now: the need waits for its season and comes up again by itself."""
    offer = _offered(db, decision.handoff)
    _decide(db, tools, offer, "recycled", decision, recycle_at=stamp(until))
    db.execute(
        update(_NEED).where(_NEED.c.id == offer.need_id).values(waiting=True, state="recycled")
    )
    queue.wake_at(db, "need", _SEASON, [(offer.need_id, stamp(until))])


def reasons(book: Playbook, rule: str) -> tuple[str, ...]:
    """Why an offer of this rule may be given back; those of any rule once its own file is gone."""
    return _rule(book, rule).return_reasons


def _rule(book: Playbook, name: str) -> HandoffDocument:
    found = next((h.says for h in book.handoffs if h.rule.name == name), None)
    return found or _GONE


def wake(db: Connection, tools: Tools) -> int:
    """Needs whose season has come are open again."""
    ids = queue.woken(db, "need", _SEASON, tools.now())
    for chunk in chunks(ids):
        mine = _NEED.c.id.in_(chunk)
        db.execute(update(_NEED).where(mine).values(waiting=False))
        db.execute(update(_NEED).where(mine, _NEED.c.state == "recycled").values(state="open"))
    queue.mark(db, queue.DECIDE, "need", ids)
    return len(ids)


def follow_the_crm(db: Connection, tools: Tools) -> int:
    """An offer whose task was completed in the CRM is accepted by whoever completed it."""
    done = db.execute(
        select(HANDOFF.c.id, func.max(_ACTIVITY.c.owner_id).label("owner"))
        .join(_ACTIVITY, _ACTIVITY.c.tasuki_key == "handoff:" + HANDOFF.c.id)
        .where(HANDOFF.c.state == "offered", _ACTIVITY.c.is_done.is_(True))
        .group_by(HANDOFF.c.id)
        .order_by(HANDOFF.c.id)
    ).all()
    for id_, owner in done:
        if owner:
            taken = update(HANDOFF).where(
                HANDOFF.c.id == id_, HANDOFF.c.assignee.is_distinct_from(owner)
            )
            db.execute(taken.values(assignee=owner, assigned_by="person"))
        accept(db, tools, Decision(id_, _DONE_IN_CRM, "task completed"))
    return len(done)


def _offered(db: Connection, id: str) -> Any:
    offer = db.execute(select(HANDOFF).where(HANDOFF.c.id == id)).first()
    if offer is None:
        raise UnknownRecordError(
            f"there is no handoff {id}", remedy="The handoff board lists them with their ids."
        )
    if offer.state != "offered":
        raise GuardError(
            f"this handoff is already {offer.state}",
            where=f"handoff {id}",
            why=f"decided by {offer.decided_by or 'the rule'} at {offer.decided_at}",
            remedy="Reload the board.",
        )
    return offer


def _decide(
    db: Connection, tools: Tools, offer: Any, state: str, decision: Decision, **values: Any
) -> None:
    db.execute(
        update(HANDOFF)
        .where(HANDOFF.c.id == offer.id)
        .values(
            state=state,
            decided_at=tools.now(),
            decided_by=decision.by,
            reason=decision.reason or None,
            **values,
        )
    )
    record(db, tools, [(offer.id, offer.need_id, state, decision.by, decision.reason)])
