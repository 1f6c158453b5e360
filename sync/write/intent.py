"""What we want to be true: wishes that mappings and rules leave behind until they are fulfilled."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, func, or_, select, update

from connectors.protocol import Verb
from staging.bulk import chunks, upsert
from staging.tables.writes import INTENT, PLAN
from tasuki.values import Json

HELD: Final = "held:"
"""What the state of a wish begins with that is not sent, and says why."""
PROTECTED: Final = "protected"
"""Why a cell that a person changed is not overwritten for a while."""
OPEN_TASK: Final = "open_task"
"""Why no second task is made: an earlier one about the same is still open."""
OURS: Final = "ours"
"""In a cause: it only writes over what we left there, and wholly or not at all. Where somebody
changed one of its cells meanwhile, the wish is given up: the record is theirs."""
LEFT: Final = "left"
"""In a cause: what we last left in its cells, for those that no pull brings."""
FACTS: Final = "facts"
"""In a cause: the facts a text was made from, so that a later one knows whether it is news."""
PART: Final = "part"
"""In a change's cause: its plan leaves other cells of the wish alone, which stays open for them."""
UNTOLD: Final = frozenset({"cells", LEFT, FACTS})
"""What a change does not repeat of its wish's cause."""
_UNDONE: Final = "undone"
"""In a cause: the cells a person undid, and the values that are not wanted there again."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One wish about one record.

    `id` names the wish, so that wishing twice is wishing once. `natural_key` (field, value) marks a
    record to be created at most once. `cause` tells rule, place (file:line) and why, in plain
    words; `cause["cells"]` may tell them per platform field.
    """

    id: str
    origin: str
    lane: str
    verb: str
    connection: str
    object: str
    fields: Mapping[str, Json]
    cause: Mapping[str, Json]
    record_id: str | None = None
    natural_key: tuple[str, str] | None = None
    links: Sequence[tuple[str, str]] = ()
    entity: str | None = None
    entity_id: str | None = None
    owner: str | None = None
    state: str = field(default="open")


def wish(db: Connection, intents: Iterable[Intent], now: str) -> int:
    """Keep the wishes; how many are new or changed.

    A wish that was fulfilled is not made again unless its fields differ. A cell that a person undid
    is not wished for again unless its value differs; an undone record is not made again at all.
    """
    said = {intent.id: intent for intent in intents}
    known = by_ids(db, said)
    wanted = {id_: _without_undone(known.get(id_), intent) for id_, intent in said.items()}
    fresh = [i for i in wanted.values() if not _same(known.get(i.id), i)]
    upsert(db, INTENT, ({**_row(intent), "created_at": now} for intent in fresh))
    return len(fresh)


def is_held(intent: Intent) -> bool:
    """Whether a wish is only written down, with the reason why it is not sent."""
    return intent.state.startswith(HELD)


def held(db: Connection) -> dict[tuple[str, str, str, str], int]:
    """How many wishes are held back: (origin, connection, object, reason) -> count."""
    by = (INTENT.c.origin, INTENT.c.connection, INTENT.c.object, INTENT.c.state)
    query = select(*by, func.count()).where(INTENT.c.state >= HELD, INTENT.c.state < f"{HELD}~")
    rows = db.execute(query.group_by(*by).order_by(*by))
    return {(o, c, x, state.removeprefix(HELD)): n for o, c, x, state, n in rows}


def kept_cells(db: Connection) -> list[tuple[str, str, str, Mapping[str, Json]]]:
    """The wishes kept back because people edited their cells: (origin, connection, object, cause).

    At most those whose protection still lasts.
    """
    mine = (INTENT.c.origin, INTENT.c.connection, INTENT.c.object, INTENT.c.cause)
    rows = db.execute(select(*mine).where(INTENT.c.state == f"{HELD}{PROTECTED}"))
    return [(row.origin, row.connection, row.object, row.cause) for row in rows]


def drop_unwanted(
    db: Connection, origin: str, entity_ids: Iterable[str], wanted: Collection[str]
) -> None:
    """Wishes of an origin about these entities that are wanted no more; a person's undo stays."""
    waits = INTENT.c.state.in_(("open", "parked", "dropped"))
    states = or_(waits, INTENT.c.state.startswith(HELD))
    for chunk in chunks(entity_ids):
        mine = (INTENT.c.origin == origin, INTENT.c.entity_id.in_(chunk), states)
        ids = db.scalars(select(INTENT.c.id).where(*mine))
        gone = [id_ for id_ in ids if id_ not in wanted]
        for part in chunks(gone):
            db.execute(update(INTENT).where(INTENT.c.id.in_(part)).values(state="withdrawn"))


def forsake(db: Connection, kind: str, origins: Collection[str]) -> None:
    """Wishes of a kind whose rule is no more (not among these origins) are wanted no more."""
    waits = INTENT.c.state.in_(("open", "parked", "dropped"))
    theirs = (INTENT.c.origin.startswith(f"{kind}:"), INTENT.c.origin.not_in(sorted(origins)))
    unsent = or_(waits, INTENT.c.state.startswith(HELD))
    db.execute(update(INTENT).where(*theirs, unsent).values(state="withdrawn"))


def withdraw(db: Connection, ids: Iterable[str]) -> None:
    """These are no longer wanted (only those that have not come true)."""
    _set_state(db, ids, "withdrawn", ("open", "parked", "dropped", f"{HELD}{OPEN_TASK}"))


def let_ride(db: Connection, ids: Iterable[str]) -> None:
    """These wait for no task of their own any more."""
    _set_state(db, ids, "withdrawn", (f"{HELD}{OPEN_TASK}",))


def hand_over(db: Connection, owners: Mapping[str, str | None]) -> None:
    """Somebody else has these tasks from now on: wish → user."""
    by_owner: dict[str | None, list[str]] = {}
    for id_, owner in owners.items():
        by_owner.setdefault(owner, []).append(id_)
    for owner, ids in by_owner.items():
        for chunk in chunks(ids):
            db.execute(update(INTENT).where(INTENT.c.id.in_(chunk)).values(owner=owner))


def forget(db: Connection, ids: Iterable[str]) -> None:
    """These are wanted no more, come true or not: the same wish may be made again."""
    _set_state(db, ids, "withdrawn", ("open", "done", "parked", "dropped"))


def renew(db: Connection, ids: Iterable[str]) -> None:
    """These came true and were set back by somebody since: they are wished for once more."""
    _set_state(db, ids, "withdrawn", ("done",))


def fulfil(db: Connection, ids: Iterable[str]) -> None:
    """These have come true."""
    _set_state(db, ids, "done", ("open", "withdrawn", "parked"))


def park(db: Connection, ids: Iterable[str]) -> None:
    """A system refused these: not sent again until their fields change or a person retries."""
    _set_state(db, ids, "parked", ("open",))


def reopen(db: Connection, ids: Iterable[str]) -> None:
    """Send these again, though they were refused or a person gave them up."""
    _set_state(db, ids, "open", ("parked", "dropped"))


def drop(db: Connection, ids: Iterable[str]) -> None:
    """A person gives up these that were refused: not sent again until their fields change."""
    _set_state(db, ids, "dropped", ("parked",))


def let_go(db: Connection, ids: Iterable[str]) -> None:
    """A person undid these: not wanted again until their fields change."""
    _set_state(db, ids, "undone", ("open", "done", "withdrawn", "parked"))


def take_up(db: Connection, ids: Iterable[str]) -> None:
    """What a person undid of these was restored: they hold again, as before the undo."""
    _set_state(db, ids, "done", ("undone",))


def open_intents(
    db: Connection, now: str, origin_prefix: str = "", states: Sequence[str] = ("open",)
) -> list[Intent]:
    """Every open wish (or of these states) of an origin, in lane and record order.

    Without an origin: all but those of scenarios that a plan of their own still holds; one that
    expired holds nothing.
    """
    query = select(INTENT).where(INTENT.c.state.in_(states))
    if origin_prefix:
        query = query.where(INTENT.c.origin.startswith(origin_prefix, autoescape=True))
    else:
        live = (PLAN.c.state.in_(("draft", "approved", "applying")), PLAN.c.expires_at >= now)
        theirs = select(PLAN.c.origin).where(*live, PLAN.c.origin.startswith("scenario:"))
        query = query.where(INTENT.c.origin.not_in(theirs))
    return [_intent(row) for row in db.execute(query.order_by(INTENT.c.lane, INTENT.c.id))]


def by_ids(db: Connection, ids: Iterable[str]) -> dict[str, Intent]:
    """The wishes of these ids, in any state."""
    found: dict[str, Intent] = {}
    for chunk in chunks(ids):
        rows = db.execute(select(INTENT).where(INTENT.c.id.in_(chunk)))
        found |= {row.id: _intent(row) for row in rows}
    return found


def open_ids(db: Connection, origin: str, entity_ids: Iterable[str]) -> dict[str, str]:
    """The open wishes of one origin about these entities: intent id -> entity id."""
    found: dict[str, str] = {}
    for chunk in chunks(entity_ids):
        rows = db.execute(
            select(INTENT.c.id, INTENT.c.entity_id).where(
                INTENT.c.state == "open", INTENT.c.origin == origin, INTENT.c.entity_id.in_(chunk)
            )
        )
        found |= dict(rows.all())
    return found


def _without_undone(known: Intent | None, wanted: Intent) -> Intent:
    undone: dict[str, Json] = dict(known.cause.get(_UNDONE) or {}) if known else {}
    if known and known.state == "undone":
        undone |= known.fields
    undone = {k: v for k, v in undone.items() if wanted.fields.get(k, v) == v}
    if wanted.verb != Verb.UPDATE or not undone:
        return wanted
    fields = {k: v for k, v in wanted.fields.items() if k not in undone or undone[k] != v}
    return replace(wanted, fields=fields, cause={**wanted.cause, _UNDONE: undone})


def _same(known: Intent | None, wanted: Intent) -> bool:
    if known is None or known.state == "withdrawn":
        return False
    if known.state == "undone" and (known.verb != Verb.UPDATE or not wanted.fields):
        return True
    if is_held(known) or is_held(wanted):
        return known.state == wanted.state and dict(known.cause) == dict(wanted.cause)
    return dict(known.fields) == dict(wanted.fields) and known.verb == wanted.verb


def _set_state(db: Connection, ids: Iterable[str], to: str, among: Sequence[str]) -> None:
    for chunk in chunks(ids):
        db.execute(
            update(INTENT).where(INTENT.c.id.in_(chunk), INTENT.c.state.in_(among)).values(state=to)
        )


def _row(intent: Intent) -> dict[str, Any]:
    row = {name: getattr(intent, name) for name in Intent.__slots__}  # asdict copies every cell
    row["natural_key"] = list(intent.natural_key) if intent.natural_key else None
    row["links"] = [list(link) for link in intent.links]
    return row


def _intent(row: Row[Any]) -> Intent:
    values = row._asdict()
    values.pop("created_at")
    key = values["natural_key"]
    values["natural_key"] = (key[0], key[1]) if key else None
    values["links"] = tuple((object_, id_) for object_, id_ in values["links"] or ())
    return Intent(**values)
