"""Forms sent in from outside: the contact, its cookie, its consent and the count of conversions."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4
from weakref import WeakKeyDictionary

import orjson

from sandbox.hubspot.activity.aggregates import follow_form
from sandbox.hubspot.activity.forms import option
from sandbox.hubspot.activity.visits import Happening, happen, holder, tie
from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.consent.statuses import agree
from sandbox.hubspot.data.checks import check
from sandbox.hubspot.data.definitions import definitions
from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.data.records import identify, read
from sandbox.hubspot.data.writes import Author, create, update
from sandbox.hubspot.faults import PORTAL, Fault, not_found
from sandbox.state import State

_CONTACTS: Final = kind_of("contacts")
_SENT: Final = "e_form_submission_v2"
_MOST: Final = 50
_WINDOW: Final = 10_000
_PATIENCE: Final = 10
_BLOCK: Final = 60_000
_MONTH: Final = 31 * 86_400_000


@dataclass(slots=True)
class _Door:
    """The unauthenticated submissions of the last seconds, and who was told to stop."""

    taken: deque[int] = field(default_factory=deque)
    refused: deque[int] = field(default_factory=deque)
    blocked_until: int = 0


_DOORS: Final[WeakKeyDictionary[State, _Door]] = WeakKeyDictionary()


def _open(call: Call) -> Answer:
    _admit(_DOORS.setdefault(call.state, _Door()), call.now)
    return _submit(call)


def _admit(door: _Door, now: int) -> None:
    """Fifty in ten seconds; ten refusals within one second block for a minute."""
    while door.taken and door.taken[0] <= now - _WINDOW:
        door.taken.popleft()
    while door.refused and door.refused[0] <= now - 1000:
        door.refused.popleft()
    if now < door.blocked_until or len(door.taken) >= _MOST:
        door.refused.append(now)
        if len(door.refused) >= _PATIENCE:
            door.blocked_until = now + _BLOCK
        message = "You have reached your ten_secondly_rolling limit."
        raise Fault(429, message, errorType="RATE_LIMIT", policyName="TEN_SECONDLY_ROLLING")
    door.taken.append(now)


def _submit(call: Call) -> Answer:
    form, name = _form(call)
    body = call.body()
    fields = _fields(body)
    at = _moment(call, body.get("submittedAt"))
    context = body.get("context") or {}
    utk = str(context.get("hutk") or "") or None
    with call.state.transaction():
        contact = _contact(call, form, fields, utk)
        _keep(call, form, fields, context, at)
        shown = {
            "hs_form_id": form,
            "hs_form_type": "HUBSPOT",
            "hs_url": str(context.get("pageUri", "")),
            "hs_title": str(context.get("pageName", "")),
        }
        happen(call.state, Happening(str(uuid4()), _SENT, at, shown), contact, None)
        if utk is not None:
            tie(call.state, utk, contact)
        follow_form(call.state, contact, form, _title(context, name), at)
        _consent(call, fields["email"], body.get("legalConsentOptions") or {})
    return Answer({"inlineMessage": "Thanks for submitting the form."}, rows=1)


def _form(call: Call) -> tuple[str, str]:
    row = call.state.db.execute(
        "SELECT id, name FROM hs_form WHERE id = ? AND archived = 0", (call.parts["form"],)
    ).fetchone()
    if row is None or call.parts["portal"] != str(PORTAL):
        raise not_found("No form with this guid is in this portal")
    return str(row[0]), str(row[1])


def _fields(body: Mapping[str, Any]) -> dict[str, str]:
    """The contact's values by name, the address among them."""
    given = body.get("fields")
    if not isinstance(given, list):
        raise _refused("fields", "is missing or no list", "INVALID_FIELDS")
    found = {
        str(each.get("name")): str(each.get("value", ""))
        for each in given
        if each.get("objectTypeId", "0-1") == "0-1"
    }
    email = found.get("email", "").strip().lower()
    if not email:
        raise _refused("fields.email", "Required field 'email' is missing", "REQUIRED_FIELD")
    if email.count("@") != 1 or "." not in email.partition("@")[2]:
        raise _refused("fields.email", "is not a valid address", "INVALID_EMAIL")
    return {**found, "email": email}


def _moment(call: Call, given: Any) -> int:
    if given is None:
        return call.now
    if not str(given).isdigit() or not call.now - _MONTH <= int(given) <= call.now + 1000:
        raise _refused("submittedAt", "must be within the last month", "INVALID_SUBMITTED_AT")
    return int(given)


def _refused(where: str, why: str, kind: str) -> Fault:
    entry = {"message": f"Error in '{where}'. {why}", "errorType": kind}
    return Fault(400, "The request is not valid", errors=[entry])


def _contact(call: Call, form: str, fields: Mapping[str, str], utk: str | None) -> int:
    """Whose form it is: the address decides, then the browser, then a contact is made.

    A browser that is tied to a contact gives that contact the new address, unless the form makes
    a contact for every new one.
    """
    state, author = call.state, Author("FORM", form)
    known = definitions(state, _CONTACTS)
    values = {
        name: value
        for name, value in fields.items()
        if value and name in known and not known[name].read_only
    }
    check(state, _CONTACTS, values)
    id = identify(state, _CONTACTS, fields["email"], "email")
    if id is None and utk is not None and not option(state, form, "createNewContactForNewEmail"):
        tied = holder(state, utk)
        id = None if tied is None else str(tied)
    row = None if id is None else read(state, _CONTACTS, id)
    if row is None:
        return create(state, _CONTACTS, values, author)[0]
    return update(state, _CONTACTS, row, values, author)[0]


def _keep(
    call: Call, form: str, fields: Mapping[str, str], context: Mapping[str, Any], at: int
) -> None:
    values = [
        {"name": name, "value": value, "objectTypeId": "0-1"} for name, value in fields.items()
    ]
    shown = {"submittedAt": at, "values": values, "pageUrl": str(context.get("pageUri", ""))}
    call.state.db.execute(
        "INSERT INTO hs_submission SELECT ?, ?, 1 + coalesce(max(number), 0), ? FROM hs_submission",
        (form, at, orjson.dumps(shown).decode()),
    )


def _title(context: Mapping[str, Any], name: str) -> str:
    page = str(context.get("pageName") or "")
    return f"{page}: {name}" if page else name


def _consent(call: Call, email: str, given: Mapping[str, Any]) -> None:
    consent = given.get("consent") or given.get("legitimateInterest") or {}
    for each in consent.get("communications") or ():
        if each.get("value"):
            agree(call.state, email, int(each["subscriptionTypeId"]), str(each.get("text", "")))


_PATH: Final = "submissions/integration"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("POST", f"{_PATH}/submit/{{portal}}/{{form}}", _open),
    ("POST", f"{_PATH}/secure/submit/{{portal}}/{{form}}", _submit),
)
