"""Conflicts and reviews: what waits for a person's word, and what was said, a page at a time."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from console.access.permission import May
from console.page import Action, Next, Page
from console.pages import paging
from console.pages.paging import Pages
from console.visit import Visit
from tasuki.service.deciding import conflicts, names, reviews
from tasuki.service.deciding.conflicts import ConflictView
from tasuki.service.deciding.reviews import ReviewView
from tasuki.service.writing import rivals
from tasuki.values import Json

_SHOWN: Final = 10
_REVIEWS: Final = {"open": ("open",), "decided": ("accepted", "rejected"), "closed": ("settled",)}
_CONFLICTS: Final = {
    "open": ("open",),
    "decided": ("decided",),
    "closed": ("resolved", "overtaken"),
}
STATES: Final = tuple(_REVIEWS)
"""Waits for a person; a person said; the records themselves answered it."""
Tally = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Decisions:
    """Both lists under the facets of the address."""

    state: str
    states: tuple[tuple[str, int], ...]
    """Each state with how many items are in it."""
    entity: str
    entities: tuple[tuple[str, int], ...]
    """Each entity that has any in this state, with how many."""
    reviews: tuple[ReviewView, ...]
    review_pages: Pages
    conflicts: tuple[ConflictView, ...]
    conflict_pages: Pages
    names: Mapping[str, str]
    """What the entities are called that disputed fields point at."""
    living: frozenset[str]
    """The entities of these items that are in the store, as `entity/id`."""
    rivals: int
    """Fields that are left alone since somebody sets them back."""


def _list(visit: Visit) -> Decisions:
    state, entity = visit.query.get("state", ""), visit.query.get("entity", "")
    state = state if state in STATES else STATES[0]
    asked, disputed = reviews.tally(visit.app), conflicts.tally(visit.app)
    both = _by_entity(asked, _REVIEWS[state]) + _by_entity(disputed, _CONFLICTS[state])
    first = _pages(visit, "reviews", asked, _REVIEWS[state], entity)
    second = _pages(visit, "conflicts", disputed, _CONFLICTS[state], entity)
    found = conflicts.part(visit.app, _CONFLICTS[state], entity, limit=_SHOWN, skip=second.skipped)
    doubted = reviews.part(visit.app, _REVIEWS[state], entity, limit=_SHOWN, skip=first.skipped)
    return Decisions(
        state=state,
        states=tuple(
            (s, _many(asked, _REVIEWS[s]) + _many(disputed, _CONFLICTS[s])) for s in STATES
        ),
        entity=entity,
        entities=tuple(sorted(both.items())),
        reviews=doubted,
        review_pages=first,
        conflicts=found,
        conflict_pages=second,
        names=names.pointed_at(visit.app, _values(found)),
        living=names.living(visit.app, _homes(doubted, found)),
        rivals=len(rivals.fields(visit.app)),
    )


def _values(found: Sequence[ConflictView]) -> Iterator[tuple[str, str, Json]]:
    for each in found:
        for value in (each.value, *(c.value for c in each.candidates)):
            yield each.entity, each.field, value


def _homes(
    doubted: Sequence[ReviewView], found: Sequence[ConflictView]
) -> Iterator[tuple[str, str]]:
    for each in doubted:
        yield from ((each.entity, id_) for id_ in (each.left_id, each.right_id) if id_)
    yield from ((each.entity, each.entity_id) for each in found)


def _by_entity(tally: Tally, states: Sequence[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (entity, state), many in tally.items():
        if state in states:
            found[entity] += many
    return found


def _many(tally: Tally, states: Sequence[str], entity: str = "") -> int:
    found = _by_entity(tally, states)
    return found[entity] if entity else found.total()


def _pages(visit: Visit, name: str, tally: Tally, states: Sequence[str], entity: str) -> Pages:
    return paging.asked(visit, name, _many(tally, states, entity), _SHOWN)


# ── what a person says ──


def _accept(visit: Visit) -> Next:
    reviews.accept(visit.app, visit.params["review_id"], visit.who.login, _reason(visit))
    return _said(visit, "accepted")


def _reject(visit: Visit) -> Next:
    reviews.reject(visit.app, visit.params["review_id"], visit.who.login, _reason(visit))
    return _said(visit, "rejected")


def _resolve(visit: Visit) -> Next:
    id_, take = visit.params["conflict_id"], visit.form.get("take", "")
    value = None if take else visit.form.get("value", "")
    conflicts.resolve(
        visit.app, id_, visit.who.login, take=take, value=value, reason=_reason(visit)
    )
    return _said(visit, "decided")


def _reopen(visit: Visit) -> Next:
    conflicts.reopen(visit.app, visit.params["conflict_id"], visit.who.login, _reason(visit))
    return _said(visit, "reopened")


def _reason(visit: Visit) -> str:
    return visit.form.get("reason", "").strip()


def _said(visit: Visit, what: str) -> Next:
    """Back to where the person was, with the facets they had chosen."""
    return Next(f"/decisions?{urlencode({**visit.query, 'done': what})}")


PAGES = (Page("/decisions", "decisions.html", _list),)
ACTIONS = (
    Action("/decisions/reviews/{review_id}/accept", _accept, May.DECIDE_REVIEW),
    Action("/decisions/reviews/{review_id}/reject", _reject, May.DECIDE_REVIEW),
    Action("/decisions/conflicts/{conflict_id}/resolve", _resolve, May.RESOLVE_CONFLICT),
    Action("/decisions/conflicts/{conflict_id}/reopen", _reopen, May.RESOLVE_CONFLICT),
)
