"""What the account does after a write: companies from e-mail domains, stages from deals."""

from collections.abc import Callable, Mapping
from typing import Final

import orjson

from sandbox.hubspot.crm.linking import link
from sandbox.hubspot.data.kinds import kind_in, kind_of
from sandbox.hubspot.data.records import read
from sandbox.hubspot.data.writes import Author, create, update
from sandbox.hubspot.habits.due import COMPANY, STAGE, take
from sandbox.hubspot.settings import settings
from sandbox.state import State

_FREE_MAIL: Final = frozenset({"gmail.com", "yahoo.co.jp", "outlook.com", "icloud.com"})
_PRIMARY_COMPANY: Final = 1
_AUTHOR: Final = Author("AUTOMATION_PLATFORM", "enrollmentId")


def run(state: State) -> None:
    """Do everything that is due by the sandbox's clock."""
    if state.db.execute("SELECT 1 FROM hs_due LIMIT 1").fetchone() is None:
        return
    with state.transaction():
        for what, type, id in take(state):
            values = _values(state, type, id)
            if values is not None:
                _WORK[what](state, id, values)


def _values(state: State, type: str, id: int) -> dict[str, str] | None:
    row = read(state, kind_in(state, type), str(id))
    if row is None:
        return None
    found: dict[str, str] = orjson.loads(row[5])
    return found


def _company(state: State, id: int, values: Mapping[str, str]) -> None:
    """Associate the contact with the company of its domain, making it when there is none."""
    domain = _domain(values)
    if not domain or domain in settings(state).excluded_domains or "associatedcompanyid" in values:
        return
    contacts, companies = kind_of("contacts"), kind_of("companies")
    found = state.db.execute(
        "SELECT id FROM hs_record WHERE type = ? AND archived = 0 "
        "AND json_extract(properties, '$.domain') = ? ORDER BY id LIMIT 1",
        (companies.id, domain),
    ).fetchone()
    company = found or create(state, companies, {"domain": domain, "name": domain}, _AUTHOR)
    link(state, contacts, id, companies, company[0], _PRIMARY_COMPANY)


def _domain(values: Mapping[str, str]) -> str:
    """The domain of the address; of the website when the address is a free one."""
    domain = values.get("email", "").rpartition("@")[2]
    if domain and domain not in _FREE_MAIL:
        return domain
    site = values.get("website", "").partition("//")[2] or values.get("website", "")
    return site.partition("/")[0].removeprefix("www.").lower()


def _stage(state: State, id: int, values: Mapping[str, str]) -> None:
    """A deal makes its people and companies an opportunity, won a customer; never less."""
    stage = "customer" if values.get("hs_is_closed_won") == "true" else "opportunity"
    for name in ("contacts", "companies"):
        kind = kind_of(name)
        rows = state.db.execute(
            "SELECT DISTINCT to_id FROM hs_association WHERE from_type = ? AND from_id = ? "
            "AND to_type = ?",
            (kind_of("deals").id, id, kind.id),
        ).fetchall()
        for (other,) in rows:
            row = read(state, kind, str(other))
            if row is not None:
                update(state, kind, row, {"lifecyclestage": stage}, _AUTHOR)


_WORK: Final[Mapping[str, Callable[[State, int, Mapping[str, str]], None]]] = {
    COMPANY: _company,
    STAGE: _stage,
}
