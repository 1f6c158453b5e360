"""Which people of which accounts a branch reaches: chosen, with consent, and findable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from playbook.book import Playbook
from playbook.query import Query
from playbook.rules import Scenario
from staging import identities
from staging.bulk import chunks
from staging.tables.entities import ENTITY_TABLES
from sync.context import Tools

_PERSON: Final = ENTITY_TABLES["person"]
_CONTACT: Final = ("hubspot", "contacts")


@dataclass(frozen=True, slots=True)
class Reached:
    """One person a list branch reaches, with the contact that goes on the list."""

    account: str
    person: str
    contact: str


def reached(
    db: Connection,
    tools: Tools,
    book: Playbook,
    scenario: Scenario,
    branch: str,
    accounts: Sequence[str],
) -> list[Reached]:
    """The people of these accounts that the branch puts on its list.

    Nobody who opted out, nobody HubSpot does not know; a person with several contacts goes once.
    """
    return _findable(db, tools, book, scenario, branch, accounts, agreed=True)


def withheld(
    db: Connection,
    tools: Tools,
    book: Playbook,
    scenario: Scenario,
    branch: str,
    accounts: Sequence[str],
) -> list[Reached]:
    """The people that the branch would put on its list, had they not opted out."""
    if scenario.says.consent != "email":
        return []
    return _findable(db, tools, book, scenario, branch, accounts, agreed=False)


def _findable(
    db: Connection,
    tools: Tools,
    book: Playbook,
    scenario: Scenario,
    branch: str,
    accounts: Sequence[str],
    *,
    agreed: bool,
) -> list[Reached]:
    """Those the branch chooses, with or without consent, that HubSpot knows."""
    query = Query("person", book, tools)
    chosen = [query.where(scenario.people[branch])]
    if scenario.says.consent == "email":
        opted_out = _PERSON.c.opted_out.is_(True)
        chosen.append(_PERSON.c.opted_out.is_not(True) if agreed else opted_out)
    found: list[tuple[str, str]] = []
    for chunk in chunks(accounts):
        rows = query.rows(
            db, {"account": _PERSON.c.account_id}, *chosen, _PERSON.c.account_id.in_(chunk)
        )
        found += [(row.account, row.id) for row in rows]
    contacts = _contacts(db, [person for _, person in found])
    return [Reached(a, p, contacts[p]) for a, p in found if p in contacts]


def _contacts(db: Connection, people: Sequence[str]) -> dict[str, str]:
    members = identities.members_of(db, "person", people)
    return {
        person: min((x.id for x in links if (x.connection, x.object) == _CONTACT), key=_oldest)
        for person, links in members.items()
        if any((x.connection, x.object) == _CONTACT for x in links)
    }


def _oldest(id: str) -> tuple[int, str]:
    return len(id), id


def owners(db: Connection, accounts: Sequence[str]) -> Mapping[str, str | None]:
    """The owner of each account."""
    table = ENTITY_TABLES["account"]
    found: dict[str, str | None] = {}
    for chunk in chunks(accounts):
        rows = db.execute(select(table.c.id, table.c.owner_id).where(table.c.id.in_(chunk)))
        found |= dict(rows.all())
    return found
