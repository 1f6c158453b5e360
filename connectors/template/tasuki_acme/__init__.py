"""Tasuki talks to Acme: settings, one HTTP client, and the protocol over both."""

from typing import Final

from connectors.protocol import Connector, ConnectorSpec, OpenContext
from tasuki_acme.client import open_client
from tasuki_acme.connector import AcmeConnector
from tasuki_acme.settings import AcmeSettings


def _open(settings: AcmeSettings, context: OpenContext) -> Connector:
    return AcmeConnector(open_client(settings, context), settings.page_size)


SPEC: Final = ConnectorSpec("acme", "Acme", AcmeSettings, _open)
