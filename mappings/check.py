"""What is wrong with mapping files before any system is asked: findings with place, why and fix."""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from config.yaml import Document
from mappings.apply import push
from mappings.load import ALONE, Surroundings, examine
from mappings.preview import Given, Preview, preview
from mappings.spec import Example, LinkRule, Mapping, Pointer
from mappings.values import read_as
from tasuki.errors import Place, TasukiError


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """Tasuki refuses to start from it."""
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: the four lines of an error, with how much it matters."""

    severity: Severity
    what: str
    where: Place | None
    why: str
    fix: str

    def lines(self) -> tuple[str, str, str, str]:
        """What, where, why, fix."""
        return (self.what, str(self.where or "-"), self.why, self.fix)


def finding_of(error: TasukiError) -> Finding:
    """An error as a finding."""
    where = Place(error.where) if isinstance(error.where, str) else error.where
    return Finding(Severity.ERROR, error.what, where, error.why or "-", error.remedy or "-")


def check(
    documents: Sequence[Document], surroundings: Surroundings = ALONE
) -> tuple[tuple[Mapping, ...], list[Finding]]:
    """Every mapping that could be read, and everything found in all of them, offline."""
    mappings: list[Mapping] = []
    findings: list[Finding] = []
    for document in documents:
        mapping, errors = examine(document, surroundings)
        findings += [finding_of(error) for error in errors]
        if mapping is not None:
            mappings.append(mapping)
            findings += run_tests(mapping)
    return tuple(mappings), [*findings, *check_together(mappings)]


def check_together(mappings: Sequence[Mapping]) -> list[Finding]:
    """What single files cannot know: links and keys that lead to no other mapping."""
    known = {(s.connection, s.object) for m in mappings for s in m.sides.values()}
    kinds = {m.entity.name: {key.kind for key in m.keys} for m in mappings}
    findings: list[Finding] = []
    for mapping in mappings:
        for rule in mapping.links.values():
            findings += _check_link(rule, known, kinds)
    return findings


def _check_link(
    rule: LinkRule, known: set[tuple[str, str]], kinds: Table[str, set[str]]
) -> Iterable[Finding]:
    vias = {w.via for ways in rule.sides.values() for w in ways if w.pointer is Pointer.VALUE}
    for via in sorted(str(via) for via in vias - kinds.get(rule.to, vias)):
        yield Finding(
            Severity.ERROR,
            f"`{rule.name}` looks for the key `{via}` of `{rule.to}`",
            rule.place,
            f"the mapping of `{rule.to}` has no identity rule of that name",
            f"Use one of {', '.join(f'`{k}`' for k in sorted(kinds[rule.to]))}, or add it.",
        )
    for connection, object in sorted(_led_to(rule) - known):
        yield Finding(
            Severity.WARNING,
            f"`{rule.name}` leads to {connection}/{object}",
            rule.place,
            "no mapping reads that object, so the link stays empty",
            f"Add a mapping of `{object}`, or remove the link.",
        )


def _led_to(rule: LinkRule) -> set[tuple[str, str]]:
    ways = (way for ways in rule.sides.values() for way in ways)
    return {(way.connection, object) for way in ways for object in way.objects()}


def run_tests(mapping: Mapping) -> list[Finding]:
    """The examples of a mapping file that do not hold; a file without examples is warned of."""
    if not mapping.tests:
        return [
            Finding(
                Severity.WARNING,
                f"The mapping `{mapping.name}` has no tests",
                Place(mapping.source),
                "nobody would notice when a change breaks it",
                "Add `tests:` with one record per side and what must come of it.",
            )
        ]
    return [finding for example in mapping.tests for finding in _run(mapping, example)]


def _run(mapping: Mapping, example: Example) -> Iterable[Finding]:
    records = [
        Given(side, fields, str(fields.get("$id", ""))) for side, fields in example.given.items()
    ]
    shown = preview(mapping, records)
    for target, expected in example.expect.items():
        got = _got(mapping, shown, target)
        for name, value in expected.items():
            wanted = _as_entity(mapping, name, value) if target == mapping.entity.name else value
            if not _same(got.get(name), wanted):
                yield _failed(mapping, example, f"{target}.{name}", wanted, got.get(name))


def _got(mapping: Mapping, shown: Preview, target: str) -> dict[str, Any]:
    """The entity's values, or all that would be sent to a side."""
    if target == mapping.entity.name:
        return shown.candidate
    return push(mapping, target, shown.candidate).fields


def _as_entity(mapping: Mapping, name: str, value: Any) -> Any:
    rule = mapping.fields.get(name)
    return value if rule is None else read_as(rule.type, value, mapping.habits)


def _same(got: Any, wanted: Any) -> bool:
    is_number = isinstance(got, Decimal) or isinstance(wanted, Decimal)
    return bool(got == wanted) and (is_number or type(got) is type(wanted))


def _failed(mapping: Mapping, example: Example, name: str, wanted: Any, got: Any) -> Finding:
    title = f" ({example.name})" if example.name else ""
    return Finding(
        Severity.ERROR,
        f"A test of the mapping `{mapping.name}` fails{title}",
        example.place,
        f"`{name}` should be {wanted!s}, but is {'blank' if got is None else got}",
        "Correct the mapping, or the test if it says what is not wanted.",
    )
