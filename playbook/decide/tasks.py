"""The task its owner reads: the rule's text with the facts, in the project's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from connectors.budget import Lane
from connectors.protocol import Verb
from playbook.calendar import Office
from playbook.decide.scores import known_scores, reasons
from playbook.documents import Task, Words, say
from playbook.template import fill
from staging import identities, rows
from sync.context import Tools
from sync.write.intent import Intent, by_ids
from tasuki.values import Json

SYSTEM: Final = "salesforce"
"""Where tasks are given."""
KEY: Final = "Tasuki_Key__c"
"""The field of a task that holds its natural key."""


@dataclass(frozen=True, slots=True)
class Order:
    """A task to be given to somebody: the rule's text, and what it is about."""

    key: str
    origin: str
    lane: Lane
    task: Task
    owner: str | None
    about: Mapping[str, str | None]
    """Entity → id: account, person, opportunity, need, whatever the text names."""
    facts: Mapping[str, Mapping[str, Any]]
    """Relation → values beyond the rows themselves, e.g. score → {account_priority: 72}."""
    cause: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Given:
    """The tasks that somebody gets, and the orders that nobody could be found for."""

    intents: list[Intent]
    without_owner: list[Order]


def intents(db: Connection, tools: Tools, office: Office, orders: Sequence[Order]) -> Given:
    """The tasks as wishes on Salesforce, with one natural key each so that none is ever made twice.

    A task that no Salesforce user would own is not wished for: it is a gap to report.
    """
    desk = _Desk(tools, office, _rows(db, orders), _records(db, orders))
    owned = [order for order in orders if desk.user(order)]
    lost = [order for order in orders if not desk.user(order)]
    return Given([_intent(desk, order) for order in owned], lost)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the texts and fields of tasks are made from."""

    tools: Tools
    office: Office
    values: Mapping[tuple[str, str], Mapping[str, Any]]
    records: Mapping[tuple[str, str], Sequence[identities.Link]]

    def user(self, order: Order) -> str | None:
        """The Salesforce user of an order's owner."""
        return self.record("user_", order.owner, ("User",))

    def record(self, entity: str, id: str | None, objects: Sequence[str]) -> str | None:
        """The entity's Salesforce record, of the first of these objects that it has."""
        links = [x for x in self.records.get((entity, id or ""), ()) if x.connection == SYSTEM]
        return next((x.id for name in objects for x in links if x.object == name), None)

    def text(self, order: Order, words: Words) -> str:
        """The words in the project's language, their blanks filled in."""
        said = say(words, self.tools.project.language)
        return fill(said, self._known(order), self.tools.project.timezone)

    def _known(self, order: Order) -> dict[str, Mapping[str, Any]]:
        rows = {e: self.values.get((e, id_ or ""), {}) for e, id_ in order.about.items()}
        scores = [
            self.values.get((f"score of {e}", id_ or ""), {}) for e, id_ in order.about.items()
        ]
        language = self.tools.project.language
        given: dict[str, dict[str, Any]] = {"score": {}, "grade": {}, "reasons": {}}
        for name, row in (pair for each in scores for pair in each.items()):
            given["score"][name] = round(float(row.value))
            given["grade"][name] = row.grade
            given["reasons"][name] = reasons(row.parts, language)
        return {**rows, **given, **order.facts}


def _intent(desk: _Desk, order: Order) -> Intent:
    entity = next(e for e, id_ in order.about.items() if id_)
    return Intent(
        id=order.key,
        origin=order.origin,
        lane=order.lane,
        verb=Verb.CREATE,
        connection=SYSTEM,
        object="Task",
        natural_key=(KEY, order.key),
        fields={k: v for k, v in _fields(desk, order).items() if v not in (None, "")},
        entity=entity,
        entity_id=order.about[entity],
        owner=order.owner,
        cause=order.cause,
    )


def _fields(desk: _Desk, order: Order) -> dict[str, Json]:
    due = desk.office.after(desk.tools.clock.now(), order.task.due)
    who = desk.record("person", order.about.get("person"), ("Contact", "Lead"))
    what = desk.record("opportunity", order.about.get("opportunity"), ("Opportunity",))
    what = what or desk.record("account", order.about.get("account"), ("Account",))
    return {
        "Subject": desk.text(order, order.task.subject)[:255],
        "Description": desk.text(order, order.task.body),
        "Status": "Not Started",
        "Priority": order.task.priority,
        "ActivityDate": desk.office.day(due).isoformat(),
        KEY: order.key,
        "OwnerId": desk.user(order),
        # Salesforce refuses a WhatId beside a Lead (prefix 00Q).
        "WhatId": None if who and who.startswith("00Q") else what,
        "WhoId": who,
    }


def misled(db: Connection, about: Mapping[str, Mapping[str, str | None]]) -> set[str]:
    """The tasks, wished for and not yet written, whose records are no longer whom they are about.

    By key, with the entities each is about. A person split from another takes its contact along.
    """
    waiting = {key: wish for key, wish in by_ids(db, about).items() if wish.state == "open"}
    linked: dict[tuple[str, str], set[str]] = {}
    for entity in _LINKED:
        ids = {id_ for key in waiting if (id_ := about[key].get(entity))}
        for id_, links in identities.members_of(db, entity, ids).items():
            linked[entity, id_] = {link.id for link in links if link.connection == SYSTEM}
    found: set[str] = set()
    for key, wish in waiting.items():
        known = {
            r for entity in _LINKED for r in linked.get((entity, about[key].get(entity) or ""), ())
        }
        named = {str(wish.fields[name]) for name in ("WhoId", "WhatId") if wish.fields.get(name)}
        if named - known:
            found.add(key)
    return found


_LINKED: Final = ("account", "person", "opportunity")


def _rows(db: Connection, orders: Iterable[Order]) -> dict[tuple[str, str], Mapping[str, Any]]:
    wanted: dict[str, set[str]] = {}
    for order in orders:
        for entity, id_ in order.about.items():
            if id_:
                wanted.setdefault(entity, set()).add(id_)
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for entity, ids in wanted.items():
        numbers = rows.metrics(db, entity, ids) if entity in _MEASURED else {}
        for id_, row in rows.read(db, entity, ids).items():
            found[entity, id_] = {**numbers.get(id_, {}), **row}
        if entity in _SCORED:
            for id_, scores in known_scores(db, entity, ids).items():
                found[f"score of {entity}", id_] = scores
    return found


_MEASURED: Final = ("account", "person", "opportunity")
_SCORED: Final = ("account", "person")


def _records(
    db: Connection, orders: Sequence[Order]
) -> dict[tuple[str, str], Sequence[identities.Link]]:
    wanted: dict[str, set[str]] = {"user_": {o.owner for o in orders if o.owner}}
    for order in orders:
        for entity in _LINKED:
            if id_ := order.about.get(entity):
                wanted.setdefault(entity, set()).add(id_)
    return {
        (entity, id_): links
        for entity, ids in wanted.items()
        for id_, links in identities.members_of(db, entity, ids).items()
    }
