"""What an administrator does in the product, or the platform by itself: the controls for tests.

Each takes the JSON object POSTed to `/_sandbox/hubspot/<name>`; ValueError says what is wrong.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sandbox.hubspot.crm.merges import merge
from sandbox.hubspot.data.definitions import full, ready, save
from sandbox.hubspot.data.kinds import Kind, kind_in
from sandbox.hubspot.data.load import insert_owners
from sandbox.hubspot.data.records import Row, read
from sandbox.hubspot.data.times import iso, millis
from sandbox.hubspot.data.writes import Author, archive, restore
from sandbox.hubspot.habits.pipelines import keep
from sandbox.hubspot.habits.recalculation import recalculate
from sandbox.hubspot.habits.rules import demand
from sandbox.hubspot.model import schemas
from sandbox.hubspot.people import PERSON
from sandbox.hubspot.settings import configure
from sandbox.state import State

_PERSON: Final = Author("CRM_UI", f"userId:{PERSON}", PERSON)
Asked = Mapping[str, Any]


def _settings(state: State, asked: Asked) -> dict[str, Any]:
    """Change the account's settings: `{burst: 5, tier: "professional"}`; all of them come back."""
    return asdict(configure(state, **asked))


def _schema(state: State, asked: Asked) -> dict[str, Any]:
    """Add an object type, as `POST /crm-object-schemas/v3/schemas` takes it."""
    return schemas.make(ready(state), dict(asked), iso(millis(state.now())))


def _property(state: State, asked: Asked) -> None:
    """Define a property of `object`, HubSpot's own ones too: `{object, definition}`."""
    kind, row = kind_in(ready(state), asked["object"]), asked["definition"]
    shown = full(row, f"{kind.singular}information")
    known = {name: row[name] for name in shown if name in row and name != "options"}
    with state.transaction():
        save(state, kind, shown | known)


def _pipeline(state: State, asked: Asked) -> None:
    """Set a pipeline of `object` as shown by the API: `{object, pipeline: {id, label, stages}}`."""
    kind, now = kind_in(ready(state), asked["object"]), iso(millis(state.now()))
    born = {"createdAt": now, "updatedAt": now, "archived": False, "displayOrder": 0}
    stages = [born | {"metadata": {}} | stage for stage in asked["pipeline"]["stages"]]
    with state.transaction():
        keep(state, kind, born | asked["pipeline"] | {"stages": stages})


def _owner(state: State, asked: Asked) -> None:
    """Set an owner: `{id, email, userId, archived?, teams?}`; an archived one loses its user."""
    born = datetime.fromisoformat(asked["created"]) if "created" in asked else state.now()
    insert_owners(state, [{**asked, "created": born, "updated": state.now()}])


def _rule(state: State, asked: Asked) -> None:
    """Require properties of `object` from 2026-09 on: `{object, required, when?}`."""
    demand(ready(state), asked["object"], asked["required"], asked.get("when", {}))


def _recalculate(state: State, asked: Asked) -> dict[str, int]:
    """Move many modified dates to one stamp: `{object, ids? | most?, at?}`; how many moved."""
    at = asked.get("at")
    stamp = None if at is None else millis(datetime.fromisoformat(at))
    ids = [int(id) for id in asked["ids"]] if "ids" in asked else None
    kind = kind_in(ready(state), asked["object"])
    return {"records": recalculate(state, kind, ids, asked.get("most"), stamp)}


def _archive(state: State, asked: Asked) -> None:
    """Archive records as a person does: `{object, ids}`."""
    with ready(state).transaction():
        for kind, row in _rows(state, asked):
            archive(state, kind, row, _PERSON)


def _restore(state: State, asked: Asked) -> None:
    """Bring archived records back: `{object, ids}`."""
    with ready(state).transaction():
        for kind, row in _rows(state, asked, archived=True):
            restore(state, kind, row)


def _merge(state: State, asked: Asked) -> dict[str, str]:
    """Merge two records as a person does: `{object, primary, other}`; the id that stays."""
    with ready(state).transaction():
        rows = _rows(state, {"object": asked["object"], "ids": [asked["primary"], asked["other"]]})
        (kind, first), (_, second) = rows
        return {"id": str(merge(state, kind, first, second, _PERSON)[0])}


def _rows(state: State, asked: Asked, *, archived: bool = False) -> Iterator[tuple[Kind, Row]]:
    kind = kind_in(state, asked["object"])
    for id in asked["ids"]:
        row = read(state, kind, str(id), archived=archived)
        if row is None:
            raise ValueError(f"{asked['object']} has no such record: {id}")
        yield kind, row


CONTROLS: Final = {
    "settings": _settings,
    "schema": _schema,
    "property": _property,
    "pipeline": _pipeline,
    "owner": _owner,
    "rule": _rule,
    "recalculate": _recalculate,
    "archive": _archive,
    "restore": _restore,
    "merge": _merge,
}
