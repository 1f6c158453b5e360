"""Calls per changed record, looks counted apart; nothing to do; undo; under a burst limit."""

from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Final

from connectors.salesforce.write.ingest import BULK_FROM
from sync.context import Order
from tasuki.service.app import App
from tools.bench.limits import BURST, BURST_SECONDS, ideal, paced
from tools.bench.place import Place, place, project, pulled, ran
from tools.bench.table import Row, at_most, fact
from tools.bench.world import CRM, HUB
from tools.bench.writing import floor
from tools.bench.writing.cost import cpu_rows
from tools.bench.writing.desk import Applied, applied, ids, planned, tasks, updates, wished

_HUB_BATCH: Final = 100
_COLLECTION: Final = 200
_GUARDED: Final = 25
_SPARE: Final = 1.02
_FEW: Final = 1_000
"""The most that is written where every further call would only be another like it."""


def writing(folder: Path, people: int) -> Iterator[Row]:
    """Writes to HubSpot and Salesforce, of people that both know and of people one lacks."""
    with place(folder / "both", people) as at:
        with project(at, "hub", [CRM, HUB]) as app:
            yield from _hubspot(at, app)
        with project(at, "crm", [CRM]) as app:
            pulled(at, app)
            yield from _salesforce(at, app)
    yield from _made(folder / "apart", people)
    yield from _limited(folder / "limit", people)


def _hubspot(at: Place, app: App) -> Iterator[Row]:
    """The first run joins everybody; the titles differ, so that all of HubSpot's are written."""
    done = applied(at, app, planned(at, app, Order("run", trigger="bench")))
    yield from _counted("HubSpot, overwrites", done, _HUB_BATCH)
    yield from _undone(at, app, done)
    known = ids(app, HUB, done.written)
    least = floor.updates(at.running.info, known, {"jobtitle": "By hand"}, at.folder / "floor.db")
    file = at.folder / "looks.db"
    looks = floor.updates(at.running.info, known, {"jobtitle": "Looked"}, file, looks=True)
    yield from cpu_rows("HubSpot, overwrites", done, least, looks)
    wish = updates(HUB, "already", known, {"jobtitle": "Looked"})
    yield from _already(at, app, wished(at, app, "already", wish))


def _undone(at: Place, app: App, done: Applied) -> Iterator[Row]:
    order = Order("undo", {"of": done.plan}, trigger="bench")
    made = ran(at, app, order)
    back = applied(at, app, str(made.result["plan"]))
    told = f"undo of {done.written:,} on HubSpot: calls to write"
    least = ceil(done.written / _HUB_BATCH)
    yield at_most("writing", told, back.calls.write, _SPARE * least, f"{least:,}")
    told = f"{len(made.calls):,} to plan it, {back.calls.looks}"
    yield fact("writing", "undo: calls that look", told)
    told = f"{made.cpu:,.1f} s to plan it, {back.cpu:,.1f} s to carry it out"
    yield fact("writing", "undo: CPU", told)


def _already(at: Place, app: App, done: Applied) -> Iterator[Row]:
    """Somebody wrote the same values since the plan was made; then nothing is left to plan."""
    yield at_most("writing", "values already there: calls to write", done.calls.write, 0, "0")
    yield fact("writing", "values already there: calls that look", done.calls.looks)
    again = ran(at, app, Order("plan", {"origin": ""}, trigger="bench"))
    yield at_most("writing", "nothing to write: changes planned", again.result["changes"], 0, "0")


def _salesforce(at: Place, app: App) -> Iterator[Row]:
    known = ids(app, CRM, BULK_FROM - 1)
    done = wished(at, app, "fill", updates(CRM, "fill", known, {"Tasuki_Score__c": 7}))
    yield from _counted("Salesforce, fills", done, _COLLECTION)
    file = at.folder / "floor-crm.db"
    least = floor.collections(at.running.info, known, {"Tasuki_Score__c": 8}, file)
    yield from cpu_rows("Salesforce, fills", done, least)
    over = updates(CRM, "over", known[:_FEW], {"Department": "Measuring"})
    done = wished(at, app, "over", over)
    yield from _counted("Salesforce, overwrites, guarded", done, _GUARDED)
    every = ids(app, CRM, 10 * BULK_FROM)
    if len(every) >= BULK_FROM:
        fills = updates(CRM, "bulk", every, {"Birthdate": "1990-04-01"})
        yield from _by_job(wished(at, app, "bulk", fills))
    cells = {"Subject": "Call", "Status": "Not Started"}
    wish = tasks("crm/Task", "Tasuki_Key__c", min(_FEW, len(every)), cells)
    yield from _counted("Salesforce, tasks", wished(at, app, "task", wish), _COLLECTION)


def _by_job(done: Applied) -> Iterator[Row]:
    jobs = sum(each["method"] == "POST" and "/ingest" in each["path"] for each in done.spent.calls)
    least = ceil(done.written / 10_000)
    told = f"Salesforce, {done.written:,} fills: bulk jobs"
    yield at_most("writing", told, jobs, least, f"{least}")
    yield fact("writing", "Salesforce, by bulk job: calls besides", done.calls.looks)
    per = 10_000 / done.written
    yield fact("writing", "Salesforce, by bulk job: CPU s per 10,000", f"{done.cpu * per:,.2f} s")


def _made(folder: Path, people: int) -> Iterator[Row]:
    """People that HubSpot lacks, made as the mapping says; and tasks."""
    with (
        place(folder, people, apart=True) as at,
        project(at, "made", [CRM, HUB], makes="hub") as app,
    ):
        done = applied(at, app, planned(at, app, Order("run", trigger="bench")))
        yield from _counted("HubSpot, creates", done, _HUB_BATCH)
        rows = [{"email": f"h{n}@hand.example", "lastname": f"手 {n}"} for n in range(people)]
        least = floor.creates(at.running.info, rows, at.folder / "floor.db")
        yield from cpu_rows("HubSpot, creates", done, least)
        cells = {"hs_task_subject": "Call", "hs_timestamp": "2026-11-30T09:00:00Z"}
        wish = tasks("hub/tasks", "tasuki_key", min(_FEW, people), cells)
        yield from _counted("HubSpot, tasks", wished(at, app, "task", wish), _HUB_BATCH)


def _limited(folder: Path, people: int) -> Iterator[Row]:
    with place(folder, people) as at, project(at, "limit", [CRM, HUB], waits=True) as app:
        plan = planned(at, app, Order("run", trigger="bench"))
        at.weather(hubspot={"burst": BURST})
        done = applied(at, app, plan)
    _require_whole(done)
    least = ideal(len(done.spent.calls), BURST, BURST_SECONDS)
    yield from paced("writing", f"{done.written:,} writes under a burst limit", done.spent, least)


def _require_whole(done: Applied) -> None:
    if done.written != done.changes:
        raise RuntimeError(f"{done.written} of {done.changes} were written: {done.spent.result}")


def _counted(what: str, done: Applied, size: int) -> Iterator[Row]:
    """Calls that write, beside the least; those that look, counted apart."""
    _require_whole(done)
    least = ceil(done.records / size)
    told = f"{what}: calls to write {done.records:,}"
    yield at_most("writing", told, done.calls.write, _SPARE * least, f"{least:,}")
    yield fact("writing", f"{what}: calls that look", done.calls.looks)
    all_ = len(done.spent.calls)
    told = f"{what}: all calls, as the plan foretold"
    yield at_most("writing", told, all_, done.foretold, "")
