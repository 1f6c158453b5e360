"""`/_sandbox/weather`: show it and count what happened, replace it, clear it."""

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.hubspot.settings import configure, settings
from sandbox.hubspot.webhooks.weather import change_weather
from sandbox.state import State
from sandbox.weather import movers
from sandbox.weather.rules import Storm, Webhooks
from sandbox.weather.sky import Sky, weather_of
from sandbox.weather.storm import StormError, storm_of

_KEPT = "weather_before"


def routes(state: State) -> list[BaseRoute]:
    """The endpoint."""
    sky = weather_of(state)

    async def show(_request: Request) -> Response:
        return _json(sky.report())

    async def replace(request: Request) -> Response:
        try:
            begin(state, storm_of(orjson.loads(await request.body())))
        except StormError as error:
            labels = ("error", "where", "why", "fix")
            return _json(dict(zip(labels, error.lines, strict=True)), 400)
        except ValueError as error:
            return _json({"error": type(error).__name__, "why": str(error)}, 400)
        return _json(sky.report())

    async def clear(_request: Request) -> Response:
        end(state)
        return Response(status_code=204)

    path = "/_sandbox/weather"
    return [
        Route(path, show, methods=["GET"]),
        Route(path, replace, methods=["PUT", "POST"]),
        Route(path, clear, methods=["DELETE"]),
    ]


def begin(state: State, storm: Storm) -> Sky:
    """Let a storm begin: the account's settings, what people do first, then the rules."""
    end(state)
    sky = weather_of(state)
    if storm.hubspot:
        kept = {name: getattr(settings(state), name) for name in storm.hubspot}
        state.set_setting(_KEPT, orjson.dumps(kept).decode())
        configure(state, **storm.hubspot)
    change_weather(state, **storm.webhooks.model_dump(), seed=storm.seed)
    sky.begin(storm)
    for place, move in enumerate(storm.opening):
        try:
            movers.act(state, move, movers.dice(storm.seed, place))
        except LookupError as error:
            end(state)
            raise _impossible(place, str(error)) from error
    return sky


def _impossible(place: int, why: str) -> StormError:
    remedy = "Give the sandbox a larger world, or the storm a smaller count."
    return StormError("The storm cannot begin here", f"opening.{place}", why, remedy)


def end(state: State) -> None:
    """Fine weather: the account and its webhooks behave as before."""
    weather_of(state).begin(Storm())
    change_weather(state, **Webhooks().model_dump(), seed=0)
    kept = state.setting(_KEPT)
    if kept:
        configure(state, **orjson.loads(kept))
        state.set_setting(_KEPT, "")


def _json(content: object, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
