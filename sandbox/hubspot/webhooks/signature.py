"""The three signatures by which a receiver knows that HubSpot sent a request."""

import re
from base64 import b64encode
from hashlib import sha256
from hmac import new as hmac
from typing import Final
from urllib.parse import unquote

_DECODED: Final = re.compile(r"%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


def v1(secret: str, body: bytes) -> str:
    """The hash of secret and body: what webhooks of the CRM carry."""
    return sha256(secret.encode() + body).hexdigest()


def v2(secret: str, method: str, uri: str, body: bytes) -> str:
    """The same with method and address: what workflows and cards carry."""
    return sha256(f"{secret}{method}{uri}".encode() + body).hexdigest()


def v3(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """The keyed hash that also covers the moment of sending."""
    plain = _DECODED.sub(lambda found: unquote(found.group()), uri)
    said = f"{method}{plain}".encode() + body + timestamp.encode()
    return b64encode(hmac(secret.encode(), said, sha256).digest()).decode()


def headers(secret: str, uri: str, body: bytes, timestamp: str, older: str) -> dict[str, str]:
    """What a delivery carries: v3, and one of the older two."""
    first = v2(secret, "POST", uri, body) if older == "v2" else v1(secret, body)
    return {
        "X-HubSpot-Signature": first,
        "X-HubSpot-Signature-Version": older,
        "X-HubSpot-Signature-v3": v3(secret, "POST", uri, body, timestamp),
        "X-HubSpot-Request-Timestamp": timestamp,
    }
