"""What a system says of erased people is not kept: their records stay empty places.

Of others' records only their addresses and numbers go, and of a record that is about them, an
activity or a case, whatever somebody wrote in it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from connectors.protocol import Record
from mappings.apply import Normalized, fields_to_read, normalize
from mappings.spec import Mapping as RecordMapping
from mappings.spec import Side
from staging.erasure import tombstones
from staging.erasure.purge import EMPTY, SHARED
from staging.erasure.scrub import cleaned, pattern_of
from sync.context import Tools
from sync.erasure import keyring
from sync.erasure.marks import ABOUT, EMAIL, REF, values_in
from tasuki.values import Ref

Readers: TypeAlias = Sequence[tuple[RecordMapping, Side]]
"""The mapping sides that read an object."""
_ADDRESSES: Final = ("email", "recipient")
"""Entity fields that say whose a record is."""
_OWN: Final = "own"
_WITHIN: Final = "within"
"""What a mark may mean: the record is theirs, or a value in it; else it is about them."""


@dataclass(slots=True)
class _Meant:
    """What the marks that stand mean for one record."""

    is_theirs: bool = False
    is_about: bool = False
    values: set[str] = field(default_factory=set)


def emptied(
    db: Connection, tools: Tools, at: tuple[str, str], readers: Readers, found: Sequence[Record]
) -> Sequence[Record]:
    """The records of an object as they may be kept; one question while nobody was ever erased."""
    if not found or not tombstones.any_stand(db):
        return found
    meant = _meant(db, tools, at, readers, found)
    return [_kept(readers, record, meant[record.id]) for record in found]


def _kept(readers: Readers, record: Record, meant: _Meant) -> Record:
    if meant.is_theirs:
        return replace(record, fields=EMPTY, modified_by=None)
    fields = dict(record.fields)
    if meant.is_about:
        fields = unwritten(readers, fields)
    if meant.values:
        fields = cleaned(fields, pattern_of(meant.values))
    return record if fields == record.fields else replace(record, fields=fields)


def unwritten(readers: Readers, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A record's fields without what somebody wrote: personal fields, and those nobody mapped."""
    plain = {
        name
        for mapping, side in readers
        for name in fields_to_read(mapping, side.name)
        if name not in {*written_in(mapping, side.name), *side.keep}
    }
    return {name: value if name in plain else None for name, value in fields.items()}


def written_in(mapping: RecordMapping, side: str) -> set[str]:
    """The platform fields of a side that hold a person's values."""
    rules = (rule for rule in mapping.fields.values() if rule.personal)
    return {n for rule in rules if (look := rule.sides.get(side)) for n in look.names}


def _meant(
    db: Connection, tools: Tools, at: tuple[str, str], readers: Readers, found: Sequence[Record]
) -> dict[str, _Meant]:
    ring = keyring.load(tools.project)
    asked: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for record in found:
        for kind, value, role, spelled in _says(tools, at, readers, record):
            for mark in ring.marks(kind, value):
                asked[mark].append((record.id, role, spelled))
    meant: dict[str, _Meant] = defaultdict(_Meant)
    for mark in tombstones.known(db, asked):
        for id_, role, spelled in asked[mark]:
            if role == _OWN:
                meant[id_].is_theirs = True
            elif role == ABOUT:
                meant[id_].is_about = True
            else:
                meant[id_].values.add(spelled)
    return meant


def _says(
    tools: Tools, at: tuple[str, str], readers: Readers, record: Record
) -> Iterator[tuple[str, str, str, str]]:
    """What could be marked: kind, value, what it would mean, and its spelling."""
    ref = str(Ref(*at, record.id))
    yield REF, ref, _OWN, ""
    for mapping, side in readers:
        said = normalize(mapping, side.name, record.fields, record.id)
        yield from ((EMAIL, text.lower(), _OWN, "") for text in _addresses(said))
        if mapping.entity.name in SHARED:
            yield ABOUT, ref, ABOUT, ""
            yield from ((REF, str(each), ABOUT, "") for each in _people(mapping, said))
    for kind, value, spelled in values_in(tools, "\n".join(_texts(record.fields))):
        yield kind, value, _WITHIN, spelled


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _addresses(said: Normalized) -> Iterator[str]:
    texts = [said.values.get(name) for name in _ADDRESSES]
    texts += [key.value for key in said.keys if "@" in key.value]
    yield from (text for text in texts if isinstance(text, str) and text)


def _people(mapping: RecordMapping, said: Normalized) -> Iterator[Ref]:
    """The records of people that a record points at."""
    for reference in mapping.entity.refs():
        if reference.to == "person":
            targets = said.links.get(reference.name, ())
            yield from (target for target in targets if isinstance(target, Ref))
