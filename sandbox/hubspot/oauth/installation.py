"""What people do in the product: install an app, make a key, take both away again."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from sandbox.hubspot.oauth import apps, tokens
from sandbox.hubspot.oauth.apps import App
from sandbox.state import State


def register(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Register an app: `{name, scopes?, redirects?}` gives its id and secrets."""
    scopes = asked.get("scopes", apps.DEFAULT_SCOPES)
    made = apps.register(state, asked["name"], scopes, asked.get("redirects", ()))
    return {"id": made.id, "client_id": made.client_id, "client_secret": made.client_secret}


def authorize(state: State, asked: Mapping[str, Any]) -> dict[str, str]:
    """Press "connect app": `{client_id?, redirect_uri, scopes?, state?}` gives the code sent back.

    Errors: ValueError for a redirect address or a scope the app was not registered with.
    """
    app = _app(state, asked)
    redirect = str(asked.get("redirect_uri", ""))
    if app.redirects and redirect not in app.redirects:
        raise ValueError(f"{redirect} is no redirect address of {app.name}")
    scopes = tuple(asked.get("scopes", app.scopes))
    beyond = sorted(set(scopes) - set(app.scopes))
    if beyond:
        raise ValueError(f"{app.name} is not registered for {', '.join(beyond)}")
    code = tokens.mint(state, "code", app.id, scopes, redirect=redirect).text
    answer = {"code": code} | ({"state": str(asked["state"])} if "state" in asked else {})
    return {"code": code, "location": f"{redirect}?{urlencode(answer)}"}


def service_key(state: State, asked: Mapping[str, Any]) -> dict[str, str]:
    """Make a service key `{scopes}`: REST only, no webhooks, never expires."""
    return {"token": tokens.mint(state, "service_key", apps.APP_ID, asked["scopes"]).text}


def uninstall(state: State, asked: Mapping[str, Any]) -> None:
    """Remove an app from the account: all its tokens end at once."""
    tokens.uninstall(state, _app(state, asked))


def _app(state: State, asked: Mapping[str, Any]) -> App:
    found = apps.find(state, client_id=str(asked.get("client_id") or apps.own(state).client_id))
    if found is None:
        raise ValueError("no app has this client_id")
    return found


CONTROLS: Final = {
    "app": register,
    "authorize": authorize,
    "service-key": service_key,
    "uninstall": uninstall,
}
