"""SOQL answers: one page, the next, or all rows."""

from collections.abc import Iterator
from typing import Any, Final

from connectors.salesforce import filters
from connectors.salesforce.client import Client
from tasuki.values import Json

PAGE_SIZE: Final = 2000
_BATCH: Final = {"Sforce-Query-Options": f"batchSize={PAGE_SIZE}"}


def query(client: Client, object: str, soql: str, *, deleted: bool = False) -> Json:
    """The first page of a query's answer."""
    if filters.size(soql) > filters.MOST_URI_BYTES:
        raise filters.too_long(soql)
    all_rows = deleted or filters.everything(object)
    return client.ask(
        lambda rest: rest.query(soql, include_deleted=all_rows, headers=_BATCH),
        f"{client.connection}/{object}",
    )


def more(client: Client, object: str, url: str) -> Json:
    """The page behind a locator."""
    return client.ask(
        lambda rest: rest.query_more(url, identifier_is_url=True, headers=_BATCH),
        f"{client.connection}/{object}",
    )


def rows(
    client: Client, object: str, soql: str, *, deleted: bool = False
) -> Iterator[dict[str, Any]]:
    """Every row of a query; a short page is not the end."""
    answer = query(client, object, soql, deleted=deleted)
    yield from answer["records"]
    while url := answer.get("nextRecordsUrl"):
        answer = more(client, object, url)
        yield from answer["records"]
