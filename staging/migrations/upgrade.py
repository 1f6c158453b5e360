"""Bring a store to this version's tables (Alembic; add first, remove a release later)."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from staging.migrations.regrain import regrain
from staging.migrations.trust import trust
from staging.migrations.waiting import bring_over

_SCRIPTS: Final = Path(__file__).parent


def upgrade(db: Connection) -> None:
    """Run every migration the store has not seen, in the caller's transaction."""
    config = _config()
    config.attributes["connection"] = db
    before = current(db)
    command.upgrade(config, "head")
    if before in ("0001", "0002"):
        regrain(db)
    if before in ("0001", "0002", "0003"):
        trust(db)
        bring_over(db)


def current(db: Connection) -> str | None:
    """The revision the store is at; None for an empty one."""
    return MigrationContext.configure(db).get_current_revision()


def head() -> str | None:
    """The revision this version of Tasuki needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    return config


def draft(db: Connection, message: str, revision: str) -> None:
    """Write the migration from the store as it is to the tables as they are declared."""
    config = _config()
    config.attributes["connection"] = db
    command.revision(config, message=message, rev_id=revision, autogenerate=True)
