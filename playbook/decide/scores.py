"""Scores: points for what somebody is and for what they did lately, graded and explained."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, case, func, or_, select

from catalog.expression.lower import lower
from connectors.budget import Lane
from connectors.protocol import Verb
from playbook.book import Playbook
from playbook.documents import EngagementPart
from playbook.measure.engaged import ENGAGED
from playbook.measure.windows import Windows
from playbook.query import Query
from playbook.rules import Score
from staging import identities, queue
from staging.bulk import chunks, upsert
from staging.tables.decisions import SCORE
from staging.tables.entities import ENTITY_TABLES
from sync.context import Tools
from sync.write.intent import Intent, by_ids, wish
from tasuki.clock import today
from tasuki.values import Json, stamp

_EVENT: Final = ENTITY_TABLES["engagement"]
_PERSON: Final = ENTITY_TABLES["person"]
_LIVES: Final = 8
_ALIVE: Final = 0.5
"""An engagement part of fewer points fades unnoticed."""


@dataclass(frozen=True, slots=True)
class Part:
    """Points one part gives, and why."""

    name: str
    points: float
    why: Mapping[str, str]


def decide(db: Connection, tools: Tools, book: Playbook, entity: str, ids: Sequence[str]) -> int:
    """Score these entities anew and wish for their write-back; how many were scored."""
    scored = 0
    for score in book.scores:
        if score.says.entity == entity:
            parts = _parts(db, tools, book, score, ids)
            _keep(db, tools, score, parts)
            scored += len(parts)
    return scored


def _parts(
    db: Connection, tools: Tools, book: Playbook, score: Score, ids: Sequence[str]
) -> dict[str, list[Part]]:
    found = _fit(db, tools, book, score, ids)
    for id_, points in _faded(db, tools, score, ids).items():
        if id_ in found:
            found[id_] += [
                Part(name, given, _words(score.says.engagement[name].why))
                for name, given in points.items()
                if given
            ]
    return found


def _fit(
    db: Connection, tools: Tools, book: Playbook, score: Score, ids: Sequence[str]
) -> dict[str, list[Part]]:
    query = Query(score.says.entity, book, tools)
    columns = {
        f"part_{name}": case((query.where(tree), 1), else_=0) for name, tree in score.fit.items()
    }
    return {
        id_: [
            Part(name, part.points, _words(part.why))
            for (name, part), is_true in zip(score.says.fit.items(), verdicts, strict=True)
            if is_true
        ]
        for id_, *verdicts in map(tuple, query.rows(db, columns, ids=ids))
    }


def _faded(
    db: Connection, tools: Tools, score: Score, ids: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Points of the engagement parts by entity: counted per day by the store, faded here."""
    says = score.says.engagement
    if not says:
        return {}
    totals: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(says, 0.0))
    day = tools.clock.now().date()
    for chunk in chunks(ids):
        for id_, on, *counts in map(tuple, db.execute(_per_day(tools, score, chunk))):
            age = (day - day.fromisoformat(on)).days
            for (name, part), events in zip(says.items(), counts, strict=True):
                totals[id_][name] += events * part.each * fade(part, age)
    return {
        id_: {name: round(min(points, says[name].cap), 1) for name, points in parts.items()}
        for id_, parts in totals.items()
    }


def fade(part: EngagementPart, age: int) -> float:
    """What is left of an event's points after so many days; nothing after eight half-lives."""
    lives = age / (part.half_life.clock / timedelta(days=1))
    return 0.0 if lives > _LIVES else float(0.5**lives)


def _per_day(tools: Tools, score: Score, ids: Sequence[str]) -> Select[Any]:
    """One row per entity and day on which anything counted, with the number of events per part."""
    now, on = tools.clock.now(), today(tools.clock)
    longest = max(part.half_life.clock for part in score.says.engagement.values())
    counted = {
        name: lower(tree, lambda _, field: _EVENT.c[field], on, now)
        for name, tree in score.engagement.items()
    }
    owner = _PERSON.c.account_id if score.says.entity == "account" else _PERSON.c.id
    day = func.substr(_EVENT.c.occurred_at, 1, 10)
    counts = (func.count(case((tree, 1))) for tree in counted.values())
    return (
        select(owner, day, *counts)
        .select_from(ENGAGED)
        .where(
            owner.in_(ids),
            or_(*counted.values()),
            _EVENT.c.occurred_at > stamp(now - longest * (_LIVES + 1)),
            _EVENT.c.occurred_at <= stamp(now),
        )
        .group_by(owner, day)
        .order_by(owner, day)
    )


def _words(why: Mapping[Any, str]) -> dict[str, str]:
    return {str(language): sentence for language, sentence in why.items()}


def _keep(db: Connection, tools: Tools, score: Score, parts: Mapping[str, Sequence[Part]]) -> None:
    known = _known(db, score.rule.name, parts)
    rows = [_row(tools, score, id_, found) for id_, found in parts.items()]
    upsert(db, SCORE, rows)
    fading = [id_ for id_, found in parts.items() if _fades(score, found)]
    alarm = Windows(tools.clock.now()).tomorrow()
    queue.wake_at(db, score.says.entity, "scores", ((id_, alarm) for id_ in fading))
    moved = [row for row in rows if _matters(row, known.get(row["entity_id"]), score)]
    still = [row for row in rows if row["entity_id"] in known and row not in moved]
    language = tools.project.language
    fresh = _unseen(db, write_back(db, score, still, language))
    wish(db, [*write_back(db, score, moved, language), *fresh], tools.now())
    upsert(
        db, SCORE, ({**r, "written_value": r["value"], "written_grade": r["grade"]} for r in moved)
    )


def _fades(score: Score, parts: Sequence[Part]) -> bool:
    return any(p.name in score.says.engagement and p.points >= _ALIVE for p in parts)


def _unseen(db: Connection, intents: Sequence[Intent]) -> list[Intent]:
    """Wishes for records or fields that never showed the score, though it has not moved."""
    known = by_ids(db, (intent.id for intent in intents))
    return [i for i in intents if i.id not in known or set(known[i.id].fields) != set(i.fields)]


def _known(db: Connection, name: str, ids: Iterable[str]) -> dict[str, tuple[float, str | None]]:
    """What was last written back, or would have been: value and grade by entity."""
    found: dict[str, tuple[float, str | None]] = {}
    for chunk in chunks(ids):
        rows = db.execute(
            select(SCORE.c.entity_id, SCORE.c.written_value, SCORE.c.written_grade).where(
                SCORE.c.name == name, SCORE.c.entity_id.in_(chunk)
            )
        )
        found |= {id_: (float(v), g) for id_, v, g in rows if v is not None}
    return found


def known_scores(db: Connection, entity: str, ids: Iterable[str]) -> dict[str, dict[str, Row[Any]]]:
    """The scores of these entities: id → name → value, grade and parts."""
    found: dict[str, dict[str, Row[Any]]] = defaultdict(dict)
    for chunk in chunks(ids):
        rows = db.execute(
            select(SCORE).where(SCORE.c.entity == entity, SCORE.c.entity_id.in_(chunk))
        )
        for row in rows:
            found[row.entity_id][row.name] = row
    return found


def _row(tools: Tools, score: Score, id: str, parts: Sequence[Part]) -> dict[str, Any]:
    value = round(sum(part.points for part in parts), 1)
    ranked = sorted(parts, key=lambda p: (-p.points, p.name))
    return {
        "name": score.rule.name,
        "entity_id": id,
        "entity": score.says.entity,
        "value": value,
        "grade": grade_of(score.says.grades, value),
        "parts": [{"part": p.name, "points": p.points, "why": p.why} for p in ranked],
        "version": score.rule.version,
        "as_of": tools.now(),
    }


def grade_of(grades: Mapping[str, float], value: float) -> str | None:
    """The best grade whose least points the value reaches."""
    reached = [(least, grade) for grade, least in grades.items() if value >= least]
    return max(reached)[1] if reached else None


def _matters(row: Mapping[str, Any], known: tuple[float, str | None] | None, score: Score) -> bool:
    """Whether the systems show something else by a step or a grade; unwritten is nought."""
    value, grade = known or (0.0, None)
    step = max(score.says.write_step, 0.05)
    return bool(row["grade"] != grade or abs(row["value"] - value) >= step)


def write_back(
    db: Connection, score: Score, moved: Sequence[Mapping[str, Any]], language: str
) -> list[Intent]:
    """The wishes that show these scores on their entities' records, reasons in this language."""
    by_id = {row["entity_id"]: row for row in moved}
    members = identities.members_of(db, score.says.entity, by_id)
    return [
        _intent(score, by_id[id_], link, fields, language)
        for id_, links in members.items()
        for link, fields in _targets(score, links)
    ]


def _targets(
    score: Score, links: Sequence[identities.Link]
) -> Iterator[tuple[identities.Link, Mapping[str, str]]]:
    """One record per system: of the objects the rule names, the first that has one.

    Whoever became a contact is no longer written to as the lead they were.
    """
    systems: dict[str, dict[str, dict[str, Any]]] = score.says.write.model_dump()
    ranked = sorted(links, key=lambda each: (len(each.id), each.id))
    for connection, objects in systems.items():
        found = (
            (link, fields)
            for name, fields in objects.items()
            for link in ranked
            if (link.connection, link.object) == (connection, name)
        )
        yield from islice(found, 1)


def _intent(
    score: Score,
    row: Mapping[str, Any],
    link: identities.Link,
    fields: Mapping[str, str],
    language: str,
) -> Intent:
    why = reasons(row["parts"], language)
    says: dict[str, Json] = {
        "value": row["value"],
        "grade": row["grade"] or "",
        "top_reasons": why,
    }
    name = score.rule.name
    return Intent(
        id=f"score:{name}:{link.ref}",
        origin=f"score:{name}",
        lane=Lane.MAPPINGS,
        verb=Verb.UPDATE,
        connection=link.connection,
        object=link.object,
        record_id=link.id,
        fields={field: says[what] for field, what in fields.items()},
        entity=score.says.entity,
        entity_id=row["entity_id"],
        cause={"rule": name, "place": str(score.rule.place), "why": why},
    )


def reasons(parts: Sequence[Mapping[str, Any]], language: str, limit: int = 3) -> str:
    """The strongest parts in words: `pricing pages read (+20), large company (+15)`."""
    top = sorted(parts, key=lambda p: (-abs(p["points"]), p["part"]))[:limit]
    words = [f"{p['why'].get(language) or p['part']} ({p['points']:+g})" for p in top]
    return ("、" if language == "ja" else ", ").join(words)[:250]
