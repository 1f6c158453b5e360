"""The reference page of the expression language, made from the function table."""

from typing import Final

from catalog.expression.functions.table import FUNCTIONS

_OPENING: Final = """# Expressions

Conditions and points of the playbook are SQL expressions over the catalog, one row at a time:

```sql
score.account_priority >= 60 and not account.is_customer
  and person.role = 'decision_maker' and days_since(account.last_order_on) > 180
```

A manager reads the same rule as a sentence, in English and in Japanese; `explain` shows for one
record what each part of it saw.

## Names

Every name is `relation.field`. A rule about an entity sees

- the entity itself, with its metrics: `account.employees`, `account.revenue_365d`;
- what it points at: a person's, an opportunity's or a need's `account`, a need's `person` and
  `opportunity`, the owner as `user_`;
- `score.<name>` (a number), `grade.<name>` (text) and `signal.<name>` (true or false), where the
  score or signal is about the entity itself or one of those.

What an entity has many of is reached through a metric (`account.open_opportunities`), never
through a sub-query.

## Values

| type | written | remarks |
| --- | --- | --- |
| text | `'decision_maker'` | a quote inside is written twice; capitals count |
| int, num | `60`, `0.7` | up to 1e15, down to 1e-15; what lies beyond is unknown |
| bool | `true`, `false` | a flag stands by itself: `account.is_customer` |
| date | `'2026-01-31'` | next to a date, text in this form is one |
| datetime | `'2026-01-31T09:00:00Z'` | kept in UTC |

Whole numbers widen to numbers; nothing else turns into another type by itself.

## Operators

`= <> != < <= > >=`, `and or not`, `in (…)`, `between … and …`, `is null`, `is not null`,
`is true`, `is false`, `like '…'` (`%` any text, `_` one character, `\\` takes the next literally),
`+ - * /`, `case when … then … else … end`.

- **Unknown stays unknown.** A comparison with something unknown is neither true nor false, and
  only what is true counts. Ask with `is null`, or decide with `coalesce(field, 0)`;
  `x is true` turns unknown into false. `= null` is refused.
- **Nothing fails on a row.** A division by zero, a text that is no number and a date that does
  not exist are unknown.
- Division is never cut to whole numbers: `1 / 2` is `0.5`.
- Numbers are 64-bit floats once they are calculated with; compare money after `round(x, 2)`.
- Text is compared by code point, on every engine and in every locale.
- `today()` and `now()` are those of the run, so that a run can be repeated.

Refused, with line and column: sub-queries, windows, functions over many rows, casts, `;`,
comments, parameters, quoted names, and every function that is not listed here.

## Functions
"""


def expressions() -> list[str]:
    """The page, line by line."""
    rows = ["| function | gives | 説明 | examples |", "| --- | --- | --- | --- |"]
    for function in FUNCTIONS.values():
        told = "<br>".join(f"`{text}` → `{_shown(result)}`" for text, result in function.examples)
        rows.append(f"| `{function.signature()}` | {function.en} | {function.ja} | {told} |")
    return [*_OPENING.splitlines(), "", *rows]


def _shown(result: object) -> str:
    match result:
        case None:
            return "null"
        case bool():
            return "true" if result else "false"
        case str():
            return f"'{result}'"
        case _:
            return str(result)
