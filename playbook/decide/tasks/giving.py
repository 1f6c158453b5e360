"""A task for everybody who has none yet; whoever has an open one about the same keeps that one.

A rule may come true again while the task it gave before is still open in the CRM. Then there is no
second one: the open task is told anew, if nobody works on it, and the wish for another is written
down as held, so that a plan can say why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from connectors.protocol import Verb
from playbook.calendar import Office
from playbook.decide.tasks.desk import LINKED, Desk, desk_for
from playbook.decide.tasks.order import KEY, OBJECT, SYSTEM, Order, update_id
from playbook.decide.tasks.standing import RIDES, TASK, Phase, Standing, standing
from staging import identities, rows
from sync.context import Tools
from sync.write.intent import FACTS, LEFT, OURS, Intent, by_ids
from tasuki.values import Json

LANGUAGE = "language"
"""In the cause of a wish: the language its text is written in."""
_BY_OWNERSHIP = "owner"


@dataclass(frozen=True, slots=True)
class Given:
    """What is wished for so that everybody has their task."""

    intents: list[Intent]
    without_owner: list[Order]
    """Those that nobody could be found for: no task is wished for, it is a gap to report."""
    ridden: Mapping[str, str | None] = field(default_factory=dict)
    """Key of an order that makes no task of its own → who has the open one."""

    @property
    def made(self) -> int:
        """How many tasks will be new."""
        return sum(each.verb == Verb.CREATE and each.state == "open" for each in self.intents)


def intents(db: Connection, tools: Tools, office: Office, orders: Sequence[Order]) -> Given:
    """The tasks as wishes on Salesforce, with one natural key each so that none is made twice."""
    known = standing(db, tools, {key for order in orders for key in order.earlier})
    current = {order.key: _current(known, order) for order in orders}
    orders = _kept_by_whoever_has_it(db, orders, current)
    desk = desk_for(db, tools, office, orders)
    wishes: list[Intent] = []
    lost: list[Order] = []
    ridden: dict[str, str | None] = {}
    for order in orders:
        task = current[order.key]
        if task is not None and task.is_open:
            ridden[order.key] = order.owner
            wishes.extend(_riding(desk, order, task))
        elif desk.user(order) is None:
            lost.append(order)
        elif task is None:
            wishes.append(making(desk, order))
        else:
            wishes += [_held(desk, order, task), making(desk, replace(order, key=task.key))]
    return Given(wishes, lost, ridden)


def making(desk: Desk, order: Order) -> Intent:
    """The wish to make a task."""
    return _intent(desk, order, desk.fields(order))


def telling(
    desk: Desk, order: Order, task: Standing, fields: Mapping[str, Json], language: str
) -> Intent:
    """The wish that these cells of an open task say something else; only cells that differ.

    It goes through wholly or not at all, and only onto what we left there: see `OURS`.
    """
    moved = {name: value for name, value in fields.items() if task.left.get(name) != value}
    return replace(
        _intent(desk, order, moved),
        id=update_id(task.key),
        verb=Verb.UPDATE,
        natural_key=None,
        record_id=task.record_id,
        cause={
            **order.cause,
            OURS: True,
            LEFT: {name: task.left.get(name) for name in moved},
            FACTS: dict(order.told),
            LANGUAGE: language,
        },
    )


def misled(db: Connection, about: Mapping[str, Mapping[str, str | None]]) -> set[str]:
    """The tasks, wished for and not yet written, whose records are no longer whom they are about.

    By key, with the entities each is about. A person split from another takes its contact along.
    """
    waiting = {key: wish for key, wish in by_ids(db, about).items() if wish.state == "open"}
    linked: dict[tuple[str, str], set[str]] = {}
    for entity in LINKED:
        ids = {id_ for key in waiting if (id_ := about[key].get(entity))}
        for id_, links in identities.members_of(db, entity, ids).items():
            linked[entity, id_] = {link.id for link in links if link.connection == SYSTEM}
    found: set[str] = set()
    for key, wish in waiting.items():
        known = {
            r for entity in LINKED for r in linked.get((entity, about[key].get(entity) or ""), ())
        }
        named = {str(wish.fields[name]) for name in ("WhoId", "WhatId") if wish.fields.get(name)}
        if named - known:
            found.add(key)
    return found


def _current(known: Mapping[str, Standing], order: Order) -> Standing | None:
    """The earlier task that stands for this order as well: an open one, or one on its way."""
    earlier = [known[key] for key in order.earlier if key in known]
    is_open = [task for task in earlier if task.is_open]
    on_its_way = [task for task in earlier if task.phase is Phase.SENT]
    return next(reversed([*on_its_way, *is_open]), None)


def _kept_by_whoever_has_it(
    db: Connection, orders: Sequence[Order], current: Mapping[str, Standing | None]
) -> list[Order]:
    """An open task changes hands only for the owner who goes first, or when its own has left."""
    present = {key: task.wish.owner for key, task in current.items() if task and task.is_open}
    people = rows.read(db, "user_", {owner for owner in present.values() if owner})
    stays = {id_ for id_, row in people.items() if row.get("is_active")}
    return [
        replace(order, owner=owner)
        if (owner := present.get(order.key)) in stays
        and order.cause.get("assigned_by") != _BY_OWNERSHIP
        else order
        for order in orders
    ]


def _riding(desk: Desk, order: Order, task: Standing) -> list[Intent]:
    """No second task: why is written down, and the open one is told anew if nobody works on it."""
    held = _held(desk, order, task)
    if task.phase is not Phase.OPEN:
        return [held]
    fields = desk.fields(order)
    names = ("Subject", "Description", "Priority", "ActivityDate", "OwnerId")
    fresh = {name: fields[name] for name in names if name in fields}
    told = telling(desk, order, task, fresh, desk.language(order))
    return [held, told] if told.fields else [held]


def _held(desk: Desk, order: Order, task: Standing) -> Intent:
    """Written down and never sent: the task of another key stands for this order."""
    cause = {**order.cause, TASK: task.key, FACTS: dict(order.told)}
    return replace(_intent(desk, order, {}), natural_key=None, cause=cause, state=RIDES)


def _intent(desk: Desk, order: Order, fields: Mapping[str, Json]) -> Intent:
    entity, entity_id = order.target
    return Intent(
        id=order.key,
        origin=order.origin,
        lane=order.lane,
        verb=Verb.CREATE,
        connection=SYSTEM,
        object=OBJECT,
        natural_key=(KEY, order.key),
        fields=fields,
        entity=entity,
        entity_id=entity_id,
        owner=order.owner,
        cause={**order.cause, FACTS: dict(order.told), LANGUAGE: desk.language(order)},
    )
