"""`/_sandbox/salesforce/bulk`: how jobs run, set as JSON.

`locks`: parallel chunks lock their parents, rows that meet a locked one fail. `rows`: how many rows
one step of an ingest job does.
"""

from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.admin import control
from sandbox.salesforce.bulk.job import install
from sandbox.salesforce.org import Org

_KNOWN: Final = frozenset({"locks", "rows"})


def bulk_routes(org: Org) -> list[BaseRoute]:
    """Make the tables of jobs and answer the control."""
    install(org.state)

    async def bulk(request: Request) -> Response:
        asked = orjson.loads(await request.body() or b"null") or {}
        if not set(asked) <= _KNOWN:
            raise ValueError(f"bulk options are {', '.join(sorted(_KNOWN))}")
        org.setup.put("bulk", "options", asked)
        return Response(status_code=204)

    return [control("salesforce/bulk", bulk)]
