"""Deleted rows leave their bytes in a database's file until it is packed anew."""

import sqlite3
from contextlib import closing

from staging.engine import Store


def compact(store: Store) -> bool:
    """Rewrite an SQLite file without what was deleted; elsewhere the database's own VACUUM does it.

    It takes the time of copying the file. False also while others read or write on and on: what was
    deleted then leaves the file's log with their next checkpoint.
    """
    if store.engine.dialect.name != "sqlite":
        return False
    with closing(store.engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
        try:
            cursor.execute("VACUUM")
        except sqlite3.OperationalError:  # the store is held: the next erasure packs it
            return False
        held, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not held
