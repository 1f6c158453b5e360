"""Tags page views and forms with product and journey stage, so that a visit says what it is about."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, literal, update

from playbook.book import Playbook
from playbook.documents import Page
from staging.tables.entities import ENTITY_TABLES

_EVENT: Final = ENTITY_TABLES["engagement"]
UNTAGGED: Final = "-"
"""The topic of an address that no rule knows."""


def tag(db: Connection, playbook: Playbook) -> int:
    """Tag the events that no rule has looked at yet; how many."""
    pages = [page for interest in playbook.interests for page in interest.pages]
    done = db.execute(
        update(_EVENT)
        .where(_EVENT.c.topic.is_(None), _EVENT.c.url.is_not(None))
        .values(
            topic=_first(pages, "url", UNTAGGED),
            product=_first(pages, "product", None),
            interest_stage=_first(pages, "stage", None),
        )
    )
    return done.rowcount


def _first(pages: list[Page], attribute: str, otherwise: str | None) -> ColumnElement[Any] | None:
    whens = [(_matches(page), getattr(page, attribute)) for page in pages]
    return case(*whens, else_=otherwise) if whens else _literal(otherwise)


def _literal(value: str | None) -> ColumnElement[Any] | None:
    return None if value is None else literal(value)


def _matches(page: Page) -> ColumnElement[bool]:
    pattern = page.url.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return _EVENT.c.url.like(f"%{pattern.replace('*', '%')}%", escape="\\")
