"""Lists and who is on them; only MANUAL lists take members from outside."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from connectors.hubspot.client import Client
from connectors.hubspot.faults import Refusal, RefusedError
from connectors.hubspot.read.directory import LISTS, MEMBERSHIPS
from connectors.hubspot.write.batch import (
    Input,
    Numbered,
    Receipts,
    Sender,
    rejected,
    unknown,
)
from connectors.hubspot.write.values import text
from connectors.protocol import Receipt, Settled, Verb, Write
from tasuki.errors import BlockedError, RejectedError, TransientError
from tasuki.values import Json

TYPE_IDS: Final = {"contacts": "0-1", "companies": "0-2", "deals": "0-3"}
CONTACTS: Final = "0-1"


# ── members ──


def change_members(client: Client, batch: Sequence[Write]) -> list[Receipt]:
    """Add (CREATE, UPSERT) or take off (DELETE) members, one call per list; twice is once."""
    sender = Sender(client)
    numbered = dict(enumerate(batch))
    groups: dict[tuple[str, bool], dict[int, Write]] = {}
    for n, write in numbered.items():
        list_id = _ends(write)[0]
        groups.setdefault((list_id, write.verb is Verb.DELETE), {})[n] = write
    receipts: Receipts = {}
    for (list_id, removes), writes in groups.items():
        receipts |= _change(sender, list_id, writes, removes=removes)
    return [receipts[n] for n in numbered]


def _ends(write: Write) -> tuple[str, str]:
    """List id and record id, from the fields or from a membership's id `list/record`."""
    list_id, _, record_id = (write.id or "").partition("/")
    fields = write.fields
    return text(fields.get("list_id")) or list_id, text(fields.get("record_id")) or record_id


def _change(sender: Sender, list_id: str, writes: Numbered, *, removes: bool) -> Receipts:
    apis = sender.client.apis.memberships
    work = apis.remove if removes else apis.add
    ids = list(dict.fromkeys(_ends(write)[1] for write in writes.values()))
    about = f"{MEMBERSHIPS}/{list_id}"
    try:
        answer = sender.call(work, list_id, ids, about=about, repeatable=True)
    except RefusedError as error:
        refusal = error.refusal
        return {n: rejected(sender, w, refusal, about, _sent(w)) for n, w in writes.items()}
    except TransientError as error:
        return unknown(sender, writes, error, _sent)
    except BlockedError as error:
        if not sender.sent:
            raise
        return unknown(sender, writes, error, _sent)
    return {n: _membership(sender, w, answer) for n, w in writes.items()}


def _sent(write: Write) -> Input:
    """A write's part of the call; the call itself names ids alone."""
    return {"id": _ends(write)[1]}


def _membership(sender: Sender, write: Write, answer: Json) -> Receipt:
    list_id, record_id = _ends(write)
    added = {str(id) for id in answer.get("recordsIdsAdded") or answer.get("recordIdsAdded") or ()}
    missing = {str(id) for id in answer.get("recordIdsMissing") or ()}
    if record_id in missing and write.verb is not Verb.DELETE:
        where = f"{sender.client.connection}/{MEMBERSHIPS}/{list_id}"
        return rejected(sender, write, _NO_RECORD, where, _sent(write))
    name, is_new = f"{list_id}/{record_id}", record_id in added
    exchange = sender.exchange(_sent(write), {"id": record_id, "new": is_new})
    return Receipt(write.key, Settled.WRITTEN, name, created=is_new, exchange=exchange)


_NO_RECORD: Final = Refusal(404, {"category": "OBJECT_NOT_FOUND"})


# ── lists ──


def change_lists(client: Client, batch: Sequence[Write]) -> list[Receipt]:
    """Make lists by name (a list of that name is left as it is), or delete them."""
    sender = Sender(client)
    return [_one_list(sender, write) for write in batch]


def _one_list(sender: Sender, write: Write) -> Receipt:
    try:
        receipt = _TURNS.get(write.verb, _unsupported)(sender, write)
    except RejectedError as error:
        said = error.refusal.body if isinstance(error, RefusedError) else None
        receipt = Receipt(write.key, Settled.REJECTED, write.id, error=error)
        return replace(receipt, exchange=sender.exchange(_asked(write), said))
    except TransientError as error:
        receipt = Receipt(write.key, Settled.UNKNOWN, write.id, error=error)
    except BlockedError as error:
        if not sender.sent:
            raise
        receipt = Receipt(write.key, Settled.UNKNOWN, write.id, error=error)
    said = {"id": receipt.id, "created": receipt.created} if receipt.error is None else None
    return replace(receipt, exchange=sender.exchange(_asked(write), said))


def _asked(write: Write) -> Input:
    return {"id": write.id} if write.verb is Verb.DELETE else _body(write)


def _create(sender: Sender, write: Write) -> Receipt:
    known = list_named(sender.client, _name(write), _type_id(write))
    if known:
        return Receipt(write.key, Settled.WRITTEN, known)
    work = sender.client.apis.lists.create
    try:
        answer = sender.call(work, _body(write), about=LISTS, repeatable=False)
        id, created = str(answer["list"]["listId"]), True
    except (TransientError, RejectedError):
        # The answer may be lost, or somebody may have been faster: the name tells.
        found = list_named(sender.client, _name(write), _type_id(write))
        if found is None:
            raise
        id, created = found, False
    return Receipt(write.key, Settled.WRITTEN, id, created=created)


def list_named(client: Client, name: str, type_id: str) -> str | None:
    """The id of the list of this name, if there is one."""
    try:
        answer = client.call(client.apis.lists.get_by_name, name, type_id, about=LISTS)
    except RefusedError as error:
        if error.refusal.status == 404:
            return None
        raise
    return str(answer["list"]["listId"])


def _delete(sender: Sender, write: Write) -> Receipt:
    sender.call(sender.client.apis.lists.remove, write.id, about=LISTS, repeatable=True)
    return Receipt(write.key, Settled.WRITTEN, write.id)


def _unsupported(sender: Sender, write: Write) -> Receipt:
    raise RejectedError(
        "Lists are only made and deleted.",
        where=sender.where(write),
        why="Tasuki does not change a list that a person named.",
        remedy="Change the list in HubSpot.",
    )


def _name(write: Write) -> str:
    key = write.natural_key
    return text(write.fields.get("name") or (key[1] if key else ""))


def _type_id(write: Write) -> str:
    given = text(write.fields.get("objectTypeId")) or CONTACTS
    return TYPE_IDS.get(given, given)


def _body(write: Write) -> dict[str, Any]:
    processing = text(write.fields.get("processingType")) or "MANUAL"
    return {"name": _name(write), "objectTypeId": _type_id(write), "processingType": processing}


_TURNS: Final = {Verb.CREATE: _create, Verb.UPSERT: _create, Verb.DELETE: _delete}
