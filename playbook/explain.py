"""Why a rule did what it did for one entity: each predicate, the value it saw, the nearest miss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from catalog.expression.check import condition
from catalog.expression.sentence import sentence
from catalog.expression.trace import Leaf, trace
from catalog.expression.tree import Node, names
from catalog.labels import Language
from playbook.book import Playbook
from playbook.decide.scores import known_scores
from playbook.documents import say
from playbook.query import Query
from playbook.rules import Handoff, Known, Scenario, Score, Signal
from playbook.scenario.preview import place
from playbook.template import shown
from staging.tables.decisions import HANDOFF, SIGNAL
from staging.tables.entities import ENTITY_TABLES
from sync.context import Tools
from tasuki.clock import today
from tasuki.errors import Place

AnyRule: TypeAlias = Score | Signal | Handoff | Scenario


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule: which part of the file it is, and its tree."""

    part: str
    tree: Node
    points: float | None = None


@dataclass(frozen=True, slots=True)
class Predicate:
    """One predicate of a condition and the value it saw."""

    says: str
    text: str
    seen: str
    verdict: bool | None
    """True, false, or None for unknown."""
    is_decisive: bool
    """Whether another answer of this one alone would change the whole."""
    distance: float | None
    place: Place


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition for one entity."""

    part: str
    says: str
    verdict: bool | None
    predicates: tuple[Predicate, ...]
    missing: tuple[Predicate, ...]
    """The fewest predicates that must turn for it to be true; empty when it is."""
    points: float | None = None
    """What a part of a score gives, or would give."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a rule made of one entity, and why."""

    kind: str
    rule: str
    place: Place
    version: str
    entity: str
    entity_id: str
    outcome: str
    """What stands in the ledger: `offered`, `open since 2026-05-01`, `72 (B)`, `holdout` …"""
    reasons: tuple[Reason, ...]


def conditions(rule: AnyRule, known: Known) -> tuple[Condition, ...]:
    """Everything a rule asks of one entity, in the order it matters."""
    match rule:
        case Signal():
            return (Condition("when", rule.when),)
        case Handoff():
            return (Condition("offer_when", rule.when), *_taken_for_granted(rule, known))
        case Score():
            parts = rule.says.fit
            return tuple(
                Condition(name, tree, parts[name].points) for name, tree in rule.fit.items()
            )
        case Scenario():
            branches = zip(rule.says.branches, rule.branches, strict=True)
            return (
                Condition("audience", rule.audience),
                *(Condition(f"exclude: {why}", tree) for why, tree in rule.exclude.items()),
                *(Condition(f"branch: {branch.name}", tree) for branch, tree in branches),
            )


def _taken_for_granted(rule: Handoff, known: Known) -> list[Condition]:
    """What every handoff asks besides its own condition."""
    texts = {
        "from_team": f"need.team = '{rule.says.from_team}'",
        "season": "not coalesce(need.waiting, false)",
        **{f"requires: {fact}": f"{fact} is not null" for fact in rule.says.requires},
    }
    scope = known.scope("need")
    return [Condition(p, condition(text, scope, rule.rule.place)) for p, text in texts.items()]


def in_words(rule: AnyRule, known: Known, language: Language) -> tuple[tuple[str, str], ...]:
    """A rule as plain sentences: (part, sentence); for those who own it and read no SQL."""
    told = [(each.part, sentence(each.tree, language)) for each in conditions(rule, known)]
    if isinstance(rule, Score):
        told += [(name, sentence(tree, language)) for name, tree in rule.engagement.items()]
    return tuple(told)


def explain(
    db: Connection, tools: Tools, book: Playbook, rule: AnyRule, id: str, language: Language
) -> Explanation:
    """Why a rule does or does not hold for one entity."""
    entity = entity_of(rule)
    asked = conditions(rule, book.known)
    seen = _values(db, tools, book, entity, id, [each.tree for each in asked])
    reasons = [_reason(tools, each, seen, language) for each in asked]
    if isinstance(rule, Score):
        reasons = _with_points(db, rule, id, reasons, language)
    return Explanation(
        kind=type(rule).__name__.lower(),
        rule=rule.rule.name,
        place=rule.rule.place,
        version=rule.rule.version,
        entity=entity,
        entity_id=id,
        outcome=_outcome(db, tools, book, rule, id),
        reasons=tuple(reasons),
    )


def explain_entity(
    db: Connection, tools: Tools, book: Playbook, entity: str, id: str, language: Language
) -> list[Explanation]:
    """Every rule about an entity; for an account also those about its needs."""
    rules: list[AnyRule] = [*book.scores, *book.signals, *book.handoffs, *book.scenarios]
    found = [
        explain(db, tools, book, rule, id, language) for rule in rules if entity_of(rule) == entity
    ]
    if entity == "account":
        need = ENTITY_TABLES["need"]
        mine = select(need.c.id).where(need.c.account_id == id, need.c.state != "closed")
        for one in db.scalars(mine.order_by(need.c.product)).all():
            found += explain_entity(db, tools, book, "need", one, language)
    return found


def entity_of(rule: AnyRule) -> str:
    """What a rule is about."""
    return "need" if isinstance(rule, Handoff) else rule.says.entity


def _values(
    db: Connection, tools: Tools, book: Playbook, entity: str, id: str, trees: Sequence[Node]
) -> dict[tuple[str, str], Any]:
    """What the conditions see of this entity."""
    query = Query(entity, book, tools)
    wanted = list(dict.fromkeys(name for tree in trees for name in names(tree)))
    columns = {f"seen_{i}": query.column(*name) for i, name in enumerate(wanted)}
    for _, *values in query.rows(db, columns, ids=[id]):
        return dict(zip(wanted, values, strict=True))
    return {}


def _reason(
    tools: Tools, asked: Condition, seen: Mapping[tuple[str, str], Any], language: Language
) -> Reason:
    clock, zone = tools.clock, tools.project.timezone
    found = trace(asked.tree, seen, today(clock), clock.now())
    return Reason(
        asked.part,
        sentence(asked.tree, language),
        found.result,
        tuple(_predicate(leaf, zone, language) for leaf in found.leaves),
        tuple(_predicate(leaf, zone, language) for leaf in found.missing),
        asked.points,
    )


def _predicate(leaf: Leaf, zone: str, language: Language) -> Predicate:
    return Predicate(
        sentence(leaf.node, language),
        leaf.text,
        "?" if leaf.seen is None else _seen(leaf.seen, zone),
        leaf.verdict,
        leaf.decisive,
        leaf.distance,
        leaf.place,
    )


def _seen(value: Any, zone: str) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else shown(value, zone)


def _with_points(
    db: Connection, score: Score, id: str, reasons: Sequence[Reason], language: Language
) -> list[Reason]:
    """Fit parts as they are, engagement parts with the points they gave when last scored."""
    known = known_scores(db, score.says.entity, [id]).get(id, {}).get(score.rule.name)
    given = {part["part"]: part["points"] for part in (known.parts if known else ())}
    engaged = [
        Reason(name, _engaged(score, name, language), name in given, (), (), given.get(name, 0.0))
        for name in score.engagement
    ]
    return [*reasons, *engaged]


def _engaged(score: Score, name: str, language: Language) -> str:
    part = score.says.engagement[name]
    what = say(part.why, language) or sentence(score.engagement[name], language)
    return f"{what} ({part.each:g}, ≤ {part.cap:g}, ½ {part.half_life})"


def _outcome(db: Connection, tools: Tools, book: Playbook, rule: AnyRule, id: str) -> str:
    match rule:
        case Score():
            row = known_scores(db, rule.says.entity, [id]).get(id, {}).get(rule.rule.name)
            return f"{float(row.value):g} ({row.grade or '-'})" if row else "not scored"
        case Signal():
            return _signal_outcome(db, rule, id)
        case Handoff():
            return _handoff_outcome(db, rule, id)
        case Scenario():
            placed = next((p for p in place(db, tools, book, rule) if p.entity_id == id), None)
            if placed is None:
                return "not in the audience"
            return f"{placed.arm}: {placed.reason or placed.branch}"


def _signal_outcome(db: Connection, rule: Signal, id: str) -> str:
    row = db.execute(
        select(SIGNAL)
        .where(SIGNAL.c.rule == rule.rule.name, SIGNAL.c.entity_id == id)
        .order_by(SIGNAL.c.opened_at.desc())
    ).first()
    if row is None:
        return "never opened"
    return f"closed {row.closed_at[:10]}" if row.closed_at else f"open since {row.opened_at[:10]}"


def _handoff_outcome(db: Connection, rule: Handoff, id: str) -> str:
    row = db.execute(
        select(HANDOFF)
        .where(HANDOFF.c.rule == rule.rule.name, HANDOFF.c.need_id == id)
        .order_by(HANDOFF.c.offered_at.desc(), HANDOFF.c.id)
    ).first()
    if row is None:
        return "not offered"
    return f"{row.state}: {row.reason}" if row.reason else str(row.state)
