"""Who a visitor is: cookies become prospects, old visits with them; leads become contacts.

Once a visitor is tied to a prospect, its earlier visits and activities are too. That moves the
stamps of the visitor and of its visits, and those of no activity or page view.
"""

from typing import Final

from sandbox.account_engagement.faults import missing
from sandbox.account_engagement.store import change, having, read
from sandbox.state import State

_CONVERTED: Final = """
    SELECT p.id, l.ConvertedContactId, l.ConvertedAccountId
    FROM ae_row AS p JOIN sf_Lead AS l ON l.Id = json_extract(p.fields, '$.salesforceLeadId')
    WHERE p.object = 'prospects' AND json_extract(p.fields, '$.salesforceContactId') IS NULL
    AND json_extract(p.fields, '$.salesforceLeadId') IS NOT NULL
    AND l.ConvertedContactId IS NOT NULL
"""


def identify(state: State, visitor: int, prospect: int) -> None:
    """Tie a visitor to a prospect: a form, a tracked click, or somebody's decision."""
    found, person = read(state, "visitors", visitor), read(state, "prospects", prospect)
    if found is None:
        raise missing(f"visitors {visitor}")
    if person is None or person.deleted:
        raise missing(f"prospects {prospect}")
    before = found.value("prospectId")
    owner = {"prospectId": prospect}
    with state.transaction():
        change(state, "visitors", visitor, {**owner, "isIdentified": True})
        if before is not None:
            return  # a shared browser: what was done before stays with the first
        for object in ("visits", "visitor-activities"):
            for id in having(state, object, "visitorId", visitor):
                row = read(state, object, id)
                if row is not None and row.value("prospectId") is None:
                    change(state, object, id, owner, stamped=object == "visits")


def follow_conversions(state: State) -> None:
    """What the Salesforce connector of the product does: a converted lead's prospect follows."""
    for id, contact, account in state.db.execute(_CONVERTED).fetchall():
        ids = {"salesforceContactId": contact, "salesforceAccountId": account}
        change(state, "prospects", id, {**ids, "salesforceId": contact})
