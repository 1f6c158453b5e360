"""Signing in: the official client, its API objects kept for life, over one connection pool.

Source: platforms notes on hubspot-api-client 12.0.0, §16. Each access to
`client.crm.objects.basic_api` builds a new pool; its default retry repeats calls on its own; it
never asks for gzip; a kept object freezes its token. So each API object is made once, shares one
pool without retries, asks for gzip, and is given every new token. The client's second stack,
`api_request`, opens a connection per call and knows no time limit: paths without a name of their
own go over the first stack instead (`Apis.get`), and nothing here uses the second.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import Any, Final

import hubspot
import urllib3
from urllib3.util.retry import Retry

from connectors.hubspot.paths import Road
from connectors.hubspot.settings import HubSpotSettings

CONNECTIONS: Final = 8
EARLY: Final = timedelta(minutes=2)
"""A token is renewed this long before it expires."""


class Apis:
    """The parts of the official client that Tasuki calls, each loaded when first used."""

    def __init__(self, settings: HubSpotSettings, pool: urllib3.PoolManager) -> None:
        self._pool = pool
        self._road = Road(pool, settings.api_version)
        self._known: list[Any] = []
        token = settings.token.get_secret_value() if settings.token else ""
        self._client = hubspot.Client.create(
            access_token=token, host=settings.base_url, base_url=settings.base_url
        )

    @cached_property
    def basic(self) -> Any:
        """Lists of records."""
        return self._kept(self._client.crm.objects.basic_api)

    @cached_property
    def batch(self) -> Any:
        """Records by the hundred."""
        return self._kept(self._client.crm.objects.batch_api)

    @cached_property
    def search(self) -> Any:
        """Records by condition."""
        return self._kept(self._client.crm.objects.search_api)

    @cached_property
    def associations(self) -> Any:
        """Links between records."""
        return self._kept(self._client.crm.associations.v4.batch_api)

    @cached_property
    def labels(self) -> Any:
        """What links between two objects may be labelled."""
        return self._kept(self._client.crm.associations.v4.schema.definitions_api)

    @cached_property
    def properties(self) -> Any:
        """What fields an object has."""
        return self._kept(self._client.crm.properties.core_api)

    @cached_property
    def new_properties(self) -> Any:
        """Fields made by the hundred."""
        return self._kept(self._client.crm.properties.batch_api)

    @cached_property
    def groups(self) -> Any:
        """The sections that fields stand in."""
        return self._kept(self._client.crm.properties.groups_api)

    @cached_property
    def owners(self) -> Any:
        """Who may own a record."""
        return self._kept(self._client.crm.owners.owners_api)

    @cached_property
    def lists(self) -> Any:
        """Lists as such."""
        return self._kept(self._client.crm.lists.lists_api)

    @cached_property
    def memberships(self) -> Any:
        """Who is on a list."""
        return self._kept(self._client.crm.lists.memberships_api)

    @cached_property
    def events(self) -> Any:
        """What people did."""
        return self._kept(self._client.events.events_api)

    @cached_property
    def tokens(self) -> Any:
        """Where a refresh token buys an access token."""
        return self._kept(self._client.oauth.tokens_api)

    @cached_property
    def token_facts(self) -> Any:
        """What HubSpot says of an access token."""
        return self._kept(self._client.oauth.access_tokens_api)

    def get(self, path: str, query: list[tuple[str, str]], **options: Any) -> Any:
        """A path the official client has no name for, over its own stack."""
        client = self.basic.api_client
        return client.call_api(path, "GET", query_params=query, auth_settings=["oauth2"], **options)

    def post(self, path: str, body: dict[str, Any], **options: Any) -> Any:
        """The same with a body."""
        client = self.basic.api_client
        return client.call_api(path, "POST", body=body, auth_settings=["oauth2"], **options)

    @property
    def line(self) -> str:
        """Method and path of this thread's last call."""
        return self._road.line

    def sign(self, token: str) -> None:
        """Call with this token from now on."""
        self._client.access_token = token
        for api in self._known:
            api.api_client.configuration.access_token = token

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def _kept(self, api: Any) -> Any:
        api.api_client.rest_client.pool_manager = self._road
        api.api_client.set_default_header("Accept-Encoding", "gzip")
        self._known.append(api)
        return api


@dataclass(slots=True)
class Grant:
    """An OAuth grant: the refresh token as it is now, and how long the access token lasts.

    The lock guards the renewing: two threads that find one expired token would buy two.
    """

    refresh_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    rotated: bool = False
    """HubSpot gave a new refresh token; the one in the settings may stop working."""
    scopes: frozenset[str] | None = None
    """What it lets us do, once HubSpot said so."""
    lock: Lock = field(default_factory=Lock)

    def is_fresh(self, now: datetime) -> bool:
        """The access token outlasts the next call."""
        return self.expires_at is not None and now < self.expires_at - EARLY

    def renewed(self, answer: dict[str, Any], now: datetime) -> str:
        """Keep what the token endpoint answered; the access token."""
        given = str(answer.get("refresh_token") or self.refresh_token)
        self.rotated = self.rotated or given != self.refresh_token
        self.refresh_token = given
        self.access_token = str(answer["access_token"])
        self.scopes = frozenset(answer["scopes"]) if "scopes" in answer else None
        self.expires_at = now + timedelta(seconds=int(answer.get("expires_in") or 0))
        return self.access_token


def once() -> Retry:
    """One attempt, whatever happens: repeating is decided by the family of the error."""
    return Retry(0, raise_on_redirect=False, respect_retry_after_header=False)


def pool() -> urllib3.PoolManager:
    """The one pool of a connection."""
    return urllib3.PoolManager(maxsize=CONNECTIONS, retries=once())
