"""What fires by itself, as an integration may ask for it: the rows behind the rules.

An administrator's rules are kept by name (`setup/rule.py`); each flow, trigger, assignment and
duplicate rule also has its row in the object that the platform tells it by. A fresh org has a few.
"""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.salesforce.org import Org
from sandbox.salesforce.rows.load import blank, fill_system, insert
from sandbox.salesforce.schema import Object

AUTOMATED: Final = "0055g0001000003AAA"
"""The user in whose name the platform itself writes."""
_KEYS: Final[Mapping[str, tuple[str, str]]] = {
    "flow": ("FlowDefinitionView", "ApiName"),
    "trigger": ("ApexTrigger", "Name"),
    "assignment": ("AssignmentRule", "Name"),
    "duplicate": ("DuplicateRule", "DeveloperName"),
}
"""Kind of rule -> the object that tells of it, and which of its fields is the rule's name."""
_SAVES: Final[Mapping[frozenset[str], str]] = {
    frozenset({"create"}): "Create",
    frozenset({"update"}): "Update",
    frozenset({"create", "update"}): "CreateAndUpdate",
    frozenset({"delete"}): "Delete",
}
_SEEDED: Final = "sf_automations_seeded"
_FIRST_DAY: Final[tuple[tuple[str, str, Mapping[str, Any]], ...]] = (
    ("assignment", "Web leads", {"object": "Lead", "id": "01Q5g0001000001EAA", "entries": []}),
    (
        "flow",
        "Account_Tell_Owner",
        {"object": "Account", "label": "Tell the owner", "on": ["create", "update"]},
    ),
    (
        "duplicate",
        "Standard_Contact_Duplicate_Rule",
        {
            "object": "Contact",
            "label": "Standard Contact Duplicate Rule",
            "fields": ["Email"],
            "action": "report",
        },
    ),
)
"""None does harm: a rule without entries moves no owner, a report refuses nothing."""


def seed_automations(org: Org) -> None:
    """What any org has had for years; once, so that what an administrator deletes stays away."""
    if org.state.setting(_SEEDED):
        return
    with org.state.transaction():
        for name in sorted(org.schema.objects):
            _entity(org, org.schema.objects[name])
        for kind, name, definition in _FIRST_DAY:
            org.setup.put(kind, name, definition)
            show(org, kind, name, definition)
        org.state.set_setting(_SEEDED, "1")


def show(org: Org, kind: str, name: str, definition: Mapping[str, Any] | None) -> None:
    """Tell of a rule as the platform does; with None it is gone."""
    if kind not in _KEYS:
        return
    object, key = _KEYS[kind]
    table = org.tables[object]
    sql = f"SELECT Id FROM {table.name} WHERE {key} = ?"
    known = org.state.db.execute(sql, (name,)).fetchone()
    org.state.db.execute(f"DELETE FROM {table.name} WHERE {key} = ?", (name,))
    if definition is None:
        return
    told = _ROWS[kind](org, definition)
    given = definition.get("id") or (known[0] if known else None)
    row = {**blank(org.schema.objects[object]), **told, key: name}
    row["Id"] = given or org.next_ids(org.schema.objects[object].prefix, 1)[0]
    fill_system(row, org.now(), AUTOMATED)
    org.state.db.execute(table.insert, row)


def automated_user(org: Org) -> str:
    """The user of automations that run in nobody's name; every org has one, once it is needed."""
    if org.row("User", AUTOMATED) is None:
        user = {"Id": AUTOMATED, "FirstName": "Automated", "LastName": "Process"}
        user |= {"Username": "autoproc@sandbox.example", "Email": "autoproc@sandbox.example"}
        user |= {"Alias": "autoproc", "UserType": "AutomatedProcess"}
        insert(org.state, "User", [{**user, "IsActive": True}])
    return AUTOMATED


def _flow(org: Org, rule: Mapping[str, Any]) -> dict[str, Any]:
    object = org.schema.objects[rule["object"]]
    saves = frozenset(rule["on"])
    kind = "RecordBeforeDelete" if "delete" in saves else "RecordAfterSave"
    return {
        "DurableId": rule["object"],
        "Label": rule.get("label", rule["object"]),
        "ProcessType": "AutoLaunchedFlow",
        "TriggerType": "RecordBeforeSave" if rule.get("timing") == "before" else kind,
        "RecordTriggerType": _SAVES[saves],
        "TriggerObjectOrEventId": _entity(org, object),
        "TriggerObjectOrEventLabel": object.label,
        "IsActive": int(rule.get("active", True)),
    }


def _trigger(org: Org, rule: Mapping[str, Any]) -> dict[str, Any]:
    words = {"create": "Insert", "update": "Update", "delete": "Delete"}
    usages = {f"UsageAfter{words[verb]}": 1 for verb in rule["on"]}
    return {
        **usages,
        "TableEnumOrId": _entity(org, org.schema.objects[rule["object"]]),
        "UsageIsBulk": 1,
        "Status": "Active" if rule.get("active", True) else "Inactive",
    }


def _assignment(_org: Org, rule: Mapping[str, Any]) -> dict[str, Any]:
    return {"SobjectType": rule["object"], "Active": int(rule.get("active", True))}


def _duplicate(_org: Org, rule: Mapping[str, Any]) -> dict[str, Any]:
    label = rule.get("label", f"{rule['object']} duplicates")
    active = int(rule.get("active", True))
    return {"SobjectType": rule["object"], "MasterLabel": label, "IsActive": active}


_ROWS: Final = {
    "flow": _flow,
    "trigger": _trigger,
    "assignment": _assignment,
    "duplicate": _duplicate,
}


def _entity(org: Org, object: Object) -> str:
    """How metadata names an object: by its name, a custom one by an id of its own."""
    table = org.tables["EntityDefinition"]
    sql = f"SELECT Id FROM {table.name} WHERE QualifiedApiName = ?"
    if found := org.state.db.execute(sql, (object.name,)).fetchone():
        return str(found[0])
    custom = object.name.endswith("__c")
    id = org.next_ids("01I", 1)[0] if custom else object.name
    row = {
        **blank(org.schema.objects["EntityDefinition"]),
        "Id": id,
        "DurableId": id,
        "QualifiedApiName": object.name,
        "DeveloperName": object.name.removesuffix("__c"),
        "Label": object.label,
        "PluralLabel": object.plural,
        "KeyPrefix": object.prefix,
        "SystemModstamp": org.now(),
    }
    org.state.db.execute(table.insert, row)
    return id
