"""What a system refused waits, with its cause in plain words and a clock that doubles.

Every wish has one place here. Refused again as it was, it waits twice as long; other values are
another wish and begin anew. After the last try it is dead: a person alone opens it again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Receipt
from staging.write import parking, plans
from staging.write.parking import Parked, Waits
from staging.write.plans import Change
from staging.write.receipts import ReceiptRow
from sync.context import Tools
from sync.write import intent
from sync.write.intent import Intent
from sync.write.parked.blame import named, place_of
from tasuki.errors import RejectedError, TasukiError
from tasuki.values import digest, stamp

_LONGEST: Final = 10
"""Doublings: an hour has become six weeks by then."""

_BESIDE: Final = "refused together with another rule's cell; the next plan has it again"


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the writes that were refused."""

    cells: Mapping[str, Sequence[Change]]
    """Write → its cells."""
    wishes: Mapping[str, Intent]
    before: Mapping[str, Waits]


def park(db: Connection, tools: Tools, refused: Sequence[tuple[ReceiptRow, Receipt]]) -> None:
    """Park what was refused: each wish with reason, fix, the line to blame, and its next try.

    Where the refusal names fields, only the wishes that have them wait: the others of the same
    record stay open, and the next plan sends them alone.
    """
    known = _known(db, [receipt.id for receipt, _ in refused])
    rows: list[Parked] = []
    beside: list[str] = []
    for receipt, answer in refused:
        cells = known.cells.get(receipt.id, [])
        blamed = {cell.intent_id for cell in named(cells, answer.error)}
        place = place_of(cells, answer.error)
        for wish in dict.fromkeys(cell.intent_id for cell in cells):
            if wish in blamed or not blamed:
                row = _refused(receipt, answer.error, wish, cells[0].label, place)
                rows.append(_timed(tools, row, known))
        beside += [cell.id for cell in cells if blamed and cell.intent_id not in blamed]
    parking.park_all(db, rows, tools.run, tools.now())
    intent.park(db, [row.intent_id for row in rows if row.intent_id])
    plans.mark_cells(db, beside, "refused", _BESIDE)


def park_untold(db: Connection, tools: Tools, untold: Sequence[ReceiptRow]) -> None:
    """Park creates whose answer was lost and that no key finds again: never sent twice by us."""
    known = _known(db, [receipt.id for receipt in untold])
    cells = ((receipt, known.cells.get(receipt.id, [])) for receipt in untold)
    rows = [_untold(receipt, its) for receipt, its in cells if its]
    parking.park_all(db, rows, tools.run, tools.now())
    intent.park(db, known.wishes)


def _known(db: Connection, writes: Iterable[str]) -> _Known:
    cells: dict[str, list[Change]] = defaultdict(list)
    for change in plans.of_writes(db, writes):
        cells[change.write_id].append(change)
    ids = {cell.intent_id for its in cells.values() for cell in its if cell.intent_id}
    return _Known(cells, intent.by_ids(db, ids), parking.by_ids(db, ids))


def _refused(
    receipt: ReceiptRow,
    error: TasukiError | None,
    wish: str | None,
    label: str,
    place: str | None,
) -> Parked:
    ref = f"{receipt.connection}/{receipt.object}/{receipt.record_id}"
    return Parked(
        id=wish or f"{parking.UNDO}{ref}",
        connection=receipt.connection,
        object=receipt.object,
        record_id=receipt.record_id,
        code=error.code if error else RejectedError.code,
        reason=_reason(error),
        fix=error.remedy if error else "Look at the record in its system.",
        place=place,
        intent_id=wish,
        label=label,
    )


def _reason(error: TasukiError | None) -> str:
    """What happened and why, in one line."""
    if error is None:
        return "the system refused the record"
    return f"{error.what.rstrip('.')}: {error.why}" if error.why else error.what


def _timed(tools: Tools, row: Parked, known: _Known) -> Parked:
    """The same with its clock: how often it was refused, and when it is tried again."""
    wish = known.wishes.get(row.intent_id or "")
    if wish is None:
        return row
    cells = digest([wish.verb, dict(wish.fields)])
    before = known.before.get(row.id)
    again = before is not None and before.cells == cells and before.state != "closed"
    attempts = (before.attempts or 0) + 1 if before and again else 1
    retries = tools.project.retries
    if attempts > retries.times:
        return replace(row, cells=cells, attempts=attempts, state="dead")
    doubled: int = 2 ** min(attempts - 1, _LONGEST)
    next_at = stamp(tools.clock.now() + retries.first_after * doubled)
    return replace(row, cells=cells, attempts=attempts, next_at=next_at)


def _untold(receipt: ReceiptRow, cells: Sequence[Change]) -> Parked:
    return Parked(
        id=receipt.id,
        connection=receipt.connection,
        object=receipt.object,
        code=RejectedError.code,
        reason="no answer came, and no key tells whether the record was made",
        fix="Look in the system: `tasuki park drop` if it is there, `tasuki retry` if it is not.",
        place=place_of(cells, None),
        intent_id=cells[0].intent_id,
        label=cells[0].label,
    )
