"""The examples a mapping file carries, run without a store."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mappings.apply import push
from mappings.checking.preview import Given, Preview, preview
from mappings.finding import Finding, Severity
from mappings.spec import Example, Mapping
from mappings.values import as_entity
from tasuki.errors import Place


@dataclass(frozen=True, slots=True)
class Miss:
    """One value that an example expects and that comes out otherwise."""

    name: str
    """Entity or side, and field: `account.name`."""
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True)
class Tried:
    """One example that was run."""

    mapping: str
    example: str
    """Its name, or its number in the file."""
    place: Place | None
    misses: tuple[Miss, ...]

    @property
    def holds(self) -> bool:
        """Everything it expects came of it."""
        return not self.misses


def run_examples(mapping: Mapping) -> list[Tried]:
    """Every example of a mapping file, in its order."""
    return [
        Tried(
            mapping.name,
            example.name or f"tests[{number}]",
            example.place,
            tuple(_misses(mapping, example)),
        )
        for number, example in enumerate(mapping.tests)
    ]


def run_tests(mapping: Mapping) -> list[Finding]:
    """The examples of a mapping file that do not hold; a file without examples is warned of."""
    if not mapping.tests and not mapping.left_out:
        return [untested(mapping)]
    return [_failed(tried, miss) for tried in run_examples(mapping) for miss in tried.misses]


def untested(mapping: Mapping) -> Finding:
    """The warning about a mapping file without examples."""
    return Finding(
        Severity.WARNING,
        f"The mapping `{mapping.name}` has no tests",
        Place(mapping.source),
        "nobody would notice when a change breaks it",
        "Add `tests:` with one record per side and what must come of it.",
    )


def _misses(mapping: Mapping, example: Example) -> Iterator[Miss]:
    records = [
        Given(side, fields, str(fields.get("$id", ""))) for side, fields in example.given.items()
    ]
    shown = preview(mapping, records)
    for target, expected in example.expect.items():
        got = _got(mapping, shown, target)
        for name, value in expected.items():
            wanted = _as_entity(mapping, name, value) if target == mapping.entity.name else value
            if not _same(got.get(name), wanted):
                yield Miss(f"{target}.{name}", wanted, got.get(name))


def _got(mapping: Mapping, shown: Preview, target: str) -> dict[str, Any]:
    """The entity's values, or all that would be sent to a side."""
    if target == mapping.entity.name:
        return shown.candidate
    return push(mapping, target, shown.candidate).fields


def _as_entity(mapping: Mapping, name: str, value: Any) -> Any:
    rule = mapping.fields.get(name)
    return value if rule is None else as_entity(rule, value, mapping.habits)


def _same(got: Any, wanted: Any) -> bool:
    is_number = isinstance(got, Decimal) or isinstance(wanted, Decimal)
    return bool(got == wanted) and (is_number or type(got) is type(wanted))


def _failed(tried: Tried, miss: Miss) -> Finding:
    got = "blank" if miss.got is None else miss.got
    return Finding(
        Severity.ERROR,
        f"A test of the mapping `{tried.mapping}` fails ({tried.example})",
        tried.place,
        f"`{miss.name}` should be {miss.expected!s}, but is {got}",
        "Correct the mapping, or the test if it says what is not wanted.",
    )
