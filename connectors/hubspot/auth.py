"""Signing in: the official client, its API objects kept for life, over one connection pool.

Source: platforms notes on hubspot-api-client 12.0.0. Each access to `client.crm.objects.basic_api`
builds a new pool; its default retry repeats calls on its own; it never asks for gzip. So each API
object is made once, shares one pool without retries, and asks for gzip.
"""

from functools import cached_property
from typing import Any, Final

import hubspot
import urllib3
from urllib3.util.retry import Retry

from connectors.hubspot.settings import HubSpotSettings

CONNECTIONS: Final = 8


class Apis:
    """The parts of the official client that Tasuki calls, each loaded when first used."""

    def __init__(self, settings: HubSpotSettings, pool: urllib3.PoolManager) -> None:
        self._pool = pool
        self._client = hubspot.Client.create(
            access_token=settings.token.get_secret_value(),
            host=settings.base_url,
            base_url=settings.base_url,
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
    def properties(self) -> Any:
        """What fields an object has."""
        return self._kept(self._client.crm.properties.core_api)

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

    def get(self, path: str, query: list[tuple[str, str]], **options: Any) -> Any:
        """A path the official client has no name for, over its own stack."""
        client = self.basic.api_client
        return client.call_api(path, "GET", query_params=query, auth_settings=["oauth2"], **options)

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def _kept(self, api: Any) -> Any:
        api.api_client.rest_client.pool_manager = self._pool
        api.api_client.set_default_header("Accept-Encoding", "gzip")
        return api


def once() -> Retry:
    """One attempt, whatever happens: repeating is decided by the family of the error."""
    return Retry(0, raise_on_redirect=False, respect_retry_after_header=False)


def pool() -> urllib3.PoolManager:
    """The one pool of a connection."""
    return urllib3.PoolManager(maxsize=CONNECTIONS, retries=once())
