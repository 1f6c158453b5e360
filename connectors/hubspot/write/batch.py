"""One batch on the wire: sent, halved while refused as a whole, answered write by write.

Each input carries a trace id, so that HubSpot answers for each by itself. Where it still refuses
a batch as a whole, halving finds the one record that cannot pass.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from connectors.hubspot.client import Client
from connectors.hubspot.faults import Refusal, RefusedError, entries
from connectors.hubspot.write.values import text
from connectors.protocol import Receipt, Settled, Write
from tasuki.errors import BlockedError, RejectedError, TasukiError, TransientError
from tasuki.values import Json, Ref

Numbered: TypeAlias = Mapping[int, Write]
"""Writes by their place in the caller's batch."""
Receipts: TypeAlias = dict[int, Receipt]
TRACE: Final = "objectWriteTraceId"
Input: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Sender:
    """Sends parts of one batch and remembers whether anything left."""

    client: Client
    sent: bool = False
    """Something may have been written: from here on nothing is raised, only answered."""

    def call(self, work: Callable[..., Any], *args: Any, about: str, repeatable: bool) -> Json:
        """One write call."""
        try:
            answer = self.client.call(work, *args, about=about, repeatable=repeatable)
        except TransientError as error:
            self.sent = self.sent or error.outcome_unknown or repeatable
            raise
        self.sent = True
        return answer

    def where(self, write: Write) -> str:
        """The ref of a write."""
        return str(Ref(self.client.connection, write.object, write.id or "new"))


@dataclass(frozen=True, slots=True)
class Post:
    """One kind of batch call."""

    work: Callable[..., Any]
    input: Callable[[Write], Input]
    repeatable: bool
    """Sending it twice does the same as once."""
    answers: bool = True
    """HubSpot answers with the records; archiving answers with nothing."""


@dataclass(slots=True)
class Matched:
    """What a call said about its writes, and which writes it said nothing about."""

    receipts: Receipts = field(default_factory=dict)
    silent: dict[int, Write] = field(default_factory=dict)


def send(sender: Sender, post: Post, writes: Numbered) -> Receipts:
    """Send writes of one object; a receipt for each.

    Errors: BlockedError only when nothing was sent.
    """
    if not writes:
        return {}
    object = next(iter(writes.values())).object
    body = {"inputs": [{**post.input(w), TRACE: str(n)} for n, w in writes.items()]}
    if not post.answers:
        body = {"inputs": [post.input(w) for w in writes.values()]}
    try:
        answer = sender.call(post.work, object, body, about=object, repeatable=post.repeatable)
    except RejectedError as error:
        return _refused(sender, post, writes, error)
    except TransientError as error:
        return unknown(writes, error)
    except BlockedError as error:
        if not sender.sent:
            raise
        return unknown(writes, error)
    if not post.answers:
        return {n: Receipt(w.key, Settled.WRITTEN, w.id) for n, w in writes.items()}
    return _settle(sender, post, writes, answer)


def unknown(writes: Numbered, error: TasukiError) -> Receipts:
    """Receipts of writes nobody answered for."""
    return {n: Receipt(w.key, Settled.UNKNOWN, w.id, error=error) for n, w in writes.items()}


def rejected(write: Write, refusal: Refusal, where: str) -> Receipt:
    """The receipt of a write that cannot pass."""
    return Receipt(write.key, Settled.REJECTED, write.id, error=RefusedError(refusal, where))


def _refused(sender: Sender, post: Post, writes: Numbered, error: RejectedError) -> Receipts:
    """A whole batch was refused: halve it until the refusal concerns one write."""
    if len(writes) == 1 or (isinstance(error, RefusedError) and error.refusal.concerns_all):
        return {n: _parked(sender, write, error) for n, write in writes.items()}
    places = list(writes)
    halves = (places[: len(places) // 2], places[len(places) // 2 :])
    receipts: Receipts = {}
    for half in halves:
        receipts |= send(sender, post, {n: writes[n] for n in half})
    return receipts


def _parked(sender: Sender, write: Write, error: RejectedError) -> Receipt:
    if isinstance(error, RefusedError):
        return rejected(write, error.refusal, sender.where(write))
    return Receipt(write.key, Settled.REJECTED, write.id, error=error)


def _settle(sender: Sender, post: Post, writes: Numbered, answer: Json) -> Receipts:
    matched = _matched(sender, writes, answer)
    silent = matched.silent
    if not silent:
        return matched.receipts
    if post.repeatable and len(writes) > 1:
        again = (send(sender, post, {n: write}) for n, write in silent.items())
        return matched.receipts | {n: r for receipts in again for n, r in receipts.items()}
    lost = TransientError(
        "HubSpot's answer leaves a write out.",
        where=sender.client.connection,
        outcome_unknown=True,
    )
    return matched.receipts | unknown(silent, lost)


def _matched(sender: Sender, writes: Numbered, answer: Json) -> Matched:
    """Who is meant by each result and each error; their order is not promised."""
    matched = Matched(silent=dict(writes))
    for refusal in entries(answer):
        for n in _meant(refusal, matched.silent):
            write = matched.silent.pop(n)
            matched.receipts[n] = rejected(write, refusal, sender.where(write))
    for row in answer.get("results") or ():
        place = _owner(row, matched.silent)
        if place is not None:
            write = matched.silent.pop(place)
            created = bool(row.get("new", write.id is None))
            receipt = Receipt(write.key, Settled.WRITTEN, str(row["id"]), created=created)
            matched.receipts[place] = receipt
    return matched


def _meant(refusal: Refusal, writes: Numbered) -> list[int]:
    traces = {int(trace) for trace in refusal.context(TRACE) if trace.isdigit()} & set(writes)
    if traces:
        return sorted(traces)
    named = set(refusal.context("ids", "id"))
    found = [n for n, write in writes.items() if _names(write) & named]
    return found or (list(writes) if len(writes) == 1 else [])


def _names(write: Write) -> set[str]:
    key = {text(write.natural_key[1])} if write.natural_key else set[str]()
    return key | ({write.id} if write.id else set())


def _owner(row: Json, writes: Numbered) -> int | None:
    """The write a result answers: by trace, by id, by key, or the only one left."""
    trace = str(row.get(TRACE) or "")
    if trace.isdigit() and int(trace) in writes:
        return int(trace)
    for n, write in writes.items():
        if write.id is not None and write.id == str(row["id"]):
            return n
    properties = row.get("properties") or {}
    for n, write in writes.items():
        key, value = write.natural_key or ("", "")
        if key and str(properties.get(key) or "").lower() == text(value).lower():
            return n
    return next(iter(writes)) if len(writes) == 1 else None
