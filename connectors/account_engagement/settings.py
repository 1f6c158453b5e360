"""As whom, where and how Tasuki works in one business unit of Account Engagement."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.protocol import Settings

_HOSTS: Final = {
    "production": "https://pi.pardot.com",
    "sandbox": "https://pi.demo.pardot.com",
}


class Flow(StrEnum):
    """A way to sign in to the Salesforce org behind the business unit."""

    CLIENT_CREDENTIALS = "client credentials"
    JWT = "JWT bearer"
    REFRESH = "refresh token"


_FLOWS: Final[Mapping[Flow, tuple[frozenset[str], frozenset[str]]]] = {
    Flow.CLIENT_CREDENTIALS: (frozenset({"client_id", "client_secret"}), frozenset()),
    Flow.JWT: (frozenset({"client_id", "username", "private_key"}), frozenset()),
    Flow.REFRESH: (frozenset({"client_id", "refresh_token"}), frozenset({"client_secret"})),
}
"""What each flow needs, and what it may have besides."""
_CREDENTIALS: Final = frozenset[str]().union(*(a | b for a, b in _FLOWS.values()))


class AccountEngagementSettings(Settings):
    """One business unit, reached with a token of the Salesforce org it belongs to.

    The credentials given choose the flow: `client_id` + `client_secret` (client credentials),
    `client_id` + `username` + `private_key` (JWT bearer), `client_id` + `refresh_token`.
    """

    business_unit_id: str = Field(
        pattern=r"^0Uv\w{12}(\w{3})?$",
        description="The business unit's id (Setup, Business Unit Setup); begins with 0Uv.",
        examples=["0Uv5g0000000001CAA"],
    )
    login_url: str = Field(
        description="The Salesforce org's My Domain address, where tokens come from.",
        examples=["https://acme.my.salesforce.com"],
    )
    environment: Literal["sandbox", "production"] = Field(
        "sandbox", description="What this account is; it chooses the API's address."
    )
    base_url: str | None = Field(
        None,
        description="Where the API answers, where it is neither of the two public addresses.",
        examples=["https://localhost:8443"],
    )
    client_id: str | None = Field(
        None, description="Consumer key of the external client app; its scope is `pardot_api`."
    )
    client_secret: SecretStr | None = Field(
        None, description="Its consumer secret; write `env:NAME`, never the value."
    )
    username: str | None = Field(None, description="Whom to sign in as, for JWT bearer.")
    private_key: SecretStr | None = Field(
        None, description="Private key (PEM) for JWT bearer; write `file:PATH` or `env:NAME`."
    )
    refresh_token: SecretStr | None = Field(
        None, description="Refresh token of an app that does not rotate them; write `env:NAME`."
    )
    ca_file: Path | None = Field(
        None, description="Certificate authority to trust instead of the public ones (PEM file)."
    )
    proxy: str | None = Field(
        None,
        description="HTTP proxy for every call; proxy variables of the environment are ignored.",
    )
    connect_timeout: timedelta = Field(
        timedelta(seconds=10), description="How long to wait for a connection."
    )
    read_timeout: timedelta = Field(
        timedelta(minutes=2), description="How long to wait for an answer."
    )
    attempts: int = Field(5, ge=1, le=10, description="Tries per call while errors are transient.")
    overlap: timedelta = Field(
        timedelta(minutes=3),
        ge=timedelta(seconds=90),
        le=timedelta(hours=6),
        description="How far each pull reads back; reads may be 60 seconds behind writes.",
    )
    page_size: int = Field(1000, ge=1, le=1000, description="Records per read call.")
    connections: int = Field(
        4, ge=1, le=5, description="Calls at once; the account has five for everything together."
    )
    usage_every: int = Field(
        10, ge=1, description="Every so many calls the account is asked how many were made today."
    )
    account_timezone: str | None = Field(
        None,
        description="The account's time zone: at its midnight the day's calls begin anew.",
        examples=["Asia/Tokyo"],
    )

    @property
    def flow(self) -> Flow:
        """The way to sign in that the given credentials make."""
        given = {name for name in _CREDENTIALS if getattr(self, name)}
        for flow, (needed, allowed) in _FLOWS.items():
            if needed <= given <= needed | allowed:
                return flow
        ways = "; ".join(f"{' + '.join(sorted(a))} ({flow})" for flow, (a, _) in _FLOWS.items())
        has = " + ".join(sorted(given)) or "nothing"
        raise ValueError(f"give the credentials of exactly one way to sign in: {ways}; given {has}")

    @property
    def api_url(self) -> str:
        """Where the API answers."""
        return f"{self.base_url or _HOSTS[self.environment]}/api/v5"

    @field_validator("login_url", "base_url")
    @classmethod
    def _plain_host(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url.strip())
        if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
            raise ValueError("must look like https://host, without a path")
        return f"https://{parts.netloc}"

    @field_validator("account_timezone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        try:
            return ZoneInfo(name).key if name else None
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not a time zone such as Asia/Tokyo") from error

    @model_validator(mode="after")
    def _one_flow(self) -> Self:
        str(self.flow)  # raises unless exactly one fits
        return self
