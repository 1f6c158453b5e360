"""Links that open without signing in, for a few minutes of the sandbox's clock."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from secrets import token_hex
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Call
from sandbox.hubspot.data.times import iso, millis
from sandbox.hubspot.faults import Fault
from sandbox.state import State

_KEY: Final = "hubspot_signing_key"
SECONDS: Final = 300


def sign(call: Call, folder: str, about: dict[str, Any]) -> tuple[str, str]:
    """The link to something and when it ends."""
    ends = call.now + SECONDS * 1000
    said = urlsafe_b64encode(orjson.dumps({**about, "ends": ends})).decode().rstrip("=")
    link = f"{call.origin}/signed-files/{folder}/{said}.{_seal(call.state, said)}"
    return link, iso(ends)


def opened(call: Call) -> dict[str, Any]:
    """What a link is about; a 403 once it has ended or was tampered with."""
    said, _, seal = call.parts["token"].partition(".")
    if not compare_digest(seal, _seal(call.state, said)):
        raise Fault(403, "The signature of this link does not match", "ACCESS_DENIED")
    try:
        about: dict[str, Any] = orjson.loads(urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    except (NotBase64Error, orjson.JSONDecodeError) as error:
        raise Fault(403, "This link cannot be read", "ACCESS_DENIED") from error
    if about["ends"] <= millis(call.state.now()):
        raise Fault(403, "This link has expired", "ACCESS_DENIED")
    return about


def _seal(state: State, said: str) -> str:
    key = state.setting(_KEY)
    if key is None:
        key = token_hex(16)
        state.set_setting(_KEY, key)
    return hmac(key.encode(), said.encode(), sha256).hexdigest()
