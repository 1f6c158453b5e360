"""Whether a record belongs to its side, by its payload alone."""

from collections.abc import Mapping as Table
from datetime import UTC, date, datetime
from typing import Any, Final

from catalog.expression.evaluate import evaluate
from catalog.expression.tree import Name, walk
from catalog.shape import Type
from mappings.filter import as_flag, as_instant, as_number, as_text, is_blank
from mappings.spec import Scope
from mappings.transforms.time import date as as_day

RECORD: Final = "record"
"""The relation of a field read as the type it is compared as."""
GIVEN: Final = "given"
"""The relation of a field as it stands, where a scope asks whether it is blank."""

_NEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Scopes do not know the clock; the evaluation wants one."""


def takes(scope: Scope | None, payload: Table[str, Any]) -> bool:
    """Whether the record is in scope; unknown, as in SQL, is not.

    A payload is as its platform spells it: "true", "12.0" and epoch milliseconds are understood.
    """
    if scope is None:
        return True
    values: dict[tuple[str, str], Any] = {}
    for node in walk(scope.tree):
        if isinstance(node, Name) and not is_blank(raw := payload.get(node.field)):
            values[node.relation, node.field] = _read(raw, node.type)
    return evaluate(scope.tree, values, date(2000, 1, 1), _NEVER) is True


def _read(raw: Any, kind: Type | None) -> Any:
    """The value as the type it is compared as; None, unknown, when it is not of that type."""
    try:
        match kind:
            case Type.NUM | Type.INT:
                return as_number(raw)
            case Type.BOOL:
                return as_flag(raw)
            case Type.DATE:
                return as_day(raw).isoformat()
            case Type.TIME:
                return as_instant(raw)
            case _:
                return as_text(raw)
    except (ValueError, ArithmeticError):
        return None
