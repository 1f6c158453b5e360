"""As whom, where and how Tasuki works in one Salesforce org."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.protocol import Settings

_PRODUCTION_HOST: Final = re.compile(r"^[a-z0-9-]+\.my\.salesforce\.com$")
_SANDBOX_HOST: Final = re.compile(r"\.sandbox\.my\.salesforce\.com$")
_SHARED_HOSTS: Final = {"login.salesforce.com": "production", "test.salesforce.com": "sandbox"}
_LAST_SOAP_LOGIN: Final = 64


class Flow(StrEnum):
    """A way to sign in."""

    CLIENT_CREDENTIALS = "client credentials"
    JWT = "JWT bearer"
    REFRESH = "refresh token"
    PASSWORD = "username and password"  # noqa: S105  # the flow's name
    SOAP = "SOAP login"


class Given(NamedTuple):
    """Which settings make a flow, and which it may have besides."""

    needed: frozenset[str]
    allowed: frozenset[str] = frozenset()


_TOKEN: Final = frozenset({"security_token"})
_FLOWS: Final[Mapping[Flow, Given]] = {
    Flow.CLIENT_CREDENTIALS: Given(frozenset({"client_id", "client_secret"})),
    Flow.JWT: Given(frozenset({"client_id", "username", "private_key"})),
    Flow.REFRESH: Given(frozenset({"client_id", "refresh_token"}), frozenset({"client_secret"})),
    Flow.PASSWORD: Given(frozenset({"client_id", "client_secret", "username", "password"}), _TOKEN),
    Flow.SOAP: Given(frozenset({"username", "password"}), _TOKEN),
}
_CREDENTIALS: Final = frozenset[str]().union(*(g.needed | g.allowed for g in _FLOWS.values()))


class SalesforceSettings(Settings):
    """As whom Tasuki signs in to one Salesforce org, and how it reads and writes there.

    The credentials given choose the flow: `client_id` + `client_secret` (client credentials),
    `client_id` + `username` + `private_key` (JWT bearer), `client_id` + `refresh_token`; for old
    orgs `client_id` + `client_secret` + `username` + `password`, or `username` + `password` alone
    (SOAP login).
    """

    login_url: str = Field(
        description="The org's My Domain address; client credentials work on no other host.",
        examples=["https://acme.my.salesforce.com"],
    )
    environment: Literal["sandbox", "production"] = Field(
        "sandbox", description="What this org is; an address that says otherwise is refused."
    )
    client_id: str | None = Field(
        None, description="Consumer key of the external client app (connected app)."
    )
    client_secret: SecretStr | None = Field(
        None, description="Its consumer secret; write `env:NAME`, never the value."
    )
    username: str | None = Field(
        None, description="Whom to sign in as; JWT bearer and the username flows need it."
    )
    private_key: SecretStr | None = Field(
        None,
        description="Private key (PEM) of the certificate uploaded to the app, for JWT bearer; "
        "write `file:PATH` or `env:NAME`.",
    )
    refresh_token: SecretStr | None = Field(
        None, description="Refresh token of an app that does not rotate them; write `env:NAME`."
    )
    password: SecretStr | None = Field(
        None, description="The user's password, for the username flows; write `env:NAME`."
    )
    security_token: SecretStr | None = Field(
        None, description="Appended to the password where the org asks for it; write `env:NAME`."
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
    attempts: int = Field(4, ge=1, le=10, description="Tries per call while errors are transient.")
    overlap: timedelta = Field(
        timedelta(minutes=10),
        ge=timedelta(0),
        le=timedelta(hours=6),
        description="How far each pull reads back, for changes that became visible late.",
    )
    bulk_above: int = Field(
        50_000,
        ge=2_000,
        description="A pull that expects more records than this is read by Bulk API 2.0.",
    )
    auto_assign: bool = Field(
        False, description="Let the org's assignment rules choose owners of what Tasuki writes."
    )
    allow_duplicates: bool = Field(
        False, description="Save although an alerting duplicate rule matches (blocking ones stay)."
    )

    @property
    def flow(self) -> Flow:
        """The way to sign in that the given credentials make."""
        given = {name for name in _CREDENTIALS if getattr(self, name)}
        for flow, each in _FLOWS.items():
            if each.needed <= given <= each.needed | each.allowed:
                return flow
        ways = "; ".join(f"{' + '.join(sorted(g.needed))} ({flow})" for flow, g in _FLOWS.items())
        has = " + ".join(sorted(given)) or "nothing"
        raise ValueError(f"give the credentials of exactly one way to sign in: {ways}; given {has}")

    @field_validator("login_url")
    @classmethod
    def _plain_host(cls, url: str) -> str:
        parts = urlsplit(url.strip())
        if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
            raise ValueError("must look like https://your-domain.my.salesforce.com")
        return f"https://{parts.netloc}"

    @model_validator(mode="after")
    def _one_flow(self) -> Self:
        host = urlsplit(self.login_url).hostname
        if self.flow is Flow.CLIENT_CREDENTIALS and host in _SHARED_HOSTS:
            raise ValueError(
                "login_url must be the org's own My Domain address, not the shared sign-in host"
            )
        if self.flow is Flow.SOAP and float(self.api_version) > _LAST_SOAP_LOGIN:
            raise ValueError(f"SOAP login ends with api_version {_LAST_SOAP_LOGIN}.0; use an app")
        return self

    @model_validator(mode="after")
    def _same_environment(self) -> Self:
        host = urlsplit(self.login_url).hostname or ""
        if self.environment == "sandbox" and _PRODUCTION_HOST.search(host):
            raise ValueError("environment is sandbox, but login_url is a production org")
        if self.environment == "production" and _SANDBOX_HOST.search(host):
            raise ValueError("environment is production, but login_url is a sandbox")
        if _SHARED_HOSTS.get(host, self.environment) != self.environment:
            raise ValueError(f"environment is {self.environment}, but login_url is not for it")
        return self
