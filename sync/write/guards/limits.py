"""How many records a group may create, overwrite and delete: too much is often a mistake."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from staging import identities
from staging.write.plans import Change
from sync.write.guards.group import Group, Limits
from sync.write.guards.sentence import CREATES, DELETES, OVERWRITES, Sentence, Words
from sync.write.intent import OURS
from sync.write.risk import Risk


def beyond(
    db: Connection, group: Group, limits: Limits, changes: Sequence[Change]
) -> Iterator[Sentence]:
    """Every limit on records that these changes of a group go beyond."""
    guards = limits.guards
    creates, deletes = _records(changes, Risk.CREATE), _records(changes, Risk.DELETE)
    if creates > guards.max_creates:
        yield _too_many(CREATES, group, creates, guards.max_creates, limits.place("max_creates"))
    if deletes > guards.max_deletes:
        yield _too_many(DELETES, group, deletes, guards.max_deletes, limits.place("max_deletes"))
    yield from _overwrites(db, group, limits, _records(changes, Risk.OVERWRITE))


def _records(changes: Sequence[Change], risk: Risk) -> int:
    """How many records; not those where only what we left there ourselves is written over."""
    return len({c.write_id for c in changes if c.risk == risk and OURS not in c.cause})


def _too_many(words: Words, group: Group, n: int, allowed: int, place: str) -> Sentence:
    return Sentence(words, {"to": group.target, "n": n, "allowed": allowed, "place": place})


def _overwrites(db: Connection, group: Group, limits: Limits, n: int) -> Iterator[Sentence]:
    """Records whose values are replaced, against all that are linked on that side."""
    allowed = limits.guards.max_overwrite_percent
    linked = identities.linked(db, group.connection, group.object) if n and allowed < 100 else 0
    share = 100 * n / linked if linked else 0.0
    if share > allowed:
        values = {"to": group.target, "n": n, "linked": linked, "share": share}
        place = limits.place("max_overwrite_percent")
        yield Sentence(OVERWRITES, {**values, "allowed": allowed, "place": place})
