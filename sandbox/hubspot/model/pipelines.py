"""Pipelines and their stages: made, changed, replaced, deleted, with an audit of who did it."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import PORTAL, Fault, invalid, not_found
from sandbox.hubspot.habits.pipelines import drop, fields, keep, pipelines
from sandbox.hubspot.habits.recalculation import recalculate

_FIRST_STAGE: Final = 11348541
_FIRST: Final = 7001
Shown = dict[str, Any]


def _list(call: Call) -> Answer:
    found = pipelines(call.state, call.kind())
    return Answer({"results": found}, rows=len(found))


def _get(call: Call) -> Answer:
    return Answer(_one(call), rows=1)


def _create(call: Call) -> Answer:
    kind, body = call.kind(), call.body()
    held = pipelines(call.state, kind)
    _refuse_label(body, held)
    id = str(body.get("pipelineId") or _next(held, _FIRST))
    if any(each["id"] == id for each in held):
        raise Fault(409, f"Pipeline {id} exists already", "OBJECT_ALREADY_EXISTS")
    made = {"id": id, "createdAt": iso(call.now), "archived": False, "stages": []}
    made |= _described(call, body, len(held))
    made["stages"] = _stages_of(call, kind, body)
    with call.state.transaction():
        keep(call.state, kind, made)
        _audit(call, "CREATE", made)
    return Answer(made, 201, 1)


def _stages_of(call: Call, kind: Kind, body: Mapping[str, Any]) -> list[Shown]:
    given = body.get("stages")
    if not isinstance(given, list) or not given:
        raise invalid("A pipeline needs at least one stage")
    made: list[Shown] = []
    for each in given:
        made.append(_stage(call, kind, each, made))
    return made


def _change(call: Call) -> Answer:
    """PATCH changes what it names; PUT replaces the label, the order and the stages."""
    kind, found, body = call.kind(), _one(call), call.body()
    _refuse_label({"label": found["label"], **body}, _others(call, found))
    found |= {name: body[name] for name in ("label", "displayOrder") if name in body}
    found["updatedAt"] = iso(call.now)
    return _kept(call, kind, found, "UPDATE")


def _replace(call: Call) -> Answer:
    kind, found, body = call.kind(), _one(call), call.body()
    _refuse_label(body, _others(call, found))
    old = {each["label"]: each for each in found["stages"]}
    found |= _described(call, body, found["displayOrder"])
    stages: list[Shown] = []
    for each in body.get("stages") or ():
        known = old.get(each.get("label"), {"id": each.get("stageId")})
        stages.append(_stage(call, kind, {"stageId": known["id"], **each}, stages))
    found["stages"] = stages
    return _kept(call, kind, found, "UPDATE")


def _kept(call: Call, kind: Kind, pipeline: Shown, action: str) -> Answer:
    """Store a change of a pipeline: every record in it moves its modified date."""
    with call.state.transaction():
        keep(call.state, kind, pipeline)
        _audit(call, action, pipeline)
        recalculate(call.state, kind, _inside(call, kind, 0, pipeline["id"]))
    return Answer(pipeline, rows=1)


def _archive(call: Call) -> Answer:
    kind, found = call.kind(), _one(call)
    _refuse_used(call, kind, 0, found["id"])
    with call.state.transaction():
        drop(call.state, kind, found["id"])
        _audit(call, "DELETE", found)
    return Answer(status=204, rows=1)


def _refuse_used(call: Call, kind: Kind, place: int, id: str) -> None:
    """With `validateReferencesBeforeDelete` nothing goes that a record still points at."""
    names = ("validateReferencesBeforeDelete", "validateDealStageUsagesBeforeDelete")
    if any(call.flag(name) for name in names):
        held = _inside(call, kind, place, id)
        if held:
            raise invalid(
                f"{id} is used by {len(held)} records",
                subCategory="PipelineError.STAGE_ID_IN_USE",
                context={"objectIds": [str(each) for each in held[:10]]},
            )


def _inside(call: Call, kind: Kind, place: int, id: str) -> list[int]:
    """The records that hold this pipeline (place 0) or stage (place 1)."""
    names = fields(call.state, kind)
    if names is None:
        return []
    rows = call.state.db.execute(
        "SELECT id FROM hs_record WHERE type = ? AND archived = 0 "
        "AND json_extract(properties, ?) = ?",
        (kind.id, f"$.{names[place]}", id),
    )
    return [row[0] for row in rows]


def _list_stages(call: Call) -> Answer:
    found = _one(call)["stages"]
    return Answer({"results": found}, rows=len(found))


def _get_stage(call: Call) -> Answer:
    return Answer(_one_stage(call, _one(call)), rows=1)


def _create_stage(call: Call) -> Answer:
    kind, found = call.kind(), _one(call)
    made = _stage(call, kind, call.body(), found["stages"])
    found["stages"].append(made)
    _kept(call, kind, found, "CREATE_STAGE")
    return Answer(made, 201, 1)


def _change_stage(call: Call) -> Answer:
    kind, found, body = call.kind(), _one(call), call.body()
    stage = _one_stage(call, found)
    stage |= {name: body[name] for name in ("label", "displayOrder", "metadata") if name in body}
    stage["updatedAt"] = iso(call.now)
    _kept(call, kind, found, "UPDATE_STAGE")
    return Answer(stage, rows=1)


def _archive_stage(call: Call) -> Answer:
    kind, found = call.kind(), _one(call)
    stage = _one_stage(call, found)
    _refuse_used(call, kind, 1, stage["id"])
    found["stages"].remove(stage)
    _kept(call, kind, found, "DELETE_STAGE")
    return Answer(status=204, rows=1)


def _stage(call: Call, kind: Kind, body: Mapping[str, Any], before: list[Shown]) -> Shown:
    """One stage as shown; deals need a probability, tickets know open and closed."""
    label, metadata = str(body.get("label") or ""), dict(body.get("metadata") or {})
    if not label or any(each["label"] == label for each in before):
        raise invalid(f"A stage needs a label of its own, not '{label}'")
    if kind.name == "deals" and "probability" not in metadata:
        raise invalid(f"Stage {label} needs metadata.probability")
    if kind.name == "deals":
        closed = float(metadata["probability"]) in (0.0, 1.0)
        metadata.setdefault("isClosed", str(closed).lower())
    every = [stage for each in pipelines(call.state, kind) for stage in each["stages"]]
    now = iso(call.now)
    return {
        "id": str(body.get("stageId") or _next([*every, *before], _FIRST_STAGE)),
        "label": label,
        "displayOrder": body.get("displayOrder", len(before)),
        "metadata": {name: str(value) for name, value in metadata.items()},
        "createdAt": now,
        "updatedAt": now,
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def _described(call: Call, body: Mapping[str, Any], order: int) -> Shown:
    return {
        "label": str(body["label"]),
        "displayOrder": body.get("displayOrder", order),
        "updatedAt": iso(call.now),
    }


def _refuse_label(body: Mapping[str, Any], others: list[Shown]) -> None:
    label = body.get("label")
    if not label:
        raise invalid("A pipeline needs a label")
    if any(each["label"] == label for each in others):
        raise invalid(f"A pipeline is called '{label}' already")


def _next(held: list[Shown], first: int) -> int:
    return max([first, *(int(each["id"]) for each in held if each["id"].isdigit())]) + 1


def _others(call: Call, one: Shown) -> list[Shown]:
    return [each for each in pipelines(call.state, call.kind()) if each["id"] != one["id"]]


def _one(call: Call) -> Shown:
    found = [
        each for each in pipelines(call.state, call.kind()) if each["id"] == call.parts["pipeline"]
    ]
    if not found:
        raise not_found()
    return found[0]


def _one_stage(call: Call, pipeline: Shown) -> Shown:
    found: list[Shown] = [each for each in pipeline["stages"] if each["id"] == call.parts["stage"]]
    if not found:
        raise not_found()
    return found[0]


def _audit(call: Call, action: str, pipeline: Shown) -> None:
    call.state.db.execute(
        "INSERT INTO hs_audit (type, pipeline, stage, at, action, document) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            call.kind().id,
            pipeline["id"],
            call.parts.get("stage", ""),
            call.now,
            action,
            orjson.dumps(pipeline).decode(),
        ),
    )


def _audited(call: Call) -> Answer:
    """What was done to the pipeline (or to one stage), newest first."""
    stage = call.parts.get("stage")
    rows = call.state.db.execute(
        "SELECT pipeline, at, action, document FROM hs_audit WHERE type = ? AND pipeline = ? "
        "AND (? IS NULL OR stage = ?) ORDER BY number DESC",
        (call.kind().id, call.parts["pipeline"], stage, stage),
    ).fetchall()
    shown = [
        {
            "portalId": PORTAL,
            "identifier": stage or pipeline,
            "action": action,
            "timestamp": iso(at),
            "rawObject": orjson.loads(document),
        }
        for pipeline, at, action, document in rows
    ]
    return Answer({"results": shown}, rows=len(shown))


_ALL: Final = "crm/pipelines/{type}"
_PIPELINE: Final = f"{_ALL}/{{pipeline}}"
_STAGES: Final = f"{_PIPELINE}/stages"
_STAGE: Final = f"{_STAGES}/{{stage}}"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", _ALL, _list),
    ("POST", _ALL, _create),
    ("GET", _PIPELINE, _get),
    ("PUT", _PIPELINE, _replace),
    ("PATCH", _PIPELINE, _change),
    ("DELETE", _PIPELINE, _archive),
    ("GET", f"{_PIPELINE}/audit", _audited),
    ("GET", _STAGES, _list_stages),
    ("POST", _STAGES, _create_stage),
    ("GET", _STAGE, _get_stage),
    ("PUT", _STAGE, _change_stage),
    ("PATCH", _STAGE, _change_stage),
    ("DELETE", _STAGE, _archive_stage),
    ("GET", f"{_STAGE}/audit", _audited),
)
