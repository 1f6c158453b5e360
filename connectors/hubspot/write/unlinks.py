"""Links that a write takes away; taking away twice is once.

A plain unlink takes everything between the two records away, labels too; under a label only that
label goes, and the plain link stays.

Source: platforms notes on HubSpot, §8: a removal starts at 100 records at most.
"""

from collections.abc import Sequence
from typing import Any, Final

from connectors.hubspot.faults import RefusedError
from connectors.hubspot.write.batch import Sender
from connectors.hubspot.write.links import Failed, Failures, Tie, To, Turn, change, labelled
from tasuki.values import Json

AT_ONCE: Final = 100


def dissociate(sender: Sender, object: str, ties: Sequence[Tie]) -> Failures:
    """Take links away; the record ids whose links still stand, with why."""
    failed = change(sender, Turn(_take, AT_ONCE), object, ties)
    return {id: each for id, each in failed.items() if not _is_gone(each)}


def _take(sender: Sender, object: str, to: To, ties: Sequence[Tie]) -> Json:
    other, label = to
    apis = sender.client.apis.associations
    if label is None:
        body: dict[str, Any] = {"inputs": _by_start(ties)}
        return sender.call(apis.archive, object, other, body, about=object, repeatable=True)
    type = labelled(sender.client, object, other, label)
    if type is None:  # nothing stands under a label that the account does not have
        return {}
    inputs = [{"from": {"id": id}, "to": {"id": link.id}, "types": [type]} for id, link in ties]
    body = {"inputs": inputs}
    return sender.call(apis.archive_labels, object, other, body, about=object, repeatable=True)


def _by_start(ties: Sequence[Tie]) -> list[dict[str, Any]]:
    """One input per record, naming all it is to be parted from."""
    ends: dict[str, list[dict[str, str]]] = {}
    for id, link in ties:
        ends.setdefault(id, []).append({"id": link.id})
    return [{"from": {"id": id}, "to": to} for id, to in ends.items()]


def _is_gone(failed: Failed) -> bool:
    """Where one of the two records is not there, no link is."""
    error = failed.error
    return (
        isinstance(error, RefusedError)
        and error.refusal.status == 404
        and not error.refusal.concerns_all
    )
