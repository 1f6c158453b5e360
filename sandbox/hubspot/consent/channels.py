"""Communication preferences v4 and dated: statuses by channel, one by one or in batches."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.consent.statuses import (
    ALL,
    IN,
    OUT,
    UNKNOWN,
    Status,
    decide,
    leave_all,
    status,
    statuses,
)
from sandbox.hubspot.consent.subscriptions import Subscription, subscription
from sandbox.hubspot.crm.batch import complete
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import Fault, invalid, missing_scopes

_MOST: Final = 100
_WORDS: Final = (IN, OUT, UNKNOWN)


def _get(call: Call) -> Answer:
    email = _email(call)
    _channel(call.one("channel"))
    asked = call.one("subscriptionId")
    found = [
        _shown(kind, each)
        for kind, each in statuses(call.state, email)
        if asked in (None, str(kind.id))
    ]
    return complete(call, found)


def _set(call: Call) -> Answer:
    with call.state.transaction():
        return complete(call, [_one(call, _email(call), call.body())])


def _one(call: Call, email: str, given: Mapping[str, Any]) -> dict[str, Any]:
    _channel(given.get("channel"))
    word = given.get("statusState")
    if word not in _WORDS:
        raise invalid(f"statusState must be one of {', '.join(_WORDS)}")
    kind = subscription(call.state, given.get("subscriptionId"))
    basis, why = given.get("legalBasis"), given.get("legalBasisExplanation")
    wanted = Status(email.lower(), kind.id, word, basis=basis, explanation=why)
    reason = decide(call.state, wanted)
    now = status(call.state, email, kind.id)
    return _shown(kind, now) | {"setStatusSuccessReason": reason}


def _get_all(call: Call) -> Answer:
    email = _email(call)
    _channel(call.one("channel"))
    return complete(call, [_wide(call, email)])


def _leave_all(call: Call) -> Answer:
    email = _email(call)
    _channel(call.one("channel"))
    with call.state.transaction():
        reason = leave_all(call.state, email)
    return complete(call, [_wide(call, email) | {"setStatusSuccessReason": reason}])


def _batch_read(call: Call) -> Answer:
    results = []
    for each in _inputs(call):
        found = [_shown(kind, now) for kind, now in statuses(call.state, str(each))]
        results.append({"subscriberIdString": str(each), "statuses": found})
    return complete(call, results)


def _batch_write(call: Call) -> Answer:
    results: list[Any] = []
    errors: list[Any] = []
    for each in _inputs(call):
        email = str(each.get("subscriberIdString", ""))
        try:
            with call.state.transaction():
                results.append(_one(call, email, each))
        except Fault as fault:
            errors.append(fault.in_batch({"subscriberIdString": [email]}))
    return complete(call, results, errors)


def _batch_leave(call: Call) -> Answer:
    emails = [str(each) for each in _inputs(call)]
    with call.state.transaction():
        for email in emails:
            leave_all(call.state, email)
    return complete(call, [{"subscriberIdString": each} | _wide(call, each) for each in emails])


def _batch_read_all(call: Call) -> Answer:
    emails = [str(each) for each in _inputs(call)]
    shown = [{"subscriberIdString": each, "wideStatuses": [_wide(call, each)]} for each in emails]
    return complete(call, shown)


def _inputs(call: Call) -> list[Any]:
    """Batches belong to the Enterprise subscription and hold at most a hundred people."""
    if not call.settings.events_allowed:
        raise missing_scopes("communication_preferences.statuses.batch.write")
    _channel(call.one("channel") or "EMAIL")
    inputs = call.body().get("inputs")
    if not isinstance(inputs, list) or not 0 < len(inputs) <= _MOST:
        raise invalid(f"inputs must hold between 1 and {_MOST} entries")
    return inputs


def _email(call: Call) -> str:
    email = call.parts["email"]
    if "@" not in email:
        raise invalid(f"{email} is not a valid email address")
    return email


def _channel(given: Any) -> None:
    if given != "EMAIL":
        raise invalid("channel must be EMAIL")


def _shown(kind: Subscription, each: Status) -> dict[str, Any]:
    content = {
        "channel": "EMAIL",
        "subscriberIdString": each.recipient,
        "subscriptionId": kind.id,
        "subscriptionName": kind.name,
        "status": each.state,
        "source": each.source,
        "legalBasis": each.basis,
        "legalBasisExplanation": each.explanation,
        "timestamp": None if each.at is None else iso(each.at),
        "businessUnitId": 0,
    }
    return {name: value for name, value in content.items() if value is not None}


def _wide(call: Call, email: str) -> dict[str, Any]:
    now = status(call.state, email, ALL)
    content = {
        "channel": "EMAIL",
        "subscriberIdString": email,
        "wideStatusType": "PORTAL_WIDE",
        "status": OUT if now.state == OUT else IN,
        "businessUnitId": 0,
    }
    return content if now.at is None else content | {"timestamp": iso(now.at)}


_PATH: Final = "communication-preferences/statuses"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", f"{_PATH}/{{email}}", _get),
    ("POST", f"{_PATH}/{{email}}", _set),
    ("GET", f"{_PATH}/{{email}}/unsubscribe-all", _get_all),
    ("POST", f"{_PATH}/{{email}}/unsubscribe-all", _leave_all),
    ("POST", f"{_PATH}/batch/read", _batch_read),
    ("POST", f"{_PATH}/batch/write", _batch_write),
    ("POST", f"{_PATH}/batch/unsubscribe-all", _batch_leave),
    ("POST", f"{_PATH}/batch/unsubscribe-all/read", _batch_read_all),
)
