"""The report on a terminal."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words

if TYPE_CHECKING:
    from tasuki.service.reporting import Certificate, HandoffCount, Report, TeamReceived


def report_view(report: "Report", words: Words) -> RenderableType:
    """The state of things on one page."""
    parts: list[RenderableType] = []
    for title, body in _sections(report, words):
        parts += [Text(words(title), style="bold underline"), body, ""]
    parts += parked_view(report.parked, words)
    waits = ", ".join(f"{words(name)} {n:,}" for name, n in report.waiting.items() if n)
    parts.append(Text(f"{words('waits for a person')}: {waits or words('nothing')}"))
    return Group(*parts)


def _sections(report: "Report", words: Words) -> Iterator[tuple[str, RenderableType]]:
    yield "What each team received", teams_view(report.teams, words)
    yield "Handoffs", _handoffs(report.handoffs, words)
    yield "Signals", _pairs((s.rule, f"{s.open:,}  {s.why}") for s in report.signals)
    grades = ((name, _grades(found)) for name, found in report.scores.items())
    yield "Scores", _pairs(grades)
    records = (
        (words(j.entity), words("{records} records are {entities}", records=f"{j.records:,}",
                                entities=f"{j.entities:,}"))
        for j in report.joined
    )  # fmt: skip
    yield "Joined", _pairs(records)
    yield "Written since the beginning", _pairs((k, f"{v:,}") for k, v in report.written.items())
    yield "Revenue", _revenue(report, words)
    yield "Complete?", _certificates(report.certificates, words)


def teams_view(teams: Iterable["TeamReceived"], words: Words) -> RenderableType:
    """Tasks by team and person, with one example each."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for justify in ("left", "right", "left"):
        table.add_column(justify=justify, overflow="fold")
    for team in teams:
        head = words("{n} tasks", n=f"{team.tasks:,}")
        table.add_row(Text(team.title, style="bold"), Text(head, style="bold"), "")
        for person in team.people:
            example = Text(f"{words('e.g.')} {person.example}", style="dim")
            table.add_row(f"  {person.name}", f"{person.tasks:,}", example)
    return table if table.row_count else Text(words("nobody yet"), style="dim")


def parked_view(causes: Iterable[Mapping[str, Any]], words: Words) -> Iterator[RenderableType]:
    """What waits because a system or a reader refused it, with reason and fix."""
    causes = list(causes)
    if not causes:
        yield Text(f"{words('parked')}: {words('nothing')}", style="green")
    for cause in causes:
        head = f"{cause['connection']}/{cause['object']}"
        yield Text.assemble(
            (f"{words('parked')} {cause['count']:,}  ", "red"), head, f"  {cause['reason']}"
        )
        place = f"  ({cause['place']})" if cause.get("place") else ""
        yield Text(f"  {words('fix')}: {cause['fix']}{place}", style="dim")


def _handoffs(handoffs: Iterable["HandoffCount"], words: Words) -> RenderableType:
    return _pairs(
        (
            f"{h.from_team} → {h.to_team}",
            ", ".join(f"{words(state)} {n:,}" for state, n in h.states.items()) or "–",
        )
        for h in handoffs
    )


def _grades(found: Mapping[str, int]) -> str:
    return "  ".join(f"{grade} {count:,}" for grade, count in found.items())


def _revenue(report: "Report", words: Words) -> RenderableType:
    found = report.revenue
    said = words(
        "{lines} lines, {amount}; {lost} lines, {lost_amount} belong to customers no CRM knows",
        lines=f"{found.lines:,}",
        amount=f"{found.amount:,.0f}",
        lost=f"{found.unmatched_lines:,}",
        lost_amount=f"{found.unmatched_amount:,.0f}",
    )
    if not found.unmatched_customers:
        return Text(said)
    return Text(f"{said}: {', '.join(found.unmatched_customers)}", style="yellow")


def _certificates(found: Iterable["Certificate"], words: Words) -> RenderableType:
    found = list(found)
    short = [each for each in found if not each.is_complete]
    said = words("{n} of {all} objects counted equal to their system",
                 n=len(found) - len(short), all=len(found))  # fmt: skip
    lines = [Text(said, style="yellow" if short else "")]
    for each in short:
        there = words("there {there}, here {here}", there=each.there, here=each.here)
        lines.append(Text(f"  {each.connection}/{each.object}: {there}", style="yellow"))
    return Group(*lines)


def _pairs(rows: Iterable[tuple[str, str]]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(2):
        table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(f"  {name}", text)
    return table
