"""The secrets a client needs to sign in to this sandbox; made once, kept with the world."""

import secrets
from dataclasses import dataclass

from sandbox.state import State


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person would copy from the two platforms' setup pages."""

    client_id: str
    client_secret: str
    hubspot_token: str


def credentials(state: State) -> Credentials:
    """The credentials of this world, made at the first call."""
    with state.transaction():
        return Credentials(
            client_id=_kept(state, "client_id", "3MVG9." + secrets.token_hex(24)),
            client_secret=_kept(state, "client_secret", secrets.token_hex(32).upper()),
            hubspot_token=_kept(state, "hubspot_token", f"pat-na1-{secrets.token_hex(20)}"),
        )


def _kept(state: State, name: str, fresh: str) -> str:
    found = state.setting(name)
    if found is None:
        state.set_setting(name, fresh)
    return found or fresh
