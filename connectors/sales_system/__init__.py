"""The sales system: any SQL database and any CSV drop, read only; see the README beside this."""

from typing import Final

from connectors.protocol import ConnectorSpec
from connectors.sales_system.connector import open_sales_system
from connectors.sales_system.settings import SalesSystemSettings

SPEC: Final = ConnectorSpec(
    name="sales_system",
    title="Sales system",
    settings=SalesSystemSettings,
    open=open_sales_system,
)
