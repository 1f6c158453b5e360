"""How much of what it may hold the account holds: the limits-tracking endpoints."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.kinds import KINDS, Kind, kinds_in
from sandbox.hubspot.habits.pipelines import pipelines
from sandbox.hubspot.model.labels import MOST as LABELS
from sandbox.hubspot.model.properties import definitions_of

_RECORDS: Final = 15_000_000
_OWN_RECORDS: Final = 500_000
_PROPERTIES: Final = 1000
_FORMULAS: Final = 200
_TYPES: Final = 10
_PIPELINES: Final = 100


def _records(call: Call) -> Answer:
    held = dict(
        call.state.db.execute("SELECT type, count(*) FROM hs_record WHERE archived = 0 GROUP BY 1")
    )
    standard = [_used(kind, held.get(kind.id, 0), _RECORDS) for kind in KINDS]
    own = [kind for kind in kinds_in(call.state) if kind not in KINDS]
    shown = {
        "hubspotDefinedObjectTypes": standard,
        "customObjectTypes": [_used(kind, held.get(kind.id, 0), _OWN_RECORDS) for kind in own],
    }
    return Answer(shown, rows=len(held))


def _properties(call: Call) -> Answer:
    shown = [
        _used(
            kind,
            sum(not each["hubspotDefined"] for each in definitions_of(call.state, kind)),
            _PROPERTIES,
        )
        for kind in kinds_in(call.state)
    ]
    return Answer({"byObjectType": shown}, rows=len(shown))


def _calculated(call: Call) -> Answer:
    """Calculated properties of the account's own, by object type."""
    shown = [
        _used(
            kind, sum(_is_own_formula(each) for each in definitions_of(call.state, kind)), _FORMULAS
        )
        for kind in kinds_in(call.state)
    ]
    return Answer({"byObjectType": shown}, rows=len(shown))


def _is_own_formula(definition: Mapping[str, Any]) -> bool:
    return bool(definition.get("calculated")) and not definition["hubspotDefined"]


def _types(call: Call) -> Answer:
    used = len(kinds_in(call.state)) - len(KINDS)
    return Answer({"limit": _TYPES, "usage": used, "percentage": 100 * used / _TYPES}, rows=1)


def _pipelines(call: Call) -> Answer:
    shown = [
        _used(kind, len(pipelines(call.state, kind)), _PIPELINES) for kind in kinds_in(call.state)
    ]
    return Answer({"byObjectType": shown}, rows=len(shown))


def _labels(call: Call) -> Answer:
    """Every pair of object types with labels of the account's own."""
    rows = call.state.db.execute(
        "SELECT from_type, to_type, json_group_array(label) FROM hs_label "
        "WHERE label IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    shown = [_pair(one, other, orjson.loads(labels)) for one, other, labels in rows]
    return Answer({"results": shown}, rows=len(shown))


def _pair(one: str, other: str, labels: list[str]) -> dict[str, Any]:
    return {
        "fromObjectTypeId": one,
        "toObjectTypeId": other,
        "allLabels": labels,
        "usage": len(labels),
        "limit": LABELS,
        "percentage": 100 * len(labels) / LABELS,
    }


def _used(kind: Kind, usage: int, limit: int) -> dict[str, Any]:
    return {
        "objectTypeId": kind.id,
        "singularLabel": kind.singular,
        "pluralLabel": kind.name,
        "usage": usage,
        "limit": limit,
        "percentage": 100 * usage / limit,
    }


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "crm/limits/records", _records),
    ("GET", "crm/limits/custom-properties", _properties),
    ("GET", "crm/limits/calculated-properties", _calculated),
    ("GET", "crm/limits/custom-object-types", _types),
    ("GET", "crm/limits/pipelines", _pipelines),
    ("GET", "crm/limits/associations/labels", _labels),
)
