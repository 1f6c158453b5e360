"""Needs: an account's possible demand for one product, on the confidence ladder 1–5.

1  somebody read about it      2  somebody evaluates it      3  somebody asked (a form)
4  an opportunity is open      5  that opportunity is late in its stages
A need is held by exactly one team: the one whose steps it is on when it opens, later whoever
accepted it last. A won opportunity makes it `won`; a lost one gives it back to behaviour alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, case, func, select, update

from playbook.book import Playbook
from playbook.measure.windows import Windows
from staging import queue, rows
from staging.tables.entities import ENTITY_TABLES
from sync.context import Tools

_EVENT: Final = ENTITY_TABLES["engagement"]
_PERSON: Final = ENTITY_TABLES["person"]
_DEAL: Final = ENTITY_TABLES["opportunity"]
_NEED: Final = ENTITY_TABLES["need"]
_ACCOUNT: Final = ENTITY_TABLES["account"]

Key = tuple[str, str]
"""(account id, product)."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What is known about one account and one product."""

    confidence: int
    person: str | None = None
    opportunity: str | None = None
    is_won: bool = False


def decide(db: Connection, tools: Tools, book: Playbook, accounts: Sequence[str]) -> int:
    """Open and move the needs of these accounts; how many changed."""
    if book.ladder is None:
        return 0
    windows = Windows(tools.clock.now())
    demands = _by_behaviour(db, book, accounts, windows)
    for key, deal in _by_deals(db, book, accounts).items():
        seen = demands.get(key)
        demands[key] = _stronger(seen, deal) if seen else deal
    known = _known(db, accounts)
    after = [_row(tools, book, key, d, known.get(key)) for key, d in sorted(demands.items())]
    changed = [row for row in after if _moved(row, known.get((row["account_id"], row["product"])))]
    rows.write(db, "need", changed)
    closed = _close_orphans(db, tools, accounts)
    queue.mark(db, queue.DECIDE, "need", [*(row["id"] for row in changed), *closed])
    return len(changed) + len(closed)


def _close_orphans(db: Connection, tools: Tools, accounts: Sequence[str]) -> list[str]:
    """Needs of accounts that no longer exist (merged into others, or deleted) are closed."""
    living = select(_ACCOUNT.c.id).where(_ACCOUNT.c.id.in_(accounts))
    orphan = (_NEED.c.account_id.in_(accounts), _NEED.c.account_id.not_in(living))
    ids = list(db.scalars(select(_NEED.c.id).where(*orphan, _NEED.c.state != "closed")))
    closing = update(_NEED).where(_NEED.c.id.in_(ids))
    db.execute(closing.values(state="closed", team=None, updated_at=tools.now()))
    return ids


def need_id(account: str, product: str) -> str:
    """The id of the need of an account for a product."""
    return f"need_{blake2b(f'{account}|{product}'.encode(), digest_size=8).hexdigest()}"


def _by_behaviour(
    db: Connection, book: Playbook, accounts: Sequence[str], windows: Windows
) -> dict[Key, Demand]:
    """Demand seen in behaviour; the person is whoever did the most telling thing last."""
    assert book.ladder is not None  # noqa: S101
    evaluating = _EVENT.c.interest_stage == "evaluation"
    asked = _EVENT.c.kind == "form_submitted"
    query = (
        select(
            _PERSON.c.account_id,
            _EVENT.c.product,
            _EVENT.c.person_id,
            func.count(case((evaluating, 1))).label("evaluations"),
            func.count(case((asked, 1))).label("forms"),
            func.max(_EVENT.c.occurred_at).label("last"),
        )
        .select_from(_EVENT.join(_PERSON, _PERSON.c.id == _EVENT.c.person_id))
        .where(
            _PERSON.c.account_id.in_(accounts),
            _EVENT.c.product.is_not(None),
            _EVENT.c.occurred_at > windows.instant(book.ladder.window.clock.days),
        )
        .group_by(_PERSON.c.account_id, _EVENT.c.product, _EVENT.c.person_id)
    )
    best: dict[Key, tuple[int, str, str]] = {}
    for row in db.execute(query):
        enough = row.evaluations >= book.ladder.evaluation_views
        step = 3 if row.forms else 2 if enough else 1
        key = (row.account_id, row.product)
        best[key] = max(best.get(key, (0, "", "")), (step, row.last, row.person_id))
    return {key: Demand(step, person) for key, (step, _, person) in best.items()}


def _by_deals(db: Connection, book: Playbook, accounts: Sequence[str]) -> dict[Key, Demand]:
    """Demand seen in opportunities: the open one furthest along, else the last won one."""
    assert book.ladder is not None  # noqa: S101
    late = _DEAL.c.stage.in_(book.ladder.late_stages)
    query = (
        select(
            _DEAL.c.account_id,
            _DEAL.c.product,
            _DEAL.c.id,
            _DEAL.c.is_won,
            case((late, 5), else_=4).label("step"),
        )
        .where(
            _DEAL.c.account_id.in_(accounts),
            _DEAL.c.product.is_not(None),
            (_DEAL.c.is_closed.is_(False)) | (_DEAL.c.is_won.is_(True)),
        )
        .order_by(_DEAL.c.is_won.desc(), "step", _DEAL.c.close_date, _DEAL.c.id)
    )
    return {
        (row.account_id, row.product): Demand(row.step, None, row.id, bool(row.is_won))
        for row in db.execute(query)
    }


def _stronger(seen: Demand, deal: Demand) -> Demand:
    return Demand(deal.confidence, seen.person, deal.opportunity, deal.is_won)


def _known(db: Connection, accounts: Sequence[str]) -> dict[Key, Mapping[str, Any]]:
    found = db.execute(select(_NEED).where(_NEED.c.account_id.in_(accounts)))
    return {(row.account_id, row.product): dict(row._mapping) for row in found}  # noqa: SLF001


def _row(
    tools: Tools, book: Playbook, key: Key, demand: Demand, known: Mapping[str, Any] | None
) -> dict[str, Any]:
    account, product = key
    now = tools.now()
    before = known or {}
    team = before.get("team") or _holder(book, demand)
    state = "won" if demand.is_won else "open"
    return {
        "id": need_id(account, product),
        "account_id": account,
        "person_id": demand.person or before.get("person_id"),
        "opportunity_id": demand.opportunity,
        "product": product,
        "confidence": 5 if demand.is_won else demand.confidence,
        "team": team,
        "state": before.get("state") if before.get("state") == "recycled" else state,
        "owner_id": before.get("owner_id"),
        "opened_at": before.get("opened_at") or now,
        "since": before.get("since") or now,
        "waiting": bool(before.get("waiting")),
        "updated_at": now,
    }


def _holder(book: Playbook, demand: Demand) -> str | None:
    """The team a new need begins with: the first whose steps it is on; a won one with the last."""
    if demand.is_won:
        return book.teams[-1].name if book.teams else None
    fitting = [t for t in book.teams if t.confidence[0] <= demand.confidence <= t.confidence[1]]
    return fitting[0].name if fitting else None


def _moved(row: Mapping[str, Any], known: Mapping[str, Any] | None) -> bool:
    watched = ("person_id", "opportunity_id", "confidence", "team", "state")
    return known is None or any(row[name] != known[name] for name in watched)
