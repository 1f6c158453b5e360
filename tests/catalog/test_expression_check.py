"""Names and types: what fits passes, what does not is named with a way out."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.entities import ENTITIES
from catalog.expression.check import anything, condition, value
from catalog.expression.functions.table import FUNCTIONS
from catalog.expression.scope import scope_for
from catalog.expression.tree import type_of
from catalog.reference import expressions
from catalog.shape import Type
from tasuki.errors import ExpressionError, Place

SCOPE = scope_for(
    "account",
    scores={"priority": "account", "person_fit": "person"},
    signals={"order_drop": "account", "idle": "opportunity"},
    extra={"account": {"segment": Type.TEXT}},
)


@pytest.mark.parametrize(
    ("text", "what", "column", "hint"),
    [
        ("account.nam = 'x'", "'account' has no field 'nam'", 1, "did you mean 'name'?"),
        ("acount.name = 'x'", "'acount' is not a relation here", 1, "did you mean 'account'?"),
        ("1 < opportunity.amount", "'opportunity' is not a relation here", 5, "Use a metric"),
        ("score.person_fit > 1", "'score.person_fit' belongs to person", 1, "which person"),
        ("signal.idle", "'signal.idle' belongs to opportunity", 1, "a rule about opportunity"),
        ("score.prority > 1", "'score' has no field 'prority'", 1, "did you mean 'priority'?"),
        ("rond(account.employees) > 1", "There is no function 'rond'", 1, "did you mean 'round'?"),
        ("count(account.name) > 1", "'count' counts over many rows", 1, "Declare a metric"),
        ("pg_sleep(10) = 1", "There is no function 'pg_sleep'", 1, "reference"),
        ("account.employees", "The expression is a whole number", 1, "Compare it"),
        ("account.employees and true", "A condition is wanted here", 1, "Compare it"),
        ("account.employees = '5'", "Text does not go with a whole number", 21, "to_num"),
        ("account.name = null", "Nothing can be compared with null", 16, "is null"),
        ("account.name in ('a', null)", "Nothing can be compared with null", 23, "is null"),
        ("account.last_order_on < '2026-02-30'", "Text does not go with a date", 25, "2026-01-31"),
        ("account.last_order_on - 3 > 1", "`-` does not take a date", 1, "add_days"),
        ("account.last_order_on = account.last_touched_at", "An instant does not go", 25, "days_s"),
        ("account.name + 1 > 1", "`+` does not take text", 1, "to_num"),
        ("account.is_customer > true", "`>` does not compare true with false", 1, "="),
        ("round(1.5, account.employees) > 1", "digits of 'round' is a written", 12, "0 and 6"),
        ("round(1.5, 7) > 1", "digits of 'round' is a written", 12, "0 and 6"),
        ("length(account.employees) > 1", "'length' does not take a whole number", 8, "text"),
        ("length() > 1", "'length' does not take 0 arguments", 1, "length(text)"),
        ("today(1) > '2026-01-01'", "'today' does not take 1 arguments", 1, "today()"),
        ("coalesce(null, null) = 1", "Every value of 'coalesce' is null", 1, "value"),
        ("if(true, 1, 'a') = 1", "Text does not go with a whole number", 13, "type"),
        ("case when true then null end = 1", "Every branch of this case is null", 1, "value"),
        ("account.employees like '1%'", "`like` does not take a whole number", 1, "text"),
        (
            "1 < account.revenue_total" + " * 1000000.5 * account.revenue_total" * 12,
            "Too many",
            5,
            "",
        ),
    ],
)
def test_what_does_not_fit_is_explained(text: str, what: str, column: int, hint: str) -> None:
    """Each refusal names the thing, its place, and the nearest right way."""
    with pytest.raises(ExpressionError) as caught:
        condition(text, SCOPE, Place("rule.yaml", 3, 1))
    said = caught.value.lines()
    assert said[0].startswith(what)
    assert said[1] == f"rule.yaml:3:{column}"
    assert hint in " ".join(said)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("account.employees + 1", Type.INT),
        ("account.employees * account.employees", Type.NUM),
        ("account.employees / 2", Type.NUM),
        ("coalesce(account.employees, 0.5)", Type.NUM),
        ("if(account.is_customer, 10, null)", Type.INT),
        ("round(account.employees)", Type.NUM),
        ("add_days(account.last_order_on, 3)", Type.DATE),
        ("add_days(account.last_touched_at, 3)", Type.TIME),
        ("least(account.name, 'x')", Type.TEXT),
        ("grade.priority", Type.TEXT),
        ("score.priority", Type.NUM),
        ("signal.order_drop", Type.BOOL),
        ("account.segment", Type.TEXT),
        ("account.owner_id", Type.TEXT),
        ("user_.team", Type.TEXT),
    ],
)
def test_types_follow_from_the_parts(text: str, kind: Type) -> None:
    """The type of an expression is known before any row is read."""
    assert type_of(anything(text, SCOPE)) is kind


def test_a_value_is_a_number() -> None:
    """Points are numbers: a condition in their place is refused."""
    assert type_of(value("score.priority / 2", SCOPE)) is Type.NUM
    with pytest.raises(ExpressionError, match="true or false"):
        value("account.is_customer", SCOPE)


def test_written_days_become_days() -> None:
    """Text next to a date is read as one, and next to an instant as an instant in UTC."""
    tree: Any = condition("account.last_touched_at >= '2026-01-31T09:00:00+09:00'", SCOPE)
    assert tree.right.value == "2026-01-31T00:00:00.000Z"
    tree = condition("account.last_order_on in ('2026-01-31')", SCOPE)
    assert tree.options[0].type is Type.DATE


def test_every_field_of_the_catalog_can_be_named() -> None:
    """No entity or field of the catalog is a word the grammar keeps for itself."""
    for entity in ENTITIES.values():
        scope = scope_for(entity.name)
        for field in (*entity.fields, *entity.metrics):
            assert condition(f"{entity.name}.{field.name} is not null", scope)


def test_a_rule_sees_its_parents() -> None:
    """A need sees its account, person, opportunity and owner, and knows how to reach them."""
    scope = scope_for("need", scores={"fit": "person"})
    assert {"need", "account", "person", "opportunity", "user_", "score"} <= set(scope.relations)
    assert scope.via["person"] == "person_id"
    assert scope.entity_of("score", "fit") == "person"
    assert scope.entity_of("account", "name") == "account"


def test_the_reference_page_names_every_function() -> None:
    """The page is made from the table: each function with its signature and its examples."""
    text = "\n".join(expressions())
    assert [f.name for f in FUNCTIONS.values() if f"`{f.signature()}`" not in text] == []
