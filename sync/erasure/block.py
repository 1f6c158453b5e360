"""What a system says of erased people is not kept: their records stay empty places."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from sqlalchemy import Connection

from connectors.protocol import Record
from mappings.apply import normalize
from mappings.spec import Mapping, Side
from staging.erasure import tombstones
from staging.erasure.purge import EMPTY
from sync.context import Tools
from sync.erasure import keyring
from sync.erasure.subject import EMAIL, REF
from tasuki.values import Ref

Readers: TypeAlias = Sequence[tuple[Mapping, Side]]
"""The mapping sides that read an object."""
_ADDRESSES: Final = ("email", "recipient")
"""Entity fields that say whose a record is."""


def emptied(
    db: Connection, tools: Tools, at: tuple[str, str], readers: Readers, found: Sequence[Record]
) -> Sequence[Record]:
    """The records of an object as they may be kept; one question while nobody was ever erased."""
    if not found or not tombstones.any_stand(db):
        return found
    ring = keyring.load(tools.project)
    marks: dict[str, set[str]] = defaultdict(set)
    for record in found:
        for kind, value in _says(at, readers, record):
            for mark in ring.marks(kind, value):
                marks[mark].add(record.id)
    gone = {id_ for mark in tombstones.known(db, marks) for id_ in marks[mark]}
    return [
        replace(record, fields=EMPTY, modified_by=None) if record.id in gone else record
        for record in found
    ]


def _says(at: tuple[str, str], readers: Readers, record: Record) -> Iterator[tuple[str, str]]:
    yield REF, str(Ref(*at, record.id))
    for mapping, side in readers:
        said = normalize(mapping, side.name, record.fields, record.id)
        texts = [said.values.get(name) for name in _ADDRESSES]
        texts += [key.value for key in said.keys if "@" in key.value]
        yield from ((EMAIL, text.lower()) for text in texts if isinstance(text, str) and text)
