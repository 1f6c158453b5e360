"""Who is who: a whole store from scratch, and one record in a thousand changed; keys made up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

from catalog.entities import ENTITIES
from config.project import Project
from jobs.runtime import InProcess, Run
from mappings.spec import Confidence, KeyPart, KeyRule
from mappings.spec import Mapping as RecordMapping
from staging import identities, queue
from staging.engine import Store
from staging.identities import Keys
from sync.context import Order, Step, Tools
from sync.identity.resolve import resolve
from tasuki.clock import SystemClock
from tasuki.values import Json, Ref
from tasuki.wiring import prepare_store
from tools.bench.child import peak
from tools.bench.table import Row, at_most, fact

_AT_ONCE: Final = 20_000
_HUB: Final = 3_000
"""Records that share one worthless address; there are a few such."""
_CHAIN: Final = 300
"""Records of which each shares something with the next."""
_MAPPING: Final = RecordMapping(
    "person",
    ENTITIES["person"],
    sides={},
    fields={},
    keys=(
        KeyRule("stored_id", stored_in={"hub": "id"}, refers_to="crm"),
        KeyRule("number", (KeyPart("title"),), veto=True),
        KeyRule("email", (KeyPart("email"),)),
        KeyRule("name_and_mobile", (KeyPart("phone"),), confidence=Confidence.LIKELY),
    ),
)


def identity(folder: Path, records: int) -> Iterator[Row]:
    """From scratch; the same again; one in a thousand changed; nothing changed."""
    store = prepare_store(f"sqlite:///{folder}/store.db")
    try:
        _put(store, range(records))
        scratch = _resolved(store)
        yield from _told(f"{records:,} records from scratch", scratch, 60 * records / 1_000_000)
        yield fact("identity", "links written, entities", _ends(store))
        few = range(0, records, 1_000)
        _put(store, few, "moved ")
        changed = _resolved(store)
        yield from _told(f"{len(few):,} of them changed", changed, 1.0)
        yield fact("identity", "links that moved", f"{changed.counts['links']:,}")
        yield fact("identity", "nothing changed: CPU s", f"{_resolved(store).cpu:.3f} s")
        yield fact("identity", "peak memory: MiB", f"{peak():,.0f} MiB")
    finally:
        store.close()


def _told(what: str, spent: "_Timed", most: float) -> Iterator[Row]:
    yield at_most("identity", f"{what}: CPU s", spent.cpu, most, "", "s")
    yield fact("identity", f"{what}: seconds on the clock", f"{spent.seconds:,.2f} s")
    yield at_most("identity", "longest write of it: CPU ms", 1000 * spent.longest, 500, "", "ms")


@dataclass(slots=True)
class _Timed:
    """A run whose writes are timed."""

    run: Run
    longest: float = 0
    """CPU seconds of the longest step that writes."""
    cpu: float = 0
    seconds: float = 0
    counts: dict[str, Json] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        return self.run.run_id

    @property
    def tools(self) -> Tools:
        return self.run.tools

    def step(self, step: Step, **arguments: Json) -> dict[str, Json]:
        began = process_time()
        done = self.run.step(step, **arguments)
        if step.ask is None:
            self.longest = max(self.longest, process_time() - began)
        return done

    def tell(self, *_: Any) -> None:
        """Nobody watches."""


def _resolved(store: Store) -> _Timed:
    """Resolve what is dirty, as a run does."""
    found: list[_Timed] = []

    def workflow(run: Run, _arguments: dict[str, Json]) -> dict[str, Json]:
        timed = _Timed(run)
        runner: Any = timed
        began, used = perf_counter(), process_time()
        timed.counts = resolve(runner)
        timed.seconds, timed.cpu = perf_counter() - began, process_time() - used
        found.append(timed)
        return timed.counts

    tools = Tools(Project(Path(), "bench"), (_MAPPING,), {}, SystemClock())
    runtime = InProcess(store, tools)
    runtime.register("identify", workflow)
    runtime.wait(runtime.enqueue(Order("identify", trigger="bench")))
    runtime.close()
    return found[0]


def _put(store: Store, numbers: range, mark: str = "") -> None:
    """Keys of these records, straight into the store, and the records dirty."""
    for start in range(0, len(numbers), _AT_ONCE):
        part = numbers[start : start + _AT_ONCE]
        keys = {_ref(n): _keys(n, mark) for n in part}
        with store.writing() as db:
            identities.set_keys(db, "person", keys)
            queue.mark(db, queue.IDENTIFY, "person", map(str, keys))


def _ref(number: int) -> Ref:
    """Two records in five are contacts, two in five people of the MA tool, one in five a lead."""
    object_ = ("crm/Contact", "hub/contacts", "crm/Contact", "hub/contacts", "crm/Lead")[number % 5]
    connection, _, name = object_.partition("/")
    return Ref(connection, name, f"{number:09d}")


def _keys(number: int, mark: str) -> Keys:
    """A contact and the MA record after it are one person, by e-mail and mostly by stored id."""
    person = number - (number % 5 in (1, 3))
    ref = _ref(number)
    keys = {"record": {str(ref)}, "email": {f"{mark}person.{person}@company{person // 7}.example"}}
    if number % 5 in (0, 2) and not mark:
        keys["stored_id"] = {str(ref)}
    elif number % 5 == 1:
        keys["stored_id"] = {str(_ref(person))}
    if number % 3 == 0:
        keys["name_and_mobile"] = {f"青山|太郎|+8190{person:08d}"}
    if number % 100 == 0:
        keys["number"] = {str(person)}
    if number % 50_000 < _CHAIN:
        keys["email"].add(f"chain.{number // 2 + number % 2}.{number // 50_000}@x.example")
    if number % 100 == 7 and number < 100 * _HUB:
        keys["email"].add("info@everybody.example")
    return {kind: frozenset(values) for kind, values in keys.items()}


def _ends(store: Store) -> str:
    with store.reading() as db:
        links = db.exec_driver_sql("SELECT count(*), count(DISTINCT entity_id) FROM link").one()
    return f"{links[0]:,}, {links[1]:,}"
