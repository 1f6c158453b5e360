"""A first pull beside the hand-written floor; many records of one stamp; memory."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from hashlib import blake2b
from math import ceil
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import select

from sandbox import salesforce
from sandbox.hubspot.data.kinds import kind_of
from sandbox.server import Info
from sandbox.state import State
from staging.tables.staged import RECORD
from tasuki.service.app import App
from tools.bench import floor, world
from tools.bench.place import Place, Spent, peak, place, project, pulled
from tools.bench.table import Row, at_least, at_most, fact
from tools.bench.world import CRM, HUB

_PER: Final = 100_000
_PAGES: Final = {CRM: 2_000, HUB: 100}
"""Records per page of a first pull."""
_SEARCHED: Final = {CRM: 2_000, HUB: 200}
"""Records per page of a later one."""
_NAMES: Final = {CRM: "Salesforce", HUB: "HubSpot"}
_FLOORS: Final[Mapping[str, Callable[..., floor.Floor]]] = {
    CRM: floor.salesforce,
    HUB: floor.hubspot,
}
_SERVED: Final = {CRM: 40_000, HUB: 15_000}
"""Records a second that the sandbox should serve."""
_MOST_MIB: Final = 120
_GROWTH_MIB: Final = 10


def reading(folder: Path, people: int) -> Iterator[Row]:
    """Read to staging: CPU, calls and bytes; and what serving the pages cost the sandbox."""
    with place(folder, people) as at:
        for kind in (HUB, CRM):
            least = _least(at, kind)
            with project(at, f"read-{kind[:3]}", [kind]) as app:
                ours = pulled(at, app)
            found = ours.result["changed"]  # `read` counts what a page's edge repeats, too
            _require(found == least.records == people, f"{kind}: {found} of {people} were read")
            yield from _compared(kind, ours, least)


def _least(at: Place, kind: str) -> floor.Floor:
    info: Info = at.running.info
    file = at.folder / f"floor-{kind[:3]}.db"
    return _FLOORS[kind](info, sorted(at.asked[kind]), file)


def _compared(kind: str, ours: Spent, least: floor.Floor) -> Iterator[Row]:
    name, scale = _NAMES[kind], _PER / least.records
    cpu, hand = ours.cpu * scale, least.cpu * scale
    told = f"{name}: read to staging, CPU s per 100,000"
    yield at_most("reading", told, cpu, 2 * hand, f"{hand:.2f} s", "s")
    pages = ceil(least.records / _PAGES[kind])
    yield at_most("reading", f"{name}: calls", len(ours.calls), pages + 3, f"{pages:,}")
    kib, hand_kib = ours.size / 1024, least.size / 1024
    yield at_most(
        "reading", f"{name}: KiB of answers", kib, 1.1 * hand_kib, f"{hand_kib:,.0f} KiB", "KiB"
    )
    yield fact("reading", f"{name}: records/s, all in all", f"{least.records / ours.seconds:,.0f}")
    served = least.records / (least.sandbox_cpu or least.seconds)
    told = f"{name}: sandbox, packed records per CPU s"
    yield at_least("sandbox", told, served, _SERVED[kind])


def ties(folder: Path, people: int) -> Iterator[Row]:
    """Many records of one stamp: a full pull, then the delta that holds the tie."""
    tied = people * 12 // 280
    with place(folder, people) as at:
        for kind in (HUB, CRM):
            with project(at, f"ties-{kind[:3]}", [kind]) as app:
                whole = pulled(at, app)
                yield from _whole(at, app, kind, people, whole)
        moment = at.clock.now().replace(microsecond=0) - timedelta(seconds=1)
        at.restart(partial(world.touch, at.folder / "sandbox", moment, tied))
        for kind in (HUB, CRM):
            with project(at, f"ties-{kind[:3]}", [kind]) as app:
                yield from _tied(at, app, kind, tied, pulled(at, app))


def _whole(at: Place, app: App, kind: str, people: int, whole: Spent) -> Iterator[Row]:
    name = _NAMES[kind]
    _require(checksum(app, kind) == there(at, kind), f"{kind} is not staged as it is there")
    told = f"{whole.seconds:,.1f} s, {whole.cpu:,.1f} s CPU, {len(whole.calls):,} calls"
    yield fact("ties", f"{name}: {people:,} read, all equal by checksum", told)


def _tied(at: Place, app: App, kind: str, tied: int, delta: Spent) -> Iterator[Row]:
    name, pages = _NAMES[kind], ceil(tied / _SEARCHED[kind])
    _require(checksum(app, kind) == there(at, kind), f"{kind} is not staged as it is there")
    told = f"{name}: calls for {tied:,} of one stamp"
    yield at_most("ties", told, len(delta.calls), max(1.2 * pages, pages + 4), f"{pages:,}")
    again, most = delta.result["read"], max(1.2 * tied, tied + 2 * _SEARCHED[kind])
    told = f"{name}: rows read of {tied:,}, all equal by checksum"
    yield at_most("ties", told, again, most, f"{tied:,}")
    yield fact("ties", f"{name}: seconds, CPU", f"{delta.seconds:,.1f} s, {delta.cpu:,.1f} s")


def memory(folder: Path, people: int) -> Iterator[Row]:
    """The most memory a pull takes, and how it grows with ten times the records."""
    peaks: dict[str, list[float]] = {HUB: [], CRM: []}
    for many in (people, 10 * people):
        with place(folder / str(many), many) as at:
            for kind, found in peaks.items():
                found.append(peak(at, kind))
    for kind, (small, large) in peaks.items():
        name = _NAMES[kind]
        told = f"{name}: MiB of a pull of {10 * people:,}"
        yield at_most("memory", told, large, _MOST_MIB, f"{small:,.0f} MiB", "MiB")
        told = f"{name}: MiB more than with {people:,}"
        yield at_most("memory", told, max(0.0, large - small), _GROWTH_MIB, "", "MiB")


def checksum(app: App, kind: str) -> tuple[int, int]:
    """How many living records are staged, and one number of all of them."""
    connection, object_ = kind.split("/")
    columns = select(RECORD.c.id, RECORD.c.payload).where(
        RECORD.c.connection == connection,
        RECORD.c.object == object_,
        RECORD.c.deleted_at.is_(None),
    )
    with app.store.reading() as db:
        return _summed(
            (row.id, row.payload) for row in db.execution_options(yield_per=1000).execute(columns)
        )


def there(at: Place, kind: str) -> tuple[int, int]:
    """The same of the sandbox's own tables."""
    names = sorted(at.asked[kind])
    with State(at.folder / "sandbox" / "sandbox.db") as state:
        rows = _contacts(state) if kind == HUB else _crm(state)
        return _summed((id_, {name: row.get(name) for name in names}) for id_, row in rows)


def _crm(state: State) -> Iterator[tuple[str, dict[str, Any]]]:
    return (
        (row["Id"], row) for row in salesforce.records(state, "Contact") if not row["IsDeleted"]
    )


def _contacts(state: State) -> Iterator[tuple[str, dict[str, Any]]]:
    rows = state.db.execute(
        "SELECT id, properties FROM hs_record WHERE type = ? AND archived = 0",
        (kind_of("contacts").id,),
    )
    return ((str(id_), orjson.loads(properties)) for id_, properties in rows)


def _summed(rows: Iterator[tuple[str, dict[str, Any]]]) -> tuple[int, int]:
    """The sum of each record's hash: the order does not matter, and nothing is held in memory."""
    count = total = 0
    for id_, fields in rows:
        plain = {name: value or None for name, value in fields.items()}
        said = orjson.dumps([id_, plain], option=orjson.OPT_SORT_KEYS)
        total += int.from_bytes(blake2b(said, digest_size=12).digest())
        count += 1
    return count, total


def _require(holds: bool, what: str) -> None:  # noqa: FBT001
    """A figure of a wrong reading is worth nothing."""
    if not holds:
        raise RuntimeError(what)
