"""From what HubSpot answers to one of our four families, by table.

Every package of the official client has its own `ApiException`, so errors are recognised by their
attributes. HubSpot's own sentences are never repeated: they quote the values they refuse.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import orjson
import urllib3.exceptions as transport

from tasuki.errors import (
    BlockedError,
    BudgetError,
    RejectedError,
    SignInError,
    TasukiError,
    TransientError,
)

LONGEST_WAIT: Final = timedelta(minutes=5)
"""Asked to wait longer than this, a run stops instead."""
LOCKED: Final = timedelta(seconds=2)
"""How long HubSpot locks a record during heavy writes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a code of HubSpot means, and the step that mends it."""

    why: str
    remedy: str


PROPERTIES: Final[Mapping[str, Fault]] = {
    "PROPERTY_DOESNT_EXIST": Fault(
        "the account has no such property",
        "Create the property in HubSpot, or take it out of the mapping.",
    ),
    "INVALID_OPTION": Fault(
        "the value is not one of the property's options",
        "Add the option in HubSpot, or map the value to an existing option.",
    ),
    "INVALID_EMAIL": Fault(
        "the value is not an e-mail address", "Correct the address in the system it comes from."
    ),
    "INVALID_INTEGER": Fault("the value is not a whole number", "Correct the mapping's transform."),
    "INVALID_NUMBER": Fault("the value is not a number", "Correct the mapping's transform."),
    "INVALID_LONG": Fault("the value is not a whole number", "Correct the mapping's transform."),
    "INVALID_DATE": Fault("the value is not a date", "Correct the mapping's transform."),
    "INVALID_BOOLEAN": Fault("the value is neither true nor false", "Correct the mapping."),
    "INVALID_OWNER": Fault(
        "no active owner has this id", "Map the owner to an active HubSpot user's owner id."
    ),
    "INVALID_OWNER_ID": Fault(
        "no active owner has this id", "Map the owner to an active HubSpot user's owner id."
    ),
    "READ_ONLY_VALUE": Fault(
        "HubSpot computes the property itself", "Take the property out of what is pushed."
    ),
    "PROPERTY_VALUE_TOO_LONG": Fault(
        "the value is longer than the property allows", "Shorten the value in the mapping."
    ),
    "MISSING_REQUIRED_PROPERTY": Fault(
        "the account requires the property", "Map the property, or drop the rule in HubSpot."
    ),
    "MISSING_CONDITIONAL_REQUIRED_PROPERTY": Fault(
        "a rule of the account requires the property here",
        "Map the property, or drop the rule in HubSpot.",
    ),
    "CONFLICTING_UNIQUE_VALUE": Fault(
        "another record holds this unique value", "Merge the two records in HubSpot."
    ),
    "DUPLICATE_UNIQUE_VALUE": Fault(
        "another record holds this unique value", "Merge the two records in HubSpot."
    ),
}

CATEGORIES: Final[Mapping[str, Fault]] = {
    "OBJECT_NOT_FOUND": Fault(
        "HubSpot has no such record", "Pull again; the link is then repaired or dropped."
    ),
    "CONFLICT": Fault(
        "another record holds its unique value", "Merge the two records in HubSpot, or link to it."
    ),
    "VALIDATION_ERROR": Fault(
        "HubSpot finds the record invalid", "Compare the mapping with the object's properties."
    ),
}

_UNSAID: Final = Fault("HubSpot gave no usable reason", "Look the correlation id up with HubSpot.")


class Again(StrEnum):
    """Whether a call may be made again after this answer."""

    SAFE = "safe"
    """It was turned away before anything happened."""
    LOOK = "look"
    """It may have happened: reads and idempotent writes again, a plain create only after a look."""


AGAIN: Final[Mapping[int, Again]] = {
    423: Again.SAFE,  # the record is locked for two seconds
    429: Again.SAFE,
    477: Again.SAFE,  # the account moves to another data centre
    500: Again.LOOK,
    502: Again.LOOK,
    503: Again.SAFE,
    504: Again.LOOK,
    521: Again.SAFE,
    522: Again.LOOK,
    523: Again.SAFE,
    524: Again.LOOK,
    525: Again.SAFE,  # no TLS session came about
    526: Again.SAFE,
}
"""The retry truth table: statuses after which a call may pass; any other 5xx needs a look.

Source: platforms notes on HubSpot, §4. Timeouts and dropped connections need a look as well.
"""

PACES: Final[Mapping[str, timedelta]] = {
    "SECONDLY": timedelta(seconds=1),
    "TEN_SECONDLY_ROLLING": timedelta(seconds=3),
}
"""How long to wait after a 429, by the policy it names (HubSpot sends no Retry-After)."""

_PROBLEMS: Final = "Property values were not valid: "
_EXISTING: Final = re.compile(r"Existing ID: (\d+)")
_LIMIT: Final = re.compile(r"reached your (\w+) limit")
_UNKNOWN_OBJECT: Final = "Unable to infer object type"


class NotReachedError(TransientError):
    """The address did not answer; nothing was sent."""


class ForbiddenError(BlockedError):
    """A scope or a subscription is missing; `scopes` are those HubSpot names."""

    def __init__(self, refusal: "Refusal", where: str) -> None:
        self.scopes = tuple(refusal.scopes())
        needed = ", ".join(self.scopes) or "a scope HubSpot does not name"
        super().__init__(
            "HubSpot does not let this token do that.",
            where=where,
            why=f"{refusal.category or 403}: it needs {needed}, or a higher subscription.",
            remedy=f"Grant {needed} to the app or service key in HubSpot.",
        )


class ExpiredError(SignInError):
    """The access token's time is over; a grant buys another."""


class RefusedError(RejectedError):
    """A refusal together with what HubSpot said, for those who must tell records apart."""

    def __init__(self, refusal: "Refusal", where: str) -> None:
        what, why, remedy = refusal.told()
        super().__init__(what, where=where, why=why, remedy=remedy)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Refusal:
    """HubSpot's error envelope, every part optional."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def category(self) -> str:
        """The envelope's category, or the older word for it."""
        return str(self.body.get("category") or self.body.get("errorType") or "")

    @property
    def sub_category(self) -> str:
        """The finer word below the category."""
        return str(self.body.get("subCategory") or "")

    @property
    def message(self) -> str:
        """HubSpot's sentence; it may quote values, so it is read and never shown."""
        return str(self.body.get("message") or "")

    @property
    def policy(self) -> str:
        """Which limit a 429 means: by name, or as its sentence says."""
        said = _LIMIT.search(self.message)
        return str(self.body.get("policyName") or (said.group(1).upper() if said else ""))

    @property
    def existing_id(self) -> str | None:
        """The record that holds the unique value, which a 409 tells only inside its sentence."""
        found = _EXISTING.search(self.message)
        return found.group(1) if found else None

    @property
    def concerns_all(self) -> bool:
        """Whether halving the batch cannot help."""
        return _UNKNOWN_OBJECT in self.message

    def context(self, *names: str) -> list[str]:
        """The values the envelope gives under any of these names."""
        context = self.body.get("context") or {}
        return [str(value) for name in names for value in context.get(name, ())]

    def problems(self) -> list[tuple[str, str]]:
        """Property and code of each refused value, from the JSON inside the sentence."""
        _, _, text = self.message.partition(_PROBLEMS)
        try:
            entries = orjson.loads(text) if text else []
        except orjson.JSONDecodeError:
            return []
        return [(str(e.get("name", "")), str(e.get("error", ""))) for e in entries]

    def scopes(self) -> list[str]:
        """The scopes a 403 asks for."""
        names = ("requiredGranularScopes", "requiredScopes")
        parts = [self.body, *self.body.get("errors", ())]
        contexts = [part.get("context") or {} for part in parts]
        return sorted({str(s) for c in contexts for name in names for s in c.get(name, ())})

    def told(self) -> tuple[str, str, str]:
        """What, why and remedy, without a value."""
        problems = self.problems()
        if problems:
            names = ", ".join(dict.fromkeys(name for name, _ in problems))
            fault = PROPERTIES.get(problems[0][1], CATEGORIES["VALIDATION_ERROR"])
            codes = ", ".join(dict.fromkeys(code for _, code in problems))
            return f"HubSpot refused {names}.", f"{codes}: {fault.why}.", fault.remedy
        missing = self.context("properties")
        if missing and self.status == 400:
            fault = PROPERTIES["MISSING_REQUIRED_PROPERTY"]
            return f"HubSpot misses {', '.join(missing)}.", f"{fault.why}.", fault.remedy
        fault = CATEGORIES.get(self.category, _UNSAID)
        return "HubSpot refused the record.", f"{self._code()}: {fault.why}.", fault.remedy

    def _code(self) -> str:
        parts = (self.category or str(self.status), self.sub_category)
        return "/".join(part for part in parts if part)

    def trace(self) -> str:
        """The correlation id, by which HubSpot's support finds the call."""
        id = self.body.get("correlationId")
        return f" (correlation id {id})" if id else ""


def entries(answer: Mapping[str, Any]) -> Iterator[Refusal]:
    """The refusals inside a 207."""
    for entry in answer.get("errors") or ():
        yield Refusal(_status_of(entry), entry)


def _status_of(entry: Mapping[str, Any]) -> int:
    return {"OBJECT_NOT_FOUND": 404, "CONFLICT": 409}.get(str(entry.get("category")), 400)


def translate(error: Exception, where: str, *, repeatable: bool) -> TasukiError | None:
    """The family of an exception of the official client or its transport; None when it is ours."""
    if isinstance(error, UnicodeDecodeError):  # the client stumbles over a gateway's page
        error = error.__context__ if isinstance(error.__context__, Exception) else error
    if hasattr(error, "status") and hasattr(error, "body"):
        return answered(_refusal(error), where, repeatable=repeatable)
    if isinstance(error, transport.HTTPError):
        return _dropped(error, where, repeatable=repeatable)
    return None


def answered(refusal: Refusal, where: str, *, repeatable: bool) -> TasukiError:
    """The family of an answer that is not a success."""
    status = refusal.status
    if status == 401:
        return _sign_in(refusal, where)
    if status == 403:
        return _forbidden(refusal, where)
    if status in {429, 477}:
        return _limited(refusal, where)
    if status in AGAIN or status >= 500:
        return _unavailable(refusal, where, repeatable=repeatable)
    return RefusedError(refusal, where)


def _refusal(error: Any) -> Refusal:
    try:
        body = orjson.loads(error.body or "{}")
    except orjson.JSONDecodeError:  # a 502 may be a page of HTML
        body = {}
    headers = {str(k).lower(): str(v) for k, v in dict(error.headers or {}).items()}
    return Refusal(int(error.status or 0), body if isinstance(body, dict) else {}, headers)


def _sign_in(refusal: Refusal, where: str) -> SignInError:
    expired = refusal.category == "EXPIRED_AUTHENTICATION"
    why = "its time is over" if expired else "it was revoked, rotated or mistyped"
    return (ExpiredError if expired else SignInError)(
        "HubSpot refuses the token",
        where=where,
        why=f"{why} ({refusal.category or 401}){refusal.trace()}",
        remedy="Look the token up in HubSpot (Settings > Integrations), put it where `token` of "
        "the connection points, then run again.",
    )


def _forbidden(refusal: Refusal, where: str) -> BlockedError:
    return ForbiddenError(refusal, where)


def _limited(refusal: Refusal, where: str) -> TasukiError:
    policy = refusal.policy
    wait = _asked(refusal) or PACES.get(policy)
    if policy == "DAILY":
        return BudgetError(
            "HubSpot's daily allowance of calls is used up.",
            where=where,
            why="All apps of the account share it; it is filled up at the account's midnight.",
            remedy="Wait for midnight in the account's time zone, or buy an increase.",
        )
    if wait is not None and wait > LONGEST_WAIT:
        return _left_alone(refusal, where, wait)
    return TransientError(
        "HubSpot asks for fewer calls.",
        where=where,
        why=f"{refusal.status} {policy}".strip(),
        retry_after=wait,
    )


def _left_alone(refusal: Refusal, where: str, wait: timedelta) -> BlockedError:
    return BlockedError(
        "HubSpot asks to be left alone for a while.",
        where=where,
        why=f"It answered {refusal.status} and asks for {wait}.",
        remedy=f"Run again after {wait}.",
    )


def _asked(refusal: Refusal) -> timedelta | None:
    """The wait that HubSpot asks for; on 477 that may be a day."""
    seconds = refusal.headers.get("retry-after", "")
    return timedelta(seconds=int(seconds)) if seconds.isdigit() else None


def _unavailable(refusal: Refusal, where: str, *, repeatable: bool) -> TasukiError:
    status, wait = refusal.status, _asked(refusal)
    is_open = AGAIN.get(status, Again.LOOK) is Again.LOOK
    if wait is not None and wait > LONGEST_WAIT:
        if not is_open:
            return _left_alone(refusal, where, wait)
        wait = LONGEST_WAIT
    return TransientError(
        "HubSpot is busy or away.",
        where=where,
        why=f"It answered {status}{refusal.trace()}.",
        retry_after=wait or (LOCKED if status == 423 else None),
        outcome_unknown=is_open and not repeatable,
    )


_NEVER_SENT: Final = (
    transport.NewConnectionError,
    transport.ConnectTimeoutError,
    transport.SSLError,
    transport.ProxyError,
)


def _dropped(error: transport.HTTPError, where: str, *, repeatable: bool) -> TransientError:
    cause = getattr(error, "reason", None) or error
    if isinstance(cause, _NEVER_SENT):
        return NotReachedError("HubSpot does not answer.", where=where, why=type(cause).__name__)
    return TransientError(
        "HubSpot's answer never came.",
        where=where,
        why=type(cause).__name__,
        outcome_unknown=not repeatable,
    )


def missing_object(object: str, where: str, known: Sequence[str] = ()) -> RejectedError:
    """The refusal of an object that HubSpot does not have."""
    return RejectedError(
        f"HubSpot has no object {object}.",
        where=where,
        why="Neither its object types nor Tasuki's own names hold it.",
        remedy=f"Name one of: {', '.join(known)}." if known else "Correct the mapping.",
    )
