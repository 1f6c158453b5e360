"""A task that is open follows the facts, its owner and its reason, as long as nobody works on it.

Tasuki is quiet about a task it has given. Its text is written again at most once a day, and only
when a fact that the rule lists (`facts:` of a signal; product and confidence of a handoff) is
another: a number by more than a tenth, counted days never. Its due day stays. Its owner follows the
owner who goes first, and changes when they leave. When its reason vanishes it is closed, with the
reason as its first line, unless the rule says `when_over: leave`; one that is not written yet is
not written any more. A task that somebody changed is theirs: nothing is written to it again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select

from connectors.protocol import Verb
from playbook.calendar import Office
from playbook.decide.tasks.desk import Desk, desk_for
from playbook.decide.tasks.giving import LANGUAGE, intents, making, telling
from playbook.decide.tasks.order import Order, update_id
from playbook.decide.tasks.standing import RIDES, Phase, Standing, standing
from playbook.decide.tasks.wording import no_longer
from playbook.documents import Task, Words, say
from staging import queue
from staging.tables.writes import INTENT
from sync.context import Tools
from sync.write.intent import FACTS, LEFT, OURS, Intent, by_ids, hand_over, wish, withdraw
from tasuki.values import Json, instant, stamp

RULE: Final = "tasks"
"""Under which an entity is woken whose task may be told anew by then."""
_TENTH: Final = 0.1


@dataclass(frozen=True, slots=True)
class Ended:
    """A task whose reason vanished."""

    key: str
    task: Task | None
    why: Words


def keep_up(
    db: Connection, tools: Tools, office: Office, orders: Sequence[Order]
) -> dict[str, str | None]:
    """Tell open tasks anew where there is news; the owners of those that changed hands, by key."""
    news = _with_news(db, orders)
    known = standing(db, tools, (order.key for order in news))
    again = [order for order in news if _lost_its_task(known.get(order.key))]
    wishes = intents(db, tools, office, again).intents if again else []
    live = [o for o in news if o.key in known and known[o.key].phase in (Phase.WAITS, Phase.OPEN)]
    desk = desk_for(db, tools, office, live)
    handed: dict[str, str | None] = {}
    for found in live:
        task = known[found.key]
        moves = found.owner != task.wish.owner and desk.user(found) is not None
        order = found if moves else replace(found, owner=task.wish.owner)
        if task.phase is Phase.OPEN and not moves and _told_today(office, tools, task):
            queue.wake_at(db, order.target[0], RULE, [(order.target[1] or "", _tomorrow(tools))])
            continue
        handed |= dict.fromkeys((order.key, task.key), order.owner) if moves else {}
        wishes.append(_anew(desk, order, task, moves=moves))
    wish(db, (each for each in wishes if each.fields or each.state == RIDES), tools.now())
    hand_over(db, handed)
    return handed


def take_back(db: Connection, tools: Tools, office: Office, ended: Iterable[Ended]) -> None:
    """The reason vanished: what is not written yet never is, what nobody works on is closed."""
    ended = list(ended)
    known = standing(db, tools, (each.key for each in ended))
    keys = {each.key for each in ended} | {task.key for task in known.values()}
    withdraw(db, [*keys, *map(update_id, keys)])
    today = office.day(tools.clock.now())
    closing = [
        _closing(tools, task, each.why, today)
        for each in ended
        if (task := known.get(each.key)) is not None
        if task.phase is Phase.OPEN and (each.task is None or each.task.when_over == "close")
    ]
    wish(db, closing, tools.now())


def without_task(db: Connection, tools: Tools) -> dict[str, set[str]]:
    """Who lost the task that stood for them: we closed it when their rule had just come true again.

    Entity → ids.
    """
    rules = or_(INTENT.c.origin.startswith("signal:"), INTENT.c.origin.startswith("handoff:"))
    query = select(INTENT.c.id, INTENT.c.entity, INTENT.c.entity_id)
    rides = {row.id: row for row in db.execute(query.where(INTENT.c.state == RIDES, rules))}
    found: dict[str, set[str]] = {}
    for key, task in standing(db, tools, rides).items():
        if _lost_its_task(task):
            found.setdefault(rides[key].entity, set()).add(rides[key].entity_id)
    return found


def is_news(before: Mapping[str, Json] | None, now: Mapping[str, Json]) -> bool:
    """Whether facts moved enough to be told; tasks of older versions were told none."""
    if before is None:
        return False
    return any(_moved(before.get(name), value) for name, value in now.items())


def _moved(before: Any, now: Any) -> bool:
    if isinstance(before, (int, float)) and isinstance(now, (int, float)):
        return abs(now - before) > _TENTH * max(abs(now), abs(before))
    return bool(before != now)


def _with_news(db: Connection, orders: Sequence[Order]) -> list[Order]:
    """The orders whose facts or owner moved since they were told: most of them have not."""
    wishes = by_ids(db, [id_ for o in orders for id_ in (o.key, update_id(o.key))])
    found: list[Order] = []
    for order in orders:
        made, update = wishes.get(order.key), wishes.get(update_id(order.key))
        if made is None:
            continue
        told = (update or made).cause.get(FACTS, made.cause.get(FACTS))
        moves = order.owner is not None and order.owner != made.owner
        if moves or made.state == RIDES or is_news(told, order.told):
            found.append(order)
    return found


def _lost_its_task(task: Standing | None) -> bool:
    """Whether we closed the task that stood for a later opening as well: that gets its own now."""
    return bool(task and task.is_ridden and task.phase is Phase.OVER and task.is_closed_by_us)


def _anew(desk: Desk, order: Order, task: Standing, *, moves: bool) -> Intent:
    """The wish with today's facts; what an unsent wish still wanted besides is kept."""
    if task.phase is Phase.WAITS:
        made = making(desk, replace(order, key=task.key))
        due = {k: v for k, v in task.wish.fields.items() if k == "ActivityDate"}
        return replace(made, fields={**made.fields, **due})
    fields = {**_unsent(task), **_texts(desk, order, task)}
    if moves:
        fields |= {"OwnerId": desk.user(order)}
    return telling(desk, order, task, fields, desk.language(order))


def _texts(desk: Desk, order: Order, task: Standing) -> dict[str, Json]:
    """The texts, if there is something new to say or it is said in another language."""
    other = desk.language(order) != task.said(LANGUAGE)
    return desk.texts(order) if other or is_news(task.said(FACTS), order.told) else {}


def _unsent(task: Standing) -> dict[str, Json]:
    update = task.update
    if update is None or update.state not in ("open", "parked"):
        return {}
    return {name: value for name, value in update.fields.items() if name != task.closing[0]}


def _told_today(office: Office, tools: Tools, task: Standing) -> bool:
    if task.at is None:
        return False
    return office.day(instant(task.at)) == office.day(tools.clock.now())


def _tomorrow(tools: Tools) -> str:
    here = tools.clock.now().astimezone(ZoneInfo(tools.project.timezone))
    return stamp(datetime.combine(here.date() + timedelta(days=1), time(0), here.tzinfo))


def _closing(tools: Tools, task: Standing, why: Words, today: date) -> Intent:
    """The wish to close a task. Our receipt of it tells our closing from a person's."""
    said = str(task.said(LANGUAGE) or tools.project.language)
    name, closed = task.closing
    text = str(task.left.get("Description") or "")
    fields = {name: closed, "Description": no_longer(text, today, why, said)}
    cause = {k: v for k, v in task.wish.cause.items() if k in ("rule", "place", "assigned_by")}
    return replace(
        task.wish,
        id=update_id(task.key),
        verb=Verb.UPDATE,
        natural_key=None,
        record_id=task.record_id,
        fields=fields,
        state="open",
        cause={
            **cause,
            "why": say(why, tools.project.language),
            OURS: True,
            LEFT: {each: task.left.get(each) for each in fields},
            LANGUAGE: said,
        },
    )
