"""What a person is asked about who is who: kept while in doubt, settled when data answers."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from catalog.shape import Entity
from staging import identities
from staging.identity import reviews
from staging.identity.reviews import Question
from sync.context import Tools
from sync.identity.grouping.alike import BESIDE
from sync.identity.grouping.neighbourhood import ITSELF
from sync.identity.groups import Doubt, Keys
from tasuki.values import Json, Ref


def keep(
    db: Connection,
    tools: Tools,
    entity: Entity,
    refs: Iterable[Ref],
    doubts: Iterable[Doubt],
) -> int:
    """Ask what is in doubt about these records, settle what is not any more; how many are asked."""
    found = {doubt.pair: doubt for doubt in doubts}
    asked = ask(db, tools, entity, found.values())
    still = {reviews.review_id(entity.name, *pair) for pair in found}
    reviews.settle(db, entity.name, [str(ref) for ref in refs], still, tools.now())
    return asked


def ask(db: Connection, tools: Tools, entity: Entity, doubts: Iterable[Doubt]) -> int:
    """Ask what is in doubt; how many."""
    found = list(doubts)
    named = {Ref.parse(ref) for doubt in found for ref in doubt.pair}
    keys = {str(ref): k for ref, k in identities.keys_of(db, entity.name, named).items()}
    reviews.ask(db, entity.name, (_question(doubt, keys) for doubt in found), tools.now())
    return len(found)


def _question(doubt: Doubt, keys: Mapping[str, Keys]) -> Question:
    return Question(doubt.left, doubt.right, doubt.reason, evidence(doubt, keys))


def evidence(doubt: Doubt, keys: Mapping[str, Keys]) -> dict[str, Json]:
    """What the two share and in what they differ: kinds of keys, never their values."""
    left, right = keys.get(doubt.left, {}), keys.get(doubt.right, {})
    both = sorted(k for k in left.keys() & right.keys() if k != ITSELF and BESIDE not in k)
    said: dict[str, Json] = {
        "share": [kind for kind in both if left[kind] & right[kind]],
        "differ": [kind for kind in both if not left[kind] & right[kind]],
    }
    return said | ({"likeness": dict(doubt.likeness)} if doubt.likeness else {})
