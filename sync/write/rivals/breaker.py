"""The cells a plan leaves alone: a rival sets them back, or two of our own rules want them.

Their wishes stay open, so that a plan has them again as soon as somebody settled the matter. Runs
are silent meanwhile: nothing is written that is set back every night.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Verb
from staging.write import rivals
from staging.write.rivals import WHOLE, Rival
from sync.write.intent import Intent
from tasuki.values import Json, same_value

RIVAL: Final = "rival"
"""Why a cell is left alone that somebody sets back whenever we write it."""
CLASH: Final = "clash"
"""Why a cell is left alone that two of our rules want to hold different values."""


@dataclass(frozen=True, slots=True)
class Held:
    """Why one cell of a wish is left alone."""

    rule: str
    to: str
    field: str
    why: str
    writer: str | None = None
    """Who sets it back."""
    kind: str | None = None
    other: str | None = None
    """The other rule that wants it."""


Holds = Mapping[str, Mapping[str, Held]]
"""Wish id → platform field → why it is left alone."""


def held_cells(db: Connection, wishes: Sequence[Intent]) -> Holds:
    """Which cells of these wishes are left alone, and why; a clash is told before a rival."""
    holds: dict[str, dict[str, Held]] = defaultdict(dict)
    for wish, held in (*_paused(db, wishes), *_clashes(wishes)):
        holds[wish.id][held.field] = held
    return holds


def left_alone(held: Mapping[str, Held] | None, cells: Collection[str]) -> dict[str, Held]:
    """Those that concern the cells to be written; a clash does even where one value stands."""
    found = (held or {}).items()
    return {name: each for name, each in found if name in cells or each.why == CLASH}


def told(held: Iterable[Held]) -> list[dict[str, Json]]:
    """What is left alone, by rule, field and reason, for a plan's notes."""
    counts = Counter(held)
    return [
        {
            "rule": held.rule,
            "to": held.to,
            "field": held.field,
            "why": held.why,
            "n": n,
            **({"writer": held.writer, "kind": held.kind} if held.why == RIVAL else {}),
            **({"with": held.other} if held.why == CLASH else {}),
        }
        for held, n in sorted(counts.items(), key=lambda counted: str(counted[0]))
    ]


def rule_of(wish: Intent) -> str:
    """The rule whose wish it is, as its changes name it."""
    return str(wish.cause.get("rule") or wish.origin.partition(":")[2])


def _paused(db: Connection, wishes: Iterable[Intent]) -> Iterable[tuple[Intent, Held]]:
    places = {(connection, object_) for connection, object_, _ in rivals.paused_fields(db)}
    theirs: dict[tuple[str, str], list[Intent]] = defaultdict(list)
    for wish in wishes:
        if wish.verb == Verb.UPDATE and (wish.connection, wish.object) in places:
            theirs[wish.connection, wish.object].append(wish)
    for at, mine in theirs.items():
        known = rivals.paused(db, *at, {str(wish.record_id) for wish in mine})
        for wish in mine:
            for name in wish.fields:
                if (rival := _rival(known, wish, name)) is not None:
                    yield wish, _as_held(wish, name, RIVAL, rival)


def _rival(known: Mapping[tuple[str, str], Rival], wish: Intent, name: str) -> Rival | None:
    """Who sets this cell back; a whole field is left alone by the rule that it happens to."""
    whole = known.get((WHOLE, name))
    if whole is not None and whole.rule in (None, rule_of(wish)):
        return whole
    return known.get((str(wish.record_id), name))


def _clashes(wishes: Iterable[Intent]) -> Iterable[tuple[Intent, Held]]:
    """Cells for which two wishes want different values: neither is written, both rules are told."""
    records: dict[tuple[str, str, str | None], list[Intent]] = defaultdict(list)
    for wish in wishes:
        if wish.verb == Verb.UPDATE:
            records[wish.connection, wish.object, wish.record_id].append(wish)
    for together in (mine for mine in records.values() if len(mine) > 1):
        for wish in together:
            for name, value in wish.fields.items():
                others = [w for w in together if _differs(w, name, value)]
                if others:
                    other = ", ".join(sorted({rule_of(each) for each in others}))
                    yield wish, _as_held(wish, name, CLASH, other=other)


def _differs(wish: Intent, name: str, value: Json) -> bool:
    return name in wish.fields and not same_value(wish.fields[name], value)


def _as_held(
    wish: Intent, name: str, why: str, rival: Rival | None = None, other: str | None = None
) -> Held:
    to = f"{wish.connection}/{wish.object}"
    by = (rival.writer, rival.writer_kind) if rival else (None, None)
    return Held(rule_of(wish), to, name, why, *by, other)
