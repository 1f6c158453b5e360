"""Wishes put down, planned, approved and carried out, each part measured."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import process_time
from typing import Any, Final

from connectors.protocol import Verb
from staging.records import living_ids
from sync.context import Event, Order
from sync.write import intent
from sync.write.intent import Intent
from tasuki.service.app import App
from tasuki.service.writing import planning
from tasuki.values import Json
from tools.bench.place import Place, Spent, ran

ORIGIN: Final = "bench:"
_STEP: Final = "step:"
LOOK_BACK: Final = "apply.look_back"
_WRITES: Final = ("/batch/update", "/batch/create", "/composite", "/composite/sobjects")
"""What the path of a call that writes at once ends with."""
_JOB: Final = "/ingest"
_METADATA: Final = ("/describe", "/properties", "/pipelines", "/limits")


@dataclass(slots=True)
class Meter:
    """CPU seconds by step; steps follow one another."""

    cpu: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    last: float = field(default_factory=process_time)

    def watch(self, event: Event) -> None:
        """Note what the step that has just ended took."""
        if event.stage.startswith(_STEP):
            name, now = event.stage.removeprefix(_STEP), process_time()
            self.cpu[name] = self.cpu.get(name, 0.0) + now - self.last
            self.calls[name] = self.calls.get(name, 0) + 1
            self.last = now


@dataclass(frozen=True, slots=True)
class Applied:
    """One plan carried out."""

    plan: str
    spent: Spent
    meter: Meter
    changes: int
    records: int
    foretold: int
    """Calls that the plan said it takes."""

    @property
    def cpu(self) -> float:
        """CPU seconds of everything."""
        return self.spent.cpu

    @property
    def unlooked(self) -> float:
        """CPU seconds without looking back at the past of what was written."""
        return self.spent.cpu - self.meter.cpu.get(LOOK_BACK, 0.0)

    @property
    def written(self) -> int:
        """Changes that came true."""
        return int(self.spent.result.get("written", 0))

    @property
    def calls(self) -> "Calls":
        """Its calls by what they are for."""
        return sorted_out(self.spent.calls)


@dataclass(frozen=True, slots=True)
class Calls:
    """How many calls there were of each kind."""

    write: int
    before: int
    """Looks before the last write: cells read again, keys searched for."""
    after: int
    """Looks back at the past of what was written."""
    job: int
    """Those of bulk jobs, waiting included."""
    other: int
    """Metadata, asked once."""

    @property
    def looks(self) -> str:
        """Those that do not write, in words."""
        more = ((self.job, "of jobs"), (self.other, "metadata"))
        told = "".join(f", {n:,} {name}" for n, name in more if n)
        return f"{self.before:,} before, {self.after:,} after{told}"


def sorted_out(calls: Sequence[Mapping[str, Any]]) -> Calls:
    """Calls by what they are for."""
    kinds = [_kind(each) for each in calls]
    last = max((n for n, kind in enumerate(kinds) if kind in ("write", "job")), default=len(kinds))
    return Calls(
        write=kinds.count("write"),
        before=kinds[:last].count("look"),
        after=kinds[last:].count("look"),
        job=kinds.count("job"),
        other=kinds.count("other"),
    )


def _kind(call: Mapping[str, Any]) -> str:
    path = str(call["path"])
    if _JOB in path:
        return "job"
    if any(part in path for part in _METADATA):
        return "other"
    return "write" if path.endswith(_WRITES) else "look"


def ids(app: App, kind: str, most: int, skip: int = 0) -> list[str]:
    """The ids of staged records, so many of them."""
    connection, object_ = kind.split("/")
    with app.store.reading() as db:
        return list(living_ids(db, connection, object_, most=skip + most))[skip:]


def updates(
    kind: str, origin: str, ids: Iterable[str], cells: Mapping[str, Json]
) -> Iterator[Intent]:
    """The wish that these cells stand in every one of these records."""
    connection, object_ = kind.split("/")
    for id_ in ids:
        yield Intent(
            id=f"{ORIGIN}{origin}:{connection}:{id_}",
            origin=f"{ORIGIN}{origin}",
            lane="mappings",
            verb=Verb.UPDATE,
            connection=connection,
            object=object_,
            record_id=id_,
            fields=cells,
            cause=_CAUSE,
        )


def tasks(kind: str, key: str, many: int, cells: Mapping[str, Json]) -> Iterator[Intent]:
    """The wish for so many tasks, each with a natural key."""
    connection, object_ = kind.split("/")
    for n in range(many):
        yield Intent(
            id=f"{ORIGIN}task:{connection}:{n}",
            origin=f"{ORIGIN}task",
            lane="handoffs",
            verb=Verb.CREATE,
            connection=connection,
            object=object_,
            natural_key=(key, f"bench:{n}"),
            fields=cells,
            cause=_CAUSE,
        )


_CAUSE: Final = {"rule": "bench", "place": "bench.yaml:1", "why": "to be measured"}


def wished(at: Place, app: App, origin: str, wishes: Iterable[Intent]) -> Applied:
    """Put wishes down, plan them, carry the plan out."""
    with app.store.writing() as db:
        intent.wish(db, wishes, app.tools.now())
    return applied(at, app, planned(at, app, Order("plan", {"origin": f"{ORIGIN}{origin}"})))


def planned(at: Place, app: App, order: Order) -> str:
    """The plan that a workflow makes. Errors: RuntimeError when there is nothing to write."""
    done = ran(at, app, order)
    if done.result["plan"] is None:
        raise RuntimeError(f"there is nothing to write: {done.result}")
    return str(done.result["plan"])


def applied(at: Place, app: App, plan: str) -> Applied:
    """Approve a plan and carry it out."""
    view = planning.approve(app, plan, "bench")
    meter = Meter()
    spent = ran(at, app, Order("apply", {"plan": plan}, trigger="bench"), meter.watch)
    return Applied(plan, spent, meter, view.changes, view.records, sum(view.calls.values()))
