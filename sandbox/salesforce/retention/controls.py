"""`/_sandbox/salesforce/...`: history, archive, delete log and late commits on demand."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.admin import control
from sandbox.salesforce.org import Org
from sandbox.salesforce.retention import archive, deletes, late, trail

Asked = Mapping[str, Any]


def retention_routes(org: Org) -> list[BaseRoute]:
    """Make the tables of late commits and answer the controls."""
    late.install(org.state)
    actions: dict[str, Callable[[Asked], Any]] = {
        "track": lambda asked: trail.track(org, asked["object"], asked["fields"]),
        "archive": lambda asked: {"archived": archive.archive(org, _span(asked, "days", 365))},
        "deletes/trim": lambda asked: _trim(org, asked),
        "deletes/purge": lambda asked: _purge(org, asked),
        "late/begin": lambda asked: {"transaction": _begin(org, asked)},
        "late/write": lambda asked: _write(org, asked),
        "late/commit": lambda asked: {"ids": late.commit(org, asked["transaction"])},
        "late/roll-back": lambda asked: late.roll_back(org, asked["transaction"]),
    }
    return [control(f"salesforce/{path}", _endpoint(run)) for path, run in actions.items()]


def _endpoint(run: Callable[[Asked], Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        content = run(orjson.loads(await request.body() or b"null") or {})
        if content is None:
            return Response(status_code=204)
        return Response(orjson.dumps(content), media_type="application/json")

    return endpoint


def _span(asked: Asked, unit: str, default: float) -> timedelta:
    return timedelta(**{unit: float(asked.get(unit, default))})


def _trim(org: Org, asked: Asked) -> Asked:
    return {"trimmed": deletes.trim(org, asked["object"], told=asked.get("told", True))}


def _purge(org: Org, asked: Asked) -> Asked:
    object = org.schema.objects[asked["object"]]
    return {"purged": deletes.purge(org, object, asked["ids"])}


def _begin(org: Org, asked: Asked) -> int:
    return late.begin(org, _span(asked, "seconds", 0) if "seconds" in asked else None)


def _write(org: Org, asked: Asked) -> None:
    operation, id = asked.get("operation", "update"), asked.get("id")
    late.write(org, asked["transaction"], operation, asked["object"], id, asked.get("fields") or {})
