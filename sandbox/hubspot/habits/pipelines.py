"""Pipelines as the account keeps them, and where a stage stands."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.hubspot.data.definitions import definitions, forget, full, save, stage_dates
from sandbox.hubspot.data.kinds import Kind
from sandbox.state import State

_DEALS: Final = ("pipeline", "dealstage")
_OTHERS: Final = ("hs_pipeline", "hs_pipeline_stage")
Pipeline = Mapping[str, Any]


def fields(state: State, kind: Kind) -> tuple[str, str] | None:
    """The properties that hold a record's pipeline and stage; None for types without them."""
    names = _DEALS if kind.name == "deals" else _OTHERS
    return names if names[1] in definitions(state, kind) else None


def pipelines(state: State, kind: Kind) -> list[dict[str, Any]]:
    """All pipelines of one object type, in their order."""
    rows = state.db.execute("SELECT document FROM hs_pipeline WHERE type = ?", (kind.id,))
    found = [orjson.loads(row[0]) for row in rows]
    return sorted(found, key=lambda each: (each["displayOrder"], each["id"]))


def stage(state: State, kind: Kind, pipeline: str, id: str) -> dict[str, Any] | None:
    """One stage of one pipeline; None when the pipeline has no such stage."""
    row = state.db.execute(
        "SELECT document FROM hs_pipeline WHERE type = ? AND id = ?", (kind.id, pipeline)
    ).fetchone()
    stages = [] if row is None else orjson.loads(row[0])["stages"]
    found: dict[str, Any] | None = next((each for each in stages if each["id"] == id), None)
    return found


def keep(state: State, kind: Kind, pipeline: Pipeline) -> None:
    """Store one pipeline and offer its stages as values of the record's properties."""
    state.db.execute(
        "INSERT OR REPLACE INTO hs_pipeline VALUES (?, ?, ?)",
        (kind.id, pipeline["id"], orjson.dumps(pipeline).decode()),
    )
    offer(state, kind)


def drop(state: State, kind: Kind, id: str) -> None:
    """Forget one pipeline; its stages are no longer values."""
    state.db.execute("DELETE FROM hs_pipeline WHERE type = ? AND id = ?", (kind.id, id))
    offer(state, kind)


def offer(state: State, kind: Kind) -> None:
    """Let the options of the pipeline and stage properties be the pipelines there are."""
    names = _DEALS if kind.name == "deals" else _OTHERS
    held = pipelines(state, kind)
    stages = [each for pipeline in held for each in pipeline["stages"]]
    for name, offered in zip(names, (held, stages), strict=True):
        options = [{"value": each["id"], "label": each["label"]} for each in offered]
        _define(state, kind, name, options)
    known = definitions(state, kind)
    for each in stages:
        for row in stage_dates(each["id"], each["label"]):
            if row["name"] not in known:
                save(state, kind, full(row, f"{kind.singular}information"))
    forget(state, kind)


def _define(state: State, kind: Kind, name: str, options: list[dict[str, str]]) -> None:
    row = state.db.execute(
        "SELECT document FROM hs_property WHERE type = ? AND name = ?", (kind.id, name)
    ).fetchone()
    short = {"name": name, "label": name, "type": "enumeration", "fieldType": "select"}
    shown = full(short, f"{kind.singular}information") if row is None else orjson.loads(row[0])
    shown["options"] = full({**shown, "options": options}, "")["options"]
    save(state, kind, shown)
