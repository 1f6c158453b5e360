"""A plan as Markdown, for a pull request: tables, riskiest first, a couple of screens at most.

What stands in a CRM was typed by strangers: it is escaped, so that it can neither break a table
nor mention people, show pictures or link anywhere.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.cli.views.writes.notes import notes, part_lines
from tasuki.cli.views.writes.plan import SIGNS, held_lines, short_place, told_lines

if TYPE_CHECKING:
    from tasuki.service.writing.views import Fold, PlanView, Sample, TargetView

MOST_LINES: Final = 200
"""So many lines at most, and one that says how many are not shown."""
_LONG: Final = 60
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~$])")
_LIVE: Final = re.compile(r"(@|:(?=//)|www(?=\.)|:(?=[\w+-]+:))")
"""Where a mention, a bare link or an emoji would begin; parted by a mark of no width."""
_NO_WIDTH: Final = "\u2060"


def markdown(plan: "PlanView", words: Words) -> str:
    """The whole plan; an empty one in a sentence."""
    lines = [_title(plan, words), "", *_counts(plan, words)]
    foot = [f"- {escaped(line.plain)}" for line in _foot(plan, words)]
    body = [line for target in plan.targets for line in _target(target, words)]
    room = MOST_LINES - len(lines) - len(foot) - 3
    if len(body) > room:
        rest = len(body) - room
        body = body[:room]
        more = words("{n} more lines are not shown: `tasuki plan --show {plan}`",
                     n=f"{rest:,}", plan=plan.id)  # fmt: skip
        body += ["", more]
    return "\n".join([*lines, *body, "", *foot[: MOST_LINES // 4]]) + "\n"


def nothing(words: Words) -> str:
    """What is printed when there is no plan."""
    return f"{words('Nothing to write.')}\n"


def escaped(value: Any) -> str:
    """Text of strangers as plain text of one line, that renders as nothing but itself."""
    text = " ".join(str(value).split())
    text = _SPECIAL.sub(r"\\\1", text.replace("&", "&amp;"))
    return _LIVE.sub(rf"\1{_NO_WIDTH}", text)


def _title(plan: "PlanView", words: Words) -> str:
    state = "expired" if plan.is_expired else plan.state
    until = plan.expires_at[:16].replace("T", " ")
    facts = [
        words(state),
        words("{records} records, {changes} changes",
              records=f"{plan.records:,}", changes=f"{plan.changes:,}"),
        escaped(words("by {who}", who=plan.author)),
        f"`{plan.digest}`",
        words("valid until {until} UTC", until=until),
    ]  # fmt: skip
    return f"### {words('Plan')} `{plan.id}`\n\n{' · '.join(facts)}"


def _counts(plan: "PlanView", words: Words) -> Iterator[str]:
    if not plan.risk_records:
        yield words("Nothing to write.")
        return
    yield f"| {words('Risk')} | {words('Records')} |"
    yield "|---|---:|"
    for risk, records in plan.risk_records.items():
        yield f"| {_risk(risk, words)} | {records:,} |"


def _target(target: "TargetView", words: Words) -> Iterator[str]:
    where = escaped(f"{target.connection} · {target.object}")
    if target.environment:
        where += f" ({words(target.environment)})"
    yield from ("", f"#### {where}", "")
    heads = ("Risk", "Records", "What", "Example", "Why", "Where it is written")
    yield f"| {' | '.join(words(head) for head in heads)} |"
    yield "|---|---:|---|---|---|---|"
    for fold in target.folds:
        yield f"| {' | '.join(_cells(fold, words))} |"


def _cells(fold: "Fold", words: Words) -> Iterator[str]:
    whole = fold.risk in ("create", "delete", "automation")
    state = "" if fold.state == "planned" else f" *{words(fold.state)}*"
    sample = next(iter(fold.samples), None)
    yield _risk(fold.risk, words) + state
    yield f"{fold.records:,}"
    yield f"**{escaped(fold.rule if whole else fold.field)}**"
    yield _example(fold, sample, words) if sample else ""
    yield escaped(fold.reason or (sample.why if sample else ""))
    yield f"`{short_place(fold.place).replace('`', '')}`" if fold.place else ""


def _example(fold: "Fold", sample: "Sample", words: Words) -> str:
    after = _value(sample.after, words)
    if fold.risk not in ("create", "automation"):
        after = f"{_value(sample.before, words)} → {after}"
    elif sample.label in str(sample.after):
        return after
    return f"{escaped(_short(sample.label))}: {after}"


def _value(value: Any, words: Words) -> str:
    if value in (None, "", []):
        return f"*{words('blank')}*"
    return escaped(_short(f"{value:g}" if isinstance(value, float) else str(value)))


def _short(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


def _risk(risk: str, words: Words) -> str:
    return f"`{SIGNS.get(risk, '?')}` {words(risk)}"


def _foot(plan: "PlanView", words: Words) -> Iterator[Text]:
    yield from part_lines(plan, words)
    yield from held_lines(plan.held, words)
    yield from told_lines(plan.told, words)
    yield from notes(plan, words)
