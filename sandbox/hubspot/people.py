"""What others ask of the account from inside: how full it is, and edits as a person makes them."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.hubspot.data.definitions import ready
from sandbox.hubspot.data.kinds import kind_in, kinds_in
from sandbox.hubspot.data.records import read
from sandbox.hubspot.data.times import text
from sandbox.hubspot.data.writes import Author, update
from sandbox.hubspot.faults import Fault, not_found
from sandbox.state import State

PERSON: Final = "1001"


def counts(state: State) -> dict[str, int]:
    """How many live records each object holds, and how many events."""
    ready(state)
    with state.lock:
        rows = dict(
            state.db.execute("SELECT type, count(*) FROM hs_record WHERE archived = 0 GROUP BY 1")
        )
        others = {
            name: state.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for name, table in _OTHERS.items()
        }
    return {kind.name: rows.get(kind.id, 0) for kind in kinds_in(state)} | others


def edit(state: State, object: str, id: str, fields: Mapping[str, Any], user: str = PERSON) -> None:
    """Change a record as a person would in the product: source CRM_UI, user and time kept.

    None and `""` clear a value. Errors: ValueError with HubSpot's reason.
    """
    author = Author("CRM_UI", f"userId:{user}", user)
    given = {name: "" if value is None else text(value) for name, value in fields.items()}
    try:
        with ready(state).transaction():
            kind = kind_in(state, object)
            row = read(state, kind, id)
            if row is None:
                raise not_found(f"{object} {id} does not exist")
            update(state, kind, row, given, author)
    except Fault as fault:
        raise ValueError(str(fault)) from fault


_OTHERS: Final = {
    "owners": "hs_owner",
    "associations": "hs_association",
    "lists": "hs_list",
    "events": "hs_event",
    "email_events": "hs_email_event",
    "forms": "hs_form",
    "form_submissions": "hs_submission",
}
