"""Controls of the Salesforce side: what a person or the platform would do outside REST.

Below `/_sandbox/salesforce/`, all POST JSON: `convert` {lead, account?, contact?,
opportunity_name?}, `merge` {object, survivor, losers}, `undelete` {object, id}, `expire` (every
session ends). What an administrator sets up is in `setup/control.py`.
"""

from collections.abc import Callable
from dataclasses import asdict

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.admin import Endpoint, control
from sandbox.salesforce.login.session import Sessions
from sandbox.salesforce.org import Org
from sandbox.salesforce.rows.convert import convert
from sandbox.salesforce.rows.merge import merge, undelete
from sandbox.salesforce.setup.control import Asked, controls


def admin_routes(org: Org, sessions: Sessions) -> list[BaseRoute]:
    """`/_sandbox/salesforce/...`."""
    set_up = controls(org)

    async def convert_lead(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        made = convert(
            org,
            asked["lead"],
            account=asked.get("account"),
            contact=asked.get("contact"),
            opportunity_name=asked.get("opportunity_name"),
        )
        return Response(orjson.dumps(asdict(made)), media_type="application/json")

    async def merge_records(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        merge(org, asked["object"], asked["survivor"], asked["losers"])
        return Response(status_code=204)

    async def undelete_record(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        undelete(org, asked["object"], asked["id"])
        return Response(status_code=204)

    async def end_sessions(_request: Request) -> Response:
        sessions.end_all()
        return Response(status_code=204)

    return [
        control("salesforce/convert", convert_lead),
        control("salesforce/merge", merge_records),
        control("salesforce/undelete", undelete_record),
        control("salesforce/expire", end_sessions),
        *(control(f"salesforce/{name}", _endpoint(run)) for name, run in set_up.items()),
    ]


def _endpoint(run: Callable[[Asked], Asked | None]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        found = run(orjson.loads(await request.body() or b"{}"))
        if found is None:
            return Response(status_code=204)
        return Response(orjson.dumps(found), media_type="application/json")

    return endpoint
