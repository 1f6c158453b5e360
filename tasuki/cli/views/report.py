"""The report on a terminal."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.cli.views.writes.parked import causes_view

if TYPE_CHECKING:
    from tasuki.service.money.reconcile import Line, Reconciliation
    from tasuki.service.money.unmatched import Unmatched
    from tasuki.service.reporting import Certificate, HandoffCount, Report, TeamReceived


def report_view(report: "Report", words: Words) -> RenderableType:
    """The state of things on one page."""
    parts: list[RenderableType] = []
    for title, body in _sections(report, words):
        parts += [Text(words(title), style="bold underline"), body, ""]
    parts += causes_view(report.parked, words)
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
    if report.browsers:
        yield "Browsers", _pairs((words(k), f"{v:,}") for k, v in report.browsers.items())
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
    parts = [said]
    if found.unmatched_customers:
        parts[0] += f": {', '.join(found.unmatched_customers)}"
    if found.unknown_products:
        products = ", ".join(f"{n} {_money(a)}" for n, a in found.unknown_products.items())
        parts.append(f"{words('not in the product list')}: {products}")
    style = "yellow" if found.unmatched_customers or found.unknown_products else ""
    return Text("\n".join(parts), style=style)


_SHOWN: Final = 20
_REMARKS: Final = {
    "no_customer": "names no customer",
    "end_user_not_given": "billed to a partner, end user not named",
    "end_user_unknown": "end user in no CRM",
    "unknown": "customer in no CRM",
    "only_in_books": "customer only in the sales system",
    "no_account": "won without an account",
    "no_product": "names no product",
    "unknown_product": "not in the product list",
}


def reconcile_view(found: "Reconciliation", words: Words) -> RenderableType:
    """The totals, the largest differences, and the money nobody claims."""
    parts: list[RenderableType] = [_totals(found, words), ""]
    differing = [line for line in found.lines if line.remark or line.sums.won != line.sums.booked]
    title = words(f"Largest differences by {found.by.value}")
    parts += [Text(title, style="bold underline"), _differences(differing[:_SHOWN], words)]
    if len(differing) > _SHOWN:
        more = words("{n} more: --csv FILE or --json shows all", n=f"{len(differing) - _SHOWN:,}")
        parts.append(Text(f"  {more}", style="dim"))
    if found.unmatched:
        parts += ["", Text(words("Money nobody claims"), style="bold underline")]
        reasons = ((words(_REMARKS[why]), _money(sum_)) for why, sum_ in found.unmatched.items())
        parts += [_pairs(reasons), "", _queue(found.queue[:_SHOWN], words)]
    return Group(*parts)


def money_line(found: "Reconciliation", words: Words) -> str:
    """The comparison in one sentence."""
    sums = found.totals.sums
    return words(
        "{won} won in the CRM, {booked} booked, {paid} paid; for {lost} of the booked money "
        "nobody in a CRM answers",
        won=_money(sums.won),
        booked=_money(sums.booked),
        paid=_money(sums.paid),
        lost=_money(sums.unmatched),
    )


def _totals(found: "Reconciliation", words: Words) -> RenderableType:
    total = found.totals
    rows = [
        ("won in the CRM", total.sums.won),
        ("− won and not booked", -total.won_not_booked),
        ("+ booked without a won opportunity", total.booked_not_won),
        ("= booked", total.sums.booked),
        ("− not paid", -total.not_paid),
        ("= paid", total.sums.paid),
    ]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    for label, amount in rows if found.knows_payments else rows[:4]:
        table.add_row(words(label), _money(amount))
    if found.knows_payments:
        return table
    return Group(table, Text(words("no sale says when it was paid"), style="dim"))


def _differences(lines: Iterable["Line"], words: Words) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("name", "won", "booked", "paid", "why"):
        table.add_column(words(name), justify="left" if name in {"name", "why"} else "right")
    for line in lines:
        sums = line.sums
        why = words(_REMARKS[line.remark]) if line.remark else _why(line, words)
        if line.nearest:
            why += f" ({words('nearest')}: {line.nearest})"
        amounts = (_money(sums.won), _money(sums.booked), _money(sums.paid))
        table.add_row(Text(line.label or "–"), *amounts, Text(why))
    return table if table.row_count else Text(words("nothing"), style="green")


def _why(line: "Line", words: Words) -> str:
    sums = line.sums
    if sums.won_not_booked:
        return words("{amount} won and not booked", amount=_money(sums.won_not_booked))
    return words("{amount} booked without a won opportunity", amount=_money(sums.booked_not_won))


def _queue(queue: Iterable["Unmatched"], words: Words) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("code", "name", "lines", "amount", "the books lack", "nearest"):
        table.add_column(words(name), justify="right" if name in {"lines", "amount"} else "left")
    for each in queue:
        lacks = ", ".join(words(what) for what in each.lacks)
        near = "; ".join(f"{c.name} {c.likeness:.0%}" for c in each.candidates)
        said = (each.code or "–", each.name or "–", f"{each.lines:,}", _money(each.amount))
        table.add_row(*map(Text, said), lacks, Text(near))
    return table


def _money(amount: Decimal) -> str:
    """With its cents, where it has any."""
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


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
