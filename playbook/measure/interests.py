"""Tags visits with product and journey stage, so that a visit says what it is about."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, func, null, select, update

from playbook.book import Playbook
from playbook.documents import Page
from staging import queue, records
from staging.tables.entities import ENTITY_TABLES
from sync.context import Tools
from tasuki.values import digest

_EVENT: Final = ENTITY_TABLES["engagement"]
_WAITS: Final = and_(_EVENT.c.interest.is_(None), _EVENT.c.url.is_not(None))
NO_RULE: Final = "-"
"""Marks an address that no rule knows."""


def tag(db: Connection, tools: Tools, playbook: Playbook) -> int:
    """Tag the events that these rules have not looked at yet; how many."""
    if _rules_changed(db, tools, playbook):
        _forget(db)
    pages = [(rule.name, page) for rule in playbook.interests for page in rule.pages]
    done = db.execute(
        update(_EVENT)
        .where(_WAITS)
        .values(
            interest=_first((page, name) for name, page in pages),
            product=_first((page, page.product) for _, page in pages),
            interest_stage=_first((page, page.stage) for _, page in pages),
        )
    )
    db.execute(update(_EVENT).where(_WAITS).values(interest=NO_RULE))
    return done.rowcount


def _rules_changed(db: Connection, tools: Tools, playbook: Playbook) -> bool:
    """Whether the rules are others than last time; from now on these are the known ones."""
    said = digest([interest.model_dump(mode="json") for interest in playbook.interests])
    of = ("playbook", "interest", "rules")
    return records.note_version(db, of, said, tools.run, tools.now())


def _forget(db: Connection) -> None:
    """Other rules, other meaning: every visit is looked at again and its person measured again."""
    visits = _EVENT.c.interest.is_not(None)
    people = db.scalars(select(_EVENT.c.person_id).where(visits).distinct())
    queue.mark(db, queue.MEASURE, "person", (id_ for id_ in people if id_))
    blank = {"interest": None, "product": None, "interest_stage": None}
    db.execute(update(_EVENT).where(visits).values(**blank))


def _first(pages: Iterable[tuple[Page, str | None]]) -> ColumnElement[Any]:
    """What goes with the first page that matches; null where none does."""
    whens = [(_matches(page), value) for page, value in pages]
    return case(*whens, else_=null()) if whens else null()


def _matches(page: Page) -> ColumnElement[bool]:
    """Both sides in small letters, because the engines disagree about LIKE."""
    pattern = page.url.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return func.lower(_EVENT.c.url).like(f"%{pattern.replace('*', '%')}%", escape="\\")
