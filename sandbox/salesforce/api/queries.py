"""`/query`, `/queryAll` and their later pages."""

import re
from typing import Final

from sandbox.salesforce.api.call import Answer, Call
from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.soql.pages import PAGE
from sandbox.salesforce.soql.pages import Answer as Page

_BATCH: Final = re.compile(r"batchSize=(\d+)", re.IGNORECASE)


def query(call: Call) -> Answer:
    """`GET /query?q=`."""
    return _run(call, everything=False)


def query_all(call: Call) -> Answer:
    """`GET /queryAll?q=`: the recycle bin and the archive too."""
    return _run(call, everything=True)


def more(call: Call, locator: str) -> Answer:
    """`GET /query/{locator}-{n}`."""
    return _answer(call.queries.more(locator, call.version, _page_size(call)))


def _run(call: Call, *, everything: bool) -> Answer:
    text = call.query.get("q")
    if not text:
        raise FaultError("MALFORMED_QUERY", "A query string has to be specified")
    found = call.queries.run(text, call.version, everything=everything, page=_page_size(call))
    return _answer(found)


def _page_size(call: Call) -> int:
    """What `Sforce-Query-Options: batchSize=` asks for, within 200 and 2,000."""
    match = _BATCH.search(call.headers.get("sforce-query-options", ""))
    return min(max(int(match.group(1)), 200), PAGE) if match else PAGE


def _answer(page: Page) -> Answer:
    return Answer(200, page.body, rows=page.rows)
