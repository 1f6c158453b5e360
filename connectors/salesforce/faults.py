"""What Salesforce's error codes mean here: code to family, reason and remedy, as data.

Salesforce's own messages often quote the value that was refused, which may be a person's; so they
are not repeated. What is kept: the code, field names, length limits, and the text of the org's own
validation rules (written for people to read).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import orjson
import requests
from simple_salesforce.exceptions import SalesforceError
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from connectors.exchange import hidden
from connectors.salesforce.ids import full_id
from tasuki.errors import (
    BlockedError,
    BudgetError,
    ConfigError,
    MovedError,
    RejectedError,
    SignInError,
    TasukiError,
    TransientError,
    UnreachableError,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One vendor code: its family, why it happens, what mends it."""

    family: type[TasukiError]
    why: str
    remedy: str = "Wait; Tasuki repeats the call by itself."


class NoAnswerError(TransientError):
    """No connection came about, so nothing was sent."""


_LATER: Final = "Wait; Tasuki repeats the call by itself."
_ANEW: Final = "Run again: the connector asks anew."
_MAPPING: Final = "Correct the field in the mapping, then run `tasuki validate --live`."
_ACCESS: Final = "Give the integration user this access in its permission set."
_NAME: Final = "Correct its name in the mapping, or give the integration user access to it."
_VALUE: Final = "Correct the value at its source or in the mapping."

LOCKED: Final = "UNABLE_TO_LOCK_ROW"

FAULTS: Final[Mapping[str, Fault]] = {
    # the same call may pass later
    LOCKED: Fault(TransientError, "another writer holds this record or its parent"),
    "SERVER_UNAVAILABLE": Fault(TransientError, "Salesforce is overloaded or in maintenance"),
    "UNKNOWN_EXCEPTION": Fault(TransientError, "Salesforce failed inside"),
    "APEX_ERROR": Fault(TransientError, "code of the org failed"),
    "QUERY_TIMEOUT": Fault(TransientError, "the query took Salesforce too long"),
    "OPERATION_TOO_LARGE": Fault(
        ConfigError, "the query touches too many records at once", "Ask for less at a time."
    ),
    "TXN_SECURITY_METERING_ERROR": Fault(TransientError, "Salesforce could not meter the call"),
    # nothing passes until a person acts
    "INVALID_SESSION_ID": Fault(
        SignInError,
        "Salesforce refused a token it had just given out",
        "Check the client app's policies (IP relaxation, session) and its run-as user.",
    ),
    "API_DISABLED_FOR_ORG": Fault(
        BlockedError,
        "this org's edition or this user's profile has no API access",
        "Enable the API for the org and `API Enabled` for the integration user.",
    ),
    "API_CURRENTLY_DISABLED": Fault(
        BlockedError, "Salesforce has switched the API off for this org", "Ask Salesforce support."
    ),
    "ORG_LOCKED": Fault(BlockedError, "Salesforce has locked this org", "Ask Salesforce support."),
    "PASSWORD_LOCKOUT": Fault(
        SignInError, "the user is locked out", "Unlock the user, then correct the password."
    ),
    "INVALID_LOGIN": Fault(
        SignInError, "the user may not sign in", "Check the user and the app's policies."
    ),
    "INACTIVE_ORG": Fault(BlockedError, "the org is no longer active", "Ask Salesforce support."),
    # this record will not pass as it is
    "REQUIRED_FIELD_MISSING": Fault(
        RejectedError,
        "Salesforce requires a field that the mapping leaves empty",
        "Map the field or give it a default in the mapping.",
    ),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": Fault(
        RejectedError,
        "the picklist does not have this value, and is restricted",
        "Add the value to the picklist in Salesforce, or map it to one that it has.",
    ),
    "STRING_TOO_LONG": Fault(
        RejectedError, "the text is longer than the field", "Shorten it with `truncate` in mapping."
    ),
    "INVALID_EMAIL_ADDRESS": Fault(RejectedError, "this is not an e-mail address", _VALUE),
    "NUMBER_OUTSIDE_VALID_RANGE": Fault(RejectedError, "the number does not fit", _VALUE),
    "INVALID_TYPE_ON_FIELD_IN_RECORD": Fault(
        RejectedError, "the value has another type than the field", _MAPPING
    ),
    "JSON_PARSER_ERROR": Fault(RejectedError, "a value has another type than its field", _MAPPING),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Fault(
        RejectedError, "a validation rule of the org refuses the record", _VALUE
    ),
    "FIELD_INTEGRITY_EXCEPTION": Fault(RejectedError, "the values contradict each other", _VALUE),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Fault(
        RejectedError,
        "a trigger or flow of the org failed on this record",
        "Ask the org's administrator; the trigger's own log names the line.",
    ),
    "CANNOT_EXECUTE_FLOW_TRIGGER": Fault(
        RejectedError,
        "a flow of the org failed on this record",
        "Ask the org's administrator; the failed flow interview names the step.",
    ),
    "DUPLICATE_VALUE": Fault(
        RejectedError,
        "another record already has this unique value",
        "Link the other record or merge the two in Salesforce.",
    ),
    "DUPLICATES_DETECTED": Fault(
        RejectedError,
        "a duplicate rule of the org found similar records",
        "Merge them in Salesforce, or set `allow_duplicates: true` on the connection.",
    ),
    "DUPLICATE_EXTERNAL_ID": Fault(
        RejectedError,
        "several records hold the same external id, so none was written",
        "Merge or delete all but one of them in Salesforce, then make the field unique there.",
    ),
    "PRECONDITION_FAILED": Fault(
        MovedError,
        "somebody changed the record after it was last looked at, so it was left as it is",
        "Plan anew: the next plan sees what it holds now.",
    ),
    "CANNOT_UPDATE_CONVERTED_LEAD": Fault(
        RejectedError,
        "the lead has been converted; its contact lives on",
        "Pull again: the person is then written on the contact.",
    ),
    "ENTITY_IS_DELETED": Fault(
        RejectedError, "the record was deleted in Salesforce", "Pull again, or restore the record."
    ),
    "NOT_FOUND": Fault(
        RejectedError, "there is no such record any more, or it is not shared with us", _ACCESS
    ),
    "INVALID_CROSS_REFERENCE_KEY": Fault(
        RejectedError,
        "a record it points to does not exist",
        "Pull again; if it stays, correct the reference at its source.",
    ),
    "MALFORMED_ID": Fault(RejectedError, "an id is of another object or misspelt", _MAPPING),
    "INACTIVE_OWNER_OR_USER": Fault(
        RejectedError,
        "the owner is no longer active",
        "Name an active owner in the routing table.",
    ),
    "INSUFFICIENT_ACCESS_OR_READONLY": Fault(RejectedError, "we may not edit the record", _ACCESS),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Fault(
        RejectedError, "we may not refer to the record it points to", _ACCESS
    ),
    "INVALID_FIELD_FOR_INSERT_UPDATE": Fault(
        RejectedError, "the field is read-only for us", _ACCESS
    ),
    "DELETE_FAILED": Fault(
        RejectedError, "other records depend on it", "Delete or move the dependent records first."
    ),
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": Fault(
        RejectedError,
        "a neighbour in the same call was refused",
        "Mend what the neighbour was refused for.",
    ),
    "PROCESSING_HALTED": Fault(
        RejectedError,
        "a neighbour in the same call was refused",
        "Mend what the neighbour was refused for.",
    ),
    "INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD": Fault(
        RejectedError, "the record it points to is of another object", _MAPPING
    ),
    "INVALID_INPUT": Fault(RejectedError, "Salesforce cannot read the record", _MAPPING),
    # the question has outlived its answer: asked anew, in other bounds, where it is asked
    "INVALID_QUERY_LOCATOR": Fault(RejectedError, "the walk's place is forgotten", _ANEW),
    "INVALID_REPLICATION_DATE": Fault(RejectedError, "so old deletes are forgotten", _ANEW),
    "EXCEEDED_ID_LIMIT": Fault(RejectedError, "there are too many ids in one window", _ANEW),
    "INVALID_TYPE_FOR_OPERATION": Fault(
        RejectedError, "this object does not take part in that", _ANEW
    ),
    "STORAGE_LIMIT_EXCEEDED": Fault(
        BlockedError, "the org's storage is full", "Free storage in Salesforce or buy more."
    ),
    # the file that asked for this is wrong
    "INVALID_FIELD": Fault(ConfigError, "the field does not exist, or we may not see it", _NAME),
    "INVALID_TYPE": Fault(ConfigError, "the object does not exist, or we may not see it", _NAME),
    "MALFORMED_QUERY": Fault(ConfigError, "Salesforce cannot read the query", _MAPPING),
    "INVALID_QUERY_FILTER_OPERATOR": Fault(
        ConfigError, "the field cannot be searched in this way", _MAPPING
    ),
    "UNSUPPORTED_API_VERSION": Fault(
        ConfigError, "this API version is retired", "Raise api_version."
    ),
    "METHOD_NOT_ALLOWED": Fault(ConfigError, "this object does not allow that", _MAPPING),
    "QUERY_TOO_COMPLICATED": Fault(
        ConfigError, "the query has too many formula fields", "Map fewer formula fields."
    ),
}

_STATUSES: Final[Mapping[int, Fault]] = {
    403: Fault(
        BlockedError,
        "something before Salesforce's API refuses us (a firewall, an IP range, a login policy)",
        "Ask who runs the org's network access and the app's policies.",
    ),
    404: Fault(ConfigError, "there is no such address", "Check login_url, object and api_version."),
    405: Fault(ConfigError, "this object does not allow that", _MAPPING),
    406: Fault(TransientError, "Salesforce's edge could not route the call"),
    408: Fault(TransientError, "the call took too long to arrive"),
    410: Fault(ConfigError, "this API version is retired", "Raise api_version."),
    414: Fault(ConfigError, "the request names too many fields", "Map fewer fields per object."),
    415: Fault(ConfigError, "this address reads another format", "Check login_url."),
    420: Fault(TransientError, "Salesforce's edge could not route the call"),
    429: Fault(TransientError, "too many calls at once"),
    431: Fault(ConfigError, "the request names too many fields", "Map fewer fields per object."),
}
_UNSPOKEN: Final = {300: "DUPLICATE_EXTERNAL_ID", 404: "NOT_FOUND", 412: "PRECONDITION_FAILED"}
"""What a status means that comes without a code."""
_SPEAKING: Final = frozenset({403, 404})
"""Statuses that say nothing beside a code."""
_EDGE_REFUSED: Final = frozenset({406, 420, 429, 503})
"""Statuses sent before anything is carried out; other server errors leave the outcome open."""

_MISSING_COLUMN: Final = re.compile(
    r"No such column '([^']+)' on (?:entity|sobject of type) '?(\w+)"
)
_HELD: Final = re.compile(r"duplicate value found: (\w+) duplicates .*\bid: (\w{15}(?:\w{3})?)\b")
_SHARED: Final = "more than one record found for external id field"
_HOLDERS: Final = re.compile(_SHARED + r": \[([^\]]*)\]")
_ROW: Final = re.compile(r"([A-Z][A-Z0-9_]*):(.*):([^:]*?) *--", re.DOTALL)
_MAX_LENGTH: Final = re.compile(r"max length=(\d+)")
_MISSING_TYPE: Final = re.compile(r"sObject type '([^']+)'")
_MISSING_FIELDS: Final = re.compile(r"\[([\w, ]+)\]")
_OWN_TEXT: Final = frozenset({"FIELD_CUSTOM_VALIDATION_EXCEPTION"})
_CONCURRENCY_WAIT: Final = timedelta(seconds=20)


def _names(code: str, message: str, fields: Sequence[str]) -> str:
    """The fields or object an error is about, as far as it says."""
    if fields:
        return ", ".join(fields)
    if found := _MISSING_COLUMN.search(message):
        return f"{found[2]}.{found[1]}"
    pattern = {"INVALID_TYPE": _MISSING_TYPE, "REQUIRED_FIELD_MISSING": _MISSING_FIELDS}.get(code)
    found = pattern.search(message) if pattern else None
    return found[1] if found else ""


def _why(fault: Fault, code: str, message: str) -> str:
    if code in _OWN_TEXT and message:
        return f"{fault.why}: {hidden(message)}"
    if found := _HOLDERS.search(message):
        return fault.why.replace("several", str(len(found[1].split(","))), 1)
    if found := _MAX_LENGTH.search(message):
        return f"{fault.why} (at most {found[1]} characters)"
    return fault.why


def fault(code: str, message: str, fields: Sequence[str], where: str) -> TasukiError:
    """The error behind one vendor code; an unknown code parks its record."""
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limit(message, where)
    if _HOLDERS.search(message):  # collections say it under another code
        code = "DUPLICATE_EXTERNAL_ID"
    if LOCKED in message:  # a trigger of the org met the lock and tells it in its own words
        code, fields = LOCKED, ()
    known = FAULTS.get(code) or Fault(
        RejectedError, "Salesforce refused it", "Look the code up in Salesforce's API guide."
    )
    names = _names(code, message, fields)
    what = f"Salesforce: {code}" + (f" on {names}" if names else "")
    return known.family(what, where=where, why=_why(known, code, message), remedy=known.remedy)


def holder(code: str, message: str, field: str) -> str | None:
    """The id of the record that already has the value, when the code is about that field."""
    found = _HELD.search(message) if code == "DUPLICATE_VALUE" else None
    return full_id(found[2]) if found and found[1] == field else None


def of_row(text: str) -> tuple[str, str, list[str]]:
    """Code, message and fields of a bulk row's `sf__Error`: `CODE:message:FIELD,FIELD --`."""
    found = _ROW.fullmatch(text.strip())
    if found is None:
        return text.partition(":")[0].strip() or "UNKNOWN_EXCEPTION", text, []
    return found[1], found[2], [name for name in found[3].split(",") if name]


def of_part(status: int, content: Any) -> tuple[str, str, list[str]]:
    """Code, message and fields of an error that is one part of an answer."""
    code, message, fields = _first(content)
    if status == 300 and isinstance(content, list):
        message = f"{_SHARED}: [{','.join(map(str, content))}]"
    return code or _UNSPOKEN.get(status, f"HTTP {status}"), message, fields


def _limit(message: str, where: str) -> TasukiError:
    """REQUEST_LIMIT_EXCEEDED means two things: the day is used up, or too many run at once."""
    if "concurrent" in message.lower():
        return TransientError(
            "Salesforce: too many long calls at once",
            where=where,
            why="25 calls of 20 s or more are running in the org (5 in a trial)",
            retry_after=_CONCURRENCY_WAIT,
        )
    return BudgetError(
        "Salesforce: the org's calls of the last 24 hours are used up",
        where=where,
        why="REQUEST_LIMIT_EXCEEDED: the allowance is shared by everything connected to the org",
        remedy="Wait until older calls leave the 24-hour window, or raise the org's allowance.",
    )


def _first(content: Any) -> tuple[str, str, list[str]]:
    """Code, message, fields of an error body, which may be anything."""
    entry = content[0] if isinstance(content, list) and content else content
    if not isinstance(entry, dict):
        return "", "", []
    code = entry.get("errorCode") or entry.get("statusCode") or ""
    return str(code), str(entry.get("message") or ""), list(entry.get("fields") or [])


def of_answer(error: SalesforceError, where: str, *, sends: bool) -> TasukiError:
    """The error behind an answer that was not a success."""
    code, *_ = _first(error.content)
    status = int(error.status)
    if status >= 500 or (status in _STATUSES and not (status in _SPEAKING and code)):
        return _of_status(status, code, where, sends=sends)
    return fault(*of_part(status, error.content), where)


def _of_status(status: int, code: str, where: str, *, sends: bool) -> TasukiError:
    known = _STATUSES.get(status) or FAULTS.get(code) or FAULTS["SERVER_UNAVAILABLE"]
    what = f"Salesforce answered {status} {code}".rstrip()
    if not issubclass(known.family, TransientError):
        return known.family(what, where=where, why=known.why, remedy=known.remedy)
    open_end = sends and status not in _EDGE_REFUSED
    return TransientError(what, where=where, why=known.why, outcome_unknown=open_end)


def of_network(error: Exception, where: str, *, sends: bool) -> TasukiError:
    """The error behind a call that got no readable answer."""
    if isinstance(error, requests.exceptions.SSLError):
        return UnreachableError(
            "Salesforce's certificate is not trusted",
            where=where,
            why="the certificate's authority is unknown or the host name differs",
            remedy="Check login_url, and name your own authority in ca_file if you have one.",
        )
    if _never_sent(error):
        return NoAnswerError("Nothing answers at the org's address", where=where, why=_kind(error))
    return TransientError(
        "Salesforce gave no readable answer",
        where=where,
        why=_kind(error),
        remedy="Wait; Tasuki reads the records again before it sends anything."
        if sends
        else _LATER,
        outcome_unknown=sends,
    )


def _kind(error: Exception) -> str:
    if isinstance(error, requests.exceptions.Timeout):
        return "the call took longer than its timeout"
    if isinstance(error, (orjson.JSONDecodeError, requests.exceptions.InvalidJSONError)):
        return "the answer was not the JSON that was asked for"
    return f"the connection failed ({type(error).__name__})"


def _never_sent(error: Exception) -> bool:
    """Whether the connection failed before a byte of the request left."""
    if isinstance(error, (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(
        cause.reason, (NewConnectionError, ConnectTimeoutError)
    )
