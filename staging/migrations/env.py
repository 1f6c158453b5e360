"""Alembic's entry: always online, always inside the caller's transaction."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import Float, Numeric, Text

from staging.tables import decisions, entities, identity, operating, staged, writes
from staging.tables.columns import METADATA, Document

ROOMS = (decisions, entities, identity, operating, staged, writes)


def spelled(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """The column kinds that differ by engine, by the names every migration declares itself."""
    if kind == "type" and isinstance(item, Document):
        return "DOCUMENT"
    if kind == "type" and isinstance(item, Numeric) and not isinstance(item, Float):
        return "NUMBER"
    if kind == "type" and isinstance(item, Text):
        return "STRING"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    render_item=spelled,
    transactional_ddl=True,
)
context.run_migrations()
