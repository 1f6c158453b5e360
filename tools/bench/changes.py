"""Runs with nothing or little to do, our own echo after a mass write, the way to a first write."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Final

from sandbox.salesforce.ids import new_id
from sync.context import Order
from tasuki.service.app import App
from tasuki.service.writing import planning
from tools.bench.place import Place, Spent, place, project, pulled, ran
from tools.bench.table import Row, at_most, fact
from tools.bench.world import CRM, HUB

_QUIET_CALLS: Final = {CRM: 2, HUB: 1}
_TRIES: Final = 5
"""A quiet pull is short: the quickest of so many counts."""
_PAGE: Final = {CRM: 2_000, HUB: 200}
_NAMES: Final = {CRM: "Salesforce", HUB: "HubSpot"}
_PAST_OVERLAP: Final = timedelta(minutes=15)


def noop(folder: Path, people: int) -> Iterator[Row]:
    """Nothing changed: calls, and CPU with ten times the records; the sweeps apart."""
    small, _ = _quiet(folder / "small", people)
    large, swept = _quiet(folder / "large", 10 * people)
    for kind, most in _QUIET_CALLS.items():
        name = _NAMES[kind]
        yield at_most("noop", f"{name}: calls", len(large[kind].calls), most, str(most))
        before, after = small[kind].cpu * 1000, large[kind].cpu * 1000
        told = f"{name}: CPU ms with {10 * people:,} records, floor with {people:,}"
        yield at_most("noop", told, after, 1.1 * before, f"{before:,.1f} ms", "ms")
        calls, seconds = len(swept[kind].calls), swept[kind].seconds
        yield fact("noop", f"{name}: calls of all sweeps together", f"{calls:,}, {seconds:,.1f} s")


def _quiet(folder: Path, people: int) -> tuple[dict[str, Spent], dict[str, Spent]]:
    """The quickest quiet pull of each object, and one with every sweep."""
    found, swept = {}, {}
    with place(folder, people) as at:
        for kind in _QUIET_CALLS:
            with project(at, f"quiet-{kind[:3]}", [kind]) as app:
                pulled(at, app)
                tries = [pulled(at, app) for _ in range(_TRIES)]
                found[kind] = min(tries, key=lambda each: each.cpu)
                swept[kind] = pulled(at, app, sweep=True)
    return found, swept


def changed(folder: Path, people: int) -> Iterator[Row]:
    """One record in a thousand changed."""
    many = max(1, people // 1000)
    with place(folder, people) as at:
        for kind in _QUIET_CALLS:
            with project(at, f"changed-{kind[:3]}", [kind]) as app:
                pulled(at, app)
                at.edit(kind, _ids(kind, many), _TITLE[kind], "Head of Measuring")
                done = pulled(at, app)
            pages = ceil(many / _PAGE[kind])
            name, besides = _NAMES[kind], _QUIET_CALLS[kind] - 1
            told = f"{name}: calls for {many:,} of {people:,} changed"
            yield at_most("changed", told, len(done.calls), pages + besides, f"{pages:,}")
            told = f"{name}: rows read of {done.result['changed']:,} changed"
            yield at_most("changed", told, done.result["read"], 1.05 * many, f"{many:,}")


_TITLE: Final = {CRM: "Title", HUB: "jobtitle"}


def _ids(kind: str, many: int) -> list[str]:
    return [new_id("003", n + 1) if kind == CRM else str(n + 1) for n in range(many)]


def echo(folder: Path, people: int) -> Iterator[Row]:
    """Write to everybody, then read our own echo: once, and nothing of it is a change."""
    with place(folder, people) as at, project(at, "echo", [CRM, HUB], forty=False) as app:
        first = _written(at, app)
        written = _rows(first, "/batch/update")
        seen = pulled(at, app)
        at.pass_time(timedelta(seconds=1))
        again = pulled(at, app)
        at.pass_time(_PAST_OVERLAP)
        pulled(at, app)
        quiet = pulled(at, app)
    yield fact("echo", "written to HubSpot in one plan", f"{written:,} records")
    yield from _calls_for_echo(seen, written)
    yield at_most("echo", "records it makes dirty", seen.result["changed"], 0, "0")
    told = f"{again.result['read']:,} rows, {again.of('/search')} searches"
    yield fact("echo", "read again by the next pull, within the overlap", told)
    yield at_most("echo", "rows read once the overlap is past", quiet.result["read"], 0, "0")


def _calls_for_echo(seen: Spent, written: int) -> Iterator[Row]:
    """Records at a page's edge come twice, since they share a stamp; the last call counts."""
    pages, read = ceil(written / _PAGE[HUB]), seen.result["read"]
    yield at_most("echo", "rows read by the next pull", read, 1.05 * written, f"{written:,}")
    told = "searches for them, and one for the certificate"
    yield at_most("echo", told, seen.of("/search"), 1.2 * pages + 1, f"{pages + 1:,}")


def first_write(folder: Path, people: int) -> Iterator[Row]:
    """A change on Salesforce until the write to HubSpot leaves, without the sandbox's own time."""
    with place(folder, people) as at, project(at, "write", [CRM, HUB], forty=False) as app:
        _written(at, app)
        pulled(at, app)
        at.edit(CRM, _ids(CRM, 1), "Title", "First Writer")
        began = time.time()
        run, applied = _run_and_apply(at, app)
    calls = (*run.calls, *applied.calls)
    writes = [each for each in calls if "/batch/update" in each["path"]]
    left = datetime.fromisoformat(writes[0]["time"]).timestamp() - at.clock.by.total_seconds()
    before = calls[: calls.index(writes[0]) + 1]
    own = left - began - sum(float(each["milliseconds"]) for each in before) / 1000
    told = f"own seconds until the write, {people:,} people known"
    yield at_most("first-write", told, own, 1.0, "", "s")
    yield fact("first-write", "calls until then", f"{len(before)}")


def _written(at: Place, app: App) -> Spent:
    """The first run joins everybody; the titles differ, so that all of HubSpot's are written."""
    return _run_and_apply(at, app)[1]


def _run_and_apply(at: Place, app: App) -> tuple[Spent, Spent]:
    done = ran(at, app, Order("run", trigger="bench"))
    plan = done.result["plan"]
    if plan is None:
        raise RuntimeError(f"there is nothing to write: {done.result}")
    planning.approve(app, plan, "bench")
    return done, ran(at, app, Order("apply", {"plan": plan}, trigger="bench"))


def _rows(spent: Spent, part: str) -> int:
    return sum(each["rows"] for each in spent.calls if part in each["path"])
