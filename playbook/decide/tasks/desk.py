"""What texts and fields of tasks are made from, read for many tasks at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from playbook.calendar import Office
from playbook.decide.scores import known_scores, reasons
from playbook.decide.tasks import wording
from playbook.decide.tasks.order import KEY, SYSTEM, Order
from playbook.documents import say
from staging import identities, rows
from sync.context import Tools
from tasuki.values import Json

LINKED: Final = ("account", "person", "opportunity")
"""The entities whose records a task names."""
_MEASURED: Final = ("account", "person", "opportunity")
_SCORED: Final = ("account", "person")


@dataclass(frozen=True, slots=True)
class Desk:
    """The rows and records that tasks are made from."""

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

    def language(self, order: Order) -> str:
        """The language a task is written in: its owner's, else the project's."""
        owner = self.values.get(("user_", order.owner or ""), {})
        return wording.language_of(order, (owner.get("language"), self.tools.project.language))

    def texts(self, order: Order) -> dict[str, Json]:
        """What its owner reads."""
        said, zone = self.language(order), self.tools.project.timezone
        values = self._known(order, said)
        return {
            "Subject": wording.subject(order, values, zone, said),
            "Description": wording.body(order, values, zone, said),
        }

    def fields(self, order: Order) -> dict[str, Json]:
        """Everything that is sent to make a task; due in business time from now."""
        due = self.office.after(self.tools.clock.now(), order.task.due)
        who = self.record("person", order.about.get("person"), ("Contact", "Lead"))
        what = self.record("opportunity", order.about.get("opportunity"), ("Opportunity",))
        what = what or self.record("account", order.about.get("account"), ("Account",))
        found: dict[str, Json] = {
            **self.texts(order),
            "Status": "Not Started",
            "Priority": order.task.priority,
            "ActivityDate": self.office.day(due).isoformat(),
            KEY: order.key,
            "OwnerId": self.user(order),
            # Salesforce refuses a WhatId beside a Lead (prefix 00Q).
            "WhatId": None if who and who.startswith("00Q") else what,
            "WhoId": who,
        }
        return {name: value for name, value in found.items() if value not in (None, "")}

    def _known(self, order: Order, said: str) -> dict[str, Mapping[str, Any]]:
        rows = {e: self.values.get((e, id_ or ""), {}) for e, id_ in order.about.items()}
        scores = [
            self.values.get((f"score of {e}", id_ or ""), {}) for e, id_ in order.about.items()
        ]
        why = say(order.why, said, str(order.cause.get("why") or ""))
        given: dict[str, dict[str, Any]] = {"score": {}, "grade": {}, "reasons": {}}
        for name, row in (pair for each in scores for pair in each.items()):
            given["score"][name] = round(float(row.value))
            given["grade"][name] = row.grade
            given["reasons"][name] = reasons(row.parts, said)
        rule = {"why": why, "name": order.cause["rule"]}
        return {**rows, **given, "rule": rule, **order.facts}


def desk_for(db: Connection, tools: Tools, office: Office, orders: Sequence[Order]) -> Desk:
    """Everything that these orders name."""
    return Desk(tools, office, _rows(db, orders), _records(db, orders))


def _rows(db: Connection, orders: Iterable[Order]) -> dict[tuple[str, str], Mapping[str, Any]]:
    wanted: dict[str, set[str]] = {}
    for order in orders:
        for entity, id_ in (*order.about.items(), ("user_", order.owner)):
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


def _records(
    db: Connection, orders: Sequence[Order]
) -> dict[tuple[str, str], Sequence[identities.Link]]:
    wanted: dict[str, set[str]] = {"user_": {o.owner for o in orders if o.owner}}
    for order in orders:
        for entity in LINKED:
            if id_ := order.about.get(entity):
                wanted.setdefault(entity, set()).add(id_)
    return {
        (entity, id_): links
        for entity, ids in wanted.items()
        for id_, links in identities.members_of(db, entity, ids).items()
    }
