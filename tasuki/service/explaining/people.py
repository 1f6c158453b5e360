"""Who is behind a system's user id."""

from sqlalchemy import Connection

from staging import identities
from staging.labels import labels
from tasuki.values import Ref

_USERS = ("User", "owners", "users")
"""What systems call the objects of their users."""


def who(db: Connection, connection: str, by: str | None) -> str | None:
    """A person's name behind a system's user id, where we know it."""
    if not by or not connection:
        return by
    for object_ in _USERS:
        found = identities.links_of(db, "user_", [Ref(connection, object_, by)])
        for id_ in found.values():
            return labels(db, [("user_", id_)]).get(("user_", id_), by)
    return by
