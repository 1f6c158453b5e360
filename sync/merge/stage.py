"""In whose hands an entity is: the team of its need, as the last decide stored it.

An opportunity asks its own need, else its account's; a person likewise; an account its own. Of
several active needs the one furthest along the ladder counts, among equals the newest.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from mappings.spec import Mapping as RecordMapping
from mappings.spec import Rule
from staging import queue
from staging.bulk import chunks
from staging.tables.entities import ENTITY_TABLES
from sync.context import Tools

_NEED: Final = ENTITY_TABLES["need"]
_OWN: Final = {"account": "account_id", "person": "person_id", "opportunity": "opportunity_id"}
"""Entity → the field by which a need names it."""


def follows_stage(mappings: Iterable[RecordMapping], entity: str) -> bool:
    """Whether a field of the entity belongs to whoever holds it."""
    return any(
        rule.policy.rule is Rule.OWNER_BY_STAGE
        for mapping in mappings
        if mapping.entity.name == entity
        for rule in mapping.fields.values()
    )


def teams(db: Connection, entity: str, accounts: Mapping[str, str | None]) -> dict[str, str]:
    """The team that holds each of these entities (id → its account), where one does."""
    if entity not in _OWN:
        return {}
    own = _furthest(db, _OWN[entity], accounts)
    if entity == "account":
        return own
    others = {account for id_, account in accounts.items() if account and id_ not in own}
    of_account = _furthest(db, _OWN["account"], others)
    theirs = {
        id_: of_account[account]
        for id_, account in accounts.items()
        if account and account in of_account
    }
    return theirs | own


def follow(db: Connection, tools: Tools, needs: Iterable[Mapping[str, Any]]) -> None:
    """These needs are in other hands now: whatever they are about is merged again."""
    touched = list(needs)
    accounts = {need["account_id"] for need in touched if need["account_id"]}
    for entity, name in _OWN.items():
        if not touched or not follows_stage(tools.mappings, entity):
            continue
        ids = {need[name] for need in touched if need[name]}
        if entity != "account":
            ids |= _of_accounts(db, entity, accounts)
        queue.mark(db, queue.MERGE, entity, ids)


def _furthest(db: Connection, name: str, ids: Iterable[str]) -> dict[str, str]:
    column = _NEED.c[name]
    best: dict[str, tuple[int, str, str, str]] = {}
    for chunk in chunks(ids):
        rows = db.execute(
            select(column, _NEED.c.confidence, _NEED.c.since, _NEED.c.id, _NEED.c.team).where(
                column.in_(chunk), _NEED.c.state != "closed", _NEED.c.team.is_not(None)
            )
        )
        for of, confidence, since, id_, team in rows:
            rank = (confidence or 0, since or "", id_, team)
            best[of] = max(best.get(of, rank), rank)
    return {of: team for of, (*_, team) in best.items()}


def _of_accounts(db: Connection, entity: str, accounts: Iterable[str]) -> set[str]:
    table = ENTITY_TABLES[entity]
    found: set[str] = set()
    for chunk in chunks(accounts):
        found.update(db.scalars(select(table.c.id).where(table.c.account_id.in_(chunk))))
    return found
