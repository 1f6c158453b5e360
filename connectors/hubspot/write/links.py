"""Links that a write brings: in the body of a create, or set afterwards; setting twice is once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from connectors.hubspot.client import Client
from connectors.hubspot.faults import RefusedError
from connectors.hubspot.write.batch import Sender
from connectors.protocol import Exchange, LinkTo
from tasuki.errors import BlockedError, RejectedError, TasukiError, TransientError
from tasuki.values import Json

Tie: TypeAlias = tuple[str, LinkTo]
"""Record id and what it is linked to."""
To: TypeAlias = tuple[str, str | None]
"""The linked object, and under which label."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a record's links could not be changed, and what went over the wire."""

    error: TasukiError
    exchange: Exchange | None


Failures: TypeAlias = dict[str, Failed]
"""By record id."""
AT_ONCE: Final = 1000
TYPES: Final[Mapping[tuple[str, str], int]] = {
    ("contacts", "companies"): 279,
    ("companies", "contacts"): 280,
    ("contacts", "deals"): 4,
    ("deals", "contacts"): 3,
    ("companies", "deals"): 342,
    ("deals", "companies"): 341,
    ("tasks", "contacts"): 204,
    ("tasks", "companies"): 192,
    ("tasks", "deals"): 216,
    ("tasks", "tickets"): 230,
    ("contacts", "tasks"): 203,
    ("companies", "tasks"): 191,
    ("deals", "tasks"): 215,
    ("notes", "contacts"): 202,
    ("notes", "companies"): 190,
    ("notes", "deals"): 214,
    ("calls", "contacts"): 194,
    ("calls", "companies"): 182,
    ("calls", "deals"): 206,
    ("meetings", "contacts"): 200,
    ("meetings", "companies"): 188,
    ("meetings", "deals"): 212,
}
"""HubSpot's own type id of the plain link, by direction."""


def inline(object: str, links: Sequence[LinkTo]) -> list[dict[str, Any]] | None:
    """The links as part of a create; None when one has no known type and must be set later."""
    if any(link.label or (object, link.object) not in TYPES for link in links):
        return None
    return [{"to": {"id": link.id}, "types": [_type(TYPES[object, link.object])]} for link in links]


def _type(id: int) -> dict[str, Any]:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": id}


@dataclass(frozen=True, slots=True)
class Turn:
    """One kind of change to links, and how many of them go in one call."""

    call: Callable[[Sender, str, To, Sequence[Tie]], Json]
    at_once: int


def associate(sender: Sender, object: str, ties: Sequence[Tie]) -> Failures:
    """Set links; the record ids whose links could not be set, with why."""
    return change(sender, Turn(_set, AT_ONCE), object, ties)


def change(sender: Sender, turn: Turn, object: str, ties: Sequence[Tie]) -> Failures:
    """Change links, those to one object and label together; what failed."""
    failed: Failures = {}
    for to in dict.fromkeys((link.object, link.label) for _, link in ties):
        wanted = [tie for tie in ties if (tie[1].object, tie[1].label) == to]
        for start in range(0, len(wanted), turn.at_once):
            failed |= _tried(sender, turn, object, to, wanted[start : start + turn.at_once])
    return failed


def _tried(sender: Sender, turn: Turn, object: str, to: To, ties: Sequence[Tie]) -> Failures:
    sender.heard = None
    try:
        answer = turn.call(sender, object, to, ties)
    except (TransientError, BlockedError) as error:
        return {tie[0]: _failed(sender, tie, error, None) for tie in ties}
    except RejectedError as error:
        return _halved(sender, turn, object, to, ties, error)
    if not answer.get("errors"):
        return {}
    refused = RejectedError(
        "A link was refused.",
        where=f"{sender.client.connection}/{object}",
        why=f"The record itself is written; HubSpot does not link it to this {to[0]} record.",
        remedy="Pull again: the linked record was deleted or merged.",
    )
    return _halved(sender, turn, object, to, ties, refused, answer)


def _halved(
    sender: Sender,
    turn: Turn,
    object: str,
    to: To,
    ties: Sequence[Tie],
    error: RejectedError,
    answer: Json | None = None,
) -> Failures:
    """A whole call was refused: halve it until the refusal concerns one link."""
    if len(ties) == 1:
        said = error.refusal.body if isinstance(error, RefusedError) else answer
        return {ties[0][0]: _failed(sender, ties[0], error, said)}
    middle = len(ties) // 2
    first = _tried(sender, turn, object, to, ties[:middle])
    return first | _tried(sender, turn, object, to, ties[middle:])


def _failed(sender: Sender, tie: Tie, error: TasukiError, answer: Any) -> Failed:
    id, link = tie
    return Failed(error, sender.exchange({"from": {"id": id}, "to": {"id": link.id}}, answer))


def _set(sender: Sender, object: str, to: To, ties: Sequence[Tie]) -> Json:
    client: Client = sender.client
    other, label = to
    kind = TYPES.get((object, other))
    ends = [{"from": {"id": id}, "to": {"id": link.id}} for id, link in ties]
    work = client.apis.associations.create if kind else client.apis.associations.create_default
    type = _type(kind) if kind else None
    if label is not None:
        work, type = client.apis.associations.create, labelled(client, object, other, label)
        if type is None:
            raise _no_label(client, object, other, label)
    inputs = [{**end, "types": [type]} for end in ends] if type else ends
    return sender.call(work, object, other, {"inputs": inputs}, about=object, repeatable=True)


def labelled(client: Client, object: str, other: str, label: str) -> dict[str, Any] | None:
    """The account's own type of a labelled link; None when it has no such label."""
    answer = client.call(client.apis.labels.get_all, object, other, about=object)
    for row in answer.get("results") or ():
        if row.get("label") == label:
            category, id = row.get("category"), row.get("typeId")
            return {"associationCategory": category, "associationTypeId": id}
    return None


def _no_label(client: Client, object: str, other: str, label: str) -> RejectedError:
    return RejectedError(
        f"There is no label {label!r} between {object} and {other}.",
        where=f"{client.connection}/{object}",
        why="HubSpot links records under labels that the account defines.",
        remedy=f"Define the label in HubSpot, or correct it in the mapping's link to {other}.",
    )
