"""The whole pull of a run: streams side by side, first what changed, then what proves it.

What a system answers to one stream ends that stream's pull only: the others go on, and the run says
which stream stopped and why. A sign-in that is refused is not tried again by the next stream.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from staging import queue
from sync.complete.backfill import begin_again, read_again
from sync.complete.certify import certify
from sync.complete.due import USUAL, Due, Ordered, due
from sync.complete.ids import believe, sweep_ids
from sync.complete.links import sweep_links
from sync.context import Chain, Runner
from sync.pull import Part, Told, deletes, pages, scope_of
from sync.reading.stream import Stream, streams
from sync.reading.unproven import SCOPED
from tasuki.errors import (
    BlockedError,
    RejectedError,
    SignInError,
    TasukiError,
    TransientError,
    UnreachableError,
)
from tasuki.values import Json


@dataclass(slots=True)
class _Pull:
    """One pull on its way: what each stream waits for, did, and was stopped by."""

    run: Runner
    ordered: Ordered
    due: Mapping[str, Due]
    told: dict[str, Told] = field(default_factory=dict)
    stopped: dict[str, TasukiError] = field(default_factory=dict)
    shut: dict[str, TasukiError] = field(default_factory=dict)
    """Connections on which nothing passes."""


def pull(run: Runner, ordered: Ordered = USUAL) -> dict[str, Json]:
    """Bring every stream up to date and prove it; what was done, what differs, what stopped.

    Errors: what stopped the streams, when it stopped them all.
    """
    every = {each.kind: each for each in streams(run.tools)}
    this = _Pull(run, ordered, due(run, ordered), {kind: Counter() for kind in every})
    run.together("pull", {k: _guarded(this, each, _bring(this, each)) for k, each in every.items()})
    if every and len(this.stopped) == len(every):
        raise _in_order(this)[0][1]
    rest = {
        kind: _guarded(this, each, _complete(this, each))
        for kind, each in every.items()
        if kind not in this.stopped and _is_left(this, kind)
    }
    if rest:
        run.together("certify", rest)
    return _totals(this)


def _guarded(this: _Pull, each: Stream, part: Part) -> Chain:
    """Let what a system answers end this stream only."""
    try:
        if each.connection in this.shut:
            raise this.shut[each.connection]
        yield from part
    except (SignInError, UnreachableError) as error:
        this.shut[each.connection] = this.stopped[each.kind] = error
    except (TransientError, RejectedError, BlockedError) as error:
        this.stopped[each.kind] = error
    finally:
        part.close()
    return {}


def _bring(this: _Pull, each: Stream) -> Part:
    """Read what changed, and what was ordered besides."""
    kind, waits, told = each.kind, this.due[each.kind], this.told[each.kind]
    if waits.hinted:
        yield from believe(kind, queue.HINTED, told)
    if waits.deletes_first:
        yield from deletes(kind, told)
    yield from pages(kind, told)
    if waits.deletes:
        yield from deletes(kind, told)
    if this.run.tools.connectors[each.connection].can.deletes_swept:
        told["swept:deletes"] = int(waits.deletes or waits.deletes_first)
    if kind in this.ordered.again:
        yield from begin_again(kind, this.ordered.since)
    if waits.again or kind in this.ordered.again:
        yield from read_again(kind, told)


def _is_left(this: _Pull, kind: str) -> bool:
    waits, told = this.due[kind], this.told[kind]
    return waits.links or waits.ids or bool(told["gap"] or told["open"] or told["scope"])


def _complete(this: _Pull, each: Stream) -> Part:
    """Compare what is due, then count."""
    kind, waits, told = each.kind, this.due[each.kind], this.told[each.kind]
    can = this.run.tools.connectors[each.connection].can
    if waits.links:
        yield from sweep_links(kind, told)
    if waits.ids or told["gap"]:
        yield from sweep_ids(kind, told)
    if told["open"] and not each.object.startswith(can.uncounted):
        yield from certify(kind, told, tells_deletes=can.deletes)
    if told["scope"] and not told["differs"]:
        yield from certify(kind, told, SCOPED, tells_deletes=can.deletes)


def _totals(this: _Pull) -> dict[str, Json]:
    total: Told = sum(this.told.values(), Counter())
    differs = {k: [t["there"], t["here"]] for k, t in this.told.items() if t["differs"]}
    return {
        **{name: total[name] for name in ("read", "changed", "deleted", "broken", "relinked")},
        "swept": total["found"] + total["gone"],
        "sweeps": {k: _marked(t, "swept:") for k, t in this.told.items() if _marked(t, "swept:")},
        "unreadable": [
            f"{k}.{name}" for k, t in this.told.items() for name in _marked(t, "unreadable:")
        ],
        "scopes": {
            kind: {"pushed_down": scope_of(this.run.tools, each) is not None, "outside": n}
            for kind, each in ((each.kind, each) for each in streams(this.run.tools))
            if each.is_scoped
            for n in (this.told[kind]["outside"],)
        },
        "complete": not differs and not this.stopped,
        "incomplete": sorted({*differs, *this.stopped}),
        "differs": differs,
        "stopped": {kind: _said(error) for kind, error in _in_order(this)},
    }


def _marked(told: Told, prefix: str) -> list[str]:
    return sorted(k.removeprefix(prefix) for k, n in told.items() if k.startswith(prefix) and n)


def _in_order(this: _Pull) -> list[tuple[str, TasukiError]]:
    """What stopped, as the mappings name the objects: whichever system answered first."""
    return [(kind, this.stopped[kind]) for kind in this.told if kind in this.stopped]


def _said(error: TasukiError) -> dict[str, Json]:
    what, where, why, fix = error.lines()
    return {"code": error.code, "what": what, "where": where, "why": why, "fix": fix}
