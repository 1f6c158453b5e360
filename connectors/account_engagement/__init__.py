"""Salesforce Account Engagement (formerly Pardot) over its API v5.

settings · auth · client · faults | metadata · notices | read/ · write/ | connector
"""

from typing import Final

from connectors.account_engagement.client import open_client
from connectors.account_engagement.connector import AccountEngagementConnector
from connectors.account_engagement.settings import AccountEngagementSettings
from connectors.protocol import Connector, ConnectorSpec, OpenContext


def _open(settings: AccountEngagementSettings, context: OpenContext) -> Connector:
    return AccountEngagementConnector(open_client(settings, context))


SPEC: Final = ConnectorSpec(
    "account_engagement", "Account Engagement", AccountEngagementSettings, _open
)
