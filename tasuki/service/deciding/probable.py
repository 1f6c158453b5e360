"""A bulk clean-up: entities that are probably one, left as reviews for a person."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from config.nearest import did_you_mean
from staging import identities
from staging.identity import reviews, rulings
from staging.identity.reviews import Question
from staging.tables.entities import ENTITY_TABLES
from sync.identity.probable import MODELS, Pair, Row, probable
from tasuki.errors import UnknownRecordError
from tasuki.service.app import App


def find(app: App, entity: str, least: float, limit: int) -> int:
    """Ask about the surest pairs of an entity; how many.

    A person is asked once: what was decided stays so. Nothing is linked here.
    Errors: UnknownRecordError; ConfigError when the extra is not installed.
    """
    if entity not in MODELS:
        raise UnknownRecordError(
            f"there is no search for duplicates among `{entity}`",
            why="what its fields say about who is who is not known",
            remedy=did_you_mean(entity, MODELS, "Name another."),
        )
    with app.store.reading() as db:
        rows = _rows(db, entity)
    pairs = probable(entity, rows, least)[:limit]
    with app.store.writing() as db:
        questions = _questions(db, entity, pairs)
        reviews.ask(db, entity, questions, app.tools.now())
    return len(questions)


def _rows(db: Connection, entity: str) -> list[Row]:
    table, model = ENTITY_TABLES[entity], MODELS[entity]
    wanted = ("id", *model.names, *model.exact, *model.veto)
    return [dict(row) for row in db.execute(select(*(table.c[n] for n in wanted))).mappings()]


def _questions(db: Connection, entity: str, pairs: Sequence[Pair]) -> list[Question]:
    """One question for each pair, about the first record of either; none a person answered."""
    ids = sorted({id_ for pair in pairs for id_ in (pair.left, pair.right)})
    members = identities.members_of(db, entity, ids)
    first = {id_: min(str(link.ref) for link in links) for id_, links in members.items() if links}
    home = {str(link.ref): id_ for id_, links in members.items() for link in links}
    ruled = {
        frozenset((home.get(each.left), home.get(each.right)))
        for each in rulings.about(db, entity, sorted(home))
    }
    return [
        _question(first[pair.left], first[pair.right], pair)
        for pair in pairs
        if {pair.left, pair.right} <= first.keys()
        and frozenset((pair.left, pair.right)) not in ruled
    ]


def _question(one: str, other: str, pair: Pair) -> Question:
    left, right = sorted((one, other))
    said = {"share": list(pair.share), "differ": list(pair.differ)}
    return Question(
        left, right, reviews.PROBABLE, {**said, "likeness": {"together": pair.probability}}
    )
