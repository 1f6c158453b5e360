"""Scores: points for what somebody is and for what they did lately, graded and explained."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from catalog.expression.lower import lower
from connectors.protocol import Verb
from playbook.book import Playbook, Score
from playbook.documents import EngagementPart
from playbook.measure.windows import Windows
from playbook.query import Query
from staging import identities, queue
from staging.bulk import chunks, upsert
from staging.tables.decisions import SCORE
from staging.tables.entities import ENTITY_TABLES
from sync.context import Tools
from sync.write.intent import Intent, Lane, wish
from tasuki.clock import today
from tasuki.values import Json

_EVENT: Final = ENTITY_TABLES["engagement"]
_PERSON: Final = ENTITY_TABLES["person"]
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
    for name, part in score.says.engagement.items():
        for id_, points in _fading(db, tools, score, name, part, ids).items():
            if id_ in found and points:
                found[id_].append(Part(name, points, _words(part.why)))
    return found


def _fit(
    db: Connection, tools: Tools, book: Playbook, score: Score, ids: Sequence[str]
) -> dict[str, list[Part]]:
    query = Query(score.says.entity, book, tools)
    columns = {name: case((query.where(tree), 1), else_=0) for name, tree in score.fit.items()}
    return {
        row.id: [
            Part(name, part.points, _words(part.why))
            for name, part in score.says.fit.items()
            if getattr(row, name)
        ]
        for row in query.rows(db, columns, ids=ids)
    }


def _fading(
    db: Connection,
    tools: Tools,
    score: Score,
    name: str,
    part: EngagementPart,
    ids: Sequence[str],
) -> dict[str, float]:
    """Points of one engagement part: events counted per day by the store, faded here."""
    now = tools.clock.now()
    windows = Windows(now)
    lasts = part.half_life.clock * 8
    condition = lower(score.engagement[name], lambda _, field: _EVENT.c[field], today(tools.clock), now)
    owner = _PERSON.c.account_id if score.says.entity == "account" else _PERSON.c.id
    day = func.substr(_EVENT.c.occurred_at, 1, 10)
    totals: dict[str, float] = defaultdict(float)
    for chunk in chunks(ids):
        rows = db.execute(
            _daily(owner, day)
            .where(
                owner.in_(chunk),
                condition,
                _EVENT.c.occurred_at > windows.instant(lasts.days),
                _EVENT.c.occurred_at <= windows.at,
            )
            .group_by(owner, day)
        )
        for id_, on, events in rows:
            age = (now.date() - now.date().fromisoformat(on)).days
            totals[id_] += events * part.each * 0.5 ** (age / (part.half_life.clock.days or 1))
    return {id_: round(min(points, part.cap), 1) for id_, points in totals.items()}


def _words(why: Mapping[Any, str]) -> dict[str, str]:
    return {str(language): sentence for language, sentence in why.items()}


def _daily(owner: ColumnElement[Any], day: ColumnElement[Any]) -> Any:
    joined = _EVENT.join(_PERSON, and_(_PERSON.c.id == _EVENT.c.person_id))
    return select(owner, day, func.count()).select_from(joined)


def _keep(
    db: Connection, tools: Tools, score: Score, parts: Mapping[str, Sequence[Part]]
) -> None:
    known = _known(db, score.rule.name, parts)
    rows = [_row(tools, score, id_, found) for id_, found in parts.items()]
    upsert(db, SCORE, rows)
    fading = [
        id_
        for id_, found in parts.items()
        if any(p.name in score.says.engagement and p.points >= _ALIVE for p in found)
    ]
    alarm = Windows(tools.clock.now()).tomorrow()
    queue.wake_at(db, score.says.entity, "scores", ((id_, alarm) for id_ in fading))
    moved = [row for row in rows if _matters(row, known.get(row["entity_id"]), score)]
    wish(db, _write_back(db, score, moved), tools.now())
    upsert(db, SCORE, ({**r, "written_value": r["value"], "written_grade": r["grade"]} for r in moved))


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
    if known is None:
        return bool(row["value"])
    value, grade = known
    step = max(score.says.write_step, 0.05)
    return bool(row["grade"] != grade or abs(row["value"] - value) >= step)


def _write_back(
    db: Connection, score: Score, moved: Sequence[Mapping[str, Any]]
) -> list[Intent]:
    by_id = {row["entity_id"]: row for row in moved}
    members = identities.members_of(db, score.says.entity, by_id)
    return [
        _intent(score, by_id[id_], link, fields)
        for id_, links in members.items()
        for link in _one_per_object(links)
        if (fields := _targets(score, link.connection, link.object))
    ]


def _one_per_object(links: Iterable[identities.Link]) -> Iterable[identities.Link]:
    seen: set[tuple[str, str]] = set()
    for link in sorted(links, key=lambda each: (len(each.id), each.id)):
        if (link.connection, link.object) not in seen:
            seen.add((link.connection, link.object))
            yield link


def _targets(score: Score, connection: str, object: str) -> dict[str, str]:
    systems: dict[str, dict[str, dict[str, Any]]] = score.says.write.model_dump()
    return systems.get(connection, {}).get(object, {})


def _intent(
    score: Score, row: Mapping[str, Any], link: identities.Link, fields: Mapping[str, str]
) -> Intent:
    says: dict[str, Json] = {
        "value": row["value"],
        "grade": row["grade"] or "",
        "top_reasons": reasons(row["parts"], "en"),
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
        cause={"rule": name, "place": str(score.rule.place), "why": reasons(row["parts"], "en")},
    )


def reasons(parts: Sequence[Mapping[str, Any]], language: str, limit: int = 3) -> str:
    """The strongest parts in words: `pricing pages read (+20), large company (+35)`."""
    top = parts[:limit]
    words = [f"{p['why'].get(language) or p['part']} (+{p['points']:g})" for p in top]
    return ", ".join(words)[:250]
