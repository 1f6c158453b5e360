"""Runs on a terminal: what came in, what was understood, what was decided."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.cli.views.writes.plan import told_lines

if TYPE_CHECKING:
    from staging.completeness.certificates import Proof
    from tasuki.service.running import CertificateView, RunView, StepView
    from tasuki.values import Json

STATES: Final = {
    "done": "green",
    "partial": "yellow",
    "failed": "bold red",
    "interrupted": "yellow",
    "running": "cyan",
}
_FUNNEL: Final = (
    ("rows read", "read"),
    ("changed", "changed"),
    ("deleted", "deleted"),
    ("links moved", "relinked"),
    ("found or gone by comparing ids", "swept"),
    ("rows that could not be read", "broken"),
    ("cells that could not be read, parked", "unread"),
    ("entities merged", "entities"),
    ("conflicts for a person", "conflicts"),
    ("scored", "scored"),
    ("signals opened", "opened"),
    ("handoffs offered", "offered"),
    ("open writes settled", "settled"),
    ("parked records tried again", "retried"),
)


def funnel(counts: "dict[str, Json]", words: Words) -> RenderableType:
    """What a run did, one number per stage; stages with nothing to do are left out."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    table.add_column()
    for name, key in _FUNNEL:
        if counts.get(key) or key == "read":
            table.add_row(f"{counts.get(key) or 0:,}", words(name))
    told = told_lines(counts.get("told") or (), words)
    beside = (*_scopes(counts, words), *_swept(counts, words), *_not_green(counts, words))
    return Group(table, *told, *beside)


def _scopes(counts: "dict[str, Json]", words: Words) -> Iterable[RenderableType]:
    """Of each scope, who looks: the system, or we at everything."""
    for name, scope in sorted((counts.get("scopes") or {}).items()):
        said = words("scope of {name}: pushed down", name=name)
        if not scope["pushed_down"]:
            more = f"{scope['outside']:,}"
            text = "scope of {name}: evaluated locally, reads {more} more records"
            said = words(text, name=name, more=more)
        yield Text(said, style="dim")


def _swept(counts: "dict[str, Json]", words: Words) -> Iterable[RenderableType]:
    kinds: dict[str, list[str]] = {}
    for kind, sweeps in (counts.get("sweeps") or {}).items():
        for sweep in sweeps:
            kinds.setdefault(sweep, []).append(kind)
    for sweep, names in sorted(kinds.items()):
        said = words("compared whole ({what}): {names}", what=words(sweep), names=", ".join(names))
        yield Text(said, style="dim")


def _not_green(counts: "dict[str, Json]", words: Words) -> Iterable[RenderableType]:
    """Why a run is partial, a line for each reason."""
    lines = [
        words("not green: {name} has {there} there, {here} here", name=n, there=there, here=here)
        for n, (there, here) in (counts.get("differs") or {}).items()
    ]
    if hidden := counts.get("unreadable"):
        lines.append(
            words(
                "not shown to us any more, old values kept: {names}; give the integration user "
                "permission to read them",
                names=", ".join(hidden),
            )
        )
    stopped: dict[tuple[str, str], list[str]] = {}
    for name, error in (counts.get("stopped") or {}).items():
        stopped.setdefault((name.partition("/")[0], error["what"]), []).append(name)
    lines += [
        words("stopped: {name}: {what}", name=", ".join(sorted(names)), what=what)
        for (_, what), names in stopped.items()
    ]
    return [Text(line, style="yellow") for line in lines]


def runs_view(runs: Iterable["RunView"], words: Words) -> RenderableType:
    """The last runs, newest first."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    names = ("run", "kind", "state", "started (UTC)", "took", "by", "plan", "")
    for name in names:
        table.add_column(words(name) if name else "", overflow="fold")
    for run in runs:
        table.add_row(
            short(run.id),
            run.kind,
            Text(words(run.state), style=STATES.get(run.state, "")),
            run.started_at[:19].replace("T", " "),
            seconds(run.took),
            f"{run.by} ({run.trigger})",
            run.plan_id or "–",
            Text(run.error or "", style="red"),
        )
    return table


def run_view(run: "RunView", steps: Iterable["StepView"], words: Words) -> RenderableType:
    """One run with its steps."""
    head = Text.assemble(
        (words("Run"), "bold"), " ", (run.id, "bold cyan"), f" · {run.kind} · ",
        (words(run.state), STATES.get(run.state, "")), f" · {seconds(run.took)}",
    )  # fmt: skip
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("step", "times", "last"):
        table.add_column(words(name))
    for step in steps:
        table.add_row(step.name, f"{step.times:,}", step.last_at[11:19])
    parts: list[RenderableType] = [head, "", funnel(run.counts, words), "", table]
    if run.error:
        parts.insert(1, Text(run.error, style="red"))
    return Group(*parts)


def certificates_view(found: Iterable["CertificateView"], words: Words) -> RenderableType:
    """How well each object is proven complete, and how old the proof is."""
    table = _table(words, "object", "complete", "there", "here", "method", "age", "ids compared")
    for each in found:
        table.add_row(
            f"{each.connection}/{each.object}",
            _yes(words, each),
            "–" if each.there is None else f"{each.there:,}",
            "–" if each.here is None else f"{each.here:,}",
            words(each.method) if each.method else "–",
            ago(each.age),
            ago(each.ids_age),
        )
    return table


def proofs_view(found: Iterable["Proof"], words: Words) -> RenderableType:
    """What one run proved: counts of both sides, and the stamps they are about."""
    table = _table(words, "object", "complete", "there", "here", "method", "stamps (UTC)")
    for each in found:
        table.add_row(
            f"{each.connection}/{each.object}",
            _yes(words, each),
            f"{each.there:,}",
            f"{each.here:,}",
            words(each.method),
            f"{(each.since or '')[:19]} – {(each.until or '')[:19]}",
        )
    return table


def _table(words: Words, *names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(words(name), justify="right" if name in ("there", "here") else "left")
    return table


def _yes(words: Words, proven: "CertificateView | Proof") -> Text:
    if proven.complete is None:
        return Text("–")
    if proven.complete:
        return Text(words("yes"), style="green")
    return Text(words("no"), style="yellow")


def ago(age: timedelta | None) -> str:
    """How long ago, in the largest unit that says something."""
    if age is None:
        return "–"
    total = int(age.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if total >= 2 * length:
            return f"{total // length} {unit}"
    return f"{total} s"


def short(id: str) -> str:
    """The first part of a run id that is long enough to name it."""
    return id[:18]


def seconds(took: timedelta | None) -> str:
    """A duration as people say it."""
    return f"{took.total_seconds():.1f} s" if took is not None else "–"
