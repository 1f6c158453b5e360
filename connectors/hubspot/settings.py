"""As whom Tasuki signs in to one HubSpot account, and how much it asks for at once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.budget import Rule
from connectors.hubspot.paths import DATED, NAMED
from connectors.protocol import Settings

Signature = Literal["v1", "v2", "v3"]

BURSTS: Final[Mapping[str, int]] = {
    "free": 100,
    "starter": 100,
    "professional": 190,
    "enterprise": 190,
    "increased": 250,
}
"""Calls in ten seconds, by what was bought."""
OAUTH_BURST: Final = 110
SEARCHES: Final = Rule(5, 1)
"""All searches of an account together."""


class HubSpotSettings(Settings):
    """One HubSpot account, reached with a fixed token or with an OAuth grant."""

    token: SecretStr | None = Field(
        default=None,
        description="Private-app token or service key; write `env:NAME`, never the value.",
        examples=["env:HUBSPOT_TOKEN"],
    )
    client_id: str | None = Field(
        default=None, description="An OAuth app's client id, where there is no fixed token."
    )
    client_secret: SecretStr | None = Field(
        default=None,
        description="The OAuth app's client secret.",
        examples=["env:HUBSPOT_CLIENT_SECRET"],
    )
    refresh_token: SecretStr | None = Field(
        default=None,
        description="The refresh token that installing the OAuth app gave.",
        examples=["env:HUBSPOT_REFRESH_TOKEN"],
    )
    base_url: str = Field(
        default="https://api.hubapi.com",
        pattern="^https?://",
        description="Where the API answers; a local sandbox has its own address.",
        examples=["http://127.0.0.1:8765"],
    )
    api_version: str = Field(
        default=NAMED,
        pattern=f"^{NAMED}$|{DATED}",
        description="`v3` (with v4 associations), or a dated version of the same paths.",
        examples=["2026-09"],
    )
    environment: Literal["production", "sandbox"] = Field(
        default="production",
        description="What kind of account this is; shown wherever it is named.",
    )
    portal_id: int | None = Field(
        default=None,
        description="The account's hub id; when given, a token of another account is refused.",
        examples=[4812345],
    )
    subscription: Literal["free", "starter", "professional", "enterprise", "increased"] = Field(
        default="starter",
        description="Sets the pace until HubSpot's first answer tells the account's own limit; "
        "`increased` is with an API limit increase.",
    )
    page_size: int = Field(default=100, ge=1, le=100, description="Records per listed page.")
    search_page_size: int = Field(
        default=200, ge=1, le=200, description="Records per page of a search for changes."
    )
    event_page_size: int = Field(default=1000, ge=1, le=1000, description="Events per page.")
    event_histories: int = Field(
        default=200,
        ge=0,
        description="Contacts whose whole history one pull of events reads again; "
        "the rest wait for the next.",
    )
    batch_size: int = Field(default=100, ge=1, le=100, description="Records per write call.")
    timeout: timedelta = Field(
        default=timedelta(seconds=60), description="How long one answer may take."
    )
    connect_timeout: timedelta = Field(
        default=timedelta(seconds=10), description="How long reaching the address may take."
    )
    attempts: int = Field(default=5, ge=1, le=10, description="Calls made before giving up.")
    overlap: timedelta = Field(
        default=timedelta(minutes=2),
        ge=timedelta(seconds=60),
        description="How far a pull looks back, since the search index lags.",
    )
    event_overlap: timedelta = Field(
        default=timedelta(days=1),
        description="How far a pull of events looks back, since events arrive late.",
    )
    unique_keys: Mapping[str, str] = Field(
        default_factory=lambda: {"contacts": "email", "tasks": "tasuki_key"},
        description="Object to the unique property that names its records; contacts know `email`.",
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="The app's client secret, with which HubSpot signs its webhooks.",
        examples=["env:HUBSPOT_WEBHOOK_SECRET"],
    )
    webhook_signatures: tuple[Signature, ...] = Field(
        default=("v3",),
        description="Signatures that are believed; v1 and v2 carry no time, so a copy of an old "
        "delivery passes.",
    )

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        grant = [self.client_id, self.client_secret, self.refresh_token]
        if all(grant) if self.token is None else not any(grant):
            return self
        raise ValueError("give `token`, or `client_id`, `client_secret` and `refresh_token`")

    @property
    def signs_in_by_grant(self) -> bool:
        """Whether tokens are fetched and expire."""
        return self.token is None

    def rules(self) -> Mapping[str, Rule]:
        """What HubSpot enforces, as far as the settings tell."""
        burst = OAUTH_BURST if self.signs_in_by_grant else BURSTS[self.subscription]
        return {"burst": Rule(burst, 10), "search": SEARCHES}
