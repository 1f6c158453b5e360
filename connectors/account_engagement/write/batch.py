"""Writing one record per call; the platform has no batches.

E-mail names a prospect, but not always only one: the platform may let several share an address, and
reads lag behind writes. So a key is looked up first. What is found once is updated (an upsert) or
left as it is (a create); what is found several times is nobody's to choose and is rejected. What is
not found goes out as `upsertLatestByEmail`, which the platform carries out on the primary: a record
made within the last minute, which reads do not show yet, is met and not doubled.

A call whose answer is lost is never repeated: its record is UNKNOWN until somebody has read it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from connectors.account_engagement.client import Answer, Call, Client
from connectors.account_engagement.faults import MissingError
from connectors.account_engagement.metadata import Kind, kind_of
from connectors.account_engagement.read.records import find
from connectors.account_engagement.write.payload import payload
from connectors.exchange import told
from connectors.protocol import Receipt, Settled, Verb, Write
from tasuki.errors import (
    BlockedError,
    ConfigError,
    RejectedError,
    TasukiError,
    TransientError,
)

EMAIL: Final = "email"
_PAIR: Final = ("listId", "prospectId")
_UPSERT: Final = "objects/prospects/do/upsertLatestByEmail"
_ACTIONS: Final[Mapping[str, str]] = {
    "prospectId": "assignToProspect",
    "companyName": "identifyCompany",
}
"""Fields of a visitor that are set by an action."""


@dataclass(frozen=True, slots=True)
class Meant:
    """Which record a write is about: none yet, one, or too many."""

    ids: tuple[str, ...] = ()


def write(client: Client, batch: Sequence[Write]) -> list[Receipt]:
    """One receipt per write, in order. Errors: BlockedError only when nothing was sent."""
    if len({(each.object, each.verb) for each in batch}) > 1:
        raise ValueError("a batch holds one object and one verb")
    receipts: list[Receipt] = []
    unknown: dict[tuple[str, str], Receipt] = {}
    for each in batch:
        twin = unknown.get(each.natural_key) if each.natural_key else None
        receipt = replace(twin, key=each.key) if twin else _exchanged(client, each)
        if receipt.settled is Settled.UNKNOWN and each.natural_key:
            unknown[each.natural_key] = receipt
        receipts.append(receipt)
    blocked = [each.error for each in receipts if isinstance(each.error, BlockedError)]
    if blocked and len(blocked) == len(receipts):
        raise blocked[0]
    return receipts


def _exchanged(client: Client, write: Write) -> Receipt:
    """The receipt with what went over the wire; a record's last call is told."""
    client.heard()  # another record's
    receipt = _settle(client, write)
    heard = client.heard()
    if heard is None:
        return receipt
    line = f"{heard.call.method} /{heard.call.path}"
    return replace(receipt, exchange=told(line, heard.status, heard.call.body, heard.body))


def _settle(client: Client, write: Write) -> Receipt:
    try:
        return _carry_out(client, kind_of(write.object, client.connection), write)
    except MissingError as error:
        if write.verb is Verb.DELETE:
            return Receipt(write.key, Settled.WRITTEN, write.id)
        return Receipt(write.key, Settled.REJECTED, write.id, error=error)
    except ConfigError as error:  # what a file should have said differently parks a record too
        parked = RejectedError(error.what, where=error.where, why=error.why, remedy=error.remedy)
        return Receipt(write.key, Settled.REJECTED, write.id, error=parked)
    except TasukiError as error:
        is_open = isinstance(error, TransientError) and error.outcome_unknown
        settled = Settled.UNKNOWN if is_open else Settled.REJECTED
        return Receipt(write.key, settled, write.id, error=error)


def _carry_out(client: Client, kind: Kind, write: Write) -> Receipt:
    if write.id is None:
        meant = _meant(client, kind, write)
        if len(meant.ids) > 1:
            raise _shared(client, write)
        if meant.ids and write.verb is Verb.CREATE:
            return Receipt(write.key, Settled.WRITTEN, meant.ids[0])
        if meant.ids:
            write = replace(write, id=meant.ids[0])
    match write.verb:
        case Verb.DELETE:
            return _delete(client, write)
        case Verb.CREATE if write.id is None:
            return _make(client, kind, write)
        case Verb.UPSERT if write.id is None:
            return _make(client, kind, write)
    if write.id is None or not write.id.isdigit():
        raise _nameless(client, write)
    return _update(client, kind, write, write.id)


def _meant(client: Client, kind: Kind, write: Write) -> Meant:
    """Who already holds the natural key; for a list membership the pair of ids is one."""
    if kind.name == "list-memberships":
        return _membership(client, kind, write)
    if write.natural_key is None or write.verb in {Verb.UPDATE, Verb.DELETE}:
        return Meant()
    field, value = write.natural_key
    return Meant(tuple(each.id for each in find(client, write.object, field, [value], ["id"])))


def _membership(client: Client, kind: Kind, write: Write) -> Meant:
    body = payload(kind, write)
    if not all(name in body for name in _PAIR):
        return Meant()
    list_id, prospect_id = (str(body[name]) for name in _PAIR)
    found = find(client, kind.name, "prospectId", [prospect_id], ["listId"])
    return Meant(tuple(each.id for each in found if str(each.fields["listId"]) == list_id)[:1])


def _make(client: Client, kind: Kind, write: Write) -> Receipt:
    body = payload(kind, write)
    if kind.name == "prospects" and write.natural_key and write.natural_key[0] == EMAIL:
        email = body.pop(EMAIL)
        asked = {"matchEmail": email, "prospect": body, "fields": ["id"]}
        answer = _send(client, write, "POST", _UPSERT, asked)
    elif write.verb is Verb.UPSERT:
        raise _nameless(client, write)
    else:
        answer = _send(client, write, "POST", f"objects/{kind.name}", body)
    return Receipt(write.key, Settled.WRITTEN, str(answer.body["id"]), created=answer.status == 201)


def _update(client: Client, kind: Kind, write: Write, id: str) -> Receipt:
    body = payload(kind, write)
    path = f"objects/{kind.name}/{id}"
    if kind.name == "visitors":
        for name in [each for each in _ACTIONS if each in body]:
            _send(client, write, "POST", f"{path}/do/{_ACTIONS[name]}", {name: body.pop(name)})
        if not body:
            return Receipt(write.key, Settled.WRITTEN, id)
    _send(client, write, "PATCH", path, body)
    return Receipt(write.key, Settled.WRITTEN, id)


def _delete(client: Client, write: Write) -> Receipt:
    if write.id is None:
        if write.object == "list-memberships":
            return Receipt(write.key, Settled.WRITTEN)  # nobody is on the list: it is done
        raise _nameless(client, write)
    _send(client, write, "DELETE", f"objects/{write.object}/{write.id}", None)
    return Receipt(write.key, Settled.WRITTEN, write.id)


def _send(
    client: Client, write: Write, method: str, path: str, body: Mapping[str, Any] | None
) -> Answer:
    about = "/".join(filter(None, (write.object, write.id)))
    return client.call(Call(method, path, body=body, about=about, sends=True))


def _nameless(client: Client, write: Write) -> RejectedError:
    return RejectedError(
        f"Account Engagement: {write.verb} without an id",
        where=f"{client.connection}/{write.object}",
        why="nothing says which record is meant",
        remedy="Give the write an id; prospects may also be named by e-mail.",
    )


def _shared(client: Client, write: Write) -> RejectedError:
    return RejectedError(
        "Account Engagement: several prospects share the address",
        where=f"{client.connection}/{write.object}",
        why="nothing says which of them is meant",
        remedy="Merge them there, or link the right one to its person.",
    )
