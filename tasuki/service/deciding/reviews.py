"""Who is who, where only a person can say: reviews accepted or rejected, a record split off.

What is said here are rulings; the next run obeys them, and they stand above every rule until a
person says otherwise.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from config.nearest import did_you_mean
from mappings.apply import normalize
from mappings.spec import mapping_of
from mappings.values import to_json
from staging import aliases, identities, queue, records
from staging.identities import Link
from staging.identity import reviews, rulings
from staging.identity.reviews import STATES, Question, Review
from staging.labels import labels
from sync.identity.doubts import evidence
from sync.identity.grouping.neighbourhood import survivors
from sync.identity.groups import Doubt
from tasuki.errors import GuardError, UnknownRecordError
from tasuki.service.accounts import audit
from tasuki.service.app import App
from tasuki.values import Json, Ref


@dataclass(frozen=True, slots=True)
class Beside:
    """One field of both records."""

    field: str
    left: Json
    right: Json

    @property
    def is_equal(self) -> bool:
        """Both say the same."""
        return bool(self.left == self.right)


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One question, with the two records side by side."""

    id: str
    entity: str
    left: str
    right: str
    label: str
    """What the left one's entity is called."""
    reason: str
    share: tuple[str, ...]
    differ: tuple[str, ...]
    likeness: Mapping[str, float]
    state: str
    at: str
    decided_at: str | None
    decided_by: str | None
    fields: tuple[Beside, ...]
    left_id: str = ""
    """The entity the left record belongs to; empty where the record is gone."""
    right_id: str = ""


@dataclass(frozen=True, slots=True)
class Inbox:
    """Questions of one state, and how many there are in all."""

    reviews: tuple[ReviewView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SplitView:
    """A record that leaves its entity with the next run."""

    ref: str
    entity: str
    entity_id: str
    stay: tuple[str, ...]
    """The records that stay."""
    review: str
    """The review with which it can be taken back."""


def inbox(app: App, *, state: str = reviews.OPEN, entity: str = "", limit: int = 50) -> Inbox:
    """The questions of a state (all with `all`), oldest first. Errors: UnknownRecordError."""
    _known("state", state, (*STATES, "all"))
    if entity:
        _known("entity", entity, app.tools.entities)
    with app.store.reading() as db:
        wanted = "" if state == "all" else state
        found, total = reviews.listed(db, entity=entity, state=wanted, limit=limit)
        return Inbox(_views(app, db, found), total)


def part(
    app: App, states: Sequence[str], entity: str = "", *, limit: int = 20, skip: int = 0
) -> tuple[ReviewView, ...]:
    """Some of the questions in these states: open ones oldest first, others by the last answer."""
    with app.store.reading() as db:
        return _views(app, db, reviews.part(db, states, entity, limit=limit, skip=skip))


def tally(app: App) -> Mapping[tuple[str, str], int]:
    """How many questions there are: (entity, state) → count."""
    with app.store.reading() as db:
        return reviews.tally(db)


def show(app: App, id: str) -> ReviewView:
    """One question. Errors: UnknownRecordError."""
    with app.store.reading() as db:
        return _views(app, db, [_require(db, id)])[0]


def accept(app: App, id: str, by: str, reason: str = "") -> ReviewView:
    """The two are one: rules and vetoes no longer keep their entities apart.

    Errors: UnknownRecordError; GuardError when one of the records is gone.
    """
    with app.store.writing() as db:
        found = _require(db, id)
        pair = _survivors(db, found)
        rulings.take_back(db, found.entity, *_living(db, found.entity, pair))
        _rule(app, db, found.entity, pair, "same", by, reason)
        reviews.decide(db, id, "accepted", by, app.tools.now())
    audit(app, by, "review.accepted", id, entity=found.entity, reason=reason)
    return show(app, id)


def reject(app: App, id: str, by: str, reason: str = "") -> ReviewView:
    """The two are others: nothing joins them any more. Errors: UnknownRecordError."""
    with app.store.writing() as db:
        found = _require(db, id)
        _rule(app, db, found.entity, (found.left, found.right), "different", by, reason)
        reviews.decide(db, id, "rejected", by, app.tools.now())
    audit(app, by, "review.rejected", id, entity=found.entity, reason=reason)
    return show(app, id)


def split(app: App, ref: str, by: str, reason: str, entity: str = "") -> SplitView:
    """Take a record out of its entity: it is none of the others there, whatever they share.

    Errors: UnknownRecordError when it is no linked record; GuardError when it is alone already.
    """
    record = _parsed(ref)
    with app.store.writing() as db:
        name, entity_id, others = _home(app, db, record, entity)
        pairs = [(str(record), str(link.ref)) for link in others]
        now = app.tools.now()
        rulings.give(db, name, pairs, "different", by=by, reason=reason, now=now)
        review = _answered(db, name, record, others, by, now)
        queue.mark(db, queue.IDENTIFY, name, [str(record), *(other for _, other in pairs)])
    audit(app, by, "record.split", str(record), entity=name, entity_id=entity_id, reason=reason)
    stay = tuple(str(link.ref) for link in others)
    return SplitView(str(record), name, entity_id, stay, review)


def _answered(
    db: Connection, entity: str, record: Ref, others: Sequence[Link], by: str, now: str
) -> str:
    """A review that is rejected already, so that a split can be taken back."""
    keys = identities.keys_of(db, entity, [record, *(link.ref for link in others)])

    def shared(link: Link) -> int:
        mine, theirs = keys.get(record, {}), keys.get(link.ref, {})
        return sum(bool(mine[kind] & theirs[kind]) for kind in mine.keys() & theirs.keys())

    nearest = max(others, key=lambda link: (shared(link), str(link.ref)))
    left, right = sorted((str(record), str(nearest.ref)))
    doubt = Doubt(left, right, "split")
    said = evidence(doubt, {str(ref): found for ref, found in keys.items()})
    reviews.ask(db, entity, [Question(left, right, doubt.reason, said)], now)
    id_ = reviews.review_id(entity, left, right)
    reviews.decide(db, id_, "rejected", by, now)
    return id_


def _rule(
    app: App, db: Connection, entity: str, pair: tuple[str, str], verdict: str, by: str, reason: str
) -> None:
    rulings.give(db, entity, [pair], verdict, by=by, reason=reason, now=app.tools.now())
    queue.mark(db, queue.IDENTIFY, entity, pair)


def _survivors(db: Connection, found: Review) -> tuple[str, str]:
    """The two records; where a platform merged one away, the one it lives on in."""
    pair = (found.left, found.right)
    linked = identities.links_of(db, found.entity, map(Ref.parse, pair))
    ends = survivors(db, (ref for ref in map(Ref.parse, pair) if ref not in linked))
    return ends.get(pair[0], pair[0]), ends.get(pair[1], pair[1])


def _living(db: Connection, entity: str, pair: tuple[str, str]) -> tuple[set[str], set[str]]:
    """All records of the entities of both, so that none of them holds the two apart.

    With those that their platforms merged into them: what was ruled of these holds for them.
    """
    left, right = map(Ref.parse, pair)
    linked = identities.links_of(db, entity, [left, right])
    if left == right or len(linked) < 2:
        raise GuardError(
            "one of the two records is gone",
            where=next((str(ref) for ref in (left, right) if ref not in linked), str(left)),
            why="it was deleted, or its platform merged it into the other, since this was asked",
            remedy="Run `tasuki run`: what is still in doubt is asked again.",
        )
    members = identities.members_of(db, entity, sorted(set(linked.values())))
    one, other = ({link.ref for link in members[linked[ref]]} for ref in (left, right))
    one, other = (refs | aliases.merged_into(db, refs) for refs in (one, other))
    return set(map(str, one)), set(map(str, other))


def _require(db: Connection, id: str) -> Review:
    if (found := reviews.find(db, id)) is None:
        raise UnknownRecordError(
            f"there is no review `{id}`",
            why="nothing was asked under that name",
            remedy="`tasuki reviews` lists what is open, `--state all` what was decided.",
        )
    return found


def _known(what: str, given: str, known: Iterable[str]) -> None:
    if given not in known:
        raise UnknownRecordError(
            f"there is no {what} `{given}`", remedy=did_you_mean(given, known, "Leave it out.")
        )


def _parsed(ref: str) -> Ref:
    try:
        return Ref.parse(ref)
    except ValueError:
        raise UnknownRecordError(
            f"`{ref}` names no record",
            why="a record is written connection/object/id",
            remedy="`tasuki explain NAME` lists the records of an entity as they are written.",
        ) from None


def _home(app: App, db: Connection, record: Ref, entity: str) -> tuple[str, str, list[Link]]:
    """The entity the record is to leave, and the records that stay."""
    if entity:
        _known("entity", entity, app.tools.entities)
    mine = [entity] if entity else list(dict.fromkeys(m.entity.name for m in app.tools.mappings))
    found: dict[str, tuple[str, str, list[Link]]] = {}
    for name in mine:
        for id_ in identities.links_of(db, name, [record]).values():
            members = identities.members_of(db, name, [id_])[id_]
            found[name] = (name, id_, [link for link in members if link.ref != record])
    shared = {name: home for name, home in found.items() if home[2]}
    if len(shared) == 1:
        return next(iter(shared.values()))
    if shared:
        raise GuardError(
            f"the record belongs to {len(shared)} entities",
            where=str(record),
            why=f"it is part of {', '.join(shared)}",
            remedy=f"Say from which it is to leave: `--from {next(iter(shared))}`.",
        )
    if found:
        raise _alone(record, next(iter(found)))
    raise _unlinked(db, record)


def _unlinked(db: Connection, record: Ref) -> UnknownRecordError:
    ends = aliases.survivors(db, record.connection, record.object, [record.id])
    if end := ends.get(record.id):
        return UnknownRecordError(
            f"`{record}` is no record of its own any more",
            why=f"its system merged it into {end}, and no system can take that apart again",
            remedy="Create the other one anew where it is missing.",
        )
    return UnknownRecordError(
        f"`{record}` belongs to no entity",
        why="it was never pulled, or is deleted",
        remedy="Write it as connection/object/id; `tasuki explain NAME` lists records so.",
    )


def _alone(record: Ref, entity: str) -> GuardError:
    return GuardError(
        "the record is alone already",
        where=str(record),
        why=f"no other record belongs to its {entity}",
        remedy="There is nothing to split.",
    )


# ── reading ──


def _views(app: App, db: Connection, found: Sequence[Review]) -> tuple[ReviewView, ...]:
    refs = {(r.entity, Ref.parse(ref)) for r in found for ref in (r.left, r.right)}
    said = {(entity, str(ref)): _said(app, db, entity, ref) for entity, ref in sorted(refs)}
    homes = {
        (entity, str(ref)): id_
        for entity in {r.entity for r in found}
        for ref, id_ in identities.links_of(db, entity, {r for e, r in refs if e == entity}).items()
    }
    names = labels(db, ((entity, id_) for (entity, _), id_ in homes.items()))
    return tuple(
        ReviewView(
            id=r.id,
            entity=r.entity,
            left=r.left,
            right=r.right,
            label=names.get((r.entity, homes.get((r.entity, r.left), "")), r.left),
            reason=r.reason,
            share=tuple(r.evidence.get("share", ())),
            differ=tuple(r.evidence.get("differ", ())),
            likeness=dict(r.evidence.get("likeness") or {}),
            state=r.state,
            at=r.at,
            decided_at=r.decided_at,
            decided_by=r.decided_by,
            fields=_beside(said[r.entity, r.left], said[r.entity, r.right]),
            left_id=homes.get((r.entity, r.left), ""),
            right_id=homes.get((r.entity, r.right), ""),
        )
        for r in found
    )


def _said(app: App, db: Connection, entity: str, ref: Ref) -> dict[str, Json]:
    """What a record says in the entity's words."""
    mine = [m for m in app.tools.mappings if m.entity.name == entity]
    home = mapping_of(mine, ref.connection, ref.object)
    staged = records.read(db, ref.connection, ref.object, [ref.id]).get(ref.id)
    if home is None or staged is None or staged.deleted_at:
        return {}
    mapping, side = home
    values = normalize(mapping, side.name, staged.payload, ref.id).values
    return {name: to_json(value) for name, value in values.items()}


def _beside(left: Mapping[str, Json], right: Mapping[str, Json]) -> tuple[Beside, ...]:
    """What either says, where both say something first."""
    names = [name for name in left if left[name] is not None or right.get(name) is not None]
    names += [name for name in right if name not in left and right[name] is not None]
    both = sorted(names, key=lambda name: left.get(name) is None or right.get(name) is None)
    return tuple(Beside(name, left.get(name), right.get(name)) for name in both)
