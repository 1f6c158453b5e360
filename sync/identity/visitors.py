"""Whose cookie it was, and when: identify moments attach a browser's events to people.

A visitor becomes a person when an e-mail is given (a form, a click). What the browser did before
its first moment belongs to that first person; a later moment of somebody else hands the browser
over, so a shared browser splits by time. What the platform itself says is taken only where no
moment is known.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, update

from mappings.links import ToKey
from staging import identities, queue
from staging.bulk import chunks, delete_where_in, upsert
from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import VISITOR_LINK
from sync.context import Runner, Step, Tools
from sync.identity.pointers import meanings
from tasuki.values import Json

_CHUNK: Final = 300
_EVENT: Final = ENTITY_TABLES["engagement"]


@dataclass(frozen=True, slots=True)
class Moment:
    """From this instant the browser was in this person's hands."""

    at: str
    person: str


def attribute(run: Runner) -> int:
    """Give the events of every changed visitor to the right person; how many moved."""
    moved, more = 0, True
    while more:
        done = run.step(ATTRIBUTE)
        moved, more = moved + done["moved"], done["more"]
    return moved


def owner_at(moments: Sequence[Moment], at: str) -> str | None:
    """Whose browser it was at an instant; moments oldest first. None when nobody is known."""
    earlier = [m for m in moments if m.at <= at]
    return (earlier[-1] if earlier else moments[0]).person if moments else None


def _keep_attribute(
    db: Connection, _tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    visitors = queue.take(db, queue.ATTRIBUTE, "visitor", _CHUNK)
    if not visitors:
        return {"moved": 0, "more": False}
    events = _events(db, visitors)
    moments = _moments(db, events)
    _keep_links(db, visitors, moments)
    living = identities.members_of(db, "person", {e.person_id for e in events if e.person_id})
    wrong = [
        (event.id, event.person_id, owner)
        for event in events
        if (owner := owner_at(moments.get(event.visitor, ()), event.occurred_at)) != event.person_id
        and (owner or event.person_id not in living)
    ]
    _move(db, wrong)
    return {"moved": len(wrong), "more": True}


def _events(db: Connection, visitors: Sequence[str]) -> list[Any]:
    columns = (_EVENT.c.id, _EVENT.c.visitor, _EVENT.c.occurred_at, _EVENT.c.email)
    found: list[Any] = []
    for chunk in chunks(visitors):
        query = select(*columns, _EVENT.c.person_id).where(_EVENT.c.visitor.in_(chunk))
        found.extend(db.execute(query))
    return found


def _moments(db: Connection, events: Iterable[Any]) -> dict[str, list[Moment]]:
    """The identify moments of each visitor, oldest first; repeated ones told once."""
    given = sorted((e.visitor, e.occurred_at, e.email) for e in events if e.email)
    keys = {email: ToKey("person", "email", email) for _, _, email in given}
    people = meanings(db, "person", keys.values())
    found: dict[str, list[Moment]] = defaultdict(list)
    for visitor, at, email in given:
        person = people.get(keys[email])
        if person and (not found[visitor] or found[visitor][-1].person != person):
            found[visitor].append(Moment(at, person))
    return {visitor: moments for visitor, moments in found.items() if moments}


def _keep_links(
    db: Connection, visitors: Sequence[str], moments: Mapping[str, Sequence[Moment]]
) -> None:
    delete_where_in(db, VISITOR_LINK, VISITOR_LINK.c.visitor, visitors)
    upsert(
        db,
        VISITOR_LINK,
        (
            {"visitor": v, "valid_from": m.at, "person_id": m.person, "rule": "identify_moment"}
            for v, found in moments.items()
            for m in found
        ),
    )


def _move(db: Connection, wrong: Sequence[tuple[str, str | None, str | None]]) -> None:
    """Give events to others; to nobody where the person they had is gone."""
    by_person: dict[str | None, list[str]] = defaultdict(list)
    for event, _, owner in wrong:
        by_person[owner].append(event)
    for owner, events in by_person.items():
        for chunk in chunks(events):
            db.execute(update(_EVENT).where(_EVENT.c.id.in_(chunk)).values(person_id=owner))
    touched = {before for _, before, _ in wrong if before} | {p for p in by_person if p}
    queue.mark(db, queue.MEASURE, "person", touched)


ATTRIBUTE: Final = Step("identify.visitors", keep=_keep_attribute)
