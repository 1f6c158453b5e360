"""Every guard on one plan, when it is made and again when it is applied.

Made: what is beyond a limit is held, and a person sees why. Applied: the limits may have changed
since, and what depends on the moment is asked as well. A held wish stays open: the next plan has
it again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from staging.write import plans
from staging.write.plans import Change, PlanRow
from sync.context import Tools
from sync.write.guards.doubles import Doubtful, doubtful
from sync.write.guards.group import Group, grouped, limits_of
from sync.write.guards.limits import beyond
from sync.write.guards.moment import Asked, barred, first_times
from sync.write.guards.sentence import Sentence, text_of
from sync.write.guards.tasks import surplus
from tasuki.errors import GuardError
from tasuki.values import Json

HELD = "held"
"""The state of a change that a guard keeps from being written."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Changes as the guards leave them, and what the guards say."""

    changes: tuple[Change, ...]
    """All that were given; those beyond a limit `held`, with the reason."""
    sentences: tuple[dict[str, Json], ...]
    """{text, say, values}, for the plan's `notes.guards`."""

    @property
    def going(self) -> list[Change]:
        """What may be written."""
        return [change for change in self.changes if change.state == "planned"]


def judge(
    db: Connection,
    tools: Tools,
    changes: Sequence[Change],
    *,
    approved_by: Collection[str] = (),
    production: bool = False,
) -> Judged:
    """Hold every group of planned changes that is beyond a limit; the others stay planned.

    Without `approved_by` the plan is being made: what depends on the moment of writing (quiet
    hours, `production`, a rule's first time under a schedule) is not judged.
    """
    asked = Asked(frozenset(approved_by), production) if approved_by else None
    held: dict[str, str] = {}
    said: list[Sentence] = []
    going: dict[Group, list[Change]] = {}
    doubts: dict[Group, Doubtful] = {}
    for group, members in grouped(changes).items():
        if not group.is_undo and (found := doubtful(db, group, members)):
            doubts[group] = found
        stops = list(_stops(db, tools, group, members, asked, doubts.get(group)))
        said.extend(stops)
        if stops:
            reason = " ".join(stop.reason for stop in stops)
            held.update((change.id, reason) for change in members)
        else:
            going[group] = members
    alone = {group: found for group, found in doubts.items() if group in going}
    for group, found in alone.items():
        said.append(found.sentence(group, limits_of(tools, group)))
        held.update(dict.fromkeys(found.ids, said[-1].reason))
        going[group] = [change for change in going[group] if change.id not in found.ids]
    for sentence, ids in _parts(db, tools, going, asked):
        said.append(sentence)
        held.update((id_, sentence.reason) for id_ in ids if id_ not in held)
    return Judged(tuple(_marked(c, held) for c in changes), tuple(s.as_note() for s in said))


def begin(
    db: Connection, tools: Tools, plan: PlanRow, changes: Sequence[Change], *, production: bool
) -> list[Change]:
    """Judge an approved plan right before its first write: what goes; the rest is kept as held.

    Errors: GuardError when nothing may go.
    """
    by = plans.approvers(db, plan.id)
    judged = judge(db, tools, changes, approved_by=by or ("",), production=production)
    notes = _merged(plan.notes.get("guards") or (), judged.sentences)
    if plan.state == "approved" and notes and not judged.going:
        raise stopped(plan.id, [text_of(note) for note in notes])
    reasons: dict[str, list[str]] = defaultdict(list)
    for change in judged.changes:
        if change.state == HELD:
            reasons[change.reason or ""].append(change.id)
    for reason, ids in reasons.items():
        plans.mark_cells(db, ids, HELD, reason)
    if judged.sentences:
        plans.set_state(db, plan.id, plan.state, notes={**plan.notes, "guards": notes})
    return judged.going


def stopped(plan_id: str, why: Sequence[str]) -> GuardError:
    """What is raised when guards leave nothing of a plan to write."""
    return GuardError(
        "a guard stopped this plan before its first write",
        where=f"plan {plan_id}",
        why=" ".join(why),
        remedy="Do what each of them says, then plan anew.",
    )


def _stops(
    db: Connection,
    tools: Tools,
    group: Group,
    changes: Sequence[Change],
    asked: Asked | None,
    doubts: Doubtful | None,
) -> Iterator[Sentence]:
    """Why a whole group is held. An undo only takes back what a plan within its guards wrote."""
    limits = limits_of(tools, group)
    if not group.is_undo:
        yield from beyond(db, group, limits, changes)
        if doubts is not None and doubts.records > limits.guards.max_likely_duplicates:
            yield doubts.sentence(group, limits)
    if asked is not None:
        yield from barred(tools, group, limits, asked)


def _parts(
    db: Connection,
    tools: Tools,
    groups: Mapping[Group, Sequence[Change]],
    asked: Asked | None,
) -> Iterator[tuple[Sentence, Collection[str]]]:
    """What holds single rules and single tasks of groups that go on."""
    counted: dict[Group, list[Change]] = {}
    for group, changes in groups.items():
        new = list(first_times(db, group, changes, asked)) if asked is not None else []
        yield from new
        held = {id_ for _, ids in new for id_ in ids}
        if not group.is_undo:
            counted[group] = [change for change in changes if change.id not in held]
    for group, waiting in surplus(db, tools, counted).items():
        for sentence, wishes in waiting:
            yield sentence, [c.id for c in counted[group] if c.intent_id in wishes]


def _marked(change: Change, held: Mapping[str, str]) -> Change:
    if (reason := held.get(change.id)) is None:
        return change
    return replace(change, state=HELD, reason=reason)


def _merged(before: Sequence[Json], now: Sequence[Json]) -> list[Json]:
    said = {text_of(note) for note in before}
    return [*before, *(note for note in now if text_of(note) not in said)]
