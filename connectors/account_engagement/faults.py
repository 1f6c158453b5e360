"""What Account Engagement's errors mean here: number or status to family, reason and remedy.

The platform's messages may quote what was refused, which may be a person's: they are not repeated;
the fields of the record that a message names are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import orjson
import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from tasuki.errors import (
    BlockedError,
    BudgetError,
    ConfigError,
    RejectedError,
    SignInError,
    TasukiError,
    TransientError,
    UnreachableError,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One number or status: its family, why it happens, what mends it."""

    family: type[TasukiError]
    why: str
    remedy: str = "Wait; Tasuki repeats the call by itself."
    retry_after: timedelta | None = None


class NotReachedError(TransientError):
    """No connection came about, so nothing was sent."""


class ExpiredError(SignInError):
    """The token is over; a new one may do."""


class MissingError(RejectedError):
    """There is no such record."""


_ASKED: Final = "Correct the object or field in the mapping, then run `tasuki validate --live`."
"""A question that does not fit is a file's fault, not a record's."""
_UNIT: Final = "Correct business_unit_id: Setup, Business Unit Setup shows it."
FAULTS: Final[Mapping[int, Fault]] = {
    66: Fault(
        TransientError,
        "more than five calls at once, of everything connected to the account",
        retry_after=timedelta(seconds=2),
    ),
    122: Fault(
        BudgetError,
        "the account's calls of today are used up, by everything connected to it",
        "Wait until the account's midnight, or raise its daily allowance.",
    ),
    181: Fault(SignInError, "no business unit was named", _UNIT),
    182: Fault(SignInError, "this is not the id of a business unit of the org", _UNIT),
    184: Fault(
        ExpiredError,
        "the token is not one of this org, or has ended",
        "Check that the app has the scope pardot_api and its user is one of the business unit.",
    ),
}
"""By `code` of the answer; a number that is not here is told by its status."""
_STATUSES: Final[Mapping[int, Fault]] = {
    400: Fault(
        RejectedError,
        "the platform does not accept a field or its value",
        "Correct the field in the mapping or the value at its source.",
    ),
    401: Fault(ExpiredError, "the platform refuses who we say we are", _UNIT),
    403: Fault(
        BlockedError,
        "the user's role does not reach so far",
        "Give the integration user's role this object in Account Engagement.",
    ),
    404: Fault(MissingError, "there is no such record or object", "Pull again."),
    405: Fault(ConfigError, "this object does not allow that", "Take it out of the mapping."),
    408: Fault(TransientError, "the call took too long to arrive"),
    414: Fault(ConfigError, "the call names too many fields", "Map fewer fields per object."),
    429: Fault(TransientError, "too many calls", retry_after=timedelta(seconds=2)),
}
_BROKEN: Final = Fault(TransientError, "the platform or its edge failed")
_NOT_DONE: Final = frozenset({429, 503})
"""Statuses sent before anything is carried out; other server errors leave the outcome open."""


def of_answer(
    answer: requests.Response, where: str, fields: Iterable[str], *, sends: bool
) -> TasukiError:
    """The error behind an answer that is not a success; `fields` are those the call names."""
    code, message = _said(answer)
    status = answer.status_code
    known = FAULTS.get(code or 0) or _STATUSES.get(status)
    if known is None:
        known = _BROKEN if status >= 500 else _STATUSES[400]
    named = ", ".join(name for name in fields if name in message)
    told = f"{code}" if code else f"HTTP {status}"
    what = f"Account Engagement: {told}" + (f" on {named}" if named else "")
    if not sends and issubclass(known.family, RejectedError):
        return ConfigError(what, where=where, why=known.why, remedy=_ASKED)
    if not issubclass(known.family, TransientError):
        return known.family(what, where=where, why=known.why, remedy=known.remedy)
    return TransientError(
        what,
        where=where,
        why=known.why,
        retry_after=known.retry_after,
        outcome_unknown=sends and status not in _NOT_DONE,
    )


def _said(answer: requests.Response) -> tuple[int | None, str]:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None, ""
    if not isinstance(body, dict) or not isinstance(body.get("code"), int):
        return None, ""
    return body["code"], str(body.get("message") or "")


def of_network(error: Exception, where: str, *, sends: bool) -> TasukiError:
    """The error behind a call that got no readable answer."""
    if isinstance(error, requests.exceptions.SSLError):
        return UnreachableError(
            "The certificate is not trusted",
            where=where,
            why="the certificate's authority is unknown or the host name differs",
            remedy="Check login_url and base_url, and name your own authority in ca_file.",
        )
    kind = f"the connection failed ({type(error).__name__})"
    if _never_sent(error):
        return NotReachedError("Nothing answers at the address", where=where, why=kind)
    return TransientError(
        "Account Engagement gave no readable answer", where=where, why=kind, outcome_unknown=sends
    )


def _never_sent(error: Exception) -> bool:
    if isinstance(error, (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(
        cause.reason, (NewConnectionError, ConnectTimeoutError)
    )
