"""Controls below `/_sandbox/hubspot/`: what people, browsers and developers do outside the API."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.admin import control
from sandbox.hubspot.activity import forms, visits
from sandbox.hubspot.consent import statuses
from sandbox.hubspot.faults import Fault
from sandbox.hubspot.habits import workflows
from sandbox.hubspot.mailings import emails
from sandbox.hubspot.model import administration
from sandbox.hubspot.oauth import installation
from sandbox.hubspot.webhooks import weather
from sandbox.state import State

Control = Callable[[State, Mapping[str, Any]], Any]
_MODULES: Final = (
    administration, installation, visits, forms, statuses, emails, weather, workflows,
)  # fmt: skip
_CONTROLS: Final[dict[str, Control]] = {
    name: each for module in _MODULES for name, each in module.CONTROLS.items()
}


def controls(state: State) -> list[BaseRoute]:
    """Every control: POST a JSON object; 204 when there is nothing to tell."""
    return [control(f"hubspot/{name}", _guarded(state, each)) for name, each in _CONTROLS.items()]


def _guarded(state: State, work: Control) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        asked = orjson.loads(await request.body() or b"{}")
        try:
            with state.lock:
                told = work(state, asked)
        except Fault as fault:
            raise ValueError(str(fault)) from fault
        if told is None:
            return Response(status_code=204)
        return Response(orjson.dumps(told), media_type="application/json")

    return endpoint
