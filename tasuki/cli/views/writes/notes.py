"""What stands below a plan: its price, whom it gives work, what it sets off, who must say yes."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from tasuki.cli.speech.words import Words

if TYPE_CHECKING:
    from tasuki.service.writing.views import Cost, PlanView

_OPEN: Final = ("draft", "approved", "applying")
_AUTOMATIONS: Final = 8
_OWNERS: Final = 5
_KINDS: Final = {
    "assignment_rule": "assignment rule",
    "duplicate_rule": "duplicate rule",
    "validation_rule": "validation rule",
}


def notes(plan: "PlanView", words: Words) -> Iterator[Text]:
    """A line for each thing to know before saying yes; once that is over, who said it."""
    if plan.state in _OPEN:
        yield from task_lines(plan, words)
        yield from automation_lines(plan, words)
    yield from guard_lines(plan, words)
    if plan.state in _OPEN:
        yield from cost_lines(plan, words)
    yield from approval_lines(plan, words)


def guard_lines(plan: "PlanView", words: Words) -> Iterator[Text]:
    """What guards say, or that they say nothing."""
    for note in plan.guard_notes:
        said = words(str(note["say"]), **(note.get("values") or {}))
        yield Text(f"{words('guard')}: {said}", style="bold red")
    if not plan.guard_notes:
        yield Text(f"{words('guards')}: {words('within all limits')}", style="dim")


def task_lines(plan: "PlanView", words: Words) -> Iterator[Text]:
    """How many tasks each owner gets, those with most first."""
    if not plan.tasks:
        return
    first = ", ".join(f"{each['name']} {each['n']:,}" for each in plan.tasks[:_OWNERS])
    if more := len(plan.tasks) - _OWNERS:
        first += words(" and {n} more people", n=more) if more > 0 else ""
    total = sum(int(each["n"]) for each in plan.tasks)
    yield Text(words("tasks for their owners: {n} ({who})", n=f"{total:,}", who=first), style="dim")


def automation_lines(plan: "PlanView", words: Words) -> Iterator[Text]:
    """What probably fires by itself."""
    for each in plan.automations[:_AUTOMATIONS]:
        text = Text(f"{words('likely to fire')}: ", style="magenta")
        text.append(fires(each, words), "magenta")
        if each.get("note"):
            text.append(f"  {each['note']}", "dim")
        yield text
    if (more := len(plan.automations) - _AUTOMATIONS) > 0:
        yield Text(words("{n} more automations may fire", n=more), style="magenta")


def fires(each: Mapping[str, Any], words: Words) -> str:
    """One automation: what it is, where, for how many records."""
    kind = words(_KINDS.get(str(each["kind"]), str(each["kind"])))
    count = words("{n} records", n=f"{each['records']:,}")
    return f"{kind} “{each['name']}” · {each['connection']}/{each['object']} · {count}"


def cost_lines(plan: "PlanView", words: Words) -> Iterator[Text]:
    """The calls it takes, and where they do not fit into the day."""
    if plan.costs:
        calls = ", ".join(cost_of(cost, words) for cost in plan.costs)
        yield Text(f"{words('API calls to apply')}: {calls}", style="dim")
    for cost in plan.costs:
        if not cost.fits:
            yield Text(too_dear(cost, words), style="bold yellow")


def cost_of(cost: "Cost", words: Words) -> str:
    """`crm 12 (4 reads, 8 writes) of 14,210 left today`."""
    said = words(
        "{name} {n} ({reads} reads, {writes} writes)",
        name=cost.connection,
        n=f"{cost.total:,}",
        reads=f"{cost.reads:,}",
        writes=f"{cost.writes:,}",
    )
    if cost.left is None:
        return said
    return words("{calls} of {left} left today", calls=said, left=f"{cost.left:,}")


def too_dear(cost: "Cost", words: Words) -> str:
    """That the day's allowance is not enough, and what happens then."""
    return words(
        "{name} has {left} calls left today, this plan takes {n}: what does not fit stays for a "
        "later plan",
        name=cost.connection, left=f"{cost.left or 0:,}", n=f"{cost.total:,}",
    )  # fmt: skip


def approval_lines(plan: "PlanView", words: Words) -> Iterator[Text]:
    """Who must say yes, and who did."""
    if plan.state in _OPEN and plan.needs_second and not set(plan.approved_by) - {plan.author}:
        yield Text(second_person(plan.needs_second, words), style="bold yellow")
    if plan.approved_by:
        yield Text(f"{words('approved by')}: {', '.join(plan.approved_by)}", style="dim")


def second_person(why: str, words: Words) -> str:
    """That another than the author must say yes, and why."""
    return f"{words('a second person must approve')}: {', '.join(_reasons(why, words))}"


def _reasons(why: str, words: Words) -> Iterator[str]:
    for part in why.split(", "):
        number = "".join(letter for letter in part if letter.isdigit())
        yield words("more than {n} records", n=f"{int(number):,}") if number else words(part)


def part_lines(plan: "PlanView", words: Words) -> Iterator[Text]:
    """That only a part was planned, or is shown."""
    if plan.select:
        chosen = " ".join(plan.select)
        yield Text(words("Planned is only what was selected: {chosen}", chosen=chosen), "yellow")
    if plan.is_part:
        risks = ", ".join(words(risk) for risk in plan.only)
        yield Text(
            words("Shown are only: {risks}. `tasuki apply` writes the whole plan.", risks=risks),
            "yellow",
        )
