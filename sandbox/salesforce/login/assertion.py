"""The JWT bearer grant: an assertion signed with the key whose public half the app registered."""

import json
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sandbox.salesforce.login.app import JWT_KEY, App, OAuthError

_AUDIENCES: Final = ("https://login.salesforce.com", "https://test.salesforce.com")
_LIFE: Final = timedelta(minutes=3)
_LEEWAY: Final = timedelta(seconds=30)


def user_of(app: App, assertion: str, own_url: str) -> Mapping[str, Any]:
    """The user an assertion signs in. Its `exp` may be a number or, as one client sends, text."""
    header, claims, signed, signature = _parts(assertion)
    if header.get("alg") != "RS256":
        raise OAuthError("invalid_grant", "invalid assertion")
    app.check_client(str(claims.get("iss", "")), None)
    _check_signature(app, signed, signature)
    if claims.get("aud") not in (*_AUDIENCES, own_url):
        raise OAuthError("invalid_grant", "audience is invalid")
    _check_time(app, claims)
    found = app.user_named(str(claims.get("sub", "")))
    if found is None:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    return found


def public_key(pem: str) -> RSAPublicKey:
    """The RSA key of a PEM certificate or public key; ValueError for anything else."""
    data = pem.encode()
    if b"CERTIFICATE" in data:
        key: object = x509.load_pem_x509_certificate(data).public_key()
    else:
        key = load_pem_public_key(data)
    if not isinstance(key, RSAPublicKey):
        text = "the certificate must carry an RSA key"
        raise TypeError(text)
    return key


def _parts(assertion: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    try:
        signed, _, signature = assertion.rpartition(".")
        header, claims = (json.loads(_decoded(each)) for each in signed.split("."))
        if isinstance(header, dict) and isinstance(claims, dict):
            return header, claims, signed.encode(), _decoded(signature)
    except (ValueError, Base64Error):
        pass
    raise OAuthError("invalid_grant", "invalid assertion")


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _check_signature(app: App, signed: bytes, signature: bytes) -> None:
    pem = app.org.state.setting(JWT_KEY)
    if pem is None:
        raise OAuthError("invalid_grant", "no certificate is registered for this app")
    try:
        public_key(pem).verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise OAuthError("invalid_grant", "invalid assertion") from None


def _check_time(app: App, claims: Mapping[str, Any]) -> None:
    now = app.org.state.now().timestamp()
    try:
        left = int(claims["exp"]) - now
    except (KeyError, TypeError, ValueError):
        raise OAuthError("invalid_grant", "invalid assertion") from None
    if not -_LEEWAY.total_seconds() <= left <= (_LIFE + _LEEWAY).total_seconds():
        raise OAuthError("invalid_grant", "expired authorization code")
