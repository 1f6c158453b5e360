"""What is wrong with a playbook before it runs: every error of every file, and what looks odd."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from config.nearest import did_you_mean
from config.project import Project
from connectors.protocol import ObjectInfo
from mappings.finding import Finding, Severity, finding_of
from playbook.book import Playbook, examine
from playbook.documents import Task
from playbook.rules import Handoff, Scenario, Score, Signal
from tasuki.errors import Place

Described: TypeAlias = Mapping[tuple[str, str], ObjectInfo]
"""(connection, object) → what that system said about it."""


def check(project: Project, described: Described | None = None) -> list[Finding]:
    """Everything found in the playbook of a project; metadata tells where scores can be written."""
    book, errors = examine(project)
    findings = [finding_of(error) for error in errors]
    findings += _silent_tasks(book, project.language)
    findings += _unowned(book)
    findings += _shared_fields(book)
    for score in book.scores:
        findings += _targets(score, described or {})
    if book.ladder:
        findings += _stages(book, project, described or {})
    return findings


def _warn(what: str, where: Place, why: str, fix: str) -> Finding:
    return Finding(Severity.WARNING, what, where, why, fix)


def _tasks(book: Playbook) -> Iterator[tuple[Signal | Handoff | Scenario, Task]]:
    rules: tuple[Signal | Handoff, ...] = (*book.signals, *book.handoffs)
    for rule in rules:
        if rule.says.task:
            yield rule, rule.says.task
    for scenario in book.scenarios:
        for branch in scenario.says.branches:
            if branch.do.sales_task:
                yield scenario, branch.do.sales_task


def _silent_tasks(book: Playbook, language: str) -> Iterator[Finding]:
    """Tasks without words in the project's language."""
    for rule, task in _tasks(book):
        if language not in task.subject:
            yield _warn(
                f"The task of `{rule.rule.name}` has no subject in `{language}`",
                rule.rule.place,
                "the project's language is another, so its owners read a foreign text",
                f"Add `{language}:` to its subject and body.",
            )


def _unowned(book: Playbook) -> Iterator[Finding]:
    """Rules nobody answers for."""
    rules: tuple[Score | Signal | Handoff | Scenario, ...] = (
        *book.scores,
        *book.signals,
        *book.handoffs,
        *book.scenarios,
    )
    for rule in rules:
        if not rule.says.owner:
            yield _warn(
                f"Nobody owns the rule `{rule.rule.name}`",
                rule.rule.place,
                "nobody will notice when it no longer fits the business",
                "Add `owner:` with the person or role who answers for it.",
            )


def _shared_fields(book: Playbook) -> Iterator[Finding]:
    """Two scores that write one field would undo each other at every run."""
    taken: dict[tuple[str, str, str], Score] = {}
    for score in book.scores:
        systems: dict[str, dict[str, dict[str, str]]] = score.says.write.model_dump()
        for connection, objects in systems.items():
            for name, field in ((o, f) for o, fields in objects.items() for f in fields):
                first = taken.setdefault((connection, name, field), score)
                if first is not score:
                    yield Finding(
                        Severity.ERROR,
                        f"Two scores write `{name}.{field}` in {connection}",
                        score.rule.place,
                        f"`{first.rule.name}` writes it already; each run would undo the other",
                        "Give each score a field of its own.",
                    )


def _targets(score: Score, described: Described) -> Iterator[Finding]:
    """Fields a score is written to that their system does not have or does not let us write."""
    for connection, objects in score.says.write.model_dump().items():
        for object_, fields in objects.items():
            info = described.get((connection, object_))
            for name in fields if info else ():
                yield from _target(score, connection, info, name)


def _target(score: Score, connection: str, info: ObjectInfo | None, name: str) -> Iterator[Finding]:
    if info is None:
        return
    known = {field.name: field for field in info.fields}
    place = score.rule.place
    if name not in known:
        yield _warn(
            f"{connection}/{info.name} has no field `{name}`",
            place,
            f"the score `{score.rule.name}` could not be written there",
            did_you_mean(name, known, "Create the field, or correct the name."),
        )
    elif not known[name].updateable:
        yield _warn(
            f"`{name}` of {connection}/{info.name} cannot be written",
            place,
            f"the score `{score.rule.name}` is to be written there",
            "Let Tasuki's user edit the field, or choose another.",
        )


def _stages(book: Playbook, project: Project, described: Described) -> Iterator[Finding]:
    """Stages of the ladder that no opportunity can have."""
    info = described.get(("salesforce", "Opportunity"))
    fields = {field.name: field for field in info.fields} if info else {}
    known = fields["StageName"].options if "StageName" in fields else ()
    if not known or book.ladder is None:
        return
    for file in project.resources("ladder"):
        for key in ("early_stages", "late_stages"):
            for index, stage in enumerate(getattr(book.ladder, key)):
                if stage not in known:
                    yield _warn(
                        f"There is no opportunity stage `{stage}`",
                        file.source.value_place((key, index)),
                        "Salesforce does not list it, so that step is never reached",
                        did_you_mean(stage, known, "Correct it."),
                    )
