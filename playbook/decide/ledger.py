"""Accept, return, recycle: said in the console, or done in the CRM and read from there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, func, select, update

from playbook.book import Playbook, playbook_of
from playbook.calendar import Office
from playbook.decide.handoffs import record
from playbook.decide.tasks.standing import RIDES, Phase, standing
from playbook.decide.tasks.upkeep import Ended, take_back
from playbook.decide.tasks.wording import RECYCLED, RETURNED
from playbook.documents import HandoffDocument, Words
from staging import queue, rows
from staging.bulk import chunks
from staging.tables.decisions import HANDOFF
from staging.tables.entities import ENTITY_TABLES
from staging.tables.writes import INTENT
from sync.context import Tools
from sync.merge import stage
from sync.write.intent import let_ride
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
    let_ride(db, [_key(offer.id)])
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
    _take_back(db, tools, book, offer, RETURNED)
    db.execute(update(_NEED).where(_NEED.c.id == offer.need_id).values(waiting=True))
    until = tools.clock.now() + _rule(book, offer.rule).recycle_after.clock
    queue.wake_at(db, "need", _SEASON, [(offer.need_id, stamp(until))])


def recycle(db: Connection, tools: Tools, decision: Decision, until: datetime) -> None:
    """Not now: the need waits for its season and comes up again by itself."""
    offer = _offered(db, decision.handoff)
    _decide(db, tools, offer, "recycled", decision, recycle_at=stamp(until))
    _take_back(db, tools, playbook_of(tools), offer, RECYCLED)
    db.execute(
        update(_NEED).where(_NEED.c.id == offer.need_id).values(waiting=True, state="recycled")
    )
    queue.wake_at(db, "need", _SEASON, [(offer.need_id, stamp(until))])


def reasons(book: Playbook, rule: str) -> tuple[str, ...]:
    """Why an offer of this rule may be given back; those of any rule once its own file is gone."""
    return _rule(book, rule).return_reasons


def _take_back(db: Connection, tools: Tools, book: Playbook, offer: Any, why: Words) -> None:
    """Nobody waits for the task any more."""
    office = Office(book.calendar, tools.project.timezone)
    take_back(db, tools, office, [Ended(_key(offer.id), _rule(book, offer.rule).task, why)])


def _key(offer: str) -> str:
    return f"handoff:{offer}"


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
    """An offer whose task was completed in the CRM is accepted by whoever completed it.

    Not by what Tasuki completed itself: a task that an undo closed, or that we closed because its
    reason had vanished.
    """
    undone = INTENT.c.state == "undone"
    own = db.execute(
        select(HANDOFF.c.id, func.max(_ACTIVITY.c.owner_id).label("owner"))
        .join(_ACTIVITY, _ACTIVITY.c.tasuki_key == "handoff:" + HANDOFF.c.id)
        .outerjoin(INTENT, and_(INTENT.c.id == "handoff:" + HANDOFF.c.id, undone))
        .where(HANDOFF.c.state == "offered", _ACTIVITY.c.is_done.is_(True), INTENT.c.id.is_(None))
        .group_by(HANDOFF.c.id)
        .order_by(HANDOFF.c.id)
    ).all()
    done = {**dict(own), **_done_earlier_tasks(db, tools)}
    for id_, owner in sorted(done.items()):
        if owner:
            taken = update(HANDOFF).where(
                HANDOFF.c.id == id_, HANDOFF.c.assignee.is_distinct_from(owner)
            )
            db.execute(taken.values(assignee=owner, assigned_by="person"))
        accept(db, tools, Decision(id_, _DONE_IN_CRM, "task completed"))
    return len(done)


def _done_earlier_tasks(db: Connection, tools: Tools) -> dict[str, str | None]:
    """Offers for which an open task of an earlier round stood, and who completed that."""
    rides = select(INTENT.c.id).where(INTENT.c.state == RIDES, INTENT.c.id.startswith(_key("")))
    tasks = {
        key: task.key
        for key, task in standing(db, tools, db.scalars(rides)).items()
        if task.phase is Phase.OVER and not task.is_closed_by_us and task.wish.state != "undone"
    }
    owners: dict[str, str | None] = {}
    for chunk in chunks(tasks.values()):
        mine = (_ACTIVITY.c.tasuki_key.in_(chunk), _ACTIVITY.c.is_done.is_(True))
        rows = db.execute(select(_ACTIVITY.c.tasuki_key, _ACTIVITY.c.owner_id).where(*mine))
        owners |= dict(rows.all())
    ours = len(_key(""))
    return {key[ours:]: owners[task] for key, task in tasks.items() if task in owners}


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
