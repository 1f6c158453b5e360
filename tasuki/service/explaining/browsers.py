"""Which browsers are a person's, since when, and which links made for them others opened."""

from typing import Final

from sqlalchemy import Connection, and_, func, or_, select

from staging.tables.identity import VISITOR_LINK
from tasuki.service.explaining.views import BrowserView

QUARANTINED: Final = "quarantined"
_SHOWN: Final = 20


def browsers_of(db: Connection, person: str) -> tuple[BrowserView, ...]:
    """The latest spans of browsers that are this person's, or in which their link was opened."""
    table = VISITOR_LINK
    theirs = and_(table.c.state == QUARANTINED, table.c.claimant_id == person)
    query = select(table).where(or_(table.c.person_id == person, theirs))
    rows = db.execute(query.order_by(table.c.valid_from.desc(), table.c.visitor).limit(_SHOWN))
    return tuple(
        BrowserView(
            row.visitor, row.valid_from, row.rule, row.state, row.person_id, row.claimant_id
        )
        for row in rows
    )


def browsers(db: Connection) -> dict[str, int]:
    """How many browsers there are, by whose or what they are."""
    table = VISITOR_LINK
    count = func.count(table.c.visitor.distinct())
    rows = db.execute(select(table.c.state, count).group_by(table.c.state).order_by(table.c.state))
    return dict(rows.all())
