"""Needs: an account's possible demand for one product, on the confidence ladder 1–5.

1  somebody read about it      2  somebody evaluates it      3  somebody asked (a form)
4  an opportunity is open      5  that opportunity is late in its stages
A need is held by exactly one team: the one whose steps it is on when it opens, later whoever
accepted it last. A won opportunity makes it `won`; a lost one gives it back to behaviour alone, and
where nothing is left of it, it fades: no step, no hand, until something happens again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, Executable, and_, case, false, func, or_, select, update

from playbook.book import Playbook
from playbook.documents import LadderDocument
from playbook.measure.engaged import ENGAGED
from playbook.measure.windows import Windows
from staging import identities, queue, rows
from staging.tables.entities import ENTITY_TABLES
from sync.context import Tools
from sync.merge import stage

_EVENT: Final = ENTITY_TABLES["engagement"]
_PERSON: Final = ENTITY_TABLES["person"]
_DEAL: Final = ENTITY_TABLES["opportunity"]
_NEED: Final = ENTITY_TABLES["need"]
_ACCOUNT: Final = ENTITY_TABLES["account"]
_DECIDES: Final = "decision_maker"

Key = tuple[str, str]
"""(account id, product)."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What is known about one account and one product."""

    confidence: int
    person: str | None = None
    opportunity: str | None = None
    won_on: str | None = None
    """The day it was won; empty when nobody knows the day, None when it is not won."""


def decide(db: Connection, tools: Tools, book: Playbook, accounts: Sequence[str]) -> int:
    """Open and move the needs of these accounts; how many changed."""
    if book.ladder is None:
        return 0
    stage.follow(db, tools, _carry_over(db, accounts))
    windows = Windows(tools.clock.now())
    demands = _by_behaviour(db, book.ladder, accounts, windows)
    for key, deal in _by_deals(db, book.ladder, accounts).items():
        seen = demands.get(key)
        demands[key] = _stronger(seen, deal) if seen else deal
    known = _known(db, accounts)
    living = _living(db, accounts)
    after = [
        _row(tools, book, key, demand, known.get(key))
        for key, demand in sorted(demands.items())
        if key[0] in living
    ]
    over = [
        _closed(tools, row) for key, row in known.items() if _is_over(row, key, demands, living)
    ]
    changed = [row for row in after if _moved(row, known.get((row["account_id"], row["product"])))]
    rows.write(db, "need", changed)
    rows.write(db, "need", over)
    stage.follow(db, tools, [*(r for r in changed if _passed_on(r, known)), *over])
    ids = [row["id"] for row in (*changed, *over)]
    queue.mark(db, queue.DECIDE, "need", ids)
    return len(ids)


def _living(db: Connection, accounts: Sequence[str]) -> set[str]:
    """The accounts that still exist: not merged into others, not deleted."""
    return set(db.scalars(select(_ACCOUNT.c.id).where(_ACCOUNT.c.id.in_(accounts))))


def _carry_over(db: Connection, accounts: Sequence[str]) -> list[dict[str, Any]]:
    """What somebody holds for an account that was merged away goes on with the survivor.

    Where the survivor has a need of its own for the product, that one counts.
    """
    moved: list[dict[str, Any]] = []
    gone = set(accounts) - _living(db, accounts)
    heirs = identities.successors(db, "account", gone)
    taken = set(_known(db, sorted(set(heirs.values()))))
    for (account, product), need in _known(db, sorted(heirs)).items():
        heir = heirs[account]
        if need["state"] != "closed" and (heir, product) not in taken:
            moves = update(_NEED).where(_NEED.c.id == need["id"])
            db.execute(moves.values(account_id=heir))
            moved.append({**need, "account_id": heir})
    queue.mark(db, queue.DECIDE, "account", heirs.values())
    return moved


def _is_over(
    row: Mapping[str, Any], key: Key, demands: Mapping[Key, Demand], living: set[str]
) -> bool:
    """Whether nothing is left of a need: its account went, its deal was lost, its readers forgot.

    What somebody accepted or what waits for its season does not end by silence alone.
    """
    if row["state"] == "closed" or (key[0] in living and key in demands):
        return False
    kept = row["owner_id"] or row["waiting"]
    return key[0] not in living or row["opportunity_id"] is not None or not kept


def _closed(tools: Tools, row: Mapping[str, Any]) -> dict[str, Any]:
    gone = {"state": "closed", "team": None, "owner_id": None, "opportunity_id": None}
    return {**row, **gone, "waiting": False, "updated_at": tools.now()}


def need_id(account: str, product: str) -> str:
    """The id of the need of an account for a product."""
    return f"need_{blake2b(f'{account}|{product}'.encode(), digest_size=8).hexdigest()}"


def _by_behaviour(
    db: Connection, ladder: LadderDocument, accounts: Sequence[str], windows: Windows
) -> dict[Key, Demand]:
    """Demand seen in behaviour, with the person to speak to.

    That is who showed most, where deciding about purchases counts as one step more; among equals,
    who did more, and did it last.
    """
    best: dict[Key, tuple[int, int, str, str]] = {}
    steps: dict[Key, int] = {}
    for row in db.execute(_behaviour(accounts, windows.instant(ladder.window.clock.days))):
        step = 3 if row.forms else 2 if row.evaluations >= ladder.evaluation_views else 1
        key = (row.account_id, row.product)
        steps[key] = max(steps.get(key, 0), step)
        told = (step + (row.role == _DECIDES), row.events, row.last, row.person_id)
        best[key] = max(best.get(key, told), told)
    return {key: Demand(steps[key], person) for key, (*_, person) in best.items()}


def _behaviour(accounts: Sequence[str], since: str) -> Executable:
    evaluating = _EVENT.c.interest_stage == "evaluation"
    asked = _EVENT.c.kind == "form_submitted"
    mine = (_PERSON.c.account_id, _EVENT.c.product, _EVENT.c.person_id, _PERSON.c.role)
    return (
        select(
            *mine,
            func.count(case((evaluating, 1))).label("evaluations"),
            func.count(case((asked, 1))).label("forms"),
            func.count().label("events"),
            func.max(_EVENT.c.occurred_at).label("last"),
        )
        .select_from(ENGAGED)
        .where(
            _PERSON.c.account_id.in_(accounts),
            _EVENT.c.product.is_not(None),
            _EVENT.c.occurred_at > since,
        )
        .group_by(*mine)
    )


def _by_deals(db: Connection, ladder: LadderDocument, accounts: Sequence[str]) -> dict[Key, Demand]:
    """Demand seen in opportunities: the open one furthest along, else the one won last."""
    won = func.coalesce(_DEAL.c.is_won, false())
    late = and_(~won, _DEAL.c.stage.in_(ladder.late_stages))
    step = case((won, 5), (late, 5), else_=4).label("step")
    first_won = case((won, 0), else_=1)
    query = (
        select(
            _DEAL.c.account_id,
            _DEAL.c.product,
            _DEAL.c.id,
            won.label("won"),
            step,
            _DEAL.c.close_date,
        )
        .where(
            _DEAL.c.account_id.in_(accounts),
            _DEAL.c.product.is_not(None),
            or_(won, func.coalesce(_DEAL.c.is_closed, false()).is_(False)),
        )
        .order_by(first_won, step, func.coalesce(_DEAL.c.close_date, ""), _DEAL.c.id)
    )
    return {
        (row.account_id, row.product): Demand(
            row.step, None, row.id, (row.close_date or "") if row.won else None
        )
        for row in db.execute(query)
    }


def _stronger(seen: Demand, deal: Demand) -> Demand:
    return Demand(deal.confidence, seen.person, deal.opportunity, deal.won_on)


def _known(db: Connection, accounts: Sequence[str]) -> dict[Key, Mapping[str, Any]]:
    found = db.execute(select(_NEED).where(_NEED.c.account_id.in_(accounts)))
    return {(row.account_id, row.product): row._asdict() for row in found}


def _row(
    tools: Tools, book: Playbook, key: Key, demand: Demand, known: Mapping[str, Any] | None
) -> dict[str, Any]:
    account, product = key
    now = tools.now()
    before = known if known and known["state"] != "closed" else {}
    lost = before.get("opportunity_id") and demand.opportunity is None
    holder = None if lost else before.get("team")
    state = "open" if demand.won_on is None else "won"
    return {
        "id": known["id"] if known else need_id(account, product),
        "account_id": account,
        "person_id": demand.person or before.get("person_id"),
        "opportunity_id": demand.opportunity,
        "product": product,
        "confidence": demand.confidence,
        "team": holder or _holder(tools, book, demand),
        "state": "recycled" if before.get("state") == "recycled" else state,
        "owner_id": None if lost else before.get("owner_id"),
        "opened_at": before.get("opened_at") or now,
        "since": before.get("since") if holder else now,
        "waiting": bool(before.get("waiting")),
        "updated_at": now,
    }


def _holder(tools: Tools, book: Playbook, demand: Demand) -> str | None:
    """The team a need begins with: the first whose steps it is on; the last one if long won."""
    if demand.won_on is not None and book.ladder and book.teams:
        since = Windows(tools.clock.now()).day(book.ladder.settled_after.clock.days)
        if demand.won_on < since:
            return book.teams[-1].name
    fitting = [t for t in book.teams if t.confidence[0] <= demand.confidence <= t.confidence[1]]
    return fitting[0].name if fitting else None


def _passed_on(row: Mapping[str, Any], known: Mapping[Key, Mapping[str, Any]]) -> bool:
    """Whether the need is in other hands, or about somebody else, than before."""
    was = known.get((row["account_id"], row["product"]))
    holding = ("team", "confidence", "person_id", "opportunity_id")
    return was is None or any(row[name] != was[name] for name in holding)


def _moved(row: Mapping[str, Any], known: Mapping[str, Any] | None) -> bool:
    watched = ("person_id", "opportunity_id", "confidence", "team", "state")
    return known is None or any(row[name] != known[name] for name in watched)
