"""What a person agreed to or declined; who left by himself is not brought back by the API."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from sandbox.hubspot.consent.subscriptions import Subscription, add, subscription, subscriptions
from sandbox.hubspot.data.definitions import ready
from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.data.records import identify, read
from sandbox.hubspot.data.times import millis
from sandbox.hubspot.data.writes import touch
from sandbox.hubspot.faults import invalid
from sandbox.state import State

IN: Final = "SUBSCRIBED"
OUT: Final = "UNSUBSCRIBED"
UNKNOWN: Final = "NOT_SPECIFIED"
ALL: Final = 0
BASES: Final = (
    "LEGITIMATE_INTEREST_PQL", "LEGITIMATE_INTEREST_CLIENT", "LEGITIMATE_INTEREST_OTHER",
    "PERFORMANCE_OF_CONTRACT", "CONSENT_WITH_NOTICE", "NON_GDPR", "PROCESS_AND_STORE",
)  # fmt: skip
_PRIVACY: Final = "hubspot_data_privacy"
_PERSON: Final = "Recipient"
_API: Final = "API"
_CONTACTS: Final = kind_of("contacts")


@dataclass(frozen=True, slots=True)
class Status:
    """One person's word on one kind of e-mail, or on all of them (subscription 0)."""

    recipient: str
    subscription: int
    state: str = UNKNOWN
    source: str = ""
    basis: str | None = None
    explanation: str | None = None
    at: int | None = None
    wide: bool = False

    @property
    def own_word(self) -> bool:
        """Whether the person left by himself."""
        return self.state == OUT and self.source == _PERSON


def status(state: State, email: str, id: int) -> Status:
    """The word that counts: leaving everything outweighs every single one."""
    everything = _kept(state, email, ALL)
    if id != ALL and everything.state == OUT:
        return replace(everything, subscription=id, wide=True)
    return everything if id == ALL else _kept(state, email, id)


def statuses(state: State, email: str) -> list[tuple[Subscription, Status]]:
    """The word on each kind of e-mail."""
    return [(each, status(state, email, each.id)) for each in subscriptions(state)]


def decide(state: State, wanted: Status) -> str:
    """Set one status through the API; the reason HubSpot gives for what came of it.

    Errors: 400 without a legal basis where one is needed, and for who left by himself.
    """
    _need_basis(state, wanted)
    known = subscription(state, wanted.subscription)
    before = status(state, wanted.recipient, known.id)
    if before.state == wanted.state and not before.wide:
        return "NO_STATUS_CHANGE"
    if before.state == OUT and wanted.state == IN:
        _refuse_own_word(before)
        _keep(state, replace(wanted, source=_API, at=millis(state.now())))
        if before.wide:
            _return(state, wanted, known.id)
        return "RESUBSCRIBE_OCCURRED"
    _keep(state, replace(wanted, source=_API, at=millis(state.now())))
    return "REQUESTED_CHANGE_OCCURRED"


def leave_all(state: State, email: str, source: str = _API) -> str:
    """Take a person off every kind of e-mail."""
    before = _kept(state, email, ALL)
    if before.state == OUT and (before.own_word or source == _API):
        return "NO_STATUS_CHANGE"
    _keep(state, Status(email.lower(), ALL, OUT, source, at=millis(state.now())))
    _opt_out(state, email, "true")
    return "UNSUBSCRIBE_FROM_ALL_OCCURRED"


def leave(state: State, asked: Mapping[str, Any]) -> None:
    """What a person does on the preferences page: `{email, subscriptionId?}`, all without one."""
    email = str(asked["email"]).lower()
    with ready(state).transaction():
        if "subscriptionId" not in asked:
            leave_all(state, email, _PERSON)
            return
        id = subscription(state, asked["subscriptionId"]).id
        _keep(state, Status(email, id, OUT, _PERSON, at=millis(state.now())))


def agree(state: State, email: str, id: int, text: str) -> None:
    """A box ticked on a form: the person's own word, which also brings him back."""
    known = subscription(state, id)
    now = millis(state.now())
    if _kept(state, email, ALL).state == OUT:
        _keep(state, Status(email, ALL, UNKNOWN, "Form", at=now))
        _opt_out(state, email, "false")
    _keep(state, Status(email, known.id, IN, "Form", "CONSENT_WITH_NOTICE", text, now))


def set_privacy(state: State, asked: Mapping[str, Any]) -> None:
    """Switch the account's data privacy settings: `{on}`; then every word needs a legal basis."""
    state.set_setting(_PRIVACY, "1" if asked["on"] else "")


def add_type(state: State, asked: Mapping[str, Any]) -> dict[str, str]:
    """Make a kind of e-mail: `{name, description?, purpose?}`."""
    made = add(
        state, asked["name"], asked.get("description", ""), asked.get("purpose", "Marketing")
    )
    return {"id": str(made)}


def _need_basis(state: State, wanted: Status) -> None:
    if wanted.basis is not None and wanted.basis not in BASES:
        raise invalid(f"{wanted.basis} is not a legal basis: {', '.join(BASES)}")
    unfounded = wanted.basis is None or not wanted.explanation
    if unfounded and wanted.state == IN and state.setting(_PRIVACY):
        raise invalid(
            "legalBasis and legalBasisExplanation are required: "
            "data privacy settings are on in this account"
        )


def _refuse_own_word(before: Status) -> None:
    if before.own_word:
        raise invalid(
            "The recipient has unsubscribed and can only be subscribed again by their own action",
            context={"subscriptionId": [str(before.subscription)]},
        )


def _return(state: State, wanted: Status, id: int) -> None:
    """Subscribing to one kind ends the refusal of all; the others stay declined."""
    now = millis(state.now())
    for each in subscriptions(state):
        if each.id != id:
            _keep(state, Status(wanted.recipient, each.id, OUT, _API, at=now))
    _keep(state, Status(wanted.recipient, ALL, UNKNOWN, _API, at=now))
    _opt_out(state, wanted.recipient, "false")


def _opt_out(state: State, email: str, value: str) -> None:
    id = identify(state, _CONTACTS, email, "email")
    if id is not None:
        touch(state, _CONTACTS, int(id), {"hs_email_optout": value})


def _kept(state: State, email: str, id: int) -> Status:
    row = state.db.execute(
        "SELECT document FROM hs_consent WHERE recipient = ? AND subscription = ?",
        (email.lower(), id),
    ).fetchone()
    if row is not None:
        return Status(**orjson.loads(row[0]))
    if id == ALL and _is_opted_out(state, email):
        return Status(email.lower(), ALL, OUT, _PERSON)
    return Status(email.lower(), id)


def _is_opted_out(state: State, email: str) -> bool:
    """A contact loaded as opted out left everything, and did so himself."""
    id = identify(state, _CONTACTS, email, "email")
    row = None if id is None else read(state, _CONTACTS, id)
    return row is not None and orjson.loads(row[5]).get("hs_email_optout") == "true"


def _keep(state: State, each: Status) -> None:
    document = {slot: getattr(each, slot) for slot in Status.__slots__}
    state.db.execute(
        "INSERT OR REPLACE INTO hs_consent VALUES (?, ?, ?)",
        (each.recipient.lower(), each.subscription, orjson.dumps(document).decode()),
    )


CONTROLS: Final = {
    "consent/leave": leave,
    "consent/privacy": set_privacy,
    "consent/type": add_type,
}
