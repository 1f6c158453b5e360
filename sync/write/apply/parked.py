"""Writes that a system refused, or that nobody can tell the outcome of: they wait for a person."""

from collections.abc import Sequence

from sqlalchemy import Connection

from connectors.protocol import Receipt
from staging.write import parking, plans
from staging.write.parking import Parked
from staging.write.receipts import ReceiptRow
from sync.context import Tools
from sync.write import intent
from tasuki.errors import RejectedError


def park(db: Connection, tools: Tools, refused: Sequence[tuple[ReceiptRow, Receipt]]) -> None:
    """Park what was refused, each with its reason and its fix."""
    _keep(db, tools, [_parked(receipt, answer) for receipt, answer in refused])


def park_untold(db: Connection, tools: Tools, untold: Sequence[ReceiptRow]) -> None:
    """Park creates whose answer was lost and that no key finds again: never sent twice by us."""
    _keep(db, tools, [_untold(receipt) for receipt in untold])


def _keep(db: Connection, tools: Tools, found: Sequence[Parked]) -> None:
    parking.park_all(db, found, tools.run, tools.now())
    intent.park(db, plans.intents_of(db, (each.id for each in found)))


def _parked(receipt: ReceiptRow, answer: Receipt) -> Parked:
    error = answer.error
    return Parked(
        id=receipt.id,
        connection=receipt.connection,
        object=receipt.object,
        record_id=receipt.record_id,
        code=error.code if error else RejectedError.code,
        reason=error.what if error else "the system refused the record",
        fix=error.remedy if error else "Look at the record in its system.",
        place=str(error.where) if error and error.where else None,
    )


def _untold(receipt: ReceiptRow) -> Parked:
    return Parked(
        id=receipt.id,
        connection=receipt.connection,
        object=receipt.object,
        code=RejectedError.code,
        reason="no answer came, and no key tells whether the record was made",
        fix="Look in the system: `tasuki park drop` if it is there, `tasuki retry` if it is not.",
    )
