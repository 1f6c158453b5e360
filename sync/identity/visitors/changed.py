"""Which browsers must be looked at again, once events came, changed or went."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from config.document import Identity
from staging import queue, records
from staging.tables.entities import ENTITY_TABLES
from sync.context import Tools
from tasuki.values import digest

VISITOR: Final = "visitor"
"""Browsers in which what is told changed; id is the visitor."""
RECIPIENT: Final = "recipient"
"""People whose links were opened, or no longer were; id is the address."""
EVENT: Final = "event"
"""Events to be placed; id is the row's."""
FAST: Final = "fast"
"""Browsers that may be faster than anybody reads; id is the visitor."""
_EVENT: Final = ENTITY_TABLES["engagement"]
_RULES: Final = {
    "own_domains", "own_emails", "own_cookies", "most_views_per_minute", "linked_domains",
}  # fmt: skip
_TELLING: Final = (
    "visitor",
    "occurred_at",
    "email",
    "recipient",
    "consent",
    "user_agent",
    "filtered",
)


def browser(identity: Identity, connection: str, issuer: str | None, cookie: str) -> str:
    """A visitor's name: who issued the cookie, and the cookie.

    One cookie id under two domains is one browser only where the project says on what basis.
    """
    home = next((g.domains[0] for g in identity.linked_domains if issuer in g.domains), issuer)
    return f"{home or connection}/{cookie}"


def noticed(identity: Identity, row: dict[str, Any]) -> dict[str, Any]:
    """An event as it is kept until it is placed: with its system's word on whose it is."""
    visitor = row["visitor"] and browser(identity, row["connection"], row["issuer"], row["visitor"])
    said = {"said_person_id": row["person_id"], "ignored": None}
    return {**row, **said, "visitor": visitor}


def reads_otherwise(db: Connection, tools: Tools) -> bool:
    """Whether the project's words about browsers are others than last time; then all are doubted.

    From now on these are the known ones.
    """
    said = tools.project.identity.model_dump(include=_RULES)
    plain = {name: sorted(v) if isinstance(v, frozenset) else v for name, v in said.items()}
    of = ("identity", "visitors", "rules")
    if not records.note_version(db, of, digest(plain), tools.run, tools.now()):
        return False
    visitors = select(_EVENT.c.visitor).where(_EVENT.c.visitor.is_not(None)).distinct()
    queue.mark(db, queue.ATTRIBUTE, FAST, list(db.scalars(visitors)))
    return True


def mark(
    db: Connection,
    before: Mapping[str, Mapping[str, Any]],
    after: Iterable[Mapping[str, Any]],
) -> None:
    """Leave events, and what they tell of browsers, for those who say whose they are."""
    fresh = {row["id"]: row for row in after}
    queue.mark(db, queue.ATTRIBUTE, EVENT, list(fresh))
    told = [row for row in (*before.values(), *fresh.values()) if _tells(row)]
    told += [row for id_, row in before.items() if _moved(row, fresh.get(id_))]
    visitors = {row["visitor"] for row in told if row["visitor"]}
    recipients = {row["recipient"] for row in told if row["visitor"] and row["recipient"]}
    queue.mark(db, queue.ATTRIBUTE, VISITOR, sorted(visitors))
    queue.mark(db, queue.ATTRIBUTE, RECIPIENT, sorted(recipients))


def _tells(row: Mapping[str, Any]) -> bool:
    return bool(row["email"] or row["recipient"]) or row["consent"] is False


def _moved(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> bool:
    """Whether an event that was there is gone, or says something else."""
    return after is None or any(before[name] != after[name] for name in _TELLING)
