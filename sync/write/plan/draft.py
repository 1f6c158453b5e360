"""The difference between what is wanted and what is known, saved as a plan that can be read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection

from connectors.protocol import Verb
from mappings.spec import ID
from staging import records
from staging.labels import labels
from staging.write import plans
from staging.write.plans import Change, PlanRow
from sync.context import Runner, Step, Tools
from sync.pull import hidden_fields
from sync.renames import told
from sync.write.cell import holds
from sync.write.guards import limits as guards
from sync.write.intent import PROTECTED, Intent, fulfil, held, kept_cells, open_intents
from sync.write.risk import risk_of
from tasuki.values import Json, digest, new_id, stamp

VALID_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Draft:
    """Changes to be planned, and the wishes that turned out to be true already."""

    changes: tuple[Change, ...]
    fulfilled: tuple[str, ...]


def plan(run: Runner, origin: str = "", by: str = "operator") -> dict[str, Json]:
    """Save a plan of every open wish (of an origin); `plan` is None when there is nothing to do."""
    return run.step(PLAN, origin=origin, by=by)


def _keep_plan(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    plan_id = f"p_{new_id()[-12:]}"
    wishes = [w for w in open_intents(db, arguments["origin"]) if w.connection in tools.connectors]
    draft = compare(db, plan_id, wishes)
    fulfil(db, draft.fulfilled)
    plans.discard_drafts(db, arguments["origin"] or "all")
    back = _held(db)
    if not draft.changes:
        return {"plan": None, "changes": 0, "records": 0, **({"held": back} if back else {})}
    row = describe(db, tools, plan_id, draft.changes, arguments["by"])
    notes = row.notes | {"held": back, "quiet": _quiet(draft.changes)}
    row = replace(row, origin=arguments["origin"] or "all", notes=notes)
    plans.save(db, row, draft.changes)
    return {"plan": plan_id, "changes": len(draft.changes), "records": row.counts["records"]}


def _held(db: Connection) -> list[dict[str, Json]]:
    """What a mapping asks for and that is not done, by object and reason.

    Records that are not made, and cells that are not overwritten (`field` is theirs, `since` the
    day of the newest edit).
    """
    made = [
        {"rule": origin.partition(":")[2], "to": f"{connection}/{object_}", "why": why, "n": n}
        for (origin, connection, object_, why), n in held(db).items()
        if why != PROTECTED
    ]
    edits: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for origin, connection, object_, cause in kept_cells(db):
        for name, cell in (cause.get("cells") or {}).items():
            key = (origin.partition(":")[2], f"{connection}/{object_}", name)
            edits[key].append(str(cell["since"]))
    return made + [
        {
            "rule": rule,
            "to": to,
            "field": name,
            "why": PROTECTED,
            "n": len(days),
            "since": max(days),
        }
        for (rule, to, name), days in sorted(edits.items())
    ]


def _quiet(changes: Iterable[Change]) -> int:
    return sum(1 for change in changes if change.cause.get("quiet"))


PLAN: Final = Step("plan.save", keep=_keep_plan)


def compare(db: Connection, plan_id: str, wishes: Sequence[Intent]) -> Draft:
    """What must be written for the wishes to be true, given what is known."""
    known, hidden = _known(db, wishes), _hidden(db, wishes)
    names = labels(db, [*((w.entity, w.entity_id) for w in wishes), *_pointed_at(wishes)])
    changes: list[Change] = []
    fulfilled: list[str] = []
    for wish in wishes:
        unseen = hidden[wish.connection, wish.object] & set(wish.fields)
        cells = _cells(wish, known)
        if cells is None:
            continue
        if not cells and wish.verb == Verb.UPDATE and not unseen:
            fulfilled.append(wish.id)
        cells = {name: cell for name, cell in cells.items() if name not in unseen}
        label = names.get((wish.entity or "", wish.entity_id or ""), wish.record_id or "")
        changes.extend(_named(c, names) for c in _changes(plan_id, wish, cells, label))
    return Draft(tuple(changes), tuple(fulfilled))


def _pointed_at(wishes: Iterable[Intent]) -> list[tuple[str, str]]:
    """The entities that link cells lead to, whose names a plan shows."""
    cells: Iterable[Any] = (c for w in wishes for c in (w.cause.get("cells") or {}).values())
    return [(cell["to"][0], cell["to"][1]) for cell in cells if cell.get("to")]


def _named(change: Change, names: Mapping[tuple[str, str], str]) -> Change:
    """A link cell with the name of what it leads to."""
    if not (to := change.cause.get("to")):
        return change
    return replace(change, cause=change.cause | {"name": names.get((to[0], to[1]))})


def describe(
    db: Connection, tools: Tools, plan_id: str, changes: Sequence[Change], author: str
) -> PlanRow:
    """The plan's own row: counts, calls needed, tripped guards, digest and expiry."""
    now = tools.clock.now()
    cells = [(c.connection, c.object, c.record_id, c.verb, c.field, c.after) for c in changes]
    return PlanRow(
        id=plan_id,
        digest=digest(sorted(cells, key=str)),
        state="draft",
        author=author,
        created_at=stamp(now),
        expires_at=stamp(now + VALID_FOR),
        run_id=tools.run,
        counts=_counts(changes),
        notes={
            "calls": _calls(tools, changes),
            "guards": [t.sentence() for t in guards.tripped(db, tools, changes)],
            "told": told(db, tools.run),
        },
    )


def _hidden(db: Connection, wishes: Iterable[Intent]) -> dict[tuple[str, str], frozenset[str]]:
    """Fields nobody can see are not written: what looks blank there may hold a person's value."""
    objects = {(wish.connection, wish.object) for wish in wishes}
    return {of: hidden_fields(db, *of) for of in objects}


def _known(db: Connection, wishes: Iterable[Intent]) -> dict[tuple[str, str, str], dict[str, Any]]:
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for wish in wishes:
        if wish.record_id:
            wanted[wish.connection, wish.object].add(wish.record_id)
    return {
        (connection, object_, id_): record.payload
        for (connection, object_), ids in wanted.items()
        for id_, record in records.read(db, connection, object_, ids).items()
        if record.deleted_at is None
    }


def _cells(
    wish: Intent, known: Mapping[tuple[str, str, str], dict[str, Any]]
) -> dict[str, tuple[Json, Json]] | None:
    """Platform field → (before, after); None when the record is gone."""
    if wish.verb in (Verb.CREATE, Verb.UPSERT):
        return {name: (None, value) for name, value in wish.fields.items()}
    payload = known.get((wish.connection, wish.object, wish.record_id or ""))
    if payload is None:
        return None
    if wish.verb == Verb.DELETE:
        return {ID: (wish.record_id, None)}
    return {
        name: (payload.get(name), value)
        for name, value in wish.fields.items()
        if not holds(name, payload.get(name), value)
    }


def _changes(
    plan_id: str, wish: Intent, cells: Mapping[str, tuple[Json, Json]], label: str
) -> list[Change]:
    write = (
        f"{plan_id}/{wish.connection}/{wish.object}/{wish.record_id}"
        if wish.verb == Verb.UPDATE
        else f"{plan_id}/{wish.id}"
    )
    return [
        Change(
            id=f"{write}#{name}",
            plan_id=plan_id,
            write_id=write,
            intent_id=wish.id,
            connection=wish.connection,
            object=wish.object,
            record_id=wish.record_id,
            verb=wish.verb,
            field=name,
            before=before,
            after=after,
            risk=risk_of(wish.verb, wish.object, before),
            cause=_cause(wish, name),
            label=label,
        )
        for name, (before, after) in cells.items()
    ]


def _cause(wish: Intent, name: str) -> dict[str, Json]:
    cells: dict[str, Any] = wish.cause.get("cells") or {}
    plain = {key: value for key, value in wish.cause.items() if key != "cells"}
    return {
        **plain,
        **(cells.get(name) or {}),
        "lane": wish.lane,
        "owner": wish.owner,
        "natural_key": list(wish.natural_key) if wish.natural_key else None,
        "links": [list(link) for link in wish.links],
    }


def _counts(changes: Sequence[Change]) -> dict[str, Json]:
    return {
        "changes": len(changes),
        "records": len({c.write_id for c in changes}),
        "risks": dict(Counter(str(c.risk) for c in changes)),
    }


def _calls(tools: Tools, changes: Sequence[Change]) -> dict[str, Json]:
    writes: dict[str, dict[tuple[str, str], set[str]]] = defaultdict(lambda: defaultdict(set))
    for change in changes:
        writes[change.connection][change.object, change.verb].add(change.write_id)
    calls: dict[str, Json] = {}
    for connection, groups in writes.items():
        size = tools.connectors[connection].can.batch_size
        calls[connection] = sum(2 * -(-len(ids) // size) for ids in groups.values())
    return calls
