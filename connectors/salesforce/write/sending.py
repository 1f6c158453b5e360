"""Sending a call of writes: once, halved when one record spoils it, again when it was locked.

A call whose answer is lost is never repeated: its records are UNKNOWN until somebody has read them.
A call that is refused as a whole although one record is to blame is halved until that record stands
alone. Where somebody else makes the same record between search and write, the org refuses ours and
names theirs: a create is then done, an upsert goes to it.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import uniform
from typing import Final

from connectors.protocol import Receipt, Settled, Verb, Write
from connectors.salesforce.client import Client
from connectors.salesforce.faults import LOCKED
from connectors.salesforce.write.receipts import Sent, all_failed, receipt
from connectors.salesforce.write.ways import Collection, Way
from tasuki.errors import ConfigError, RejectedError, TasukiError, TransientError
from tasuki.values import Json

_LOCK_WAITS_SECONDS: Final = (0.5, 1.0, 2.0)
_JITTER: Final = 1.5


def send(client: Client, way: Way, writes: Sequence[Write]) -> dict[str, Receipt]:
    """Send, and send again what another writer had locked, or what turned out to be there."""
    settled = _call(client, way, writes)
    for seconds in _LOCK_WAITS_SECONDS:
        locked = [each for each in writes if _is_locked(settled[each.key])]
        if not locked:
            break
        client.sleep(seconds * uniform(1, _JITTER))  # noqa: S311  # so that two writers part
        settled |= _call(client, way, locked)
    held = [
        replace(each, id=settled[each.key].id)
        for each in writes
        if each.verb is Verb.UPSERT and not each.id and _is_held(settled[each.key])
    ]
    return settled | _call(client, Collection("PATCH"), held)


def _is_held(receipt: Receipt) -> bool:
    return receipt.settled is Settled.REJECTED and receipt.id is not None


def _is_locked(receipt: Receipt) -> bool:
    error = receipt.error
    return isinstance(error, TransientError) and LOCKED in error.what


def _call(client: Client, way: Way, writes: Sequence[Write]) -> dict[str, Receipt]:
    """Send once; a refusal of the whole call over one record is halved."""
    if not writes:
        return {}
    where = f"{client.connection}/{writes[0].object}"
    try:
        answer = client.ask(lambda rest: way.ask(client, rest, writes), where, sends=True)
    except (RejectedError, ConfigError) as error:
        if len(writes) == 1:
            return all_failed(client, writes, error, way.call)
        half = len(writes) // 2
        first, second = (_call(client, way, part) for part in (writes[:half], writes[half:]))
        return first | second
    except TasukiError as error:
        return all_failed(client, writes, error, way.call)
    return _receipts(client, way, writes, answer)


def _receipts(
    client: Client, way: Way, writes: Sequence[Write], answer: Json
) -> dict[str, Receipt]:
    heard = client.heard()
    try:
        answered = way.read(answer, writes)
    except (LookupError, TypeError):
        error = TransientError(
            "Salesforce's answer is odd",
            where=f"{client.connection}/{writes[0].object}",
            why="the answer does not have one entry per record",
            outcome_unknown=True,
        )
        return all_failed(client, writes, error, way.call)
    sent = Sent(way.call, heard.status if heard else None, heard.request_id if heard else None)
    pairs = zip(writes, answered, strict=True)
    return {each.key: receipt(client, each, said, sent) for each, said in pairs}
