"""Natural keys: which writes mean one record, and which record already holds a key.

Where the org itself keeps the field unique it decides; elsewhere (activity fields cannot be unique)
the key is searched before anything is made, and the oldest of those who hold it is the one meant: a
task that a person cloned keeps the key of ours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from connectors.exchange import told
from connectors.protocol import Receipt, Settled, Write
from connectors.salesforce.client import Client
from connectors.salesforce.read.records import find
from tasuki.errors import ConfigError, RejectedError


def same(write: Write) -> str:
    """What two writes of one record have in common."""
    if write.natural_key is None:
        return write.id or write.key
    field, value = write.natural_key
    return f"{field}={value.casefold()}"


def turns(batch: Sequence[Write]) -> Iterator[list[Write]]:
    """The batch, so that no record comes twice in one turn."""
    left = list(batch)
    while left:
        turn = {same(each): each for each in reversed(left)}
        taken = {each.key for each in turn.values()}
        yield [each for each in left if each.key in taken]
        left = [each for each in left if each.key not in taken]


def by_field(writes: Sequence[Write]) -> dict[str, list[Write]]:
    """The writes that only their natural key names, by its field."""
    found: dict[str, list[Write]] = {}
    for each in writes:
        if each.natural_key and not each.id:
            found.setdefault(each.natural_key[0], []).append(each)
    return found


def standing(client: Client, field: str, writes: Sequence[Write]) -> dict[str, Receipt]:
    """Creates whose key a record already holds: done, and left as people have made it since."""
    settled: dict[str, Receipt] = {}
    for each in found(client, field, writes):
        if each.id:
            asked = dict([each.natural_key]) if each.natural_key else {}
            exchange = told("GET /query", 200, asked, {"id": each.id})
            settled[each.key] = Receipt(each.key, Settled.WRITTEN, each.id, exchange=exchange)
    return settled


def found(client: Client, field: str, writes: Sequence[Write]) -> list[Write]:
    """The writes, with the id of the record that already holds their key; the oldest wins.

    Errors: RejectedError when the org has no such field, or does not show it to us.
    """
    keyed: Mapping[str, Write] = {each.natural_key[1]: each for each in writes if each.natural_key}
    object = writes[0].object
    try:
        records = find(client, object, field, list(keyed), [field])
    except ConfigError as error:
        raise _no_key(client, object, field) if "INVALID_FIELD" in error.what else error from None
    ids: dict[str, str] = {}
    for each in sorted(records, key=lambda record: record.id):
        ids.setdefault(str(each.fields[field]).casefold(), each.id)
    return [replace(each, id=ids.get(value.casefold())) for value, each in keyed.items()]


def _no_key(client: Client, object: str, field: str) -> RejectedError:
    return RejectedError(
        f"Salesforce has no field {field} on {object} that we may see",
        where=f"{client.connection}/{object}",
        why="what Tasuki makes is told apart by this field, so nothing was made twice nor once",
        remedy="Run `tasuki setup` and deploy its package, then give the integration user access.",
    )
