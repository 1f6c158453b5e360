"""Controls of the Salesforce side: what a person or the platform would do outside REST."""

from dataclasses import asdict

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.admin import control
from sandbox.salesforce.login import Sessions
from sandbox.salesforce.org import Org
from sandbox.salesforce.rows.convert import convert
from sandbox.salesforce.rows.merge import merge, undelete


def admin_routes(org: Org, sessions: Sessions) -> list[BaseRoute]:
    """`/_sandbox/salesforce/...`."""

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

    async def add_field(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        org.add_field(asked["object"], asked["field"])
        return Response(status_code=204)

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
        control("salesforce/field", add_field),
        control("salesforce/expire", end_sessions),
    ]
