"""Fields we may not see: dropped from the question and named, never taken for empty.

Salesforce answers a field without read access as it answers a misspelt one: `INVALID_FIELD`, and
nothing else of the statement. So the refused question is asked once more without the fields that
the object's describe, read anew, no longer shows.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from connectors.salesforce.client import Client, Hidden
from connectors.salesforce.metadata.describe import described_field
from tasuki.errors import BlockedError, ConfigError, RejectedError, TasukiError

T = TypeVar("T")

_NO_FIELD: Final = "INVALID_FIELD"
_NO_OBJECT: Final = "INVALID_TYPE"
_BELIEVED_FOR: Final = timedelta(hours=1)


def asking(
    client: Client, object: str, fields: Sequence[str], ask: Callable[[Sequence[str]], T]
) -> T:
    """Ask for the fields that we may see; once more when it turns out that we see fewer.

    Errors: BlockedError naming the object when it is not shown to us at all; ConfigError when
            every field is there and the question is wrong for another reason.
    """
    hidden = _hidden(client, object)
    try:
        try:
            return ask([name for name in fields if name not in hidden])
        except ConfigError as error:
            found = _unseen(client, object, fields) if _NO_FIELD in error.what else frozenset()
            if not found - hidden:
                raise
        client.hidden[object] = Hidden(found | hidden, client.clock.now())
        return ask([name for name in fields if name not in found | hidden])
    except ConfigError as error:
        raise _not_shown(client, object, error) from None


def _hidden(client: Client, object: str) -> frozenset[str]:
    """What need not be asked for, for now: somebody may have given us the permission since."""
    known = client.hidden.get(object)
    if known is None or client.clock.now() - known.found_at > _BELIEVED_FOR:
        return frozenset()
    return known.fields


def _unseen(client: Client, object: str, fields: Sequence[str]) -> frozenset[str]:
    client.described.clear()
    return frozenset(name for name in fields if not _shows(client, object, name))


def _shows(client: Client, object: str, path: str) -> bool:
    try:
        return described_field(client, object, path) is not None
    except RejectedError:  # a parent object that is not shown to us answers 404
        return False


def _not_shown(client: Client, object: str, error: ConfigError) -> TasukiError:
    if _NO_OBJECT not in error.what or _NO_FIELD in error.what:
        return error
    return BlockedError(
        f"Salesforce does not show us the object {object}",
        where=f"{client.connection}/{object}",
        why=f"the integration user has no Read permission on {object}, or the org does not have it",
        remedy=f"Give the integration user Read on {object} in a permission set, "
        "or correct the object in the mapping.",
    )
