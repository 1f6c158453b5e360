"""How a demo ends: who got what, in words."""

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.cli.views.report import teams_view
from tasuki.cli.views.writes.parked import causes_view

if TYPE_CHECKING:
    from tasuki.service.reporting import Report


def demo_summary(report: "Report", words: Words) -> RenderableType:
    """Tasks by team and person, scores, signals, what is parked."""
    return Group(
        teams_view(report.teams, words),
        "",
        _facts(report, words),
        *causes_view(report.parked, words),
        "",
    )


def _facts(report: "Report", words: Words) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for joined in report.joined:
        text = words("{records} records are {entities}", records=f"{joined.records:,}",
                     entities=f"{joined.entities:,}")  # fmt: skip
        table.add_row(Text(words(joined.entity), style="bold"), text)
    for name, grades in report.scores.items():
        shown = "  ".join(f"{grade} {count:,}" for grade, count in grades.items())
        table.add_row(Text(name, style="bold"), shown)
    for signal in report.signals:
        if signal.open:
            table.add_row(Text(signal.rule, style="bold"), f"{signal.open:,}  {signal.why}")
    revenue = report.revenue
    lines = words("{n} sales lines, {lost} of them belong to customers no CRM knows",
                  n=f"{revenue.lines:,}", lost=f"{revenue.unmatched_lines:,}")  # fmt: skip
    table.add_row(Text(words("revenue"), style="bold"), lines)
    complete = sum(1 for each in report.certificates if each.is_complete)
    proven = words("{n} of {all} objects counted equal to their system", n=complete,
                   all=len(report.certificates))  # fmt: skip
    table.add_row(Text(words("complete"), style="bold"), proven)
    return table
