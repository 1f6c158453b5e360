"""Controls below `/_sandbox/account_engagement/`: what people and other integrations do.

All POST JSON: `configure` (settings of the account), `spend` {calls} (somebody else's calls today),
`insert` {object, rows}, `identify` {visitor, prospect}, `delete` and `undelete` {object, id},
`fail_export` {id}.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.account_engagement import exports, store, writes
from sandbox.account_engagement.account import quota
from sandbox.account_engagement.account.settings import configure
from sandbox.account_engagement.faults import Fault
from sandbox.account_engagement.identity import identify
from sandbox.account_engagement.model import OBJECTS
from sandbox.admin import Endpoint, control
from sandbox.state import State

Asked = Mapping[str, Any]


def _configure(state: State, asked: Asked) -> None:
    configure(state, **asked)


def _spend(state: State, asked: Asked) -> None:
    quota.use(state, int(asked["calls"]))


def _insert(state: State, asked: Asked) -> None:
    fields = OBJECTS[asked["object"]].fields
    stamps = {name for name, each in fields.items() if each.type == "datetime"}
    rows = (
        {k: datetime.fromisoformat(v) if k in stamps and v else v for k, v in row.items()}
        for row in asked["rows"]
    )
    store.insert(state, asked["object"], rows)


def _identify(state: State, asked: Asked) -> None:
    identify(state, int(asked["visitor"]), int(asked["prospect"]))


def _delete(state: State, asked: Asked) -> None:
    writes.remove(state, OBJECTS[asked["object"]], int(asked["id"]))


def _undelete(state: State, asked: Asked) -> None:
    writes.restore(state, OBJECTS[asked["object"]], int(asked["id"]))


def _fail_export(state: State, asked: Asked) -> None:
    exports.end(state, int(asked["id"]), "failed")


_CONTROLS: Final[Mapping[str, Callable[[State, Asked], None]]] = {
    "configure": _configure,
    "spend": _spend,
    "insert": _insert,
    "identify": _identify,
    "delete": _delete,
    "undelete": _undelete,
    "fail_export": _fail_export,
}


def controls(state: State) -> list[BaseRoute]:
    """Every control; 204 when it is done."""
    return [
        control(f"account_engagement/{name}", _guarded(state, each))
        for name, each in _CONTROLS.items()
    ]


def _guarded(state: State, work: Callable[[State, Asked], None]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        asked = orjson.loads(await request.body() or b"{}")
        try:
            with state.lock:
                work(state, asked)
        except Fault as fault:
            raise ValueError(fault.message) from fault
        return Response(status_code=204)

    return endpoint
