"""HubSpot over its official client.

settings · paths · auth · client · faults | metadata · notices · hints |
read/ · write/ · others/ | connector
"""

from typing import Final

from connectors.hubspot.client import open_client
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.hints import hints
from connectors.hubspot.settings import HubSpotSettings
from connectors.protocol import Connector, ConnectorSpec, OpenContext


def _open(settings: HubSpotSettings, context: OpenContext) -> Connector:
    return HubSpotConnector(open_client(settings, context))


SPEC: Final = ConnectorSpec("hubspot", "HubSpot", HubSpotSettings, _open, hints)
