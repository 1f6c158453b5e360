"""Writing a batch (one object, one verb): which size goes where, one receipt per write, in order.

| writes | go out as | calls |
|---|---|---|
| updates that carry `unmoved_since` | guarded updates (`POST /composite`) | one per 25 |
| up to 200 | sObject Collections | one per 200 |
| more, each named by id or natural key | a Bulk API 2.0 job | six and its waiting, per job |
| more, named by nothing (plain creates) | sObject Collections | one per 200 |

Also by collections, however many: what a job's file cannot say, rows that a job found locked, and
everything where the org refuses jobs or its assignment rules are wanted. No batch of up to 200
waits for a job.

A record with a natural key is never created twice. Where the org itself keeps the field unique, the
batch goes out as an upsert on it (a large batch of creates as inserts, of which the org refuses the
doubles); elsewhere (activity fields cannot be unique) the key is searched first, and an upsert
updates what is found; before a large search, jobs that a killed run left behind are waited for. A
create leaves what is found as it is. Siblings stand together in a call, so
that they wait for their parent's lock once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.protocol import Receipt, Settled, Verb, Write
from connectors.salesforce.client import Client
from connectors.salesforce.metadata.describe import is_unique
from connectors.salesforce.read.job import await_ours
from connectors.salesforce.write import ingest, keys
from connectors.salesforce.write.ingest import BULK_SIZE
from connectors.salesforce.write.payload import parent
from connectors.salesforce.write.receipts import all_failed, failed
from connectors.salesforce.write.sending import send
from connectors.salesforce.write.ways import BATCH_SIZE, Collection, Guarded, Way
from tasuki.errors import BlockedError, RejectedError, TasukiError


def write(client: Client, batch: Sequence[Write]) -> list[Receipt]:
    """Write one batch; see the module's docstring for what it promises.

    Errors: BlockedError only when nothing was sent.
    """
    _check(batch)
    settled: dict[str, Receipt] = {}
    last: dict[str, Receipt] = {}
    for turn in keys.turns(batch):
        settled |= _unsendable(client, turn, last)
        ready = [each for each in turn if each.key not in settled]
        settled |= _carry_out(client, sorted(ready, key=parent))
        last |= {keys.same(each): settled[each.key] for each in turn}
    receipts = [settled[each.key] for each in batch]
    blocked = [each.error for each in receipts if isinstance(each.error, BlockedError)]
    if blocked and len(blocked) == len(receipts):
        raise blocked[0]
    return receipts


def _check(batch: Sequence[Write]) -> None:
    if len({(each.object, each.verb) for each in batch}) > 1:
        raise ValueError("a batch holds one object and one verb")
    if len(batch) > BULK_SIZE:
        raise ValueError(f"a batch holds at most {BULK_SIZE} writes")
    if len({each.key for each in batch}) < len(batch):
        raise ValueError("two writes of a batch share a key")


def _unsendable(
    client: Client, turn: Sequence[Write], last: dict[str, Receipt]
) -> dict[str, Receipt]:
    """What must not or cannot be sent: twins of an unknown write, writes without an id."""
    found: dict[str, Receipt] = {}
    for each in turn:
        twin = last.get(keys.same(each))
        if twin is not None and twin.settled is Settled.UNKNOWN:
            found[each.key] = replace(twin, key=each.key)
        elif each.id is None and each.natural_key is None and each.verb is not Verb.CREATE:
            found[each.key] = _nameless(client, each)
    return found


def _nameless(client: Client, write: Write) -> Receipt:
    error = RejectedError(
        f"Salesforce: {write.verb} without an id",
        where=f"{client.connection}/{write.object}",
        why="nothing says which record is meant, or no record holds the natural key",
        remedy="Give the write an id or a natural key; pull again if the record was deleted.",
    )
    return Receipt(write.key, Settled.REJECTED, error=error)


def _carry_out(client: Client, turn: Sequence[Write]) -> dict[str, Receipt]:
    """Settle one turn; what fails before it is sent is told per record too."""
    settled: dict[str, Receipt] = {}
    try:
        for way, writes in _ways(client, turn, settled):
            settled |= _send(client, way, writes)
    except TasukiError as error:
        left = [each for each in turn if each.key not in settled]
        settled |= all_failed(client, left, error, "GET /query")
    return settled


def _ways(
    client: Client, turn: Sequence[Write], settled: dict[str, Receipt]
) -> Iterator[tuple[Way, Sequence[Write]]]:
    """The calls that carry out one turn; creates of what is there already are settled at once."""
    keyed = keys.by_field(turn)
    named = {each.key for writes in keyed.values() for each in writes}
    plain = [each for each in turn if each.key not in named]
    for field, writes in keyed.items():
        yield from _keyed(client, field, writes, settled)
    if turn and turn[0].verb is Verb.DELETE:
        yield Collection("DELETE"), plain
        return
    guarded = [each for each in plain if each.id and each.unmoved_since]
    yield Guarded(), guarded
    held = {each.key for each in guarded}
    yield Collection("PATCH"), [each for each in plain if each.id and each.key not in held]
    yield Collection("POST"), [each for each in plain if not each.id]


def _keyed(
    client: Client, field: str, writes: Sequence[Write], settled: dict[str, Receipt]
) -> Iterator[tuple[Way, Sequence[Write]]]:
    """The calls for writes that only their natural key names."""
    object, verb = writes[0].object, writes[0].verb
    creates, many = verb is Verb.CREATE, len(writes) > BATCH_SIZE
    if creates and many and is_unique(client, object, field):
        yield Collection("POST"), writes
        return
    if many:
        await_ours(client, object)
    if creates:
        settled |= keys.standing(client, field, writes)
        writes = [each for each in writes if each.key not in settled]
    if verb in {Verb.UPDATE, Verb.DELETE}:
        looked_up = keys.found(client, field, writes)
        settled |= {each.key: _nameless(client, each) for each in looked_up if not each.id}
        way = Collection("DELETE" if verb is Verb.DELETE else "PATCH")
        yield way, [each for each in looked_up if each.id]
    elif writes and is_unique(client, object, field):
        yield Collection("PATCH", field, object), writes
    elif creates:
        yield Collection("POST"), writes
    else:
        looked_up = keys.found(client, field, writes) if writes else []
        yield Collection("PATCH"), [each for each in looked_up if each.id]
        yield Collection("POST"), [each for each in looked_up if not each.id]


def _send(client: Client, way: Way, writes: Sequence[Write]) -> dict[str, Receipt]:
    """By a bulk job what is many and can be, the rest call by call."""
    settled: dict[str, Receipt] = {}
    if isinstance(way, Collection) and len(writes) > BATCH_SIZE:
        try:
            ended = ingest.carry_out(client, way, writes)
        except TasukiError as error:
            return {each.key: failed(each, error) for each in writes}
        settled, writes = dict(ended.receipts), ended.left
    for start in range(0, len(writes), way.size):
        settled |= send(client, way, writes[start : start + way.size])
    return settled
