"""Communication preferences v3: statuses by address, subscribe, unsubscribe."""

from typing import Any, Final

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.consent.statuses import IN, OUT, Status, decide, statuses
from sandbox.hubspot.consent.subscriptions import Subscription, shown, subscription, subscriptions
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import invalid


def _definitions(call: Call) -> Answer:
    found = [shown(each) for each in subscriptions(call.state)]
    if call.version == "v3":
        return Answer({"subscriptionDefinitions": found}, rows=len(found))
    now = iso(call.now)
    content = {"status": "COMPLETE", "results": found, "startedAt": now, "completedAt": now}
    return Answer(content, rows=len(found))


def _statuses(call: Call) -> Answer:
    email = call.parts["email"]
    found = [_shown(kind, each) for kind, each in statuses(call.state, email)]
    return Answer({"recipient": email, "subscriptionStatuses": found}, rows=len(found))


def _subscribe(call: Call) -> Answer:
    return _set(call, IN)


def _unsubscribe(call: Call) -> Answer:
    return _set(call, OUT)


def _set(call: Call, word: str) -> Answer:
    body = call.body()
    email, id = str(body.get("emailAddress") or ""), body.get("subscriptionId")
    if "@" not in email:
        raise invalid(f"{email} is not a valid email address")
    kind = subscription(call.state, id)
    basis, why = body.get("legalBasis"), body.get("legalBasisExplanation")
    wanted = Status(email.lower(), kind.id, word, basis=basis, explanation=why)
    with call.state.transaction():
        decide(call.state, wanted)
    now = next(each for known, each in statuses(call.state, email) if known.id == kind.id)
    return Answer(_shown(kind, now), rows=1)


def _shown(kind: Subscription, each: Status) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": str(kind.id),
        "name": kind.name,
        "description": kind.description,
        "status": IN if each.state == IN else "NOT_SUBSCRIBED",
        "sourceOfStatus": "PORTAL_WIDE_STATUS" if each.wide else "SUBSCRIPTION_STATUS",
        "brandId": 0,
        "preferenceGroupName": None,
        "legalBasis": each.basis,
        "legalBasisExplanation": each.explanation,
    }
    return {name: value for name, value in content.items() if value is not None}


_PATH: Final = "communication-preferences"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", f"{_PATH}/definitions", _definitions),
    ("GET", f"{_PATH}/status/email/{{email}}", _statuses),
    ("POST", f"{_PATH}/subscribe", _subscribe),
    ("POST", f"{_PATH}/unsubscribe", _unsubscribe),
)
