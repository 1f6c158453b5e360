"""What works, and may not be what was meant."""

from collections.abc import Iterator

from mappings.finding import Finding, Severity
from mappings.spec import Mapping


def cautions(mapping: Mapping) -> Iterator[Finding]:
    """Warnings about one mapping: scopes nobody can be asked for, rates that move by themselves."""
    for side in mapping.sides.values():
        if side.scope is not None and side.scope.filter is None:
            yield Finding(
                Severity.WARNING,
                f"The scope of `{side.name}` is evaluated here, not there",
                side.scope.place,
                f"no system can be asked for it, so every record of {side.object} is read",
                "Compare fields with written values: =, <>, <, in, between, is null.",
            )
    for rule in mapping.fields.values():
        moving = [
            x for x in rule.sides.values() if x.currency is not None and x.currency.on is None
        ]
        for look in moving:
            yield Finding(
                Severity.WARNING,
                f"`{rule.name}` of `{look.side}` is converted by the newest rate",
                look.place,
                "no field says of which day the rate is, so amounts move with every new rate",
                "Add `on: <a field with the day>` to `currency`.",
            )
