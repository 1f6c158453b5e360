"""The door: who a caller is by the token sent, and whether that opens this endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.hubspot.faults import Fault, missing_scopes, unauthenticated
from sandbox.hubspot.oauth.apps import APP_ID, developer_key
from sandbox.hubspot.oauth.scopes import required
from sandbox.hubspot.oauth.tokens import Token, find, seconds_left
from sandbox.hubspot.settings import token
from sandbox.state import State

_OPEN: Final = frozenset({"oauth", "submissions", "signed-files"})
_FOR_DEVELOPERS: Final = "webhooks"
_FOR_APPS: Final = "webhooks-journal"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; `kind` is private_app, service_key, access, client, developer or nobody."""

    kind: str = "nobody"
    app: int = APP_ID

    @property
    def counted(self) -> bool:
        """Whether the call spends the account's allowance."""
        return self.kind not in ("nobody", "developer", "client")


NOBODY: Final = Caller()
_PRIVATE: Final = Caller("private_app")


def enter(
    state: State, method: str, words: tuple[str, ...], authorization: str, query: Mapping[str, str]
) -> Caller:
    """The caller of an endpoint; 401 for a stranger, 403 for who lacks the scope."""
    if words[0] in _OPEN and words[2:3] != ("secure",):
        return NOBODY
    if words[0] == _FOR_DEVELOPERS:
        return _developer(state, authorization, query)
    if authorization == f"Bearer {token(state)}":
        if words[0] == _FOR_APPS:
            raise missing_scopes(*required(method, words))
        return _PRIVATE
    held = _token(state, authorization)
    needed = required(method, words)
    if needed and not held.scopes.intersection(needed):
        raise missing_scopes(*needed)
    return Caller(held.kind, held.app)


def _developer(state: State, authorization: str, query: Mapping[str, str]) -> Caller:
    """Webhook settings belong to the developer: its key, or an app's own client credentials."""
    key = developer_key(state)
    if query.get("hapikey") == key or authorization == f"Bearer {key}":
        return Caller("developer")
    held = _token(state, authorization)
    if held.kind != "client":
        raise missing_scopes("developer")
    return Caller("client", held.app)


def _token(state: State, authorization: str) -> Token:
    scheme, _, text = authorization.partition(" ")
    held = find(state, text) if scheme == "Bearer" else None
    if held is None or held.kind in ("code", "refresh"):
        raise unauthenticated()
    left = seconds_left(state, held)
    if left is not None and left <= 0:
        message = f"The OAuth token used to make this call expired {-left} second(s) ago."
        raise Fault(401, message, "EXPIRED_AUTHENTICATION")
    return held
