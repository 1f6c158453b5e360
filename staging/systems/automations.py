"""What fires by itself on the platforms when we write, as it was last told."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection, delete, select

from staging.bulk import upsert
from staging.tables.operating import AUTOMATION


@dataclass(frozen=True, slots=True)
class AutomationRow:
    """One automation of one object."""

    connection: str
    object: str
    kind: str
    name: str
    fires_on: Sequence[str]
    fields: Sequence[str]
    note: str
    fetched_at: str


def replace(db: Connection, connection: str, rows: Iterable[AutomationRow]) -> None:
    """What a connection tells now takes the place of what it told before."""
    db.execute(delete(AUTOMATION).where(AUTOMATION.c.connection == connection))
    upsert(db, AUTOMATION, (asdict(row) for row in rows))


def of(db: Connection, connection: str, objects: Iterable[str]) -> list[AutomationRow]:
    """The automations of these objects."""
    mine = (AUTOMATION.c.connection == connection, AUTOMATION.c.object.in_(sorted(objects)))
    rows = db.execute(_QUERY.where(*mine).order_by(AUTOMATION.c.object, AUTOMATION.c.name))
    return [AutomationRow(*row) for row in rows]


_QUERY: Final = select(*(AUTOMATION.c[name] for name in AutomationRow.__slots__))
