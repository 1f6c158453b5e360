"""Records a webhook spoke of: marked when it arrives, read at the beginning of the next run.

A hint is no truth: the record is read before anything is believed, and polling reads it anyway.
"""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection

from connectors.protocol import Hint
from staging import queue
from sync.context import Tools
from sync.reading.stream import streams


def note(db: Connection, tools: Tools, connection: str, hints: Iterable[Hint]) -> int:
    """Remember the hints of a connection for its next run; how many are of objects we read."""
    known = {each.object: each.kind for each in streams(tools) if each.connection == connection}
    noted: dict[str, set[str]] = defaultdict(set)
    erased: dict[str, set[str]] = defaultdict(set)
    for hint in hints:
        if hint.object in known:
            noted[known[hint.object]].add(hint.id)
            if hint.is_erasure:
                erased[known[hint.object]].add(hint.id)
    for consumer, found in ((queue.HINTED, noted), (queue.ERASED, erased)):
        for kind, ids in found.items():
            queue.mark(db, consumer, kind, sorted(ids))
    return sum(map(len, noted.values()))
