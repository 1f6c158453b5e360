"""What the store knows about browsers: read for those that changed and those their links reach.

Events that name nobody are never read here; one index holds those that do.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, func, or_, select

from config.document import Identity
from mappings.links import ToKey
from staging.bulk import chunks
from staging.tables.entities import ENTITY_TABLES, TELLING
from staging.tables.identity import VISITOR_LINK
from sync.identity.pointers import meanings
from sync.identity.visitors.robots import is_robot
from sync.identity.visitors.spans import BOT, STAFF, Clue, People, Span, Told
from tasuki.values import instant, stamp

_EVENT: Final = ENTITY_TABLES["engagement"]
_MINUTE: Final = timedelta(minutes=1)
_RANGES: Final = 100


@dataclass(frozen=True, slots=True)
class Around:
    """The browsers to decide about, and what is told in these and in those beside them."""

    affected: Collection[str]
    told: Mapping[str, Told]


def around(db: Connection, dirty: Iterable[str], recipients: Iterable[str]) -> Around:
    """The changed browsers, and every browser that opened a link made for the same people."""
    changed = set(dirty)
    told = read(db, changed)
    reached = _who_opened(db, {*recipients, *_recipients(told)})
    told |= read(db, reached - told.keys())
    beside = _who_opened(db, _recipients(told))
    told |= read(db, beside - told.keys())
    return Around(changed | reached, told)


def read(db: Connection, visitors: Iterable[str]) -> dict[str, Told]:
    """What the events of these browsers tell."""
    clues: dict[str, set[Clue]] = {visitor: set() for visitor in visitors}
    refused: dict[str, str] = {}
    for chunk in chunks(sorted(clues)):
        for row in db.execute(_telling(chunk)):
            clues[row.visitor].update(_clues(row))
            if row.consent is False:
                refused[row.visitor] = max(refused.get(row.visitor, ""), row.occurred_at)
    renewed = _renewed(db, refused)
    return {
        visitor: Told(tuple(sorted(found)), refused.get(visitor), renewed.get(visitor))
        for visitor, found in clues.items()
    }


def _telling(visitors: Sequence[str]) -> Any:
    columns = (_EVENT.c.visitor, _EVENT.c.occurred_at, _EVENT.c.email, _EVENT.c.recipient)
    more = (_EVENT.c.consent, _EVENT.c.user_agent, _EVENT.c.filtered)
    timed = _EVENT.c.occurred_at.is_not(None)
    return select(*columns, *more).where(_EVENT.c.visitor.in_(visitors), TELLING, timed)


def _clues(row: Row[Any]) -> Iterable[Clue]:
    """Whom an event names; what a robot says names nobody."""
    if row.filtered or is_robot(row.user_agent):
        return
    if row.email:
        yield Clue(row.occurred_at, is_click=False, email=row.email)
    if row.recipient:
        yield Clue(row.occurred_at, is_click=True, email=row.recipient)


def _renewed(db: Connection, refused: Iterable[str]) -> dict[str, str]:
    """When consent was given again after it was last refused."""
    found: dict[str, str] = {}
    for chunk in chunks(sorted(refused)):
        last = (
            select(_EVENT.c.visitor, func.max(_EVENT.c.occurred_at).label("at"))
            .where(_EVENT.c.visitor.in_(chunk), TELLING, _EVENT.c.consent.is_(False))
            .group_by(_EVENT.c.visitor)
            .subquery()
        )
        later = (_EVENT.c.visitor == last.c.visitor) & (_EVENT.c.occurred_at > last.c.at)
        rows = db.execute(
            select(_EVENT.c.visitor, func.min(_EVENT.c.occurred_at))
            .select_from(last.join(_EVENT, later))
            .where(_EVENT.c.consent.is_(True))
            .group_by(_EVENT.c.visitor)
        )
        found |= dict(rows.all())
    return found


def _recipients(told: Mapping[str, Told]) -> set[str]:
    return {clue.email for each in told.values() for clue in each.clicks()}


def _who_opened(db: Connection, recipients: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for chunk in chunks(sorted(recipients)):
        opened = (_EVENT.c.recipient.in_(chunk), _EVENT.c.visitor.is_not(None))
        found.update(db.scalars(select(_EVENT.c.visitor).where(*opened).distinct()))
    return found


def people(db: Connection, identity: Identity, emails: Iterable[str]) -> People:
    """Who is behind these addresses, and which of them are our own people's."""
    asked = set(emails)
    known = meanings(db, "person", [ToKey("person", "email", each) for each in sorted(asked)])
    users = meanings(db, "user_", [ToKey("user_", "email", each) for each in sorted(asked)])
    ids = {key.value: id_ for key, id_ in known.items() if isinstance(key, ToKey)}
    ours = {key.value for key in users if isinstance(key, ToKey)}
    return People(ids, ours | {each for each in asked if is_ours(identity, each)})


def is_ours(identity: Identity, email: str) -> bool:
    """Whether an address is our own company's by its domain, or one that we test with."""
    host = email.rpartition("@")[2]
    domains = {host, *(host[place + 1 :] for place, mark in enumerate(host) if mark == ".")}
    return email in identity.own_emails or not domains.isdisjoint(identity.own_domains)


def emails(told: Mapping[str, Told]) -> set[str]:
    """Every address that is named."""
    return {clue.email for each in told.values() for clue in each.clues}


def known(db: Connection, visitors: Iterable[str]) -> dict[str, tuple[Span, ...]]:
    """The spans of these browsers as they were last decided."""
    found: dict[str, list[Span]] = defaultdict(list)
    table = VISITOR_LINK
    for chunk in chunks(sorted(visitors)):
        query = select(table).where(table.c.visitor.in_(chunk))
        for row in db.execute(query.order_by(table.c.visitor, table.c.valid_from)):
            span = Span(row.valid_from, row.person_id, row.rule, row.state, row.claimant_id)
            found[row.visitor].append(span)
    return {visitor: tuple(each) for visitor, each in found.items()}


def judged(
    db: Connection,
    identity: Identity,
    found: Around,
    before: Mapping[str, Sequence[Span]],
    doubted: Collection[str],
) -> dict[str, Told]:
    """What is told, with the browsers marked that are our own, or a robot's by their speed."""
    told = dict(found.told)
    ask = {
        v for v in found.affected if v in doubted or any(s.state == BOT for s in before.get(v, ()))
    }
    for visitor in too_fast(db, ask, identity.most_views_per_minute):
        told[visitor] = replace(told[visitor], state=BOT)
    for visitor in found.affected:
        if is_our_browser(identity, visitor):
            told[visitor] = replace(told[visitor], state=STAFF)
    return told


def is_our_browser(identity: Identity, visitor: str) -> bool:
    """Whether the project names this browser as one of its own."""
    return not {visitor, visitor.partition("/")[2]}.isdisjoint(identity.own_cookies)


def too_fast(db: Connection, visitors: Iterable[str], most: int) -> set[str]:
    """The browsers with more events in one minute than anybody reads. Reads all their events."""
    found: set[str] = set()
    for chunk in chunks(sorted(visitors)):
        moments: dict[str, list[str]] = defaultdict(list)
        query = select(_EVENT.c.visitor, _EVENT.c.occurred_at).where(_EVENT.c.visitor.in_(chunk))
        timed = query.where(_EVENT.c.occurred_at.is_not(None))
        for visitor, at in db.execute(timed.order_by(_EVENT.c.visitor, _EVENT.c.occurred_at)):
            moments[visitor].append(at)
        found.update(visitor for visitor, each in moments.items() if is_too_fast(each, most))
    return found


def is_too_fast(moments: Sequence[str], most: int) -> bool:
    """Whether any minute holds more than so many of these instants, oldest first."""
    pairs = zip(moments, moments[most:], strict=False)
    return any(instant(last) - instant(first) < _MINUTE for first, last in pairs)


def fast(db: Connection, events: Sequence[str], most: int) -> set[str]:
    """The browsers that one of these events shows to be too fast.

    Reads what lies within a minute of events that have company, whatever the browser's size.
    """
    found: set[str] = set()
    crowded = [
        (visitor, since, until)
        for visitor, moments in _crowded(db, events, most).items()
        for since, until in _ranges(moments)
    ]
    for place in range(0, len(crowded), _RANGES):
        moments: dict[str, list[str]] = defaultdict(list)
        mine = _EVENT.c.visitor
        near = [
            and_(mine == visitor, _EVENT.c.occurred_at >= since, _EVENT.c.occurred_at <= until)
            for visitor, since, until in crowded[place : place + _RANGES]
        ]
        for visitor, at in db.execute(select(mine, _EVENT.c.occurred_at).where(or_(*near))):
            moments[visitor].append(at)
        found.update(v for v, each in moments.items() if is_too_fast(sorted(each), most))
    return found


def _crowded(db: Connection, events: Sequence[str], most: int) -> dict[str, list[str]]:
    """The instants of these events beside which, on one side, half a minute's worth of others lies.

    A minute that holds too many holds half of them before or after each of its events.
    """
    near = _EVENT.alias("near")
    mine = near.c.visitor == _EVENT.c.visitor
    at, when, half = near.c.occurred_at, _EVENT.c.occurred_at, max(most // 2, 1)
    later = select(at).where(mine, at >= when).order_by(at).limit(1).offset(half)
    earlier = select(at).where(mine, at <= when).order_by(at.desc()).limit(1).offset(half)
    found: dict[str, list[str]] = defaultdict(list)
    for chunk in chunks(events):
        sides = (later.scalar_subquery().label("later"), earlier.scalar_subquery().label("earlier"))
        query = select(_EVENT.c.visitor, when.label("at"), *sides).where(_EVENT.c.id.in_(chunk))
        for row in db.execute(query.where(when.is_not(None))):
            ends = [(row.at, row.later), (row.earlier, row.at)]
            if any(a and b and instant(b) - instant(a) < _MINUTE for a, b in ends):
                found[row.visitor].append(row.at)
    return found


def _ranges(moments: Iterable[str]) -> Iterable[tuple[str, str]]:
    """A minute around each of these instants, joined where they overlap."""
    since = until = None
    for at in sorted(map(instant, moments)):
        if until is not None and since is not None and at - _MINUTE > until:
            yield stamp(since), stamp(until)
            since = None
        since, until = since or at - _MINUTE, at + _MINUTE
    if since is not None and until is not None:
        yield stamp(since), stamp(until)
