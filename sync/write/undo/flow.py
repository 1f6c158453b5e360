"""A plan that restores what was written, where it is still ours; the rest is listed.

Undo is a plan like any other: read it, approve it, apply it, undo it. Every record is read again, a
page of records a step, and compared with what we left there. Cells that somebody edited since are
in the plan as refused, with both values, so that nobody has to look for them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Connector, Past, Record, Verb
from staging.write import plans, receipts, written
from staging.write.plans import Change
from sync.context import Call, Chain, Runner, Step, Tools
from sync.write.guards.group import UNDO as RULE
from sync.write.plan.describe import describe
from sync.write.risk import AUTOMATED, Risk
from sync.write.undo import left, made
from sync.write.undo.backwards import Back, Wrote, by_record, cells, gone
from sync.write.undo.scope import Scope, pieces, plans_in, resolve, scope_of
from sync.write.undo.store import Wishes, give_up, wishes_of
from tasuki.errors import BlockedError, RejectedError, TransientError
from tasuki.values import Json, new_id


@dataclass(frozen=True, slots=True)
class Seen:
    """What the system answered about one page of records."""

    there: Mapping[str, Record]
    past: Sequence[Past]
    hanging: Mapping[str, str]


def plan_undo(
    run: Runner, of: str, by: str = "operator", since: str | None = None
) -> dict[str, Json]:
    """Save the plan that undoes a run, plan, scenario run or record (see `scope.resolve`).

    `plan` is None when nothing of it is left to undo. A system that cannot be asked now holds up
    nothing but its own records: they are listed.
    """
    begun = run.step(SURVEY, of=of, since=since)
    pages: dict[str, list[list[str]]] = begun["pages"]
    chains = {name: _walk(begun, name, pages[name]) for name in pages}
    run.together("undo", chains)
    return run.step(SAVE, plan=begun["plan"], scope=begun["scope"], by=by)


def _walk(begun: Mapping[str, Json], of: str, pages: Sequence[Sequence[str]]) -> Chain:
    """Look at every record of one object, a page a step."""
    down = ""
    said = {"plan": begun["plan"], "scope": begun["scope"], "of": of}
    for writes in pages:
        if not down:
            try:
                yield Call(LOOK, {**said, "writes": writes})
                continue
            except (BlockedError, TransientError, RejectedError) as error:
                down = error.what
        yield Call(UNREAD, {**said, "writes": writes, "why": down})
    return {}


def _keep_survey(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    """Which writes it is about, in pages of as many records as one call reads."""
    scope = resolve(db, tools, arguments["of"], arguments.get("since"))
    groups: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for piece in pieces(db, scope):
        if piece.connection in tools.connectors:
            of = f"{piece.connection}/{piece.object}"
            groups[of][piece.record_id or ""].append(piece.id)
    pages = {}
    for of, records in sorted(groups.items()):
        size = tools.connectors[of.partition("/")[0]].can.page_size
        each = list(records.values())
        pages[of] = [
            [id_ for ids in each[i : i + size] for id_ in ids] for i in range(0, len(each), size)
        ]
    return {"plan": f"p_{new_id()[-12:]}", "scope": scope.said(), "pages": pages}


def _ask_look(db: Connection, tools: Tools, arguments: dict[str, Json]) -> Seen:
    """The records as they are now; of cells that are not ours, their past."""
    connection, object_ = _of(arguments)
    target = tools.connectors[connection]
    wrote = by_record(receipts.by_ids(db, arguments["writes"]))
    closes = made.closing(tools.mappings, connection, object_)
    names = {n for w in wrote for r in w.receipts if r.verb != Verb.DELETE for n in r.fields}
    if closes and any(w.made for w in wrote):
        names.add(closes[0])
    ids = [w.ref.id for w in wrote]
    read = target.read(object_, ids, sorted(names)) if ids else ()
    there = {record.id: record for record in read}
    found = list(_found(tools, wrote, there, made.Ground(closing=closes)))
    edited = [back.cell for back in found if back.is_edited]
    past = left.past_of(target, object_, edited, _opened(wrote)) if edited else []
    return Seen(there, past, _hanging(db, tools, arguments, target, wrote, there))


def _hanging(
    db: Connection,
    tools: Tools,
    arguments: dict[str, Json],
    target: Connector,
    wrote: Iterable[Wrote],
    there: Mapping[str, Record],
) -> dict[str, str]:
    connection, object_ = _of(arguments)
    ids = {w.ref.id for w in wrote if w.made and w.ref.id in there}
    if not ids:
        return {}
    mine = pieces(db, scope_of(arguments["scope"]))
    ours = {(p.object, p.record_id or "") for p in mine if p.made and p.connection == connection}
    return made.hanging(tools.mappings, target, (connection, object_), ids, ours)


def _keep_look(
    db: Connection, tools: Tools, arguments: dict[str, Json], seen: Seen
) -> dict[str, Json]:
    connection, object_ = _of(arguments)
    wrote = by_record(receipts.by_ids(db, arguments["writes"]))
    forbidden = left.forbidden(db, connection, object_)
    refused = written.refused_deletes(db, connection, object_, (w.ref.id for w in wrote if w.made))
    ground = made.Ground(
        frozenset(w.ref.id for w in wrote) if forbidden else frozenset(refused),
        made.closing(tools.mappings, connection, object_),
        seen.hanging,
    )
    found = list(_found(tools, wrote, seen.there, ground))
    edited = [back.cell for back in found if back.is_edited]
    undone = {r.id: r.opened_at for w in wrote for r in w.receipts}
    whom = left.whose(db, (connection, object_), edited, seen.there, seen.past, undone)
    changes = _changes(db, arguments, found, whom)
    plans.add(db, changes)
    return {"changes": len(changes)}


def _found(
    tools: Tools, wrote: Iterable[Wrote], there: Mapping[str, Record], ground: made.Ground
) -> Iterator[Back]:
    """What of these records is to be restored, and what is left."""
    for each in wrote:
        record = there.get(each.ref.id)
        if record is None:
            config = tools.project.connections.get(each.ref.connection)
            kind = config.system if config else ""
            yield from gone(each, kind, is_membership=each.ref.object in AUTOMATED)
        elif each.made:
            yield from made.back(each, record, ground)
        else:
            yield from cells(each, record)


def _keep_unread(
    db: Connection, _tools: Tools, arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    """The cells of records that cannot be looked at now."""
    wrote = by_record(receipts.by_ids(db, arguments["writes"]))
    found = [
        Back(w, r, name, None, sent, None, is_ours=False, reason=left.UNREAD)
        for w in wrote
        for r in w.receipts[-1:]
        for name, sent in r.fields.items()
    ]
    plans.add(db, _changes(db, arguments, found, {}))
    return {"changes": len(found)}


def _changes(
    db: Connection, arguments: Mapping[str, Json], found: Sequence[Back], whom: left.Whom
) -> list[Change]:
    writes = {r.id for back in found for r in back.wrote.receipts}
    known = {change.id: change for change in plans.of_writes(db, writes)}
    labels = {change.write_id: change.label for change in known.values()}
    plan, scope = arguments["plan"], scope_of(arguments["scope"])
    return [
        _change(
            plan, scope, back, whom.get(back.cell),
            labels.get(back.receipt.id) or back.wrote.ref.id, wishes_of(back, known),
        )
        for back in found
    ]  # fmt: skip


def _change(
    plan: str, scope: Scope, back: Back, whose: left.Whose | None, label: str, wishes: Wishes
) -> Change:
    ref = back.wrote.ref
    write = f"{plan}/{ref}"
    reason = back.reason or (whose.reason if whose else left.EDITED)
    told: dict[str, Json] = {
        "rule": RULE,
        "why": f"undo of {scope}" + (f": {back.reason}" if back.is_ours and back.reason else ""),
        "lane": "mappings",
        **wishes.said(),
        **({"seen_at": back.seen_at} if back.seen_at else {}),
        **({} if back.is_ours else {"ours": back.ours, **(whose.said() if whose else {})}),
    }
    return Change(
        id=f"{write}#{back.field}",
        plan_id=plan,
        write_id=write,
        intent_id=None,
        connection=ref.connection,
        object=ref.object,
        record_id=ref.id,
        verb=back.verb,
        field=back.field,
        before=back.now,
        after=back.after,
        risk=Risk.DELETE if back.verb == Verb.DELETE else Risk.OVERWRITE,
        cause=told,
        label=label,
        state="planned" if back.is_ours else "refused",
        reason=None if back.is_ours else reason,
    )


def _keep_save(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    """The plan's own row, once every record was looked at."""
    plan_id, scope = arguments["plan"], scope_of(arguments["scope"])
    changes = plans.changes(db, plan_id)
    open_ = [change for change in changes if change.state == "planned"]
    counts: dict[str, Json] = {
        "plan": None,
        "changes": len(open_),
        "kept": len(changes) - len(open_),
        "unsettled": written.unsettled(db, plans_in(db, scope)),
        "scope": scope.said(),
    }
    plans.close_interrupted(db, f"{RULE}:{scope.id}")
    plans.discard_drafts(db, f"{RULE}:{scope.id}")
    if not changes:
        return {**counts, "withdrawn": give_up(db, scope)}
    row = describe(db, tools, plan_id, changes, arguments["by"])
    notes = {"guards": [], **row.notes, "kept": counts["kept"], "scope": scope.said()}
    row = replace(row, undo_of=scope.id, origin=f"{RULE}:{scope.id}", notes=notes)
    plans.save(db, row, ())
    return {**counts, "plan": plan_id}


def _of(arguments: Mapping[str, Json]) -> tuple[str, str]:
    connection, _, object_ = str(arguments["of"]).partition("/")
    return connection, object_


def _opened(wrote: Iterable[Wrote]) -> str:
    return min(receipt.opened_at for each in wrote for receipt in each.receipts)


SURVEY: Final = Step("undo.survey", keep=_keep_survey)
LOOK: Final = Step("undo.look", keep=_keep_look, ask=_ask_look)
UNREAD: Final = Step("undo.unread", keep=_keep_unread)
SAVE: Final = Step("undo.plan", keep=_keep_save)
