"""From what HubSpot answers to one of our four families, by table.

Every package of the official client has its own `ApiException`, so errors are recognised by their
attributes. HubSpot's own sentences are never repeated: they quote the values they refuse.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
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

SAFE_TO_REPEAT: Final = frozenset({423, 429, 503, 521, 523})
"""Refused before anything happened; every other 5xx leaves the outcome open."""

PACES: Final[Mapping[str, timedelta]] = {
    "SECONDLY": timedelta(seconds=1),
    "TEN_SECONDLY_ROLLING": timedelta(seconds=3),
}
"""How long to wait after a 429, by the policy it names (HubSpot sends no Retry-After)."""

_PROBLEMS: Final = "Property values were not valid: "
_EXISTING: Final = re.compile(r"Existing ID: (\d+)")
_UNKNOWN_OBJECT: Final = "Unable to infer object type"


class NotReachedError(TransientError):
    """The address did not answer; nothing was sent."""


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
    def message(self) -> str:
        """HubSpot's sentence; it may quote values, so it is read and never shown."""
        return str(self.body.get("message") or "")

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
        parts = (self.category or str(self.status), str(self.body.get("subCategory") or ""))
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
    if status == 423 or status >= 500:
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
    return SignInError(
        "HubSpot refuses the token.",
        where=where,
        why=f"{refusal.category or 401}{refusal.trace()}",
        remedy="Put a valid private-app token or service key where the project file points.",
    )


def _forbidden(refusal: Refusal, where: str) -> BlockedError:
    scopes = ", ".join(refusal.scopes()) or "a scope HubSpot does not name"
    return BlockedError(
        "HubSpot does not let this token do that.",
        where=where,
        why=f"{refusal.category or 403}: it needs {scopes}, or a higher subscription.",
        remedy=f"Grant {scopes} to the private app or service key in HubSpot.",
    )


def _limited(refusal: Refusal, where: str) -> TasukiError:
    policy = str(refusal.body.get("policyName") or "")
    asked = refusal.headers.get("retry-after", "")
    wait = timedelta(seconds=int(asked)) if asked.isdigit() else PACES.get(policy)
    if policy == "DAILY":
        return BudgetError(
            "HubSpot's daily allowance of calls is used up.",
            where=where,
            why="All apps of the account share it; it is filled up at the account's midnight.",
            remedy="Wait for midnight in the account's time zone, or buy an increase.",
        )
    if wait is not None and wait > LONGEST_WAIT:
        return BlockedError(
            "HubSpot asks to be left alone for a while.",
            where=where,
            why=f"It answered {refusal.status} and asks for {wait}.",
            remedy=f"Run again after {wait}.",
        )
    return TransientError(
        "HubSpot asks for fewer calls.",
        where=where,
        why=f"{refusal.status} {policy}".strip(),
        retry_after=wait,
    )


def _unavailable(refusal: Refusal, where: str, *, repeatable: bool) -> TransientError:
    status = refusal.status
    return TransientError(
        "HubSpot is busy or away.",
        where=where,
        why=f"It answered {status}{refusal.trace()}.",
        retry_after=timedelta(seconds=2) if status == 423 else None,
        outcome_unknown=status not in SAFE_TO_REPEAT and not repeatable,
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
