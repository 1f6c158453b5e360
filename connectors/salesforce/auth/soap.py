"""SOAP login for orgs without an app: retired in API version 65, off in new orgs."""

from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import requests

from connectors.salesforce.settings import SalesforceSettings
from tasuki.errors import SignInError, TasukiError, TransientError

_ENVELOPE: Final = """<?xml version="1.0" encoding="utf-8" ?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:partner.soap.sforce.com">
<env:Header><u:CallOptions><u:client>tasuki</u:client></u:CallOptions></env:Header>
<env:Body><u:login><u:username>{username}</u:username><u:password>{password}</u:password></u:login></env:Body>
</env:Envelope>"""  # noqa: E501
_REFUSED: Final[Mapping[str, tuple[str, str]]] = {
    "INVALID_LOGIN": (
        "username, password or security token is wrong, or the user is locked out",
        "Check the three; a password reset sends a new security token.",
    ),
    "LOGIN_MUST_USE_SECURITY_TOKEN": (
        "this machine's address is not trusted by the org",
        "Set security_token, or add the address to the org's trusted ranges.",
    ),
    "API_DISABLED_FOR_ORG": (
        "this org's edition or this user's profile has no API access",
        "Enable the API for the org and `API Enabled` for the user.",
    ),
    "UNSUPPORTED_API_VERSION": (
        "SOAP login does not exist in this API version",
        "Create an app in the org and use client credentials.",
    ),
}
_OTHERWISE: Final = (
    "the org does not allow SOAP login",
    "Create an app in the org and use client credentials.",
)
_PASSING: Final = frozenset({"SERVER_UNAVAILABLE", "LOGIN_RATE_EXCEEDED", "UNKNOWN_EXCEPTION"})


def ask(session: requests.Session, settings: SalesforceSettings, where: str) -> dict[str, str]:
    """The session id and its server, as far as the answer names them."""
    secrets = (settings.password, settings.security_token)
    password = "".join(each.get_secret_value() for each in secrets if each)
    body = _ENVELOPE.format(
        username=escape(settings.username or ""),
        password=escape(password),
    )
    answer = session.post(
        f"{settings.login_url}/services/Soap/u/{settings.api_version}",
        data=body.encode(),
        headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": "login"},
    )
    said = _leaves(answer.content)
    if answer.status_code == 200 and "sessionId" in said:
        whom = {"user": said.get("userId", "")}
        return {"token": said["sessionId"], "instance": said.get("serverUrl", ""), **whom}
    raise _refusal(said, answer.status_code, where)


def _leaves(xml: bytes) -> dict[str, str]:
    """Local name to text; clients and servers choose their prefixes freely."""
    try:
        root = ET.fromstring(xml)  # noqa: S314  # from Salesforce, over TLS; expat bounds it
    except ET.ParseError:
        return {}
    return {each.tag.rpartition("}")[2]: each.text or "" for each in root.iter() if not len(each)}


def _refusal(said: Mapping[str, str], status: int, where: str) -> TasukiError:
    """A fault comes with status 500; without a fault in it, 500 is maintenance."""
    code = said.get("exceptionCode") or said.get("faultcode", "").rpartition(":")[2]
    if code in _PASSING or (not code and status >= 420):
        return TransientError(
            f"Salesforce's sign-in answered {status} {code}".rstrip(), where=where
        )
    why, remedy = _REFUSED.get(code, _OTHERWISE)
    return SignInError(
        f"Salesforce refuses the sign-in: {code or f'HTTP {status}'}",
        where=where,
        why=why,
        remedy=remedy,
    )
