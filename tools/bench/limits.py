"""Under enforced rate limits, alone and two processes at once; and with slow answers."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tools.bench import world
from tools.bench.place import Place, Spent, child, place, project, pulled, said, write_project
from tools.bench.table import Row, at_most, fact
from tools.bench.world import HUB

BURST: Final = 190
BURST_SECONDS: Final = 10
_SEARCHES: Final = 5
_ENFORCED: Final = {"burst": BURST, "search_per_second": _SEARCHES}
_DELAY_SECONDS: Final = 0.15
_CHAIN: Final = {"companies": 0.6, "deals": 0.4}
"""Shorter chains beside the contacts, by their share of them."""


def limits(folder: Path, calls: int) -> Iterator[Row]:
    """A first pull, a long delta, then two processes: each of so many calls."""
    with place(folder, calls * 100) as at:
        at.weather(hubspot=_ENFORCED)
        with project(at, "limits", [HUB], waits=True) as app:
            whole = pulled(at, app)
            yield from paced(
                "limits", "listing", whole, ideal(len(whole.calls), BURST, BURST_SECONDS)
            )
            since = world.BORN.isoformat()
            delta = pulled(at, app, again=[HUB], since=since)
            searches = delta.of("/search")
            yield from paced("limits", "searching", delta, ideal(searches, _SEARCHES, 1))
    with place(folder / "two", 10) as at:
        yield from _two(at, calls)


def ideal(calls: int, most: int, seconds: float) -> float:
    """The least time in which a window lets so many calls through."""
    return max(0, (calls - 1) // most) * seconds


def paced(group: str, what: str, spent: Spent, window: float) -> Iterator[Row]:
    """Seconds beside what the limit and the work itself take, and calls turned away."""
    least = max(window, spent.cpu + spent.served)
    told = f"{what}: seconds for {len(spent.calls):,} calls"
    yield at_most(group, told, spent.seconds, 1.1 * least, f"{least:,.1f} s", "s")
    yield from _rejected(group, what, spent.calls)


def _rejected(group: str, what: str, calls: tuple[dict[str, Any], ...]) -> Iterator[Row]:
    refused = sum(each["status"] == 429 for each in calls)
    share = 100 * refused / max(1, len(calls))
    yield at_most(group, f"{what}: % of calls turned away", share, 1, "0 %", "%")


def _two(at: Place, calls: int) -> Iterator[Row]:
    """Two processes with one store between them, from the first call to the last."""
    folder = at.folder / "two"
    write_project(folder, [HUB])
    said(child(at, "calls", folder, HUB, "0"))  # makes the store
    at.weather(hubspot=_ENFORCED)
    at.say("log/reset", {})
    both = [child(at, "calls", folder, HUB, str(calls)) for _ in range(2)]
    passed = sum(int(said(each)) for each in both)
    made = at.calls()
    moments = [datetime.fromisoformat(each["time"]) for each in made]
    seconds = (max(moments) - min(moments)).total_seconds()
    served = sum(float(each["milliseconds"]) for each in made) / 1000
    least = max(ideal(passed, BURST, BURST_SECONDS), served)
    told = f"two processes: seconds for {passed:,} calls"
    yield at_most("limits", told, seconds, 1.1 * least, f"{least:,.1f} s", "s")
    yield from _rejected("limits", "two processes", made)


def latency(folder: Path, people: int) -> Iterator[Row]:
    """Three objects with slow answers, beside the longest of them alone."""
    others = {name: int(people * share) for name, share in _CHAIN.items()}
    kinds = [HUB, *(f"hub/{name}" for name in others)]
    with place(folder, people, others) as at:
        at.weather(rules=[{"platform": "hubspot", "delay_seconds": _DELAY_SECONDS}])
        with project(at, "alone", [HUB]) as app:
            alone = pulled(at, app)
        with project(at, "together", kinds) as app:
            together = pulled(at, app)
    told = f"three objects at 150 ms, {len(together.calls)} calls: seconds"
    most, floor = 1.25 * alone.seconds, f"{alone.seconds:,.1f} s"
    yield at_most("latency", told, together.seconds, most, floor, "s")
    yield fact("latency", "calls of the longest chain", f"{len(alone.calls)}")
