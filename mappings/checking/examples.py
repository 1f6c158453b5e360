"""The examples a mapping file carries, run without a store."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from mappings.apply import push
from mappings.check import Finding, Severity
from mappings.checking.preview import Given, Preview, preview
from mappings.spec import Example, Mapping
from mappings.values import as_entity
from tasuki.errors import Place


def run_tests(mapping: Mapping) -> list[Finding]:
    """The examples of a mapping file that do not hold; a file without examples is warned of."""
    if not mapping.tests and not mapping.left_out:
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
    return value if rule is None else as_entity(rule, value, mapping.habits)


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
