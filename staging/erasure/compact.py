"""Deleted rows leave their bytes in a database's file until it is packed anew."""

from contextlib import closing

from staging.engine import Store


def compact(store: Store) -> bool:
    """Rewrite an SQLite file without what was deleted; elsewhere the database's own VACUUM does it.

    It takes the time of copying the file, and nobody may be writing.
    """
    if store.engine.dialect.name != "sqlite":
        return False
    with closing(store.engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return True
