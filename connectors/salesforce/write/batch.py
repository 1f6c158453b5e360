"""Writing through sObject Collections: one call per batch, one receipt per record, by position.

A record with a natural key is never created twice. Where the org itself keeps the field unique, the
batch goes out as an upsert on it; elsewhere (activity fields cannot be unique) the key is searched
first, and an upsert updates what is found. A create leaves what is found as it is. A call whose
answer is lost is never repeated: its records are UNKNOWN until somebody has read them. A call that
is refused as a whole although one record is to blame is halved until that record stands alone.
Where somebody else makes the same record between search and write, the org refuses ours and names
theirs: a create is then done, an upsert goes to it. Siblings stand together in a call, so that they
wait for their parent's lock once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import uniform
from typing import Any, Final

from connectors.protocol import Receipt, Settled, Verb, Write
from connectors.salesforce.client import Client, Rest
from connectors.salesforce.faults import LOCKED, fault, holder
from connectors.salesforce.metadata.describe import is_unique
from connectors.salesforce.read.records import find
from connectors.salesforce.write.payload import encode, parent, record
from tasuki.errors import BlockedError, ConfigError, RejectedError, TasukiError, TransientError
from tasuki.values import Json

BATCH_SIZE: Final = 200
_MAKING: Final = frozenset({Verb.CREATE, Verb.UPSERT})
_GONE: Final = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND"})
_LOCK_WAITS_SECONDS: Final = (0.5, 1.0, 2.0)
_JITTER: Final = 1.5
_MRU_SINCE: Final = 60.0
"""The API version from which writes may stay out of people's recently used lists."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One collections call; an empty one is not sent."""

    method: str
    writes: Sequence[Write]
    unique: str | None = None
    """The external id field of an upsert."""


def write(client: Client, batch: Sequence[Write]) -> list[Receipt]:
    """Write one batch (one object, one verb); see the module's docstring for what it promises.

    Errors: BlockedError only when nothing was sent.
    """
    _check(batch)
    settled: dict[str, Receipt] = {}
    for turn in _turns(batch):
        ready = [each for each in turn if not _already(client, each, batch, settled)]
        settled |= _carry_out(client, sorted(ready, key=parent))
    receipts = [settled[each.key] for each in batch]
    blocked = [each.error for each in receipts if isinstance(each.error, BlockedError)]
    if blocked and len(blocked) == len(receipts):
        raise blocked[0]
    return receipts


def _check(batch: Sequence[Write]) -> None:
    if len({(each.object, each.verb) for each in batch}) > 1:
        raise ValueError("a batch holds one object and one verb")
    if len(batch) > BATCH_SIZE:
        raise ValueError(f"a batch holds at most {BATCH_SIZE} writes")
    if len({each.key for each in batch}) < len(batch):
        raise ValueError("two writes of a batch share a key")


def _same(write: Write) -> str:
    """What two writes of one record have in common."""
    if write.natural_key is None:
        return write.key
    field, value = write.natural_key
    return f"{field}={value.casefold()}"


def _turns(batch: Sequence[Write]) -> Iterator[list[Write]]:
    """The batch, so that no natural key comes twice in one turn."""
    left = list(batch)
    while left:
        turn = {_same(each): each for each in reversed(left)}
        taken = {each.key for each in turn.values()}
        yield [each for each in left if each.key in taken]
        left = [each for each in left if each.key not in taken]


def _already(
    client: Client, write: Write, batch: Sequence[Write], settled: dict[str, Receipt]
) -> bool:
    """Settle what must not or cannot be sent: twins of an unknown write, writes without an id."""
    twins = [
        settled[each.key] for each in batch if each.key in settled and _same(each) == _same(write)
    ]
    unknown = next((twin for twin in twins if twin.settled is Settled.UNKNOWN), None)
    if unknown is not None:
        settled[write.key] = replace(unknown, key=write.key)
    elif write.id is None and write.natural_key is None and write.verb is not Verb.CREATE:
        error = RejectedError(
            f"Salesforce: {write.verb} without an id",
            where=f"{client.connection}/{write.object}",
            why="nothing says which record is meant",
            remedy="Give the write an id or a natural key.",
        )
        settled[write.key] = Receipt(write.key, Settled.REJECTED, error=error)
    return write.key in settled


def _sendings(client: Client, turn: Sequence[Write]) -> Iterator[Sending]:
    """The calls that carry out one turn."""
    plain: list[Write] = []
    keyed: dict[str, dict[str, Write]] = {}
    for each in turn:
        if each.natural_key is None or each.id or each.verb not in _MAKING:
            plain.append(each)
        else:
            field, value = each.natural_key
            keyed.setdefault(field, {})[value] = each
    for field, writes in keyed.items():
        if is_unique(client, turn[0].object, field):
            yield Sending("PATCH", list(writes.values()), unique=field)
        elif turn[0].verb is Verb.CREATE:
            plain += writes.values()
        else:
            plain += _found(client, field, writes)
    if turn and turn[0].verb is Verb.DELETE:
        yield Sending("DELETE", plain)
    else:
        yield Sending("PATCH", [each for each in plain if each.id])
        yield Sending("POST", [each for each in plain if not each.id])


def _standing(client: Client, turn: Sequence[Write]) -> dict[str, Receipt]:
    """Creates whose key a record already holds: done, and left as people have made it since."""
    keyed: dict[str, dict[str, Write]] = {}
    for each in turn:
        if each.verb is Verb.CREATE and each.natural_key and not each.id:
            keyed.setdefault(each.natural_key[0], {})[each.natural_key[1]] = each
    found = (each for field, writes in keyed.items() for each in _found(client, field, writes))
    return {each.key: Receipt(each.key, Settled.WRITTEN, each.id) for each in found if each.id}


def _found(client: Client, field: str, writes: Mapping[str, Write]) -> list[Write]:
    """The writes, with the id of the record that already holds their key; the oldest wins."""
    object = next(iter(writes.values())).object
    ids: dict[str, str] = {}
    for each in sorted(find(client, object, field, list(writes), [field]), key=lambda r: r.id):
        ids.setdefault(str(each.fields[field]).casefold(), each.id)
    return [replace(each, id=ids.get(value.casefold())) for value, each in writes.items()]


def _carry_out(client: Client, turn: Sequence[Write]) -> dict[str, Receipt]:
    """Settle one turn; what fails before it is sent is told per record too."""
    settled: dict[str, Receipt] = {}
    try:
        settled |= _standing(client, turn)
        for sending in _sendings(client, [each for each in turn if each.key not in settled]):
            settled |= _send(client, sending)
    except TasukiError as error:
        settled |= _all([each for each in turn if each.key not in settled], error)
    return settled


def _send(client: Client, sending: Sending) -> dict[str, Receipt]:
    """Send, and send again what another writer had locked, or what turned out to be there."""
    settled = _call(client, sending)
    for seconds in _LOCK_WAITS_SECONDS:
        locked = [each for each in sending.writes if _is_locked(settled[each.key])]
        if not locked:
            break
        client.sleep(seconds * uniform(1, _JITTER))  # noqa: S311  # so that two writers part
        settled |= _call(client, replace(sending, writes=locked))
    held = [
        replace(each, id=settled[each.key].id)
        for each in sending.writes
        if each.verb is Verb.UPSERT and not each.id and _is_held(settled[each.key])
    ]
    return settled | _call(client, Sending("PATCH", held))


def _is_held(receipt: Receipt) -> bool:
    return receipt.settled is Settled.REJECTED and receipt.id is not None


def _is_locked(receipt: Receipt) -> bool:
    error = receipt.error
    return isinstance(error, TransientError) and LOCKED in error.what


def _call(client: Client, sending: Sending) -> dict[str, Receipt]:
    """Send once; a refusal of the whole call over one record is halved."""
    if not sending.writes:
        return {}
    where = f"{client.connection}/{sending.writes[0].object}"
    try:
        answer = client.ask(lambda rest: _collection(client, rest, sending), where, sends=True)
    except (RejectedError, ConfigError) as error:
        if len(sending.writes) == 1:
            return _all(sending.writes, error)
        half = len(sending.writes) // 2
        parts = (sending.writes[:half], sending.writes[half:])
        first, second = (_call(client, replace(sending, writes=part)) for part in parts)
        return first | second
    except TasukiError as error:
        return _all(sending.writes, error)
    return _receipts(client, sending, answer)


def _collection(client: Client, rest: Rest, sending: Sending) -> Json:
    headers = _headers(client)
    path = "composite/sobjects"
    if sending.method == "DELETE":
        ids = ",".join(str(each.id) for each in sending.writes)
        params = {"ids": ids, "allOrNone": "false"}
        return rest.restful(path, params=params, method="DELETE", headers=headers)
    if sending.unique:
        path = f"{path}/{sending.writes[0].object}/{sending.unique}"
    body = encode({"allOrNone": False, "records": [record(each) for each in sending.writes]})
    return rest.restful(path, method=sending.method, data=body, headers=headers)


def _headers(client: Client) -> dict[str, str]:
    """Said on every write, since Salesforce's defaults are meant for people at a screen."""
    settings = client.settings
    allow = str(settings.allow_duplicates).lower()
    headers = {
        "Sforce-Auto-Assign": str(settings.auto_assign).upper(),
        "Sforce-Duplicate-Rule-Header": f"allowSave={allow}; includeRecordDetails=false; "
        "runAsCurrentUser=true",
    }
    if float(settings.api_version) >= _MRU_SINCE:
        headers["Sforce-Mru"] = "updateMru=false"
    return headers


def _receipts(client: Client, sending: Sending, answer: Any) -> dict[str, Receipt]:
    """Answers belong to records by position only."""
    if not isinstance(answer, list) or len(answer) != len(sending.writes):
        why = "the answer does not have one entry per record"
        where = f"{client.connection}/{sending.writes[0].object}"
        error = TransientError(
            "Salesforce's answer is odd", where=where, why=why, outcome_unknown=True
        )
        return _all(sending.writes, error)
    pairs = zip(sending.writes, answer, strict=True)
    return {each.key: _receipt(client, each, entry, sending) for each, entry in pairs}


def _receipt(client: Client, write: Write, entry: Json, sending: Sending) -> Receipt:
    if entry["success"]:
        created = entry.get("created", sending.method == "POST")
        return Receipt(write.key, Settled.WRITTEN, entry["id"], created=bool(created))
    first = entry["errors"][0]
    code = str(first.get("statusCode") or first.get("errorCode"))
    if sending.method == "DELETE" and code in _GONE:
        return Receipt(write.key, Settled.WRITTEN, write.id)
    message = str(first.get("message") or "")
    found = holder(code, message, write.natural_key[0]) if write.natural_key else None
    if found and write.verb is Verb.CREATE:
        return Receipt(write.key, Settled.WRITTEN, found)
    where = "/".join(filter(None, (client.connection, write.object, write.id)))
    error = fault(code, message, first.get("fields") or [], where)
    return _settle(write if write.id else replace(write, id=found), error)


def _all(writes: Sequence[Write], error: TasukiError) -> dict[str, Receipt]:
    return {each.key: _settle(each, error) for each in writes}


def _settle(write: Write, error: TasukiError) -> Receipt:
    """A failed write: unknown when it may have happened, else rejected.

    What a file should have said differently (ConfigError) parks a record like any other refusal.
    """
    unknown = isinstance(error, TransientError) and error.outcome_unknown
    if isinstance(error, ConfigError):
        error = RejectedError(error.what, where=error.where, why=error.why, remedy=error.remedy)
    return Receipt(
        write.key, Settled.UNKNOWN if unknown else Settled.REJECTED, write.id, error=error
    )
