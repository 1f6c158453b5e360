"""What a client may write: a body of JSON into stored values, or the platform's refusal."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.salesforce.faults import FaultError, deleted
from sandbox.salesforce.org import Org
from sandbox.salesforce.rows.derive import Row
from sandbox.salesforce.rows.member import member_statuses
from sandbox.salesforce.rows.values import check_text, stored
from sandbox.salesforce.schema import Field, Object
from sandbox.salesforce.setup.access import access_of

_NOT_WRITABLE: Final = (
    "Unable to create/update fields: {}. Please check the security settings of this field and "
    "verify that it is read/write for your profile or permission set."
)


def accepted(org: Org, object: Object, body: Mapping[str, Any], verb: str, user: str) -> Row:
    """The stored values of a body's fields; `verb` is create or update."""
    found: Row = {}
    access = access_of(org, user)
    refused: list[str] = []
    for key, value in body.items():
        if key.lower() in {"attributes", "id"}:
            continue
        field = object.by_lower.get(key.lower())
        if field is None:
            text = f"No such column '{key}' on sobject of type {object.name}"
            raise FaultError("INVALID_FIELD", text)
        hidden = access is not None and not access.may_field(object.name, field.name, "edit")
        if hidden or verb not in field.traits:
            refused.append(field.name)
        else:
            found[field.name] = _value(org, object, field, value)
    if refused:
        text = _NOT_WRITABLE.format(", ".join(refused))
        raise FaultError("INVALID_FIELD_FOR_INSERT_UPDATE", text, refused)
    if object.name == "OpportunityLineItem" and _both_prices(found):
        text = "field integrity exception (only one of unit price or total price may be specified)"
        raise FaultError("FIELD_INTEGRITY_EXCEPTION", text, ["UnitPrice", "TotalPrice"])
    return found


def _both_prices(values: Row) -> bool:
    return all(values.get(name) is not None for name in ("UnitPrice", "TotalPrice"))


def _value(org: Org, object: Object, field: Field, value: Any) -> Any:
    kept = stored(field, value)
    check_text(field, kept)
    if field.type == "reference" and kept is not None:
        _check_reference(org, object, field, kept)
    return kept


def _check_reference(org: Org, object: Object, field: Field, id: str) -> None:
    known = [each for each in field.to if each in org.schema.objects]
    if not known:
        return
    target = org.schema.of_id(id)
    if target is None or target.name not in field.to:
        text = f"{field.label}: id value of incorrect type: {id}"
        raise FaultError("MALFORMED_ID", text, [field.name])
    row = org.row(target.name, id)
    if row is None:
        text = "invalid cross reference id"
        raise FaultError("INVALID_CROSS_REFERENCE_KEY", text, [])
    if row["IsDeleted"]:
        fault = deleted()
        fault.status = 400
        raise fault
    if field.name == "RecordTypeId" and row["SobjectType"] != object.name:
        text = f"Record Type ID: this ID value isn't valid for the user: {id}"
        raise FaultError("INVALID_CROSS_REFERENCE_KEY", text, [field.name])
    if field.name == "OwnerId":
        _check_owner(org, object, target, row)


def _check_owner(org: Org, object: Object, target: Object, owner: Row) -> None:
    """An owner is an active user, or a queue that takes this object."""
    if target.name == "Group":
        takes = "SELECT 1 FROM sf_QueueSobject WHERE QueueId = ? AND SobjectType = ?"
        found = org.state.db.execute(takes, (owner["Id"], object.name)).fetchone()
        if owner["Type"] != "Queue" or not found:
            text = "Queue not associated with this SObject type"
            raise FaultError("FIELD_INTEGRITY_EXCEPTION", text, ["OwnerId"])
    elif not owner["IsActive"]:
        name = object.name.lower()
        text = f"operation performed with inactive user [{owner['Id']}] as owner of {name}"
        raise FaultError("INACTIVE_OWNER_OR_USER", text, [])


def check_required(object: Object, row: Row, before: Row | None) -> None:
    """Refuse a new row that lacks what has no default, or one that lost what it must have."""
    missing = [
        each.name
        for each in object.stored
        if not each.traits.isdisjoint({"create", "update"})
        and "null" not in each.traits
        and row[each.name] is None
        and ("default" not in each.traits if before is None else before[each.name] is not None)
    ]
    if missing:
        text = f"Required fields are missing: [{', '.join(missing)}]"
        raise FaultError("REQUIRED_FIELD_MISSING", text, missing)


def check_object(org: Org, object: Object, row: Row) -> None:
    """Refuse what this object's own rules refuse."""
    if object.name == "OpportunityLineItem":
        _check_line(row)
    if object.name == "Event" and not (row["ActivityDateTime"] or row["StartDateTime"]):
        missing = ["DurationInMinutes", "ActivityDateTime"]
        text = f"Required fields are missing: [{', '.join(missing)}]"
        raise FaultError("REQUIRED_FIELD_MISSING", text, missing)
    if object.name == "CampaignMember":
        _check_member(org, row)
    for each in object.stored:
        if "unique" in each.traits and row[each.name] is not None:
            _check_unique(org, object, each, row)


def _check_line(row: Row) -> None:
    if not (row["PricebookEntryId"] or row["Product2Id"]):
        text = (
            "field integrity exception: PricebookEntryId "
            "(pricebookEntryId or product2Id must be specified)"
        )
        raise FaultError("FIELD_INTEGRITY_EXCEPTION", text, ["PricebookEntryId"])
    if row["UnitPrice"] is None and row["TotalPrice"] is None:
        text = "Required fields are missing: [UnitPrice]"
        raise FaultError("REQUIRED_FIELD_MISSING", text, ["UnitPrice"])


def _check_member(org: Org, row: Row) -> None:
    if not (row["LeadId"] or row["ContactId"]):
        text = "Required fields are missing: [LeadId, ContactId]"
        raise FaultError("REQUIRED_FIELD_MISSING", text, ["LeadId", "ContactId"])
    allowed = member_statuses(org, row["CampaignId"])
    if row["Status"] is not None and allowed and row["Status"] not in allowed:
        text = f"Status: bad value for restricted picklist field: {row['Status']}"
        raise FaultError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, ["Status"])
    sql = (
        "SELECT 1 FROM sf_CampaignMember WHERE CampaignId = :CampaignId AND IsDeleted = 0"
        " AND Id IS NOT :Id AND (LeadId = :LeadId OR ContactId = :ContactId)"
    )
    if org.state.db.execute(sql, row).fetchone():
        raise FaultError("DUPLICATE_VALUE", "Already a campaign member.", [])


def _check_unique(org: Org, object: Object, field: Field, row: Row) -> None:
    table = org.tables[object.name].name
    sql = f"SELECT Id FROM {table} WHERE {field.name} = ? AND Id IS NOT ? AND IsDeleted = 0"
    found = org.state.db.execute(sql, (row[field.name], row["Id"])).fetchone()
    if found:
        text = (
            f"duplicate value found: {field.name} duplicates value on record "
            f"with id: {found[0][:15]}"
        )
        raise FaultError("DUPLICATE_VALUE", text, [field.name])
