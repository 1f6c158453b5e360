"""The task its owner reads: subject and body from the rule, with the facts, in the owner's language."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timezone
from typing import Any, Final

from sqlalchemy import Connection

from connectors.protocol import Verb
from playbook.calendar import Office
from playbook.documents import Task
from staging import identities, rows
from sync.context import Tools
from sync.write.intent import Intent, Lane
from tasuki.values import Json

_HOLE: Final = re.compile(r"\{([a-z_]+)\.([a-z_]+)\}")
_SYSTEM: Final = "salesforce"
_WHO: Final = ("Contact", "Lead")


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


def intents(db: Connection, tools: Tools, office: Office, orders: Sequence[Order]) -> list[Intent]:
    """The tasks as wishes on Salesforce, with one natural key each so that none is ever made twice."""
    language = tools.project.language
    values = _rows(db, orders)
    records = _records(db, orders)
    return [_intent(tools, office, order, language, values, records) for order in orders]


def fill(text: str, values: Mapping[str, Mapping[str, Any]]) -> str:
    """The text with every `{relation.field}` filled in; unknown values read `–`."""

    def value(hole: re.Match[str]) -> str:
        found = values.get(hole[1], {}).get(hole[2])
        return "–" if found in (None, "") else _shown(found)

    return _HOLE.sub(value, text)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:g}"
    return str(value)


def _intent(
    tools: Tools,
    office: Office,
    order: Order,
    language: str,
    values: Mapping[tuple[str, str], Mapping[str, Any]],
    records: Mapping[tuple[str, str], Sequence[identities.Link]],
) -> Intent:
    known = {e: values.get((e, id_ or ""), {}) for e, id_ in order.about.items()}
    known |= order.facts
    due = office.after(tools.clock.now().astimezone(timezone.utc), order.task.due)
    fields: dict[str, Json] = {
        "Subject": fill(_words(order.task.subject, language), known)[:255],
        "Description": fill(_words(order.task.body, language), known),
        "Status": "Not Started",
        "Priority": order.task.priority,
        "ActivityDate": due.date().isoformat(),
        "Tasuki_Key__c": order.key,
        "OwnerId": _salesforce(records, "user_", order.owner, ("User",)),
        "WhatId": _salesforce(records, "opportunity", order.about.get("opportunity"), ("Opportunity",))
        or _salesforce(records, "account", order.about.get("account"), ("Account",)),
        "WhoId": _salesforce(records, "person", order.about.get("person"), _WHO),
    }
    who = str(fields["WhoId"] or "")
    if who.startswith("00Q"):
        fields["WhatId"] = None  # Salesforce refuses a WhatId beside a Lead
    entity = next(e for e, id_ in order.about.items() if id_)
    return Intent(
        id=order.key,
        origin=order.origin,
        lane=order.lane,
        verb=Verb.CREATE,
        connection=_SYSTEM,
        object="Task",
        natural_key=("Tasuki_Key__c", order.key),
        fields={name: value for name, value in fields.items() if value not in (None, "")},
        entity=entity,
        entity_id=order.about[entity],
        owner=order.owner,
        cause=order.cause,
    )


def _words(words: Mapping[Any, str], language: str) -> str:
    return words.get(language) or next(iter(words.values()), "")


def _rows(
    db: Connection, orders: Iterable[Order]
) -> dict[tuple[str, str], Mapping[str, Any]]:
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
    return found


_MEASURED: Final = ("account", "person", "opportunity")


def _records(
    db: Connection, orders: Sequence[Order]
) -> dict[tuple[str, str], Sequence[identities.Link]]:
    wanted: dict[str, set[str]] = {"user_": {o.owner for o in orders if o.owner}}
    for order in orders:
        for entity in ("account", "person", "opportunity"):
            if id_ := order.about.get(entity):
                wanted.setdefault(entity, set()).add(id_)
    return {
        (entity, id_): links
        for entity, ids in wanted.items()
        for id_, links in identities.members_of(db, entity, ids).items()
    }


def _salesforce(
    records: Mapping[tuple[str, str], Sequence[identities.Link]],
    entity: str,
    id: str | None,
    objects: Sequence[str],
) -> str | None:
    """The entity's Salesforce record, of the first of these objects that it has."""
    links = [x for x in records.get((entity, id or ""), ()) if x.connection == _SYSTEM]
    return next((x.id for name in objects for x in links if x.object == name), None)
