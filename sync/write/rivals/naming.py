"""Who sets our cells back: the system's own history tells it, asked once per paused cell.

Where a system keeps no history, the user of the record's last change is all there is: a flow that
runs as the integration user cannot be told from it, and its kind stays unknown.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection

from connectors.protocol import Past
from staging import identities
from staging.write import rivals
from staging.write.rivals import WHOLE, Rival
from sync.context import Runner, Step, Tools
from tasuki.errors import BlockedError, RejectedError, TransientError
from tasuki.values import Json, Ref, instant, same_value, stamp

_USERS: Final = ("User", "owners", "users")
"""What systems call the objects of their users."""
_CLOCKS_DIFFER: Final = timedelta(minutes=10)
_AT_ONCE: Final = 500


def name_rivals(run: Runner) -> int:
    """Ask who set back the cells that were paused since; how many got a name.

    Those whose system cannot be asked now are asked about by a later run.
    """
    named = 0
    for group in run.step(NAMELESS)["groups"]:
        try:
            named += run.step(NAME, **group)["named"]
        except (BlockedError, TransientError, RejectedError):
            continue
    return named


def _keep_nameless(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    places = {(each.connection, each.object) for each in rivals.nameless(db)}
    known = sorted(place for place in places if place[0] in tools.connectors)
    return {"groups": [{"connection": c, "object": o} for c, o in known]}


def _ask_name(db: Connection, tools: Tools, arguments: dict[str, Json]) -> list[Past]:
    found = rivals.nameless(db, arguments["connection"], arguments["object"])[:_AT_ONCE]
    target = tools.connectors[arguments["connection"]]
    if not found or not target.can.history:
        return []
    since = min(instant(moment["at"]) for each in found for moment in each.cycle) - _CLOCKS_DIFFER
    ids = sorted({each.record_id for each in found})
    fields = sorted({each.field for each in found})
    return list(target.history(arguments["object"], ids, fields, since))


def _keep_name(
    db: Connection, _tools: Tools, arguments: dict[str, Json], told: list[Past]
) -> dict[str, Json]:
    at = (arguments["connection"], arguments["object"])
    found = rivals.nameless(db, *at)[:_AT_ONCE]
    past: dict[tuple[str, str], list[Past]] = defaultdict(list)
    for each in told:
        past[each.id, each.field].append(each)
    people = _people(db, at[0], {each.writer for each in found if each.writer})
    done = [named(each, past.get((each.record_id, each.field), ()), people) for each in found]
    rivals.keep(db, [*done, *_whole(db, at, done)])
    return {"named": len(done)}


def named(rival: Rival, past: Sequence[Past], people: Iterable[str] = ()) -> Rival:
    """A rival with its writer and the exact moments of its cycle, as far as the past tells."""
    cycle = [_told(moment, past) for moment in rival.cycle]
    last: Mapping[str, Json] = next((m for m in reversed(cycle) if not m["ours"]), {})
    kind = str(last.get("by_kind") or "unknown")
    writer = last.get("by") or rival.writer
    if kind == "unknown" and writer in set(people):
        kind = "user"
    return replace(rival, cycle=cycle, writer=writer, writer_kind=kind)


def _told(moment: Mapping[str, Json], past: Sequence[Past]) -> dict[str, Json]:
    """A moment of a cycle as the past has it: the same value, the nearest in time."""
    same = [each for each in past if same_value(each.value, moment["value"])]
    if not same:
        return dict(moment)
    then = instant(moment["at"])
    nearest = min(same, key=lambda each: abs(each.at - then))
    when = {**moment, "at": stamp(nearest.at)}
    return when if moment["ours"] else {**when, "by": nearest.by, "by_kind": nearest.by_kind}


def _people(db: Connection, connection: str, ids: Iterable[str]) -> set[str]:
    """Those of these ids that are users we know."""
    refs = [Ref(connection, object_, id_) for object_ in _USERS for id_ in ids]
    return {ref.id for ref in identities.links_of(db, "user_", refs)} if refs else set()


def _whole(db: Connection, at: tuple[str, str], done: Iterable[Rival]) -> list[Rival]:
    """Fields that are paused as a whole, under the name of one of their rivals."""
    by = {each.field: each for each in done}
    known = rivals.of_records(db, *at, [WHOLE]) if by else {}
    return [
        replace(each, writer=by[name].writer, writer_kind=by[name].writer_kind)
        for (_, name), each in known.items()
        if name in by and each.writer_kind is None
    ]


NAMELESS: Final = Step("rivals.find", keep=_keep_nameless)
NAME: Final = Step("rivals.name", keep=_keep_name, ask=_ask_name)
