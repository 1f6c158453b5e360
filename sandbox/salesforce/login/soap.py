"""SOAP `login()`: off in new orgs, gone from v65.0 on; requests are read by local name."""

from collections.abc import Mapping
from typing import Any, Final
from xml.etree.ElementTree import ParseError, fromstring
from xml.sax.saxutils import escape

from sandbox.salesforce.api.call import Answer
from sandbox.salesforce.login.app import App, OAuthError
from sandbox.salesforce.login.session import Sessions
from sandbox.salesforce.org import ORGANIZATION

_NEWEST: Final = 64
_SECONDS: Final = 7_200
_XML: Final = {"Content-Type": "text/xml; charset=utf-8"}
_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"{}'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
)
_TAIL: Final = "</soapenv:Body></soapenv:Envelope>"
_RESULT: Final = _HEAD.format(' xmlns="urn:partner.soap.sforce.com"')
_FAULT: Final = _HEAD.format(' xmlns:sf="urn:fault.partner.soap.sforce.com"')


def login(app: App, sessions: Sessions, version: str, body: bytes, own_url: str) -> Answer:
    """`POST /services/Soap/u/{version}` with a login call."""
    number = version.removeprefix("v").split(".")[0]
    if not number.isdigit() or int(number) > _NEWEST:
        return _fault("UNSUPPORTED_API_VERSION", f"login() does not exist in API version {version}")
    if not app.org.setup.on("soap_login"):
        return _fault("INVALID_OPERATION", "SOAP API login() is disabled by default in this org.")
    said = _read(body)
    try:
        user = app.user_by_password(said.get("username", ""), said.get("password", ""))
    except OAuthError:
        user = None
    if user is None:
        text = "Invalid username, password, security token; or user locked out."
        return _fault("INVALID_LOGIN", text)
    session = sessions.open(str(user["Id"]), "soap")
    return Answer(200, _opened(app, user, session.token, own_url, number).encode(), _XML)


def _read(body: bytes) -> dict[str, str]:
    """Leaf values by local name: one client writes `n1:login`, the other `login xmlns=`."""
    try:
        found = fromstring(body)  # noqa: S314 - loopback only, and expat refuses entity bombs
    except ParseError:
        return {}
    return {each.tag.rpartition("}")[2]: (each.text or "").strip() for each in found.iter()}


def _opened(app: App, user: Mapping[str, Any], token: str, own_url: str, number: str) -> str:
    org = app.org.row("Organization", ORGANIZATION) or {}
    stem = f"{own_url}/services/Soap/{{}}/{number}.0/{ORGANIZATION[:15]}"
    info = {
        "accessibilityMode": False,
        "chatterExternal": False,
        "currencySymbol": "¥",
        "orgAttachmentFileSizeLimit": 26_214_400,
        "orgDefaultCurrencyIsoCode": "JPY",
        "orgDefaultCurrencyLocale": "ja_JP",
        "orgDisallowHtmlAttachments": False,
        "orgHasPersonAccounts": False,
        "organizationId": ORGANIZATION,
        "organizationMultiCurrency": False,
        "organizationName": org.get("Name"),
        "profileId": user["ProfileId"],
        "roleId": user["UserRoleId"],
        "sessionSecondsValid": _SECONDS,
        "userDefaultCurrencyIsoCode": None,
        "userEmail": user["Email"],
        "userFullName": user["Name"],
        "userId": user["Id"],
        "userLanguage": user["LanguageLocaleKey"],
        "userLocale": user["LocaleSidKey"],
        "userName": user["Username"],
        "userTimeZone": user["TimeZoneSidKey"],
        "userType": user["UserType"],
        "userUiSkin": "Theme3",
    }
    result = {
        "metadataServerUrl": stem.format("m"),
        "passwordExpired": False,
        "sandbox": bool(org.get("IsSandbox")),
        "serverUrl": stem.format("u"),
        "sessionId": token,
        "userId": user["Id"],
    }
    inner = _elements(result) + f"<userInfo>{_elements(info)}</userInfo>"
    return f"{_RESULT}<loginResponse><result>{inner}</result></loginResponse>{_TAIL}"


def _elements(values: Mapping[str, object]) -> str:
    return "".join(
        f'<{name} xsi:nil="true"/>' if value is None else f"<{name}>{_text(value)}</{name}>"
        for name, value in values.items()
    )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(str(value))


def _fault(code: str, text: str) -> Answer:
    body = (
        f"{_FAULT}<soapenv:Fault><faultcode>sf:{code}</faultcode>"
        f"<faultstring>{code}: {escape(text)}</faultstring>"
        '<detail><sf:LoginFault xsi:type="sf:LoginFault">'
        f"<sf:exceptionCode>{code}</sf:exceptionCode>"
        f"<sf:exceptionMessage>{escape(text)}</sf:exceptionMessage>"
        f"<sf:row>-1</sf:row><sf:column>-1</sf:column>"
        f"</sf:LoginFault></detail></soapenv:Fault>{_TAIL}"
    )
    return Answer(500, body.encode(), _XML)
