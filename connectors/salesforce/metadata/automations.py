"""What fires by itself when records are written: flows, triggers, assignment and duplicate rules.

All kinds are asked for in one composite call. An org, its edition or our user's rights may refuse
a kind (`INVALID_TYPE`, `INSUFFICIENT_ACCESS`): that kind is then not told of, and the others are.
Workflow and validation rules are the Tooling API's, one call each; they are not asked for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote_plus

from connectors.protocol import Automation
from connectors.salesforce.client import Client, Rest
from connectors.salesforce.filters import text
from connectors.salesforce.settings import SalesforceSettings
from tasuki.values import Json, dumps

Row = Mapping[str, Any]

_ENTITIES: Final = "entities"
_FLOWS: Final = (
    "SELECT ApiName, Label, ProcessType, TriggerType, RecordTriggerType, NamespacePrefix, "
    "TriggerObjectOrEvent.QualifiedApiName FROM FlowDefinitionView WHERE IsActive = true"
)
_TRIGGERS: Final = (
    "SELECT Name, NamespacePrefix, TableEnumOrId, UsageBeforeInsert, UsageAfterInsert, "
    "UsageBeforeUpdate, UsageAfterUpdate, UsageBeforeDelete, UsageAfterDelete "
    "FROM ApexTrigger WHERE Status = 'Active'"
)
_ASSIGNMENT: Final = "SELECT Name, SobjectType FROM AssignmentRule WHERE Active = true"
_DUPLICATES: Final = (
    "SELECT DeveloperName, MasterLabel, SobjectType FROM DuplicateRule WHERE IsActive = true"
)
_NAMES: Final = "SELECT DurableId, QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName IN"

_SAVES: Final[Mapping[str, tuple[str, ...]]] = {
    "Create": ("create",),
    "Update": ("update",),
    "CreateAndUpdate": ("create", "update"),
    "Delete": ("delete",),
}
_WHEN: Final[Mapping[str, str]] = {
    "RecordBeforeSave": "Runs before the save: it may change the record's own values.",
    "RecordAfterSave": "Runs after the save: it may write other records, or this one again.",
    "RecordBeforeDelete": "Runs before a delete.",
}
_PROCESS: Final = "A process (Process Builder): runs after the save."
_UNASSIGNED: Final = "Tasuki switches it off for its own writes (Sforce-Auto-Assign: FALSE)."
_ASSIGNED: Final = "The connection's `auto_assign` lets it choose owners of what Tasuki writes."
_PASSED: Final = (
    "`allow_duplicates` passes its alerts (Sforce-Duplicate-Rule-Header); a block still refuses."
)
_REFUSED: Final = "A record it matches is refused and parked, unless `allow_duplicates` is set."


def automations(client: Client, objects: Sequence[str]) -> list[Automation]:
    """What fires when these objects are written, as far as the org shows it; one call."""
    wanted = frozenset(objects)
    if not wanted:
        return []
    answered = _ask(client, sorted(wanted))
    names = {row["DurableId"]: row["QualifiedApiName"] for row in answered.pop(_ENTITIES, ())}
    kinds: Mapping[str, Callable[[Row], Automation | None]] = {
        "flow": _flow,
        "trigger": lambda row: _trigger(row, names),
        "assignment_rule": lambda row: _assignment(row, client.settings),
        "duplicate_rule": lambda row: _duplicates(row, client.settings),
    }
    found = (read(row) for kind, read in kinds.items() for row in answered.get(kind, ()))
    return [each for each in found if each is not None and each.object in wanted]


def _ask(client: Client, objects: Sequence[str]) -> dict[str, list[Json]]:
    """The rows of every kind that was answered; at most five queries fit into one composite."""
    asked = {
        "flow": _FLOWS,
        "trigger": _TRIGGERS,
        "assignment_rule": f"{_ASSIGNMENT} AND SobjectType IN ({_listed(objects)})",
        "duplicate_rule": f"{_DUPLICATES} AND SobjectType IN ({_listed(objects)})",
    }
    if custom := [name for name in objects if name.endswith("__c")]:
        asked[_ENTITIES] = f"{_NAMES} ({_listed(custom)})"  # triggers name them by id
    version = client.settings.api_version
    body = {
        "allOrNone": False,
        "compositeRequest": [
            {
                "method": "GET",
                "url": f"/services/data/v{version}/query?q={quote_plus(soql)}",
                "referenceId": kind,
            }
            for kind, soql in asked.items()
        ],
    }

    def composite(rest: Rest) -> Json:
        return rest.restful("composite", method="POST", data=dumps(body))

    answer = client.ask(composite, f"{client.connection}/automations")
    return dict(_answered(answer))


def _answered(answer: Json) -> Iterator[tuple[str, list[Json]]]:
    """The kinds that were answered; a kind with more than 2,000 rows is told as far as that."""
    for each in answer["compositeResponse"]:
        if each["httpStatusCode"] == 200:
            yield each["referenceId"], each["body"]["records"]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(text, names))


def _flow(row: Row) -> Automation | None:
    """A record-triggered flow or process; flows that no save starts are none of ours."""
    entity = row.get("TriggerObjectOrEvent") or {}
    kind = str(row.get("TriggerType") or "")
    is_process = row.get("ProcessType") == "Workflow"
    if not entity.get("QualifiedApiName") or (kind not in _WHEN and not is_process):
        return None
    fires = ("delete",) if kind == "RecordBeforeDelete" else ("create", "update")
    return Automation(
        entity["QualifiedApiName"],
        "flow",
        _named(row.get("Label") or row["ApiName"], row),
        _SAVES.get(str(row.get("RecordTriggerType") or ""), fires),
        note=_PROCESS if is_process else _WHEN[kind],
    )


def _trigger(row: Row, names: Mapping[str, str]) -> Automation:
    """An Apex trigger; it names a custom object by its id."""
    usages = {"create": "Insert", "update": "Update", "delete": "Delete"}
    fires = tuple(
        verb
        for verb, word in usages.items()
        if row.get(f"UsageBefore{word}") or row.get(f"UsageAfter{word}")
    )
    object = names.get(row["TableEnumOrId"], row["TableEnumOrId"])
    return Automation(object, "trigger", _named(row["Name"], row), fires)


def _named(name: str, row: Row) -> str:
    """The name with the package it came with."""
    return f"{row['NamespacePrefix']}.{name}" if row.get("NamespacePrefix") else name


def _assignment(row: Row, settings: SalesforceSettings) -> Automation:
    note = _ASSIGNED if settings.auto_assign else _UNASSIGNED
    fires = ("create", "update")
    return Automation(row["SobjectType"], "assignment_rule", row["Name"], fires, note=note)


def _duplicates(row: Row, settings: SalesforceSettings) -> Automation:
    note = _PASSED if settings.allow_duplicates else _REFUSED
    name, fires = row.get("MasterLabel") or row["DeveloperName"], ("create", "update")
    return Automation(row["SobjectType"], "duplicate_rule", name, fires, note=note)
