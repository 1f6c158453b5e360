"""A reconciliation as rows: for a spreadsheet, for another program."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

from tasuki.service.money.reconcile import Line, Reconciliation
from tasuki.values import Json

COLUMNS: Final = (
    "key",
    "name",
    "won",
    "booked",
    "paid",
    "won_not_booked",
    "booked_not_won",
    "not_paid",
    "unmatched",
    "remark",
    "nearest",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_TOTAL: Final = "TOTAL"


def write_csv(found: Reconciliation, path: Path) -> None:
    """Write one row per line and one of totals, as Excel opens it."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_rows(found))


def document(found: Reconciliation) -> dict[str, Json]:
    """The same as JSON; amounts are text, so that nobody's doubles round them."""
    total = found.totals
    return {
        "as_of": found.as_of,
        "by": found.by.value,
        "knows_payments": found.knows_payments,
        "lines": [dict(zip(COLUMNS, _said(line), strict=True)) for line in found.lines],
        "totals": {
            "won": money(total.sums.won),
            "booked": money(total.sums.booked),
            "paid": money(total.sums.paid),
            "won_not_booked": money(total.won_not_booked),
            "booked_not_won": money(total.booked_not_won),
            "not_paid": money(total.not_paid),
            "unmatched": money(total.sums.unmatched),
        },
        "unmatched_by_reason": {why: money(sum_) for why, sum_ in found.unmatched.items()},
        "queue": [
            {
                "reason": each.reason.value,
                "code": each.code,
                "name": each.name,
                "account_id": each.account_id,
                "lines": each.lines,
                "amount": money(each.amount),
                "lacks": list(each.lacks),
                "nearest": [
                    {"account_id": c.account_id, "name": c.name, "likeness": c.likeness}
                    for c in each.candidates
                ],
            }
            for each in found.queue
        ],
    }


def money(amount: Decimal) -> str:
    """An amount as plain digits, without zeros nobody needs."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rows(found: Reconciliation) -> Iterator[tuple[str, ...]]:
    for line in found.lines:
        key, name, *amounts, remark, nearest = _said(line)
        yield (safe(key), safe(name), *amounts, remark, safe(nearest))
    total = found.totals
    sums = (
        *(total.sums.won, total.sums.booked, total.sums.paid),
        *(total.won_not_booked, total.booked_not_won, total.not_paid, total.sums.unmatched),
    )
    yield (_TOTAL, "", *map(money, sums), "", "")


def _said(line: Line) -> tuple[str, ...]:
    sums = line.sums
    amounts = (
        *(sums.won, sums.booked, sums.paid),
        *(sums.won_not_booked, sums.booked_not_won, sums.not_paid, sums.unmatched),
    )
    return (line.key, line.label, *map(money, amounts), line.remark, line.nearest)


def safe(cell: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
