"""The conflict inbox: fields on which records moved apart, decided once, by a person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from config.nearest import did_you_mean
from mappings.values import as_entity, to_json
from staging import identities, queue, records, rows
from staging.labels import labels
from staging.write import conflicts
from staging.write.conflicts import Conflict
from tasuki.errors import GuardError, UnknownRecordError
from tasuki.service.accounts import audit
from tasuki.service.app import App
from tasuki.service.explaining.cells import declared
from tasuki.service.explaining.people import who
from tasuki.values import Json, Ref


@dataclass(frozen=True, slots=True)
class CandidateView:
    """What one record says."""

    ref: str
    side: str
    value: Json
    at: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class ConflictView:
    """One disputed field with everything a person needs to decide it."""

    id: str
    entity: str
    entity_id: str
    label: str
    field: str
    value: Json
    """What the entity holds meanwhile."""
    candidates: tuple[CandidateView, ...]
    state: str
    at: str
    chosen: Json
    decided_at: str | None
    decided_by: str | None
    reason: str | None
    policy: str
    place: str
    """File and line of the field's policy."""


def inbox(
    app: App, state: str = "open", entity: str = "", field: str = "", limit: int = 200
) -> tuple[ConflictView, ...]:
    """The conflicts in a state (of an entity, of a field), oldest first."""
    _known(state, conflicts.STATES, "state")
    if entity:
        _known(entity, app.tools.entities, "entity")
    with app.store.reading() as db:
        found = conflicts.listed(db, state, entity, field, limit)
        return tuple(_views(db, app, found))


def part(
    app: App, states: Sequence[str], entity: str = "", *, limit: int = 20, skip: int = 0
) -> tuple[ConflictView, ...]:
    """Some of the conflicts in these states: open ones oldest first, others by the last answer."""
    with app.store.reading() as db:
        return tuple(_views(db, app, conflicts.part(db, states, entity, limit=limit, skip=skip)))


def tally(app: App) -> Mapping[tuple[str, str], int]:
    """How many conflicts there are: (entity, state) → count."""
    with app.store.reading() as db:
        return conflicts.tally(db)


def show(app: App, id: str) -> ConflictView:
    """One conflict. Errors: UnknownRecordError."""
    with app.store.reading() as db:
        return _views(db, app, [_require(db, id)])[0]


def resolve(
    app: App, id: str, by: str, *, take: str = "", value: str | None = None, reason: str = ""
) -> ConflictView:
    """Decide a conflict: take what a side or a record says, or another value.

    The next run makes it the entity's value, and the next plan writes it to the other sides. The
    same values are never asked about again; only a new move apart is a new conflict.

    Errors: UnknownRecordError; GuardError when it is not open, or what was chosen is no choice.
    """
    with app.store.writing() as db:
        found = _require(db, id)
        if found.state not in ("open", "decided"):
            raise _closed(found)
        chosen = _chosen(app, found, take, value)
        after = conflicts.decided(found, chosen, by, reason, app.tools.now())
        conflicts.keep(db, [after])
        queue.mark(db, queue.MERGE, found.entity, [found.entity_id])
    audit(app, by, "conflict.decided", id, took=chosen["ref"] or "a value", reason=reason)
    return show(app, id)


def reopen(app: App, id: str, by: str, reason: str = "") -> ConflictView:
    """Take a decision back: the field waits for a person again, and is written nowhere meanwhile.

    Where the records agree by now, the next run closes it: there is nothing left to decide.

    Errors: UnknownRecordError; GuardError when nothing is decided.
    """
    with app.store.writing() as db:
        found = _require(db, id)
        if found.state != "decided":
            raise _closed(found)
        conflicts.keep(db, [conflicts.reopened(found)])
        queue.mark(db, queue.MERGE, found.entity, [found.entity_id])
    audit(app, by, "conflict.reopened", id, reason=reason)
    return show(app, id)


def _chosen(app: App, found: Conflict, take: str, value: str | None) -> Json:
    if (value is None) == (not take):
        raise _no_choice(found, "either a side (or record) or a value is needed, not both")
    if value is not None:
        return {"ref": None, "value": _typed(app, found, value)}
    said = [c for c in found.candidates if take in (c["ref"], c["side"])]
    values = {str(c["value"]) for c in said}
    if not said or said[0]["value"] in (None, ""):
        raise _no_choice(found, f"`{take}` says nothing about it")
    if len(values) > 1:
        refs = ", ".join(c["ref"] for c in said)
        raise _no_choice(found, f"records of `{take}` differ among themselves: {refs}")
    return {"ref": said[0]["ref"], "value": said[0]["value"]}


def _typed(app: App, found: Conflict, value: str) -> Json:
    if not value.strip():
        raise _no_choice(found, "a blank is no decision")
    rules = (m.fields.get(found.field) for m in app.tools.mappings if m.entity.name == found.entity)
    rule = next((each for each in rules if each), None)
    if rule is None:
        raise _no_choice(found, "no mapping has the field any more")
    try:
        return to_json(as_entity(rule, value))
    except (ValueError, ArithmeticError):
        raise _no_choice(found, f"the value is no {rule.type.value}") from None


def _no_choice(found: Conflict, why: str) -> GuardError:
    sides = " | ".join(dict.fromkeys(c["side"] for c in found.candidates))
    return GuardError(
        "this is no choice for the conflict",
        where=found.id,
        why=why,
        remedy=f"Write `--take {sides}`, `--take` with a record's ref, or `--value`.",
    )


def _closed(found: Conflict) -> GuardError:
    why = {
        "open": "nobody decided it yet",
        "decided": f"decided by {found.decided_by} at {found.decided_at}",
        "resolved": "the records say the same again",
        "overtaken": "records moved on after the decision",
    }[found.state]
    return GuardError(
        f"this conflict is {found.state}",
        where=found.id,
        why=why,
        remedy="`tasuki conflicts` lists those that wait.",
    )


def _require(db: Connection, id: str) -> Conflict:
    found = conflicts.by_id(db, id)
    if found is None:
        raise UnknownRecordError(
            f"there is no conflict `{id}`",
            why="no field was ever disputed under that id",
            remedy="`tasuki conflicts` lists what is open, `--state decided` what was decided.",
        )
    return found


def _known(word: str, known: Iterable[str], what: str) -> None:
    if word not in known:
        raise UnknownRecordError(
            f"there is no {what} `{word}`",
            why="conflicts are told apart by other words",
            remedy=did_you_mean(word, known, "Leave it out."),
        )


def _views(db: Connection, app: App, found: Sequence[Conflict]) -> list[ConflictView]:
    names = labels(db, ((c.entity, c.entity_id) for c in found))
    held: dict[str, dict[str, Any]] = {}
    for entity in {c.entity for c in found}:
        ids = [c.entity_id for c in found if c.entity == entity]
        known = rows.read(db, app.tools.entities[entity], ids)
        held |= {f"{entity}/{id_}": row for id_, row in known.items()}
    editors = _editors(db, found)
    return [_view(app, each, names, held, editors) for each in found]


def _view(
    app: App,
    found: Conflict,
    names: dict[tuple[str, str], str],
    held: dict[str, dict[str, Any]],
    editors: dict[str, str | None],
) -> ConflictView:
    row = held.get(f"{found.entity}/{found.entity_id}", {})
    policy, place, _ = declared(app.tools.mappings, found.entity, found.field)
    value = row.get(found.field)
    return ConflictView(
        id=found.id,
        entity=found.entity,
        entity_id=found.entity_id,
        label=names.get((found.entity, found.entity_id), found.entity_id),
        field=found.field,
        value=to_json(value) if value is not None else None,
        candidates=tuple(
            CandidateView(c["ref"], c["side"], c["value"], c["at"], editors.get(c["ref"]))
            for c in found.candidates
        ),
        state=found.state,
        at=found.at,
        chosen=found.chosen,
        decided_at=found.decided_at,
        decided_by=found.decided_by,
        reason=found.reason,
        policy=policy,
        place=place,
    )


def _editors(db: Connection, found: Sequence[Conflict]) -> dict[str, str | None]:
    """Who changed each record last, by name where we know it."""
    refs = {Ref.parse(c["ref"]) for each in found for c in each.candidates}
    editors: dict[str, str | None] = {}
    known: dict[tuple[str, str], str | None] = {}
    for (connection, object_), ids in identities.by_object(refs).items():
        for id_, row in records.read(db, connection, object_, ids).items():
            by = row.modified_by or ""
            if (connection, by) not in known:
                known[connection, by] = who(db, connection, row.modified_by)
            editors[str(Ref(connection, object_, id_))] = known[connection, by]
    return editors
