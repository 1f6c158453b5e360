"""One batch on the wire: sent, halved while refused as a whole, answered write by write.

Each input carries a trace id, so that HubSpot answers for each by itself. Where it still refuses
a batch as a whole, halving finds the one record that cannot pass.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from connectors.exchange import told
from connectors.hubspot.client import Client, Heard
from connectors.hubspot.faults import Refusal, RefusedError, entries
from connectors.hubspot.write.values import text
from connectors.protocol import Exchange, Receipt, Settled, Write
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
    heard: Heard | None = None
    """What came back of the last write call."""

    def call(self, work: Callable[..., Any], *args: Any, about: str, repeatable: bool) -> Json:
        """One write call."""
        self.heard = None
        try:
            answer = self.client.call(work, *args, about=about, repeatable=repeatable)
        except TransientError as error:
            self.sent = self.sent or error.outcome_unknown or repeatable
            raise
        finally:
            self.heard = self.client.heard()
        self.sent = True
        return answer

    def exchange(self, request: Any, answer: Any) -> Exchange | None:
        """The last call as far as it concerns one record; None when nothing was sent."""
        heard = self.heard
        if heard is None:
            return None
        return told(heard.call, heard.status, request, answer, heard.request_id)

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
        return unknown(sender, writes, error, post.input)
    except BlockedError as error:
        if not sender.sent:
            raise
        return unknown(sender, writes, error, post.input)
    if not post.answers:
        return {n: _archived(sender, post, w) for n, w in writes.items()}
    return _settle(sender, post, writes, answer)


def unknown(
    sender: Sender, writes: Numbered, error: TasukiError, input: Callable[[Write], Input]
) -> Receipts:
    """Receipts of writes nobody answered for."""
    return {
        n: Receipt(
            w.key, Settled.UNKNOWN, w.id, error=error, exchange=sender.exchange(input(w), None)
        )
        for n, w in writes.items()
    }


def rejected(sender: Sender, write: Write, refusal: Refusal, where: str, sent: Any) -> Receipt:
    """The receipt of a write that cannot pass; `sent` is its part of what was sent."""
    exchange = sender.exchange(sent, refusal.body)
    error = RefusedError(refusal, where)
    return Receipt(write.key, Settled.REJECTED, write.id, error=error, exchange=exchange)


def _archived(sender: Sender, post: Post, write: Write) -> Receipt:
    exchange = sender.exchange(post.input(write), None)
    return Receipt(write.key, Settled.WRITTEN, write.id, exchange=exchange)


def _refused(sender: Sender, post: Post, writes: Numbered, error: RejectedError) -> Receipts:
    """A whole batch was refused: halve it until the refusal concerns one write."""
    if len(writes) == 1 or (isinstance(error, RefusedError) and error.refusal.concerns_all):
        return {n: _parked(sender, post, write, error) for n, write in writes.items()}
    places = list(writes)
    halves = (places[: len(places) // 2], places[len(places) // 2 :])
    receipts: Receipts = {}
    for half in halves:
        receipts |= send(sender, post, {n: writes[n] for n in half})
    return receipts


def _parked(sender: Sender, post: Post, write: Write, error: RejectedError) -> Receipt:
    if isinstance(error, RefusedError):
        return rejected(sender, write, error.refusal, sender.where(write), post.input(write))
    return Receipt(write.key, Settled.REJECTED, write.id, error=error)


def _settle(sender: Sender, post: Post, writes: Numbered, answer: Json) -> Receipts:
    matched = _matched(sender, post, writes, answer)
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
    return matched.receipts | unknown(sender, silent, lost, post.input)


def _matched(sender: Sender, post: Post, writes: Numbered, answer: Json) -> Matched:
    """Who is meant by each result and each error; their order is not promised."""
    matched = Matched(silent=dict(writes))
    for refusal in entries(answer):
        for n in _meant(refusal, matched.silent):
            write = matched.silent.pop(n)
            where = sender.where(write)
            matched.receipts[n] = rejected(sender, write, refusal, where, post.input(write))
    for row in answer.get("results") or ():
        place = _owner(row, matched.silent)
        if place is not None:
            matched.receipts[place] = _written(sender, post, matched.silent.pop(place), row)
    return matched


def _written(sender: Sender, post: Post, write: Write, row: Json) -> Receipt:
    sent = post.input(write)
    names = sent.get("properties") or {}
    held = row.get("properties") or {}
    part = {**row, "properties": {name: held[name] for name in names if name in held}}
    created = bool(row.get("new", write.id is None))
    exchange = sender.exchange(sent, part)
    id = str(row["id"])
    return Receipt(write.key, Settled.WRITTEN, id, created=created, exchange=exchange)


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
