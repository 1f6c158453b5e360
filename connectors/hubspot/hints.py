"""What a webhook delivery of HubSpot says, once its signature is found right.

HubSpot repeats deliveries, shuffles them and reuses event ids; so a delivery is only a hint which
records to read again, each named once.

Source: platforms notes on HubSpot, §14. The official client's `Signature` decodes no address and
takes times in the future.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import orjson
from pydantic import SecretStr

from connectors.hubspot.read.filters import milliseconds
from connectors.hubspot.settings import HubSpotSettings, Signature
from connectors.protocol import Delivery, Hint
from tasuki.errors import SignInError
from tasuki.values import Json

OLDEST: Final = timedelta(minutes=5)
"""How far a delivery's time may be from ours, before or behind."""
_V3: Final = "x-hubspot-signature-v3"
_OLDER: Final = "x-hubspot-signature"
_VERSION: Final = "x-hubspot-signature-version"
_TIME: Final = "x-hubspot-request-timestamp"
_DECODED: Final = {f"%{ord(letter):02X}": letter for letter in ":/?@!$'()*,;"}
"""What HubSpot writes plainly in the address it signs; everything else stays as it was sent."""

TYPES: Final[Mapping[str, str]] = {
    "0-1": "contacts",
    "0-2": "companies",
    "0-3": "deals",
    "0-5": "tickets",
    "0-27": "tasks",
    "0-46": "notes",
    "0-47": "meetings",
    "0-48": "calls",
    "0-49": "emails",
    "0-136": "leads",
    "contact": "contacts",
    "company": "companies",
    "deal": "deals",
    "ticket": "tickets",
    "task": "tasks",
    "note": "notes",
    "meeting": "meetings",
    "call": "calls",
    "email": "emails",
    "lead": "leads",
    "product": "products",
    "line_item": "line_items",
}
"""HubSpot's names of object types in webhooks, and Tasuki's; other types keep their own."""


def hints(settings: HubSpotSettings, delivery: Delivery, now: datetime) -> Sequence[Hint]:
    """The records that a delivery names, each once.

    Errors: SignInError when the signature or the time is wrong, or no secret is known.
    """
    _verify(settings, delivery, now)
    notes = orjson.loads(delivery.body)
    mine = [note for note in _listed(notes) if _concerns(note, settings.portal_id)]
    return list(dict.fromkeys(hint for note in mine for hint in _named(note)))


# ── the signature ──


def _verify(settings: HubSpotSettings, delivery: Delivery, now: datetime) -> None:
    if settings.webhook_secret is None:
        raise _refused("The connection has no `webhook_secret`.")
    version = _version(delivery.headers)
    if version not in settings.webhook_signatures:
        raise _refused(f"A {version or 'missing'} signature is not believed here.")
    if version == "v3":
        _check_time(delivery.headers.get(_TIME, ""), now)
    expected = _SIGNED[version](settings.webhook_secret, delivery)
    given = delivery.headers.get(_V3 if version == "v3" else _OLDER, "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise _refused("The signature does not fit the delivery.")


def _version(headers: Mapping[str, str]) -> Signature | None:
    if _V3 in headers:
        return "v3"
    if _OLDER not in headers:
        return None
    return "v2" if headers.get(_VERSION, "v1").lower() == "v2" else "v1"


def _check_time(text: str, now: datetime) -> None:
    limit = OLDEST // timedelta(milliseconds=1)
    if not text.isdigit() or abs(milliseconds(now) - int(text)) > limit:
        raise _refused("Its time is more than five minutes from ours.")


def _v1(secret: SecretStr, delivery: Delivery) -> str:
    return hashlib.sha256(secret.get_secret_value().encode() + delivery.body).hexdigest()


def _v2(secret: SecretStr, delivery: Delivery) -> str:
    text = f"{secret.get_secret_value()}{delivery.method}{delivery.url}"
    return hashlib.sha256(text.encode() + delivery.body).hexdigest()


def _v3(secret: SecretStr, delivery: Delivery) -> str:
    head = f"{delivery.method}{_plain(delivery.url)}".encode()
    signed = head + delivery.body + delivery.headers.get(_TIME, "").encode()
    made = hmac.new(secret.get_secret_value().encode(), signed, hashlib.sha256)
    return b64encode(made.digest()).decode()


def _plain(url: str) -> str:
    for code, letter in _DECODED.items():
        url = url.replace(code, letter).replace(code.lower(), letter)
    return url


_ERASED: Final = "privacyDeletion"
"""A contact was deleted for good, as the law gives everybody the right to."""
_SIGNED: Final[Mapping[Signature, Callable[[SecretStr, Delivery], str]]] = {
    "v1": _v1,
    "v2": _v2,
    "v3": _v3,
}


def _refused(why: str) -> SignInError:
    return SignInError(
        "A webhook delivery is not believed.",
        where="webhook",
        why=why,
        remedy="Give the app's client secret as `webhook_secret`, and see that the clock is right.",
    )


# ── what is said ──


def _listed(notes: Json) -> list[Json]:
    found = notes if isinstance(notes, list) else [notes]
    return [note for note in found if isinstance(note, dict)]


def _concerns(note: Json, portal_id: int | None) -> bool:
    return portal_id is None or note.get("portalId") in (None, portal_id)


def _named(note: Json) -> Iterator[Hint]:
    kind, _, what = str(note.get("subscriptionType") or note.get("eventType") or "").partition(".")
    object = _object(str(note.get("objectTypeId") or kind))
    if what == "associationChange":
        yield from _ends(note, object)
        return
    ids = [note.get("objectId"), note.get("newObjectId"), note.get("primaryObjectId")]
    for id in (*ids, *(note.get("mergedObjectIds") or ())):
        if id is not None:
            yield Hint(object, str(id), is_erasure=what == _ERASED)


def _ends(note: Json, object: str) -> Iterator[Hint]:
    """Both ends of a link; `CONTACT_TO_COMPANY` names their types where no id does."""
    one, _, other = str(note.get("associationType") or "").lower().partition("_to_")
    for end, named in (("from", one or object), ("to", other)):
        id = note.get(f"{end}ObjectId")
        type = str(note.get(f"{end}ObjectTypeId") or named)
        if id is not None and type:
            yield Hint(_object(type), str(id))


def _object(type: str) -> str:
    return TYPES.get(type, type)
