"""Sales that no account of a CRM answers for: a work queue, customer by customer, with its money.

One definition for every page: a line is unmatched when it has no account, when it was billed to a
partner that did not say for whom, or when only the books know its account.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from rapidfuzz import fuzz, process
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    select,
)

from mappings.transforms.company import company_key
from staging import identities
from staging.identity import reviews
from staging.identity.reviews import Question
from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import LINK
from staging.tables.money import NAMES_END_USER, OWN_CUSTOM, total
from tasuki.values import Ref

_SALE: Final = ENTITY_TABLES["sale"]
_ACCOUNT: Final = ENTITY_TABLES["account"]
_LIKE_PERCENT: Final = 80
_NEAREST: Final = 3
_ASKED: Final = 200
"""The nearest accounts are looked for among the customers with most money."""


class Reason(StrEnum):
    """Why nobody answers for a sale."""

    NO_CUSTOMER = "no_customer"
    """The line names nobody: no number, no code, no name."""
    END_USER_NOT_GIVEN = "end_user_not_given"
    """It was billed to a partner, and the line does not say for whom."""
    END_USER_UNKNOWN = "end_user_unknown"
    """It names an end user whom no account is."""
    UNKNOWN = "unknown"
    """Its number, code or name is no account's, or several accounts'."""
    ONLY_IN_BOOKS = "only_in_books"
    """The sales system knows the customer, no CRM does."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that may be the customer."""

    account_id: str
    name: str
    likeness: float
    """0 to 1, of the names."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """One customer of the books whom no CRM answers for."""

    reason: Reason
    code: str | None
    name: str | None
    number: str | None
    account_id: str | None
    """The account that only the books know, or the partner it was billed to."""
    lines: int
    amount: Decimal
    paid: Decimal
    lacks: tuple[str, ...] = ()
    """What the books do not say that would find it: number, code, domain, name."""
    candidates: tuple[Candidate, ...] = ()


def matched() -> ColumnElement[bool]:
    """Of sales left-joined with accounts: somebody in a CRM answers for the line."""
    return and_(_ACCOUNT.c.id.is_not(None), OWN_CUSTOM, _SALE.c.account_id.in_(_in_a_crm()))


def lines() -> Any:
    """Sales with the account that is their end user, where there is one."""
    return _SALE.outerjoin(_ACCOUNT, _ACCOUNT.c.id == _SALE.c.account_id)


def unmatched(db: Connection, *, nearest: bool = True) -> list[Unmatched]:
    """The queue, most money first; with the nearest accounts where asked for."""
    line = _lost_lines().subquery()
    nameless = case((line.c.code.is_(None), line.c.name))
    by = (line.c.reason, line.c.code, line.c.account_id, nameless)
    most = [func.max(line.c[name]).label(name) for name in ("name", "number", "domain")]
    sums = [total(line.c[name]).label(name) for name in ("amount", "paid")]
    rows = db.execute(select(*by, *most, func.count().label("lines"), *sums).group_by(*by))
    found = [_customer(row) for row in rows]
    found.sort(key=lambda each: (-each.amount, each.code or "", each.name or "", each.reason))
    return _with_candidates(db, found) if nearest else found


def _lost_lines() -> Any:
    """The lines of the queue, each with why it is there and whom it names."""
    named = NAMES_END_USER
    return (
        select(
            _reason().label("reason"),
            case((named, _SALE.c.end_user_code), else_=_SALE.c.customer_code).label("code"),
            case((named, _SALE.c.end_user_name), else_=_SALE.c.customer_name).label("name"),
            case((named, None), else_=_SALE.c.corporate_number).label("number"),
            _ACCOUNT.c.domain,
            _SALE.c.account_id,
            _SALE.c.amount,
            case((_SALE.c.paid_on.is_not(None), _SALE.c.amount), else_=0).label("paid"),
        )
        .select_from(lines())
        .where(~matched())
    )


def by_reason(queue: Iterable[Unmatched]) -> dict[str, Decimal]:
    """The money of a queue, reason by reason."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in queue:
        sums[each.reason.value] += each.amount
    return dict(sorted(sums.items()))


def propose(db: Connection, queue: Sequence[Unmatched], now: str) -> int:
    """Ask about each customer that has a record and its candidates, once; how many pairs."""
    asking = [each for each in queue if each.reason is Reason.ONLY_IN_BOOKS and each.account_id]
    wanted = {c.account_id for each in asking for c in each.candidates}
    ids = {str(each.account_id) for each in asking} | wanted
    members = identities.members_of(db, "account", sorted(ids))
    questions = [
        Question(str(books), str(crm), reviews.IN_BOOKS, {"likeness": candidate.likeness})
        for each in asking
        for candidate in each.candidates
        if (books := _first_ref(members.get(str(each.account_id), ())))
        if (crm := _first_ref(members.get(candidate.account_id, ()), beside=books.connection))
    ]
    reviews.ask(db, "account", questions, now)
    return len(questions)


def _first_ref(links: Iterable[identities.Link], beside: str = "") -> Ref | None:
    """The first of the records, of another connection where there is one."""
    refs = sorted((link.ref for link in links), key=lambda ref: (ref.connection == beside, ref))
    return next(iter(refs), None)


def _reason() -> ColumnElement[str]:
    nobody = and_(
        _SALE.c.customer_code.is_(None),
        _SALE.c.customer_name.is_(None),
        _SALE.c.corporate_number.is_(None),
    )
    has_account = _SALE.c.account_id.is_not(None)
    reasons = (
        (and_(has_account, ~OWN_CUSTOM), Reason.END_USER_NOT_GIVEN),
        (has_account, Reason.ONLY_IN_BOOKS),
        (NAMES_END_USER, Reason.END_USER_UNKNOWN),
        (nobody, Reason.NO_CUSTOMER),
    )
    whens = ((when, literal(reason.value)) for when, reason in reasons)
    return case(*whens, else_=literal(Reason.UNKNOWN.value))


def _in_a_crm() -> Select[Any]:
    """The accounts that a system without sales knows too: those somebody can act on."""
    books = select(_SALE.c.connection).distinct()
    return select(LINK.c.entity_id).where(
        LINK.c.entity == "account", LINK.c.valid_to.is_(None), LINK.c.connection.not_in(books)
    )


def _customer(row: Any) -> Unmatched:
    given = (("number", row.number), ("code", row.code), ("domain", row.domain), ("name", row.name))
    return Unmatched(
        Reason(row.reason),
        row.code,
        row.name,
        row.number,
        row.account_id,
        row.lines,
        row.amount,
        row.paid,
        tuple(what for what, value in given if not value),
    )


def _with_candidates(db: Connection, queue: list[Unmatched]) -> list[Unmatched]:
    names = _names(db)
    keys = list(names)
    known = Reason.END_USER_NOT_GIVEN
    asked = [each for each in queue if each.name and each.reason is not known][:_ASKED]
    near = {id(each): tuple(_nearest(str(each.name), keys, names)) for each in asked}
    return [replace(each, candidates=near.get(id(each), ())) for each in queue]


def _names(db: Connection) -> dict[str, tuple[str, str]]:
    """Normalized name → id and name of the accounts a CRM knows."""
    rows = db.execute(
        select(_ACCOUNT.c.id, _ACCOUNT.c.name)
        .where(_ACCOUNT.c.name.is_not(None), _ACCOUNT.c.id.in_(_in_a_crm()))
        .order_by(_ACCOUNT.c.id)
    )
    return {_key(name): (id_, name) for id_, name in rows}


def _nearest(
    name: str, keys: Sequence[str], names: dict[str, tuple[str, str]]
) -> Iterable[Candidate]:
    best = process.extract(
        _key(name), keys, scorer=fuzz.ratio, limit=_NEAREST, score_cutoff=_LIKE_PERCENT
    )
    for key, score, _ in best:
        id_, said = names[key]
        yield Candidate(id_, said, round(score / 100, 2))


def _key(name: str) -> str:
    try:
        return str(company_key(name) or name)
    except ValueError:
        return name
