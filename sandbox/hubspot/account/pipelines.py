"""Pipelines and their stages, as the account was set up."""

from functools import cache
from typing import Any, Final

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.kinds import Kind, document
from sandbox.hubspot.faults import not_found

_SEEDED: Final = {
    "createdAt": "2024-01-01T00:00:00.000Z",
    "updatedAt": "2024-01-01T00:00:00.000Z",
}


@cache
def pipelines(kind: Kind) -> list[dict[str, Any]]:
    """All pipelines of one object type."""
    found = document("pipelines").get(kind.name, [])
    return [
        {**_SEEDED, **each, "stages": [{**_SEEDED, **stage} for stage in each["stages"]]}
        for each in found
    ]


def _list(call: Call) -> Answer:
    found = pipelines(call.kind())
    return Answer({"results": found}, rows=len(found))


def _get(call: Call) -> Answer:
    return Answer(_one(call), rows=1)


def _stages(call: Call) -> Answer:
    found = _one(call)["stages"]
    return Answer({"results": found}, rows=len(found))


def _stage(call: Call) -> Answer:
    found = [each for each in _one(call)["stages"] if each["id"] == call.parts["stage"]]
    if not found:
        raise not_found()
    return Answer(found[0], rows=1)


def _one(call: Call) -> dict[str, Any]:
    found = [each for each in pipelines(call.kind()) if each["id"] == call.parts["pipeline"]]
    if not found:
        raise not_found()
    return found[0]


_PIPELINE: Final = "crm/pipelines/{type}/{pipeline}"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "crm/pipelines/{type}", _list),
    ("GET", _PIPELINE, _get),
    ("GET", f"{_PIPELINE}/stages", _stages),
    ("GET", f"{_PIPELINE}/stages/{{stage}}", _stage),
)
