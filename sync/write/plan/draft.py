"""The difference between what is wanted and what is known, saved as a plan that can be read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection

from connectors.protocol import Verb
from mappings.spec import ID
from staging import records
from staging.labels import labels
from staging.write import plans
from staging.write.plans import Change
from sync.context import Runner, Step, Tools
from sync.pull import hidden_fields
from sync.write.cell import holds
from sync.write.guards.judge import judge
from sync.write.intent import LEFT, PART, UNTOLD, Intent, by_ids, fulfil, open_intents
from sync.write.plan import automations
from sync.write.plan.describe import describe
from sync.write.plan.held import held_back
from sync.write.plan.selecting import ORIGIN, is_chosen, wants_parked
from sync.write.risk import risk_of
from sync.write.rivals.breaker import Held, held_cells, left_alone
from sync.write.rivals.breaker import told as held_by_rivals
from tasuki.values import Json, new_id

_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Draft:
    """Changes to be planned, and the wishes that turned out to be true already."""

    changes: tuple[Change, ...]
    fulfilled: tuple[str, ...]
    held: tuple[Held, ...] = ()
    """Cells that are left alone, because of a rival or of two rules that want one cell."""


def plan(
    run: Runner,
    origin: str = "",
    by: str = "operator",
    select: Mapping[str, Json] | None = None,
    *,
    ask: bool = True,
) -> dict[str, Json]:
    """Save a plan of every open wish (of an origin); `plan` is None when there is nothing to do.

    With `select` (see `selecting`) only of a part of them; the plan of everything stays. Without
    `ask` no system is called.
    """
    return run.step(PLAN, origin=origin, by=by, select=dict(select or {}), ask=ask)


def _ask_plan(db: Connection, tools: Tools, arguments: dict[str, Json]) -> automations.Told:
    return automations.ask(db, tools) if arguments.get("ask", True) else {}


def _keep_plan(
    db: Connection, tools: Tools, arguments: dict[str, Json], answers: automations.Told
) -> dict[str, Json]:
    automations.keep(db, tools, answers or {})
    plan_id = f"p_{new_id()[-12:]}"
    select = arguments.get("select") or {}
    wishes = _wishes(db, tools, arguments["origin"], select)
    draft = compare(db, plan_id, wishes)
    fulfil(db, draft.fulfilled)
    origin = arguments["origin"] or select.get("origin") or (ORIGIN if select else _ALL)
    _overtake(db, origin, tools.now())
    back = [*held_back(db, arguments["origin"]), *held_by_rivals(draft.held)]
    if not draft.changes:
        return {"plan": None, "changes": 0, "records": 0, **({"held": back} if back else {})}
    judged = judge(db, tools, draft.changes)
    row = describe(db, tools, plan_id, judged.changes, arguments["by"])
    more = {
        "guards": list(judged.sentences),
        "held": back,
        "quiet": _quiet(draft.changes),
        "select": select.get("said") or [],
    }
    plans.save(db, replace(row, origin=origin, notes=row.notes | more), judged.changes)
    return {"plan": plan_id, "changes": len(draft.changes), "records": row.counts["records"]}


def _wishes(db: Connection, tools: Tools, origin: str, select: Mapping[str, Json]) -> list[Intent]:
    states = ("open", "parked") if wants_parked(select) else ("open",)
    if (named := select.get("wishes")) is None:
        wished = open_intents(db, tools.now(), origin, states)
    else:
        wished = [each for each in by_ids(db, named).values() if each.state in states]
    return [w for w in wished if w.connection in tools.connectors and is_chosen(w, select)]


def _overtake(db: Connection, origin: str, now: str) -> None:
    """A plan of everything takes the place of every older one of its wishes; a part, of parts."""
    if origin == _ALL:
        plans.close_forgotten(db, now)
    for each in (_ALL, ORIGIN) if origin == _ALL else (origin,):
        plans.close_interrupted(db, each)
        plans.discard_drafts(db, each)


def _quiet(changes: Iterable[Change]) -> int:
    return sum(1 for change in changes if change.cause.get("quiet"))


PLAN: Final = Step("plan.save", keep=_keep_plan, ask=_ask_plan)


def compare(db: Connection, plan_id: str, wishes: Sequence[Intent]) -> Draft:
    """What must be written for the wishes to be true, given what is known."""
    known, hidden = _known(db, wishes), _hidden(db, wishes)
    names = labels(db, [*((w.entity, w.entity_id) for w in wishes), *_pointed_at(wishes)])
    alone = held_cells(db, wishes)
    changes: list[Change] = []
    fulfilled: list[str] = []
    held: list[Held] = []
    for wish in wishes:
        unseen = hidden[wish.connection, wish.object] & set(wish.fields)
        cells = _cells(wish, known)
        if cells is None:
            continue
        kept = left_alone(alone.get(wish.id), cells)
        held.extend(kept.values())
        if not cells and wish.verb == Verb.UPDATE and not unseen and not kept:
            fulfilled.append(wish.id)
        left = {name for name in cells if name in unseen or name in kept}
        cells = {name: cell for name, cell in cells.items() if name not in left}
        label = names.get((wish.entity or "", wish.entity_id or ""), wish.record_id or "")
        made = _changes(plan_id, wish, cells, label)
        changes.extend(_named(c, names) for c in (map(_of_a_part, made) if left else made))
    return Draft(tuple(changes), tuple(fulfilled), tuple(held))


def _of_a_part(change: Change) -> Change:
    return replace(change, cause=change.cause | {PART: True})


def _pointed_at(wishes: Iterable[Intent]) -> list[tuple[str, str]]:
    """The entities that link cells lead to, whose names a plan shows."""
    cells: Iterable[Any] = (c for w in wishes for c in (w.cause.get("cells") or {}).values())
    return [(cell["to"][0], cell["to"][1]) for cell in cells if cell.get("to")]


def _named(change: Change, names: Mapping[tuple[str, str], str]) -> Change:
    """A link cell with the name of what it leads to."""
    if not (to := change.cause.get("to")):
        return change
    return replace(change, cause=change.cause | {"name": names.get((to[0], to[1]))})


def _hidden(db: Connection, wishes: Iterable[Intent]) -> dict[tuple[str, str], frozenset[str]]:
    """Fields nobody can see are not written: what looks blank there may hold a person's value."""
    objects = {(wish.connection, wish.object) for wish in wishes}
    return {of: hidden_fields(db, *of) for of in objects}


def _known(db: Connection, wishes: Sequence[Intent]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The records as they are known: as pulled, else as we left them."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for wish in wishes:
        if wish.record_id:
            wanted[wish.connection, wish.object].add(wish.record_id)
    staged = {
        (connection, object_, id_): record
        for (connection, object_), ids in wanted.items()
        for id_, record in records.read(db, connection, object_, ids).items()
    }
    known = {at: record.payload for at, record in staged.items() if record.deleted_at is None}
    for wish in wishes:
        at = (wish.connection, wish.object, wish.record_id or "")
        if LEFT in wish.cause and (at in known or at not in staged):
            known[at] = {**wish.cause[LEFT], **known.get(at, {})}
    return known


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
    plain = {key: value for key, value in wish.cause.items() if key not in UNTOLD}
    return {
        **plain,
        **(cells.get(name) or {}),
        "lane": wish.lane,
        "owner": wish.owner,
        "natural_key": list(wish.natural_key) if wish.natural_key else None,
        "links": [list(link) for link in wish.links],
    }
