"""What fires by itself on the platforms when a plan is applied.

A system is asked at most once a day, and only when there is something to write to it: what it told
is kept, and every plan is held against that. A system that does not tell stops no plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, select

from connectors.protocol import Automation, Verb
from staging.systems import automations as told
from staging.systems import states
from staging.systems.automations import AutomationRow
from staging.tables.writes import INTENT
from staging.write.plans import Change
from sync.context import Tools
from tasuki.errors import BlockedError, RejectedError, TransientError
from tasuki.values import Json, instant

Told = Mapping[str, Sequence[Automation] | None]
"""Connection → what it told; None: it does not tell us."""
_FRESH: Final = timedelta(days=1)
_FIRES: Final = {Verb.UPSERT: ("create", "update")}


def ask(db: Connection, tools: Tools) -> Told:
    """What the systems tell that there is something to write to, if they were not asked lately."""
    found: dict[str, Sequence[Automation] | None] = {}
    for connection, objects in _written(db, tools).items():
        state = states.read(db, connection)
        lately = state.automations_at and tools.clock.now() - instant(state.automations_at) < _FRESH
        if lately or state.failures or state.paused_at:
            continue
        try:
            found[connection] = tools.connectors[connection].automations(sorted(objects))
        except TransientError:
            continue
        except (BlockedError, RejectedError):
            found[connection] = None
    return found


def keep(db: Connection, tools: Tools, answers: Told) -> None:
    """Keep what they told; what one told before stays when it does not tell any more."""
    now = tools.now()
    for connection, answer in answers.items():
        states.change(db, connection, automations_at=now)
        if answer is not None:
            told.replace(db, connection, (_row(connection, each, now) for each in answer))


def likely(db: Connection, changes: Sequence[Change]) -> list[dict[str, Json]]:
    """The automations that these changes probably set off, most records first."""
    writes: dict[str, dict[str, dict[str, list[Change]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for change in changes:
        writes[change.connection][change.object][change.write_id].append(change)
    found = [
        {
            "connection": connection,
            "object": row.object,
            "kind": row.kind,
            "name": row.name,
            "records": records,
            "note": row.note,
        }
        for connection, objects in writes.items()
        for row in told.of(db, connection, objects)
        if (records := _fired(row, objects[row.object].values()))
    ]
    return sorted(found, key=lambda each: (-each["records"], each["connection"], each["name"]))


def _written(db: Connection, tools: Tools) -> dict[str, set[str]]:
    """What is written to connections with open wishes: by them, and by the mappings at all."""
    open_ = select(INTENT.c.connection, INTENT.c.object).where(INTENT.c.state == "open")
    found: dict[str, set[str]] = defaultdict(set)
    for connection, object_ in db.execute(open_.distinct()):
        if connection in tools.connectors:
            found[connection].add(object_)
    for mapping in tools.mappings:
        for side in mapping.sides.values():
            if side.connection in found:
                found[side.connection].add(side.object)
    return found


def _fired(row: AutomationRow, writes: Iterable[Sequence[Change]]) -> int:
    return sum(1 for cells in writes if _fires(row, cells))


def _fires(row: AutomationRow, cells: Sequence[Change]) -> bool:
    verb = cells[0].verb
    if not set(row.fires_on) & set(_FIRES.get(Verb(verb), (verb,))):
        return False
    return not row.fields or any(change.field in row.fields for change in cells)


def _row(connection: str, said: Automation, now: str) -> AutomationRow:
    return AutomationRow(
        connection=connection,
        object=said.object,
        kind=said.kind,
        name=said.name,
        fires_on=list(said.fires_on),
        fields=list(said.fields),
        note=said.note,
        fetched_at=now,
    )
