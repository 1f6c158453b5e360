"""As whom Tasuki signs in to one HubSpot account, and how much it asks for at once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from connectors.protocol import Settings


class HubSpotSettings(Settings):
    """One HubSpot account, reached with a private-app token or a service key."""

    token: SecretStr = Field(
        description="Private-app token or service key; write `env:NAME`, never the value.",
        examples=["env:HUBSPOT_TOKEN"],
    )
    base_url: str = Field(
        default="https://api.hubapi.com",
        pattern="^https?://",
        description="Where the API answers; a local sandbox has its own address.",
        examples=["http://127.0.0.1:8765"],
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
    page_size: int = Field(default=100, ge=1, le=100, description="Records per listed page.")
    search_page_size: int = Field(
        default=200, ge=1, le=200, description="Records per page of a search for changes."
    )
    event_page_size: int = Field(default=1000, ge=1, le=1000, description="Events per page.")
    batch_size: int = Field(default=100, ge=1, le=100, description="Records per write call.")
    timeout: timedelta = Field(
        default=timedelta(seconds=60), description="How long one answer may take."
    )
    connect_timeout: timedelta = Field(
        default=timedelta(seconds=10), description="How long reaching the address may take."
    )
    attempts: int = Field(default=5, ge=1, le=10, description="Calls made before giving up.")
    calls_per_10_seconds: int = Field(
        default=90, ge=2, description="Pace of ordinary calls; keep it below the account's limit."
    )
    searches_per_second: int = Field(
        default=4, ge=2, description="Pace of searches; HubSpot allows five a second per account."
    )
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

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")
