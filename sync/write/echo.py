"""Our own settled writes become what we know and what was agreed, so that no echo is a change."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection

from catalog.shape import Grain
from connectors.protocol import Verb
from mappings.apply import normalize
from mappings.spec import Mapping, mapping_of
from mappings.values import to_json
from staging import records
from staging.history import agreed
from staging.history.agreed import Agreed
from staging.write.receipts import ReceiptRow
from sync.context import Tools
from sync.identity.pointers import resolve
from sync.wishes.made import belong, forget
from sync.write import cell
from tasuki.values import Json, Ref

Cells = dict[str, dict[str, Json]]
"""Record id → platform field → value."""


def take_in(db: Connection, tools: Tools, written: Iterable[ReceiptRow]) -> None:
    """Take settled updates into the records and their bases, creates and deletes into the links.

    The receipts name the records that their writes made.
    """
    cells: dict[tuple[str, str], Cells] = defaultdict(dict)
    settled = list(written)
    belong(db, tools, (r for r in settled if r.verb in (Verb.CREATE, Verb.UPSERT)))
    forget(db, tools, (r for r in settled if r.verb == Verb.DELETE))
    for receipt in settled:
        if receipt.verb == Verb.UPDATE and receipt.record_id:
            cells[receipt.connection, receipt.object][receipt.record_id] = {
                name: cell.written(name, receipt.before.get(name), sent)
                for name, sent in receipt.fields.items()
            }
    for (connection, object_), by_id in cells.items():
        content = records.overlay(db, connection, object_, by_id)
        _agree(db, tools, (connection, object_), by_id, content)


def _agree(db: Connection, tools: Tools, at: tuple[str, str], cells: Cells, content: Cells) -> None:
    """What we wrote is agreed: a later merge must not take it for somebody's change."""
    merged = [m for m in tools.mappings if m.entity.grain is Grain.MERGED]
    home = mapping_of(merged, *at)
    bases = agreed.of(db, *at, cells)
    if home is None or not bases:
        return
    mapping, side = home
    known = {id_: content[id_] for id_ in bases if id_ in content}
    wrote = {
        id_: {
            rule.name
            for rule in mapping.pushed(side.name)
            if rule.sides[side.name].names[0] in cells[id_]
        }
        for id_ in known
    }
    said = {id_: normalize(mapping, side.name, cells, id_) for id_, cells in known.items()}
    pointed = resolve(db, mapping, {Ref(*at, id_): each.links for id_, each in said.items()})
    agreed_on = {
        id_: _of(said[id_].values, wrote[id_]) | _of(pointed[Ref(*at, id_)], tied)
        for id_ in known
        for tied in [_tied(mapping, side.name, cells[id_])]
    }
    kept = ((id_, Agreed(bases[id_].values | agreed_on[id_], mapping.version)) for id_ in known)
    agreed.keep(db, ((*at, id_, base) for id_, base in kept))


def _tied(mapping: Mapping, side: str, cells: Iterable[str]) -> set[str]:
    """The references whose pointers were written."""
    names = set(cells)
    links = mapping.links.items()
    return {n for n, rule in links if names & {way.source for way in rule.sides.get(side, ())}}


def _of(values: dict[str, Json], names: set[str]) -> dict[str, Json]:
    return {name: to_json(values[name]) for name in names if name in values}
