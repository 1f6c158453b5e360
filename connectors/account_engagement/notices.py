"""What a person should know about the account, found by two cheap looks at it."""

from collections.abc import Iterator
from typing import Final

from connectors.account_engagement.client import Client
from connectors.account_engagement.metadata import KINDS
from connectors.account_engagement.read.rows import rows
from connectors.protocol import Notice

_TRACE: Final = "salesforceId"
_OWNED: Final = ("firstName", "lastName", "company", "jobTitle", "phone", "optedOut")
_LOOKED_AT: Final = 50
_NEARLY_ALL: Final = 0.8


def notices(client: Client) -> list[Notice]:
    """The product's own Salesforce connector beside us, and a day's calls that run out."""
    return [*_native_integration(client), *_usage(client)]


def _native_integration(client: Client) -> Iterator[Notice]:
    found = rows(client, KINDS["prospects"], [_TRACE], {}, None, limit=_LOOKED_AT).rows
    if any(row.get(_TRACE) for row in found):
        text = (
            "Account Engagement's own Salesforce connector keeps prospects in step with leads and "
            "contacts; let Tasuki write those in Salesforce only."
        )
        yield Notice("native_integration", text, tuple(f"prospects.{name}" for name in _OWNED))


def _usage(client: Client) -> Iterator[Notice]:
    if client.usage is None:
        return
    used, allowed = client.usage
    if allowed and used > allowed * _NEARLY_ALL:
        text = f"{used} of the account's {allowed} API calls of today are made."
        yield Notice("calls_nearly_used", text)
