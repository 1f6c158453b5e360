"""HubSpot over its official client.

settings · auth · client · metadata · filters · faults | read/ · write/ | connector · the protocol
"""

from typing import Final

from connectors.hubspot.client import open_client
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.settings import HubSpotSettings
from connectors.protocol import Connector, ConnectorSpec, OpenContext


def _open(settings: HubSpotSettings, context: OpenContext) -> Connector:
    return HubSpotConnector(open_client(settings, context))


SPEC: Final = ConnectorSpec("hubspot", "HubSpot", HubSpotSettings, _open)
