"""Creating, changing and deleting one record, with everything the platform does besides."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sandbox.salesforce.faults import FaultError, deleted
from sandbox.salesforce.org import INTEGRATION_USER, Org
from sandbox.salesforce.retention.trail import write_trail
from sandbox.salesforce.rows.accept import accepted, check_object, check_required
from sandbox.salesforce.rows.derive import Row, Save, derive
from sandbox.salesforce.rows.load import blank, fill_system
from sandbox.salesforce.rows.member import FIRST_STATUSES, show_person
from sandbox.salesforce.rows.values import moment
from sandbox.salesforce.schema import Field, Object
from sandbox.salesforce.setup.access import check_verb
from sandbox.salesforce.setup.flow import started
from sandbox.salesforce.setup.option import BY_HAND, SaveOptions
from sandbox.salesforce.setup.rule import assigned, check_duplicates, validate

_HISTORY: Final = ("StageName", "Amount", "Probability", "CloseDate", "ForecastCategory")


def create(
    org: Org,
    object: Object,
    body: Mapping[str, Any],
    user: str = INTEGRATION_USER,
    options: SaveOptions = BY_HAND,
) -> str:
    """Make a record; its new id."""
    _allow(org, object, "create", user)
    with org.state.transaction() as db:
        values = accepted(org, object, body, "create", user)
        org.locks.check(values.values())
        row = blank(object)
        row.update((name, each) for name, each in values.items() if each is not None)
        if row.get("RecordTypeId", "") is None:
            row["RecordTypeId"] = org.setup.of("record_type").get(object.name, {}).get("default")
        fill_system(row, org.now(), user)
        check_required(object, row, None)
        check_object(org, object, row)
        row["Id"] = org.next_ids(object.prefix, 1)[0]
        derive(object.name, Save(org, row, None, frozenset(values), row["SystemModstamp"]))
        db.execute(org.tables[object.name].insert, row)
        _check_rules(org, object, row, "create", options)
        _after(org, object, None, row, user)
        _start_flows(org, object, row["Id"], "create", user)
    return str(row["Id"])


def update(
    org: Org,
    object: Object,
    id: str,
    body: Mapping[str, Any],
    user: str = INTEGRATION_USER,
    unless_changed_since: datetime | None = None,
    options: SaveOptions = BY_HAND,
) -> None:
    """Change a record; what the body leaves out stays, null clears."""
    _allow(org, object, "update", user)
    with org.state.transaction():
        before = live(org, object, id)
        if unless_changed_since is not None:
            _check_unchanged(before, unless_changed_since)
        if object.name == "Lead" and before["IsConverted"]:
            text = "cannot reference converted lead"
            raise FaultError("CANNOT_UPDATE_CONVERTED_LEAD", text, [])
        values = accepted(org, object, body, "update", user)
        org.locks.check([id, *values.values()])
        if object.name == "Opportunity" and before["HasOpportunityLineItem"]:
            values.pop("Amount", None)
        row = save(org, object, before, values, user)
        _check_rules(org, object, row, "update", options)
        _start_flows(org, object, id, "update", user)


def _start_flows(org: Org, object: Object, id: str, verb: str, user: str) -> None:
    """The administrator's flows, after the save: each value they move is a save of its own."""
    for values, author in started(org, object, id, verb, user):
        before = live(org, object, id)
        if any(before[name] != value for name, value in values.items()):
            save(org, object, before, dict(values), author)


def _check_rules(org: Org, object: Object, row: Row, verb: str, options: SaveOptions) -> None:
    """The administrator's rules, on a row that is in its table: a refusal takes it out again."""
    validate(org, object, row, verb)
    check_duplicates(org, object, row, options)
    owner = assigned(org, object, row, options)
    if owner is not None and owner != row["OwnerId"]:
        table = org.tables[object.name].name
        org.state.db.execute(f"UPDATE {table} SET OwnerId = ? WHERE Id = ?", (owner, row["Id"]))


def save(org: Org, object: Object, before: Row, values: Row, user: str) -> Row:
    """Store new values of a row, with its stamps, derived fields and history; the new row."""
    now = org.now()
    row = {**before, **values}
    check_required(object, row, before)
    check_object(org, object, row)
    if "LastModifiedDate" in row:
        row["LastModifiedDate"], row["LastModifiedById"] = now, user
    row["SystemModstamp"] = now
    derive(object.name, Save(org, row, before, frozenset(values), now))
    changed = [name for name in row if row[name] != before[name]]
    if changed:
        sets = ", ".join(f"{name} = :{name}" for name in changed)
        sql = f"UPDATE {org.tables[object.name].name} SET {sets} WHERE Id = :Id"
        org.state.db.execute(sql, row)
    _after(org, object, before, row, user)
    return row


def delete(org: Org, object: Object, id: str, user: str = INTEGRATION_USER) -> None:
    """Put a record and what hangs on it into the recycle bin."""
    _allow(org, object, "delete", user)
    with org.state.transaction():
        row = live(org, object, id)
        org.locks.check([id])
        to_bin(org, object, id)
        _cascade(org, object, id, user)
        if object.name == "OpportunityLineItem":
            _roll_up(org, row["OpportunityId"], user)


def to_bin(org: Org, object: Object, id: str) -> None:
    """Mark one row deleted and log it for getDeleted."""
    now, db = org.now(), org.state.db
    table = org.tables[object.name].name
    db.execute(f"UPDATE {table} SET IsDeleted = 1, SystemModstamp = ? WHERE Id = ?", (now, id))
    db.execute("INSERT OR REPLACE INTO sf_deleted VALUES (?, ?, ?)", (object.name, id, now))


def live(org: Org, object: Object, id: str) -> Row:
    """A row that exists and is not deleted."""
    row = org.row(object.name, id)
    if row is None:
        raise FaultError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if row["IsDeleted"]:
        raise deleted()
    return row


def _allow(org: Org, object: Object, verb: str, user: str) -> None:
    if verb not in object.traits:
        text = f"entity type {object.name} does not support {verb}"
        raise FaultError("INVALID_TYPE_FOR_OPERATION", text, [])
    check_verb(org, object, verb, user)


def _check_unchanged(before: Row, since: datetime) -> None:
    if moment(before["SystemModstamp"]) > since:
        text = "The record has been modified since the time given in If-Unmodified-Since"
        raise FaultError("PRECONDITION_FAILED", text)


def _cascade(org: Org, object: Object, id: str, user: str) -> None:
    """Children go along where the relationship says so; elsewhere they let go of the parent.

    What the delete tore is kept for an undelete.
    """
    org.state.db.execute("DELETE FROM sf_torn WHERE root = ?", (id,))
    for child, field in org.schema.referrers(object.name):
        if not field.cascade:
            _let_go(org, child, field, id)
            continue
        table = org.tables[child.name].name
        sql = f"SELECT Id FROM {table} WHERE {field.name} = ? AND IsDeleted = 0"
        for (found,) in org.state.db.execute(sql, (id,)).fetchall():
            _tear(org, id, child, found, None)
            if "delete" not in child.traits:
                to_bin(org, child, found)
            elif not org.value(child.name, found, "IsDeleted"):
                delete(org, child, found, user)


def _let_go(org: Org, child: Object, field: Field, id: str) -> None:
    if "null" in field.traits and field.name != "MasterRecordId":
        sql = (
            f"UPDATE {org.tables[child.name].name} SET {field.name} = NULL, SystemModstamp = ?"
            f" WHERE {field.name} = ? AND IsDeleted = 0 RETURNING Id"
        )
        for (found,) in org.state.db.execute(sql, (org.now(), id)).fetchall():
            _tear(org, id, child, found, field)


def _tear(org: Org, root: str, child: Object, id: str, field: Field | None) -> None:
    """Keep that a delete took this row along or, with a field, that the row let go of it."""
    row = (root, child.name, id, None if field is None else field.name)
    org.state.db.execute("INSERT OR REPLACE INTO sf_torn VALUES (?, ?, ?, ?)", row)


def _after(org: Org, object: Object, before: Row | None, row: Row, user: str) -> None:
    write_trail(org, object, before, row, user)
    if object.name == "Opportunity":
        _write_history(org, before, row, user)
    elif object.name == "OpportunityLineItem":
        _roll_up(org, row["OpportunityId"], user)
    elif object.name == "Campaign" and before is None:
        for status in FIRST_STATUSES:
            body = {**status, "CampaignId": row["Id"]}
            create(org, org.schema.objects["CampaignMemberStatus"], body, user)
    elif object.name in {"Lead", "Contact"} and before is not None:
        show_person(org, object.name, row)
    elif object.name == "OpportunityContactRole" and row["IsPrimary"]:
        sql = (
            "UPDATE sf_OpportunityContactRole SET IsPrimary = 0, SystemModstamp = :SystemModstamp"
            " WHERE OpportunityId = :OpportunityId AND Id <> :Id AND IsPrimary = 1"
        )
        org.state.db.execute(sql, row)


def _write_history(org: Org, before: Row | None, row: Row, user: str) -> None:
    if before is not None and all(before[name] == row[name] for name in _HISTORY):
        return
    history = org.schema.objects["OpportunityHistory"]
    entry = {**blank(history), **{name: row[name] for name in (*_HISTORY, "ExpectedRevenue")}}
    entry |= {
        "Id": org.next_ids(history.prefix, 1)[0],
        "OpportunityId": row["Id"],
        "CreatedDate": row["SystemModstamp"],
        "SystemModstamp": row["SystemModstamp"],
        "CreatedById": user,
        "PrevAmount": before["Amount"] if before else None,
        "PrevCloseDate": before["CloseDate"] if before else None,
    }
    org.state.db.execute(org.tables[history.name].insert, entry)
    if before is None:
        return
    for name in ("Amount", "CloseDate"):
        if before[name] != row[name]:
            sql = f"UPDATE sf_Opportunity SET Last{name}ChangedHistoryId = ? WHERE Id = ?"
            org.state.db.execute(sql, (entry["Id"], row["Id"]))


def _roll_up(org: Org, opportunity: str, user: str) -> None:
    sql = (
        "SELECT count(*), sum(TotalPrice) FROM sf_OpportunityLineItem"
        " WHERE OpportunityId = ? AND IsDeleted = 0"
    )
    lines, total = org.state.db.execute(sql, (opportunity,)).fetchone()
    before = org.row("Opportunity", opportunity)
    if before is None or before["IsDeleted"]:
        return
    values = {"HasOpportunityLineItem": int(lines > 0)}
    if lines:
        values["Amount"] = round(total, 2)
    save(org, org.schema.objects["Opportunity"], before, values, user)
