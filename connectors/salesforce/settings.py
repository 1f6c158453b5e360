"""As whom, where and how gently Tasuki works in one Salesforce org."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.protocol import Settings

_PRODUCTION_HOST: Final = re.compile(r"^[a-z0-9-]+\.my\.salesforce\.com$")
_SANDBOX_HOST: Final = re.compile(r"\.sandbox\.my\.salesforce\.com$")
_SHARED_HOSTS: Final = frozenset({"login.salesforce.com", "test.salesforce.com"})


class SalesforceSettings(Settings):
    """As whom Tasuki signs in to one Salesforce org, and how much of its allowance it may use."""

    login_url: str = Field(
        description="The org's My Domain address; client credentials work on no other host.",
        examples=["https://acme.my.salesforce.com"],
    )
    environment: Literal["sandbox", "production"] = Field(
        "sandbox", description="What this org is; an address that says otherwise is refused."
    )
    client_id: str = Field(description="Consumer key of the external client app (connected app).")
    client_secret: SecretStr = Field(
        description="Its consumer secret; write `env:NAME`, never the value."
    )
    api_version: str = Field(
        "59.0", pattern=r"^\d{2}\.0$", description="REST API version, as Salesforce writes it."
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
    calls_per_second: int = Field(20, ge=1, le=100, description="Most calls in any one second.")
    attempts: int = Field(4, ge=1, le=10, description="Tries per call while errors are transient.")
    reserve_percent: int = Field(
        10,
        ge=0,
        le=90,
        description="Share of the org's daily calls that Tasuki leaves to everybody else.",
    )
    overlap: timedelta = Field(
        timedelta(minutes=10),
        ge=timedelta(0),
        le=timedelta(hours=6),
        description="How far each pull reads back, for changes that became visible late.",
    )
    allow_duplicates: bool = Field(
        False, description="Save although an alerting duplicate rule matches (blocking ones stay)."
    )

    @field_validator("login_url")
    @classmethod
    def _my_domain(cls, url: str) -> str:
        parts = urlsplit(url.strip())
        if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
            raise ValueError("must look like https://your-domain.my.salesforce.com")
        if parts.hostname in _SHARED_HOSTS:
            raise ValueError("must be the org's own My Domain address, not the shared sign-in host")
        return f"https://{parts.netloc}"

    @model_validator(mode="after")
    def _same_environment(self) -> Self:
        host = urlsplit(self.login_url).hostname or ""
        if self.environment == "sandbox" and _PRODUCTION_HOST.search(host):
            raise ValueError("environment is sandbox, but login_url is a production org")
        if self.environment == "production" and _SANDBOX_HOST.search(host):
            raise ValueError("environment is production, but login_url is a sandbox")
        return self
