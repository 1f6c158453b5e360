"""Describes: what the platform tells about its objects and fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import NO_PREFIX, NUMBER_TYPES, Field, Object, Schema

_SOAP: Final = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}
_NEVER: Final = {
    "aiPredictionField": False,
    "calculatedFormula": None,
    "cascadeDelete": False,
    "caseSensitive": False,
    "controllerName": None,
    "defaultValueFormula": None,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False,
    "highScaleNumber": False,
    "htmlFormatted": False,
    "inlineHelpText": None,
    "mask": None,
    "maskType": None,
    "queryByDistance": False,
    "referenceTargetField": None,
    "relationshipOrder": None,
    "restrictedDelete": False,
    "searchPrefilterable": False,
    "writeRequiresMasterRead": False,
}


_PERSON: Final = frozenset({"FirstName", "LastName", "Salutation"})
_UNUSED: Final = (
    "associateEntityType",
    "associateParentEntity",
    "defaultImplementation",
    "extendedBy",
    "extendsInterfaces",
    "implementedBy",
    "implementsInterfaces",
    "listviewable",
    "lookupLayoutable",
)


def describe_all(schema: Schema, version: str) -> dict[str, Any]:
    """The global describe."""
    objects = [brief(each, version) for _, each in sorted(schema.objects.items())]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}


def brief(object: Object, version: str) -> dict[str, Any]:
    """What the global describe says about one object."""
    has = object.traits.__contains__
    stem = f"/services/data/{version}/sobjects/{object.name}"
    return {
        "activateable": False,
        "createable": has("create"),
        "custom": object.name.endswith("__c"),
        "customSetting": False,
        "deepCloneable": False,
        "deletable": has("delete"),
        "deprecatedAndHidden": False,
        "feedEnabled": has("feed"),
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": None if object.prefix == NO_PREFIX else object.prefix,
        "label": object.label,
        "labelPlural": object.plural,
        "layoutable": has("layout"),
        "mergeable": has("merge"),
        "mruEnabled": has("mru"),
        "name": object.name,
        "queryable": True,
        "replicateable": has("replicate"),
        "retrieveable": True,
        "searchable": has("search"),
        "triggerable": has("trigger"),
        "undeletable": has("undelete"),
        "updateable": has("update"),
        "urls": {
            "sobject": stem,
            "describe": f"{stem}/describe",
            "rowTemplate": f"{stem}/{{ID}}",
        },
    }


@dataclass(frozen=True, slots=True)
class RecordType:
    """One record type as a describe lists it."""

    id: str
    name: str
    developer_name: str
    active: bool = True
    default: bool = False


_MASTER: Final = RecordType("012000000000000AAA", "Master", "Master")


def record_types(org: Org, object: str) -> list[RecordType]:
    """The record types an administrator made for an object."""
    sql = (
        "SELECT Id, Name, DeveloperName, IsActive FROM sf_RecordType WHERE SobjectType = ?"
        " ORDER BY Name"
    )
    default = org.setup.of("record_type").get(object, {}).get("default")
    found = org.state.db.execute(sql, (object,)).fetchall()
    return [
        RecordType(id, name, developer, bool(active), id == default)
        for id, name, developer, active in found
    ]


def describe(
    schema: Schema, object: Object, version: str, types: Sequence[RecordType] = ()
) -> dict[str, Any]:
    """The full describe of one object; Master is the default where no other type is."""
    default = next((each for each in types if each.default), _MASTER)
    return {
        **brief(object, version),
        **dict.fromkeys(_UNUSED),
        "actionOverrides": [],
        "childRelationships": _children(schema, object),
        "compactLayoutable": "layout" in object.traits,
        "fields": [_field(object, each) for each in object.fields.values()],
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [
            _record_type(object, each, version, default) for each in (*types, _MASTER)
        ],
        "searchLayoutable": "search" in object.traits,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {object.plural.lower()}", "name": "everything"}],
    }


def _record_type(
    object: Object, one: RecordType, version: str, default: RecordType
) -> Mapping[str, Any]:
    layout = f"/services/data/{version}/sobjects/{object.name}/describe/layouts/{one.id}"
    return {
        "active": one.active,
        "available": True,
        "defaultRecordTypeMapping": one is default,
        "developerName": one.developer_name,
        "master": one is _MASTER,
        "name": one.name,
        "recordTypeId": one.id,
        "urls": {"layout": layout},
    }


def _children(schema: Schema, object: Object) -> list[Mapping[str, Any]]:
    return [
        {
            "cascadeDelete": field.cascade,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": field.children,
            "restrictedDelete": False,
        }
        for child, field in schema.referrers(object.name)
    ]


def _field(object: Object, field: Field) -> dict[str, Any]:
    has = field.traits.__contains__
    long = field.type == "textarea" and field.length > 255
    loose = field.type == "address" or long
    return {
        **_NEVER,
        "aggregatable": not loose and field.type != "boolean",
        "autoNumber": field.name == "CaseNumber",
        "byteLength": field.length if field.type in {"id", "reference"} else field.length * 3,
        "calculated": has("formula"),
        "compoundFieldName": _compound(object, field),
        "createable": has("create"),
        "custom": field.custom,
        "defaultValue": field.default,
        "defaultedOnCreate": has("default"),
        "digits": 8 if field.type == "int" else 0,
        "externalId": has("external"),
        "extraTypeInfo": _kind_of_text(field),
        "filterable": not long,
        "groupable": not loose and field.type not in (NUMBER_TYPES - {"int"}) | {"datetime"},
        "idLookup": has("lookup"),
        "label": field.label,
        "length": field.length,
        "name": field.name,
        "nameField": has("name"),
        "namePointing": field.polymorphic,
        "nillable": has("null"),
        "permissionable": _permissionable(field),
        "picklistValues": _values(field),
        "polymorphicForeignKey": field.polymorphic,
        "precision": field.precision,
        "referenceTo": list(field.to),
        "relationshipName": field.relationship,
        "restrictedPicklist": has("restricted"),
        "scale": field.scale,
        "soapType": _SOAP.get(field.type, "xsd:string"),
        "sortable": not loose,
        "type": field.type,
        "unique": has("unique"),
        "updateable": has("update"),
    }


def _values(field: Field) -> list[Mapping[str, Any]]:
    return [
        {
            "active": True,
            "defaultValue": value == field.default,
            "label": value,
            "validFor": None,
            "value": value,
        }
        for value in field.values
    ]


def _kind_of_text(field: Field) -> str | None:
    if field.type == "textarea":
        return "plaintextarea"
    return "personname" if field.name in _PERSON else None


def _permissionable(field: Field) -> bool:
    """Whether field-level security may hide it: never what a row cannot be without."""
    optional = "null" in field.traits or field.type == "boolean"
    writable = not field.traits.isdisjoint({"create", "update"})
    return field.type == "address" or (optional and writable and field.name not in _PERSON)


def _compound(object: Object, field: Field) -> str | None:
    if field.name in _PERSON:
        return "Name"
    for each in object.fields.values():
        if each.type == "address" and each is not field:
            stem = each.name.removesuffix("Address")
            parts = {stem + part for part in ("Street", "City", "State", "PostalCode", "Country")}
            if field.name in parts:
                return each.name
    return None
