"""What each stream waits for when a run begins: by the store, the settings and the order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from config.document import Sweeps
from staging import queue
from staging.completeness import sweeps
from sync.complete.backfill import AGAIN
from sync.complete.links import linked
from sync.context import Runner, Step, Tools
from sync.pull import DELETES, PAGE
from sync.reading.stream import Stream, streams
from tasuki.values import Json, instant


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a run was asked for besides the usual."""

    sweep: bool = False
    """Every sweep is due."""
    again: frozenset[str] = frozenset()
    """Streams, by `connection/object`, that are read again."""
    since: str | None = None
    """From when on; None: from the beginning."""

    @classmethod
    def of(cls, arguments: Mapping[str, Json]) -> "Ordered":
        """What the arguments of a run say."""
        again = frozenset(arguments.get("again") or ())
        return cls(bool(arguments.get("sweep")), again, arguments.get("since"))


USUAL: Final = Ordered()
"""Nothing besides what is due."""


@dataclass(frozen=True, slots=True)
class Due:
    """What one stream waits for."""

    hinted: bool
    """Webhooks spoke of some of its records."""
    deletes_first: bool
    """Nobody asked yet from where on deletes are told."""
    deletes: bool
    links: bool
    ids: bool
    again: bool
    """A walk that reads again is under way."""


def due(run: Runner, ordered: Ordered) -> dict[str, Due]:
    """What every stream waits for, by its name."""
    facts = run.step(LOOK)
    now = run.tools.clock.now()

    def is_due(each: Stream, sweep: str, age: timedelta) -> bool:
        last = facts["swept"].get(each.kind, {}).get(sweep)
        return ordered.sweep or last is None or now - instant(last) >= age

    def of(each: Stream) -> Due:
        can, ages = run.tools.connectors[each.connection].can, _ages(run.tools, each)
        read, counted = facts["read"].get(each.kind, []), not each.object.startswith(can.uncounted)
        swept = not can.deletes_swept or is_due(each, sweeps.DELETES, ages.deletes)
        known = PAGE in read  # a first pull reads ids and links anyway
        links = can.links_swept and bool(linked(each))
        return Due(
            hinted=each.kind in facts["hinted"],
            deletes_first=can.deletes and DELETES not in read,
            deletes=can.deletes and swept and (DELETES in read or not can.deletes_swept),
            links=links and known and is_due(each, sweeps.LINKS, ages.links),
            ids=counted and known and is_due(each, sweeps.IDS, ages.ids),
            again=AGAIN in read,
        )

    return {each.kind: of(each) for each in streams(run.tools)}


def _ages(tools: Tools, each: Stream) -> Sweeps:
    known = tools.project.connections.get(each.connection)
    return known.sweeps if known else Sweeps()


def _keep_look(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    """What the store knows; what a killed sweep left behind is cleared."""
    for consumer in (queue.LISTED, queue.DOUBTED):
        queue.clear(db, consumer)
    kinds = {(each.connection, each.object): each.kind for each in streams(tools)}
    return {
        "hinted": sorted(queue.waiting(db, queue.HINTED)),
        "swept": {kinds[of]: at for of, at in sweeps.last(db).items() if of in kinds},
        "read": _named(sweeps.every_position(db), kinds),
    }


def _named(
    found: Mapping[tuple[str, str], Collection[str]], kinds: Mapping[tuple[str, str], str]
) -> dict[str, list[str]]:
    return {kinds[of]: sorted(names) for of, names in found.items() if of in kinds}


LOOK: Final = Step("pull.look", keep=_keep_look)
