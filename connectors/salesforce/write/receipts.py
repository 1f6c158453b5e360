"""Receipts: what one record's part of an answer means, and what is kept of its exchange."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connectors.exchange import hidden, told
from connectors.protocol import Exchange, Receipt, Settled, Verb, Write
from connectors.salesforce.client import Client
from connectors.salesforce.faults import fault, holder
from connectors.salesforce.write.payload import record
from tasuki.errors import ConfigError, RejectedError, TasukiError, TransientError
from tasuki.values import Json

_GONE: Final = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one record was not written, in Salesforce's words."""

    code: str
    message: str
    fields: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What Salesforce said about one record."""

    part: Json
    """This record's part of the answer."""
    id: str | None = None
    created: bool = False
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What the exchanges of one call's records have in common."""

    call: str
    status: int | None
    request_id: str | None = None


def receipt(client: Client, write: Write, answered: Answered, sent: Sent) -> Receipt:
    """One record's receipt.

    A delete of what is gone is done. A create that is refused because its key is taken is done too:
    somebody made the record between our search and our write.
    """
    exchange = told(sent.call, sent.status, record(write), answered.part, sent.request_id)
    refusal = answered.refusal
    if refusal is None:
        id = answered.id or write.id
        return Receipt(write.key, Settled.WRITTEN, id, answered.created, exchange=exchange)
    if write.verb is Verb.DELETE and refusal.code in _GONE:
        return Receipt(write.key, Settled.WRITTEN, write.id, exchange=exchange)
    field = write.natural_key[0] if write.natural_key else None
    found = holder(refusal.code, refusal.message, field) if field else None
    if found and write.verb is Verb.CREATE:
        return Receipt(write.key, Settled.WRITTEN, found, exchange=exchange)
    where = "/".join(filter(None, (client.connection, write.object, write.id)))
    message = hidden(refusal.message, record(write))  # a trigger may quote what was sent
    error = fault(refusal.code, message, refusal.fields, where)
    return failed(write if write.id else replace(write, id=found), error, exchange)


def all_failed(
    client: Client, writes: Iterable[Write], error: TasukiError, call: str
) -> dict[str, Receipt]:
    """The receipts of a call that failed as a whole, with what was heard of it, if it was sent."""
    heard = client.heard()
    found: dict[str, Receipt] = {}
    for each in writes:
        exchange = None
        if heard is not None:
            exchange = told(call, heard.status, record(each), heard.refusal, heard.request_id)
        found[each.key] = failed(each, error, exchange)
    return found


def failed(write: Write, error: TasukiError, exchange: Exchange | None = None) -> Receipt:
    """A failed write: unknown when it may have happened, else rejected.

    What a file should have said differently (ConfigError) parks a record like any other refusal.
    """
    unknown = isinstance(error, TransientError) and error.outcome_unknown
    if isinstance(error, ConfigError):
        error = RejectedError(error.what, where=error.where, why=error.why, remedy=error.remedy)
    end = Settled.UNKNOWN if unknown else Settled.REJECTED
    return Receipt(write.key, end, write.id, error=error, exchange=exchange)
