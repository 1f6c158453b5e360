"""Offers from team to team: made when the rule is true, withdrawn when it no longer is.

The ledger is append-only and owned by neither CRM. Every active need is in exactly one hand: an
offer changes nothing until somebody accepts it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, select, update

from connectors.budget import Lane
from playbook.book import Playbook
from playbook.decide.scores import known_scores
from playbook.decide.signals import Team
from playbook.decide.tasks.giving import intents
from playbook.decide.tasks.order import Order
from playbook.decide.tasks.upkeep import Ended, keep_up, take_back
from playbook.decide.tasks.wording import OVER
from playbook.documents import Task, say
from playbook.query import Query
from playbook.rules import Handoff
from staging.bulk import chunks, insert, upsert
from staging.tables.decisions import HANDOFF, HANDOFF_EVENT
from sync.context import Tools
from sync.write.intent import wish
from tasuki.values import Json, stamp

_OPEN: Final = ("offered", "accepted")

Row = Mapping[str, Any]


def decide(
    db: Connection, tools: Tools, book: Playbook, team: Team, needs: Sequence[str]
) -> dict[str, int]:
    """Offer what is to be handed over, withdraw what no longer is."""
    counts = Counter(offered=0, withdrawn=0, without_owner=0)
    for handoff in book.handoffs:
        ready = _ready(db, tools, book, handoff, needs)
        open_ = _open(db, handoff.rule.name, needs)
        fresh = {id_: row for id_, row in ready.items() if id_ not in open_}
        offered = {need: h for need, h in open_.items() if h.state == "offered"}
        stale = [h for need, h in offered.items() if need not in ready]
        gaps = _offer(db, tools, team, handoff, fresh)
        _keep_up(db, tools, team, handoff, {n: h for n, h in offered.items() if n in ready}, ready)
        withdraw_offers(db, tools, team, handoff, stale)
        counts.update(offered=len(fresh), withdrawn=len(stale), without_owner=gaps)
    return dict(counts)


def _ready(
    db: Connection, tools: Tools, book: Playbook, handoff: Handoff, needs: Sequence[str]
) -> dict[str, Row]:
    """The needs this rule is true for, with what the offer will tell; complete facts only."""
    query = Query("need", book, tools)
    columns: dict[str, ColumnElement[Any]] = {
        name: query.column("need", name)
        for name in ("account_id", "person_id", "opportunity_id", "product", "confidence")
    }
    columns["account_owner"] = query.column("account", "owner_id")
    columns["opportunity_owner"] = query.column("opportunity", "owner_id")
    held = and_(
        query.column("need", "team") == handoff.says.from_team,
        query.column("need", "waiting").is_not(True),
    )
    known = [query.column(*fact.split(".", 1)).is_not(None) for fact in handoff.says.requires]
    found = query.rows(db, columns, held, query.where(handoff.when), *known, ids=needs)
    return {row.id: row._asdict() for row in found}


def _open(db: Connection, rule: str, needs: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for chunk in chunks(needs):
        rows = db.execute(
            select(HANDOFF).where(
                HANDOFF.c.rule == rule,
                HANDOFF.c.need_id.in_(chunk),
                HANDOFF.c.state.in_(_OPEN),
            )
        )
        found |= {row.need_id: row for row in rows}
    return found


def _offer(
    db: Connection, tools: Tools, team: Team, handoff: Handoff, fresh: Mapping[str, Row]
) -> int:
    """Make the offers and wish for their tasks; how many tasks nobody could be given."""
    rounds = _rounds(db, handoff.rule.name, fresh)
    scores = _scores(db, fresh)
    offers = [
        _row(tools, team, handoff, row, rounds.get(id_, 0), scores.get(row["account_id"], {}))
        for id_, row in sorted(fresh.items())
    ]
    orders = _orders(tools, handoff, offers, fresh, rounds)
    given = intents(db, tools, team.office, orders)
    upsert(db, HANDOFF, (_of_whoever_has_it(offer, given.ridden) for offer in offers))
    record(
        db, tools, ((o["id"], o["need_id"], "offered", "rule", handoff.rule.name) for o in offers)
    )
    wish(db, given.intents, tools.now())
    return len(given.without_owner)


def _orders(
    tools: Tools,
    handoff: Handoff,
    offers: Sequence[Row],
    needs: Mapping[str, Row],
    rounds: Mapping[str, int],
) -> list[Order]:
    if (task := handoff.says.task) is None:
        return []
    return [
        _order(tools, handoff, task, o, needs[o["need_id"]], rounds.get(o["need_id"], 0))
        for o in offers
    ]


def _of_whoever_has_it(offer: Row, ridden: Mapping[str, str | None]) -> Row:
    """The offer, to whoever has the open task of an earlier round on their list."""
    owner = ridden.get(f"handoff:{offer['id']}", offer["assignee"])
    by = offer["assigned_by"] if owner == offer["assignee"] else "round_robin"
    return {**offer, "assignee": owner, "assigned_by": by}


def _keep_up(
    db: Connection,
    tools: Tools,
    team: Team,
    handoff: Handoff,
    still: Mapping[str, Any],
    ready: Mapping[str, Row],
) -> None:
    """Offers nobody accepted yet follow the owner; their tasks are told anew if there is news."""
    if handoff.says.task is None:
        return
    offers = [_kept(team, handoff, offer, ready[need]) for need, offer in sorted(still.items())]
    handed = keep_up(db, tools, team.office, _orders(tools, handoff, offers, ready, {}))
    for offer in (o for o in offers if f"handoff:{o['id']}" in handed):
        to = {"assignee": offer["assignee"], "assigned_by": offer["assigned_by"]}
        db.execute(update(HANDOFF).where(HANDOFF.c.id == offer["id"]).values(**to))


def _kept(team: Team, handoff: Handoff, offer: Any, need: Row) -> Row:
    """An open offer with who gets it as things are today."""
    says, owner = handoff.says, _owner(handoff, need)
    assigned = team.rota.keep(says.to_team, owner, says.assign, offer.assignee)
    return {**offer._asdict(), "assignee": assigned.user, "assigned_by": assigned.by}


def _owner(handoff: Handoff, need: Row) -> str | None:
    """The owner who goes first."""
    prefers_deal = handoff.says.assign.first == "opportunity_owner"
    owner: str | None = need["opportunity_owner"] if prefers_deal else need["account_owner"]
    return owner


def handoff_id(rule: str, need: str, round_: int) -> str:
    """The id of one offer of a need; a need that comes up again is a new round."""
    return f"ho_{blake2b(f'{rule}|{need}|{round_}'.encode(), digest_size=8).hexdigest()}"


def _row(
    tools: Tools,
    team: Team,
    handoff: Handoff,
    need: Row,
    round_: int,
    scores: Mapping[str, Json],
) -> dict[str, Any]:
    says, now = handoff.says, tools.clock.now()
    assigned = team.rota.assign(says.to_team, _owner(handoff, need), says.assign)
    return {
        "id": handoff_id(handoff.rule.name, need["id"], round_),
        "need_id": need["id"],
        "rule": handoff.rule.name,
        "from_team": says.from_team,
        "to_team": says.to_team,
        "state": "offered",
        "assignee": assigned.user,
        "assigned_by": assigned.by,
        "offered_at": tools.now(),
        "accept_due_at": stamp(team.office.after(now, says.sla.accept_within)),
        "contact_due_at": stamp(team.office.after(now, says.sla.first_contact_within)),
        "facts": {"product": need["product"], "confidence": need["confidence"], "scores": scores},
        "version": handoff.rule.version,
    }


def _order(tools: Tools, handoff: Handoff, task: Task, offer: Row, need: Row, round_: int) -> Order:
    says = handoff.says
    way = f"{says.from_team} → {says.to_team}"
    why = say(says.why, tools.project.language, says.description or way)
    return Order(
        key=f"handoff:{offer['id']}",
        origin=f"handoff:{handoff.rule.name}",
        lane=Lane.HANDOFFS,
        task=task,
        owner=offer["assignee"],
        about={
            "need": need["id"],
            "account": need["account_id"],
            "person": need["person_id"],
            "opportunity": need["opportunity_id"],
        },
        facts={"handoff": {name: offer[name] for name in ("accept_due_at", "contact_due_at")}},
        cause={
            "rule": handoff.rule.name,
            "place": str(handoff.rule.place),
            "why": why,
            "assigned_by": offer["assigned_by"],
        },
        why=says.why,
        told={"product": need["product"], "confidence": need["confidence"]},
        earlier=[f"handoff:{handoff_id(handoff.rule.name, need['id'], n)}" for n in range(round_)],
    )


def _rounds(db: Connection, rule: str, needs: Mapping[str, Row]) -> dict[str, int]:
    """How often each of these needs was offered before."""
    found: dict[str, int] = {}
    for chunk in chunks(needs):
        rows = db.scalars(
            select(HANDOFF.c.need_id).where(HANDOFF.c.rule == rule, HANDOFF.c.need_id.in_(chunk))
        )
        for need in rows:
            found[need] = found.get(need, 0) + 1
    return found


def _scores(db: Connection, needs: Mapping[str, Row]) -> dict[str, dict[str, Json]]:
    accounts = {row["account_id"] for row in needs.values() if row["account_id"]}
    return {
        id_: {name: float(row.value) for name, row in scores.items()}
        for id_, scores in known_scores(db, "account", sorted(accounts)).items()
    }


def withdraw_offers(
    db: Connection, tools: Tools, team: Team, handoff: Handoff, offers: Sequence[Any]
) -> None:
    """The reason vanished before anybody accepted: the offer goes, and its task."""
    ids = [offer.id for offer in offers]
    for chunk in chunks(ids):
        db.execute(
            update(HANDOFF)
            .where(HANDOFF.c.id.in_(chunk))
            .values(state="withdrawn", decided_at=tools.now(), decided_by="rule")
        )
    record(db, tools, ((o.id, o.need_id, "withdrawn", "rule", "condition is over") for o in offers))
    ended = [Ended(f"handoff:{id_}", handoff.says.task, OVER) for id_ in ids]
    take_back(db, tools, team.office, ended)


def record(db: Connection, tools: Tools, events: Any) -> None:
    """Append to the ledger: (handoff id, need id, event, by, detail)."""
    now = tools.now()
    insert(
        db,
        HANDOFF_EVENT,
        (
            {"handoff_id": h, "need_id": n, "event": e, "by": by, "detail": detail, "at": now}
            for h, n, e, by, detail in events
        ),
    )
