"""Alembic's entry: always online, always inside the caller's transaction."""

from alembic import context

from staging.tables import decisions, entities, identity, operating, staged, writes
from staging.tables.columns import METADATA

ROOMS = (decisions, entities, identity, operating, staged, writes)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
