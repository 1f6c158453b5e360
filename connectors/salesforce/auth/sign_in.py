"""Signing in by the flow that the settings name; the only room that sees the secrets."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import requests

from connectors.salesforce.auth import oauth, soap
from connectors.salesforce.faults import of_network
from connectors.salesforce.settings import Flow, SalesforceSettings
from tasuki.errors import SignInError


@dataclass(frozen=True, slots=True)
class Token:
    """A session of unknown length; Salesforce says by 401 when it is over."""

    access_token: str = field(repr=False)
    instance: str
    """Host and port that serve this org."""
    refresh_token: str | None = field(default=None, repr=False)
    """Replaces the one in the settings where the app rotates them: the old one is dead."""
    user: str | None = None
    """The id of whom we signed in as, where the answer tells."""


def sign_in(
    session: requests.Session,
    settings: SalesforceSettings,
    where: str,
    now: datetime,
    last: Token | None = None,
) -> Token:
    """A fresh token; `last` is the one before, if there was one.

    Errors: SignInError when Salesforce refuses; TransientError when it cannot answer now.
    """
    try:
        if settings.flow is Flow.SOAP:
            found = soap.ask(session, settings, where)
        else:
            rotated = last.refresh_token if last else None
            found = oauth.ask(session, settings, where, now, rotated)
    except requests.RequestException as error:
        raise of_network(error, where, sends=False) from None
    parts = urlsplit(found.get("instance", ""))
    if parts.scheme == "https" and parts.netloc and found.get("token"):
        user = found.get("user") or None
        return Token(found["token"], parts.netloc, found.get("refresh") or None, user)
    raise SignInError(
        "Salesforce's sign-in answered without a token",
        where=where,
        why="the address is not one that signs in to an org",
        remedy="Correct login_url: it looks like https://your-domain.my.salesforce.com.",
    )
