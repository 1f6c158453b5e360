"""Rules on records: validation, duplicates, assignment. Each is data an administrator made.

A rule's `when` is a SOQL condition over the saved row, so it may look at parents. Kept as:
`validation` {object, when, message, field?, on?: create|update}; `duplicate` {object, fields,
action: alert|block|report, message?, against?: another object}; `assignment` {object, id, entries:
[{when?, owner}]}; `trigger` {object, on}, told of and doing nothing; `flow` is in `setup/flow.py`.
Any rule may be `"active": false`.
"""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import MetadataError, Object
from sandbox.salesforce.setup.option import SaveOptions
from sandbox.salesforce.soql.lower import lower

ASSIGNED: Final = frozenset({"Lead", "Case", "Account"})
_VERSION: Final = "v59.0"
Row = Mapping[str, Any]


def holds(org: Org, object: str, id: str, when: str) -> bool:
    """Whether a SOQL condition is true of one live row."""
    soql = f"SELECT Id FROM {object} WHERE Id = '{id}' AND ({when})"
    lowered = lower(org, soql, _VERSION, everything=False)
    return org.state.db.execute(str(lowered.find), lowered.values).fetchone() is not None


def validate(org: Org, object: Object, row: Row, verb: str) -> None:
    """Refuse a row, already in its table, that a validation rule is true of."""
    for _, rule in org.setup.rules("validation", object.name):
        if rule.get("on", verb) == verb and holds(org, object.name, row["Id"], rule["when"]):
            fields = [rule["field"]] if rule.get("field") else []
            raise FaultError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule["message"], fields)


def check_duplicates(org: Org, object: Object, row: Row, options: SaveOptions) -> None:
    """Refuse a row that looks like another one; `allow_duplicates` passes an alert."""
    for name, rule in org.setup.rules("duplicate", object.name):
        action = rule.get("action", "alert")
        if action == "report" or (action == "alert" and options.allow_duplicates):
            continue
        found = _alike(org, rule, object.name, row)
        if found:
            fault = FaultError("DUPLICATES_DETECTED", "Use one of these records?", [])
            fault.duplicates = _details(org, name, rule, found, options)
            raise fault


def _alike(org: Org, rule: Row, object: str, row: Row) -> list[str]:
    """Ids of the live rows equal in every matching field; an empty value is like nothing."""
    names = rule["fields"]
    if any(row.get(name) is None for name in names):
        return []
    table = org.tables[rule.get("against", object)].name
    equal = " AND ".join(f"{name} = :{name}" for name in names)
    sql = f"SELECT Id FROM {table} WHERE {equal} AND Id <> :Id AND IsDeleted = 0 ORDER BY Id"
    return [id for (id,) in org.state.db.execute(sql, dict(row)).fetchall()]


def _details(
    org: Org, name: str, rule: Row, found: list[str], options: SaveOptions
) -> dict[str, Any]:
    """What the platform says about the matches; the matching fields only for who asks for them."""
    other = rule.get("against", rule["object"])
    stem = f"/services/data/{_VERSION}/sobjects/{other}"
    names = rule["fields"] if options.duplicate_details else ()
    matches = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {
                "attributes": {"type": other, "url": f"{stem}/{id}"},
                "Id": id,
                **{one: org.value(other, id, one) for one in names},
            },
        }
        for id in found
    ]
    result = {
        "entityType": other,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": matches,
        "rule": f"{name}_Match",
        "size": len(matches),
        "success": True,
    }
    return {
        "allowSave": rule.get("action", "alert") == "alert",
        "duplicateRule": name,
        "duplicateRuleEntityType": rule["object"],
        "errorMessage": rule.get("message", "Use one of these records?"),
        "matchResults": [result],
    }


def assigned(org: Org, object: Object, row: Row, options: SaveOptions) -> str | None:
    """The owner an assignment rule gives a row, already in its table; None leaves the owner."""
    if object.name not in ASSIGNED or options.assign is False:
        return None
    for _, rule in org.setup.rules("assignment", object.name):
        if isinstance(options.assign, str) and rule["id"] != options.assign:
            continue
        for entry in rule["entries"]:
            if not entry.get("when") or holds(org, object.name, row["Id"], entry["when"]):
                return str(entry["owner"])
    return None


_FORMS: Final[Mapping[str, frozenset[str]]] = {
    "validation": frozenset({"object", "when", "message"}),
    "duplicate": frozenset({"object", "fields"}),
    "assignment": frozenset({"object", "id", "entries"}),
    "flow": frozenset({"object", "on"}),
    "trigger": frozenset({"object", "on"}),
}
_SAVES: Final = ({"create"}, {"update"}, {"create", "update"}, {"delete"})


def check_rule(org: Org, kind: str, rule: Row) -> None:
    """Refuse a rule that could not run: a kind or key unknown, a condition that is no SOQL."""
    missing = _FORMS[kind] - set(rule)
    if missing:
        raise MetadataError(f"a {kind} rule needs {', '.join(sorted(missing))}")
    object = org.schema.objects[rule["object"]]
    if kind == "assignment" and object.name not in ASSIGNED:
        raise MetadataError(f"{object.name} has no assignment rules")
    if kind in {"flow", "trigger"} and set(rule["on"]) not in _SAVES:
        raise MetadataError(f"a {kind} starts on create, update, both, or delete")
    for name in (*rule.get("fields", ()), *rule.get("set", ())):
        org.schema.objects[rule.get("against", object.name)].fields[name]
    conditions = [rule.get("when"), *(each.get("when") for each in rule.get("entries", ()))]
    for when in filter(None, conditions):
        holds(org, object.name, "000000000000000AAA", when)
