"""Lists in the log: who joined and who left; only the journal tells of it."""

from collections.abc import Iterable

from sandbox.hubspot.webhooks.changes import is_watched, note
from sandbox.state import State


def note_members(
    state: State,
    list_id: int,
    type: str,
    records: Iterable[tuple[int]],
    author: tuple[str, str],
    *,
    removed: bool = False,
) -> None:
    """Tell of records (rows of one id) that joined a list or, `removed`, left it."""
    if not is_watched(state):
        return
    action = "REMOVED_FROM_LIST" if removed else "ADDED_TO_LIST"
    for (record,) in records:
        note(state, action, type, record, author, listId=str(list_id))
