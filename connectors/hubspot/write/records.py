"""Records created, updated, upserted and archived; one receipt per write, in order.

A create is never sent twice: with a natural key it is looked up before and after, without one its
lost answer stays unknown. The other verbs do the same when repeated, so they are repeated.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from connectors.hubspot.client import Client
from connectors.hubspot.faults import RefusedError
from connectors.hubspot.read.find import existing
from connectors.hubspot.write import links, unlinks
from connectors.hubspot.write.batch import Input, Numbered, Post, Receipts, Sender, send
from connectors.hubspot.write.values import properties, properties_at_birth, text
from connectors.protocol import Receipt, Settled, Verb, Write
from tasuki.errors import RejectedError, TasukiError

Turn: TypeAlias = Callable[[Sender, Numbered], Receipts]


def write(client: Client, batch: Sequence[Write]) -> list[Receipt]:
    """Write a batch of one object."""
    sender = Sender(client)
    receipts: Receipts = {}
    numbered = dict(enumerate(batch))
    for verb in Verb:
        wanted = {n: w for n, w in numbered.items() if w.verb is verb}
        for part in _waves(wanted, client.settings.batch_size):
            receipts |= _TURNS[verb](sender, part)
    return [receipts[n] for n in numbered]


def _waves(writes: Numbered, size: int) -> Iterable[dict[int, Write]]:
    """Parts in which every record occurs once: HubSpot refuses twins in one batch."""
    waves: list[dict[int, Write]] = []
    turns: dict[object, int] = {}
    for n, write in writes.items():
        name = write.id or write.natural_key or n
        turn = turns.get(name, 0)
        while turn < len(waves) and len(waves[turn]) >= size:
            turn += 1
        if turn == len(waves):
            waves.append({})
        waves[turn][n] = write
        turns[name] = turn + 1
    return waves


# ── create ──


def _create(sender: Sender, writes: Numbered) -> Receipts:
    """Those that exist already are left as they are; the others are made."""
    known = _known(sender.client, writes)
    receipts = {
        n: Receipt(writes[n].key, Settled.WRITTEN, id, created=False) for n, id in known.items()
    }
    new = {n: write for n, write in writes.items() if n not in known}
    made = send(sender, Post(sender.client.apis.batch.create, _born, repeatable=False), new)
    made = _looked_up(sender.client, new, {n: _conflict(new[n], r) for n, r in made.items()})
    later = {n for n in made if links.inline(new[n].object, new[n].links) is None}
    return _linked(sender, writes, receipts | made, {*known, *later, *_found(made)})


def _born(write: Write) -> Input:
    tied = links.inline(write.object, write.links)
    given: Input = {"properties": dict(properties_at_birth(write))}
    return {**given, "associations": tied} if tied else given


def _known(client: Client, writes: Numbered) -> dict[int, str]:
    """Which of the writes mean a record that exists, by natural key."""
    keys = {n: w.natural_key for n, w in writes.items() if w.natural_key}
    found: dict[int, str] = {}
    for key in dict.fromkeys(name for name, _ in keys.values()):
        values = {n: text(value) for n, (name, value) in keys.items() if name == key}
        object = next(iter(writes.values())).object
        ids = existing(client, object, key, list(values.values()))
        found |= {n: ids[v.lower()] for n, v in values.items() if v.lower() in ids}
    return found


def _conflict(write: Write, receipt: Receipt) -> Receipt:
    """A record made by somebody else since we looked is the record we mean."""
    error = receipt.error
    if write.natural_key and isinstance(error, RefusedError) and error.refusal.existing_id:
        id = error.refusal.existing_id
        return replace(receipt, settled=Settled.WRITTEN, id=id, error=None)
    return receipt


def _looked_up(client: Client, writes: Numbered, receipts: Receipts) -> Receipts:
    """After a lost answer, those that are there now (and were not before) were made by us."""
    lost = {n: w for n, w in writes.items() if receipts[n].settled is Settled.UNKNOWN}
    keyed = {n: w for n, w in lost.items() if w.natural_key}
    try:
        found = _known(client, keyed) if keyed else {}
    except TasukiError:  # still no answer: unknown it stays
        return receipts
    made = {n: replace(receipts[n], id=id, created=True, error=None) for n, id in found.items()}
    return receipts | {n: replace(r, settled=Settled.WRITTEN) for n, r in made.items()}


def _found(receipts: Receipts) -> set[int]:
    """Written, but not by this call's own answer: their links are not certain."""
    return {n for n, r in receipts.items() if r.settled is Settled.WRITTEN and not r.created}


# ── update, upsert, delete ──


def _update(sender: Sender, writes: Numbered) -> Receipts:
    located, missing = _located(sender, writes)
    post = Post(sender.client.apis.batch.update, _changed, repeatable=True)
    sent = {
        n: replace(receipt, created=False) for n, receipt in send(sender, post, located).items()
    }
    return _linked(sender, writes, missing | sent, set(sent))


def _changed(write: Write) -> Input:
    return {"id": write.id, "properties": dict(properties(write))}


def _upsert(sender: Sender, writes: Numbered) -> Receipts:
    """By natural key where there is one, by id where there is one, else as creates."""
    by_id = {n: w for n, w in writes.items() if w.id}
    by_key = {n: w for n, w in writes.items() if not w.id and w.natural_key}
    rest = {n: w for n, w in writes.items() if not w.id and not w.natural_key}
    post = Post(sender.client.apis.batch.upsert, _keyed, repeatable=True)
    receipts = _update(sender, by_id) if by_id else {}
    for key in dict.fromkeys(w.natural_key[0] for w in by_key.values() if w.natural_key):
        part = {n: w for n, w in by_key.items() if w.natural_key and w.natural_key[0] == key}
        receipts |= _linked(sender, part, send(sender, post, part), set(part))
    return receipts | (_create(sender, rest) if rest else {})


def _keyed(write: Write) -> Input:
    key, value = write.natural_key or ("", "")
    given = {name: v for name, v in properties(write).items() if name != key}
    return {"idProperty": key, "id": text(value), "properties": given}


def _delete(sender: Sender, writes: Numbered) -> Receipts:
    located, missing = _located(sender, writes)
    post = Post(sender.client.apis.batch.archive, _named, repeatable=True, answers=False)
    return missing | send(sender, post, located)


def _named(write: Write) -> Input:
    return {"id": write.id}


def _located(sender: Sender, writes: Numbered) -> tuple[dict[int, Write], Receipts]:
    """The writes with their record ids, and receipts for those without a record."""
    unnamed = {n: w for n, w in writes.items() if not w.id}
    ids = _known(sender.client, unnamed) if unnamed else {}
    located = {
        n: w if w.id else replace(w, id=ids[n]) for n, w in writes.items() if w.id or n in ids
    }
    missing = {n: _missing(sender, w) for n, w in writes.items() if n not in located}
    return located, missing


def _missing(sender: Sender, write: Write) -> Receipt:
    error = RejectedError(
        "There is no such record.",
        where=sender.where(write),
        why="No record has this key.",
        remedy="Pull again; the link is then repaired or dropped.",
    )
    return Receipt(write.key, Settled.REJECTED, error=error)


# ── links ──


def _linked(sender: Sender, writes: Numbered, receipts: Receipts, places: set[int]) -> Receipts:
    """Receipts after the links of these writes were set, then others taken away.

    A record whose new links failed keeps its old ones.
    """
    wanted = {
        n: r.id
        for n, r in receipts.items()
        if n in places and r.id and r.settled is Settled.WRITTEN and _ties(writes[n])
    }
    if not wanted:
        return receipts
    object = writes[next(iter(wanted))].object
    new = [(id, link) for n, id in wanted.items() for link in writes[n].links]
    failed = links.associate(sender, object, new)
    old = [(id, link) for n, id in wanted.items() if id not in failed for link in writes[n].unlinks]
    failed |= unlinks.dissociate(sender, object, old)
    return receipts | {
        n: _half_done(receipts[n], failed[id]) for n, id in wanted.items() if id in failed
    }


def _ties(write: Write) -> bool:
    return bool(write.links or write.unlinks)


def _half_done(receipt: Receipt, failed: links.Failed) -> Receipt:
    """Written, but not its links: told, so that nobody believes the whole was done."""
    refused = isinstance(failed.error, RejectedError)
    settled = Settled.REJECTED if refused else Settled.UNKNOWN
    return replace(receipt, settled=settled, error=failed.error, exchange=failed.exchange)


_TURNS: Final[Mapping[Verb, Turn]] = {
    Verb.CREATE: _create,
    Verb.UPDATE: _update,
    Verb.UPSERT: _upsert,
    Verb.DELETE: _delete,
}
