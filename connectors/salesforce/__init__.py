"""Salesforce, through simple-salesforce; start with the README beside this file."""

from typing import Final

from connectors.protocol import ConnectorSpec
from connectors.salesforce.connector import open_salesforce
from connectors.salesforce.metadata.package import package
from connectors.salesforce.settings import SalesforceSettings

SPEC: Final = ConnectorSpec(
    name="salesforce",
    title="Salesforce",
    settings=SalesforceSettings,
    open=open_salesforce,
    package=package,
)
