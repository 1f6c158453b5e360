"""The assertion by which an app signs in to a Salesforce org with its key (OAuth JWT bearer)."""

from datetime import datetime, timedelta
from typing import Final

import jwt

from tasuki.errors import ConfigError

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCE: Final = {
    "production": "https://login.salesforce.com",
    "sandbox": "https://test.salesforce.com",
}
_VALID_FOR: Final = timedelta(minutes=3)
"""Salesforce accepts no assertion that is valid for longer."""


def assertion(
    app: str | None, user: str | None, environment: str, key: str, where: str, now: datetime
) -> str:
    """A JWT signed with the app's key (PEM), good for three minutes.

    Errors: ConfigError when the key cannot be read.
    """
    expires = int((now + _VALID_FOR).timestamp())
    claims = {"iss": app, "sub": user, "aud": _AUDIENCE[environment], "exp": expires}
    try:  # .env files keep one line per value
        return jwt.encode(claims, key.replace("\\n", "\n"), algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError):
        raise ConfigError(
            "The private key cannot be read",
            where=where,
            why="it is not an unencrypted RSA key in PEM form",
            remedy="Point private_key at the PEM file, e.g. `file:keys/salesforce.pem`.",
        ) from None
