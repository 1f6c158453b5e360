"""What becomes of a mapping or field that was renamed or removed: done once, told in run and plan.

Renamed: its wishes, parked cells, versions, bases and provenance move along; nothing is rewritten.
Removed: its wishes are withdrawn and values that only it fed are dropped from the entities; what
was written to the systems stays there as it is. Where nothing reads an object as an entity any
more, its records are unlinked (merged entities) or their rows go (copied ones).
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Connection, delete, func, or_, select, update

from catalog.shape import Grain
from mappings.spec import Mapping as RecordMapping
from staging import identities, queue, records
from staging.bulk import chunks
from staging.records import Position
from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import LINK
from staging.tables.staged import CURSOR
from staging.tables.writes import CHANGE, INTENT, PARKED
from staging.write import trusted
from sync.context import Runner, Step, Tools
from sync.write.intent import HELD
from tasuki.values import Json, Ref, dumps, loads

_MAPPINGS: Final = "mappings"
_SAID: Final = (_MAPPINGS, "*", "said")
_TOLD: Final = (_MAPPINGS, "*", "told")
_ORIGINS: Final = ("mapping", "create", "delete", "kept")
"""What the origins of a mapping's wishes begin with."""
_HISTORY: Final = ("history", "entities", "since")
SENTENCES: Final = {
    "renamed": "mapping {old} is {new} now: its wishes, bases and written values move along",
    "removed": "mapping {name} is gone: its wishes are withdrawn, values only it fed are dropped; "
    "what was written to systems stays",
    "field renamed": "{mapping}: {old} is {new} now: base, value and provenance move along",
    "field removed": "{mapping}: {gone} is not mapped any more: its values are dropped; what was "
    "written to systems stays",
    "left": "{object} is not read as {entity} any more: {count} records left; their values are "
    "dropped, the systems stay as they are",
}
"""What is told, in English; the holes are filled for each reader in their language."""
_MEASURED: Final = ("account", "person", "opportunity")
Said = dict[str, dict[str, Json]]
"""Mapping → its entity, grain, fields and homes ([connection, object])."""


def reword(run: Runner) -> dict[str, Json]:
    """Follow what was renamed or removed since the last run; one sentence for each."""
    return run.step(REWORD)


def told(db: Connection, run: str) -> list[dict[str, Json]]:
    """What this run said about renamed and removed mappings and fields."""
    found = records.position(db, *_TOLD)
    return list(loads(found.value)) if found.value and found.fields_digest == run else []


def _tell(about: str, **values: str | int) -> dict[str, Json]:
    say = SENTENCES[about]
    return {"text": say.format(**values), "say": say, "values": values}


def _keep_reword(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    kept = records.position(db, *_SAID).value
    known, now = (loads(kept) if kept else None), _said(tools.mappings)
    if known == now:
        return {"told": []}
    records.move(db, *_SAID, Position(dumps(now), None), tools.run, tools.now())
    if known is None:
        records.move(db, *_HISTORY, Position(tools.now(), None), tools.run, tools.now())
        return {"told": []}
    lines = [*_renamed(db, tools, known), *_removed(db, known, now), *_reworded(tools, known, now)]
    lines += _left(db, tools, _homes(known) - _homes(now))
    records.move(db, *_TOLD, Position(dumps(lines), tools.run), tools.run, tools.now())
    return {"told": lines}


REWORD: Final = Step("mappings.reword", keep=_keep_reword)


def _said(mappings: Iterable[RecordMapping]) -> Said:
    return {
        mapping.name: {
            "entity": mapping.entity.name,
            "grain": mapping.entity.grain.value,
            "fields": sorted({*mapping.fields, *mapping.links}),
            "homes": sorted([side.connection, side.object] for side in mapping.sides.values()),
        }
        for mapping in mappings
    }


def _homes(said: Said) -> set[tuple[str, str, str, str]]:
    """(grain, entity, connection, object) of everything that is read."""
    return {(m["grain"], m["entity"], *home) for m in said.values() for home in m["homes"]}


def _renamed(db: Connection, tools: Tools, known: Said) -> Iterator[dict[str, Json]]:
    names = {mapping.name for mapping in tools.mappings}
    for mapping in tools.mappings:
        old = mapping.renamed_from
        if not old or old not in known or old in names:
            continue
        known[mapping.name] = known.pop(old)
        _rename(db, old, mapping.name)
        yield _tell("renamed", old=old, new=mapping.name)


def _rename(db: Connection, old: str, new: str) -> None:
    of = (CURSOR.c.connection == _MAPPINGS, CURSOR.c.object == old)
    db.execute(update(CURSOR).where(*of).values(object=new))
    for origin in _ORIGINS:
        was, is_ = f"{origin}:{old}", f"{origin}:{new}"
        for column in (INTENT.c.id, PARKED.c.id, PARKED.c.intent_id, CHANGE.c.intent_id):
            moved = is_ + func.substr(column, len(was) + 1)
            mine = column.startswith(f"{was}:", autoescape=True)
            db.execute(update(column.table).where(mine).values({column: moved}))
        db.execute(update(INTENT).where(INTENT.c.origin == was).values(origin=is_))
        trusted.rename(db, was, is_)


def _removed(db: Connection, known: Said, now: Said) -> Iterator[dict[str, Json]]:
    for name in sorted(set(known) - set(now)):
        origins = [f"{origin}:{name}" for origin in _ORIGINS]
        _withdraw(db, INTENT.c.origin.in_(origins))
        for origin in origins:
            mine = PARKED.c.id.startswith(f"{origin}:", autoescape=True)
            waits = PARKED.c.state.in_(("open", "dead"))
            db.execute(update(PARKED).where(mine, waits).values(state="closed", next_at=None))
        db.execute(delete(CURSOR).where(CURSOR.c.connection == _MAPPINGS, CURSOR.c.object == name))
        yield _tell("removed", name=name)


def _withdraw(db: Connection, *which: Any) -> None:
    unsent = INTENT.c.state.in_(("open", "parked", "dropped"))
    waiting = or_(unsent, INTENT.c.state.startswith(HELD))
    db.execute(update(INTENT).where(waiting, *which).values(state="withdrawn"))


def _reworded(tools: Tools, known: Said, now: Said) -> Iterator[dict[str, Json]]:
    """Fields of mappings that stayed: the merge follows them by itself, since they read anew."""
    for mapping in tools.mappings:
        if mapping.name not in known:
            continue
        before = set(known[mapping.name]["fields"])
        names = {f.name: f.renamed_from for f in mapping.fields.values() if f.renamed_from}
        moved = {new: old for new, old in names.items() if old in before and new not in before}
        for new, old in moved.items():
            yield _tell("field renamed", mapping=mapping.name, old=old, new=new)
        for gone in sorted(before - set(now[mapping.name]["fields"]) - set(moved.values())):
            yield _tell("field removed", mapping=mapping.name, gone=gone)


def _left(
    db: Connection, tools: Tools, homes: Iterable[tuple[str, str, str, str]]
) -> Iterator[dict[str, Json]]:
    """Objects that nothing reads as an entity any more."""
    read = {(side.connection, side.object) for m in tools.mappings for side in m.sides.values()}
    for grain, entity, connection, object_ in sorted(homes):
        unlink = _unlink if grain == Grain.MERGED else _drop
        count = unlink(db, tools, entity, connection, object_)
        _withdraw(
            db,
            INTENT.c.entity == entity,
            INTENT.c.connection == connection,
            INTENT.c.object == object_,
            INTENT.c.origin.startswith("mapping:"),
        )
        if (connection, object_) not in read:
            for consumer in (queue.MAP, queue.COPY):
                queue.clear(db, consumer, f"{connection}/{object_}")
        yield _tell("left", object=f"{connection}/{object_}", entity=entity, count=count)


def _unlink(db: Connection, tools: Tools, entity: str, connection: str, object: str) -> int:
    of = (LINK.c.entity == entity, LINK.c.connection == connection, LINK.c.object == object)
    held = db.execute(select(LINK.c.id, LINK.c.entity_id).where(*of, LINK.c.valid_to.is_(None)))
    homes = {Ref(connection, object, id_): entity_id for id_, entity_id in held}
    identities.relink(db, entity, homes, [], tools.now())
    identities.set_keys(db, entity, {ref: {} for ref in homes})
    queue.mark(db, queue.MERGE, entity, homes.values())
    others = identities.members_of(db, entity, set(homes.values()))
    refs = (str(link.ref) for links in others.values() for link in links)
    queue.mark(db, queue.IDENTIFY, entity, refs)
    return len(homes)


def _drop(db: Connection, _tools: Tools, entity: str, connection: str, object: str) -> int:
    table = ENTITY_TABLES.get(entity)
    if table is None:
        return 0
    of = (table.c.connection == connection, table.c.object == object)
    for field in (c for c in table.c if c.name.removesuffix("_id") in _MEASURED):
        ids = list(db.scalars(select(field).where(*of, field.is_not(None)).distinct()))
        for chunk in chunks(ids):
            queue.mark(db, queue.MEASURE, field.name.removesuffix("_id"), chunk)
    return db.execute(delete(table).where(*of)).rowcount
