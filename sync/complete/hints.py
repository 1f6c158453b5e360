"""Records a webhook spoke of: marked when it arrives, read at the beginning of the next run.

A hint is no truth: the record is read before anything is believed, and polling reads it anyway.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from connectors.protocol import Hint
from staging import queue
from sync.context import Tools
from sync.reading.stream import streams


def note(db: Connection, tools: Tools, connection: str, hints: Iterable[Hint]) -> int:
    """Remember the hints of a connection for its next run; how many are of objects we read."""
    known = {each.object: each.kind for each in streams(tools) if each.connection == connection}
    noted: dict[str, set[str]] = {}
    for hint in hints:
        if hint.object in known:
            noted.setdefault(known[hint.object], set()).add(hint.id)
    for kind, ids in noted.items():
        queue.mark(db, queue.HINTED, kind, sorted(ids))
    return sum(map(len, noted.values()))
