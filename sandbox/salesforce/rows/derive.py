"""Fields the platform works out by itself when a row is saved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sandbox.salesforce.org import Org
from sandbox.salesforce.rows.member import member_statuses, shown_of_person
from sandbox.salesforce.rows.values import moment, stamp

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Save:
    """One row about to be saved: what it was, what was asked to change, when."""

    org: Org
    row: Row
    before: Mapping[str, Any] | None
    given: frozenset[str]
    now: str

    def moved(self, name: str) -> bool:
        """Whether this save gives the field a new value."""
        return self.before is None or self.before[name] != self.row[name]


@dataclass(frozen=True, slots=True)
class Stage:
    """What an opportunity in this stage is."""

    probability: float
    category: str
    category_name: str
    closed: bool = False
    won: bool = False


def _open(probability: float) -> Stage:
    return Stage(probability, "Pipeline", "Pipeline")


STAGES: Final[Mapping[str, Stage]] = {
    "Prospecting": _open(10),
    "Qualification": _open(10),
    "Needs Analysis": _open(20),
    "Value Proposition": _open(50),
    "Id. Decision Makers": _open(60),
    "Perception Analysis": _open(70),
    "Proposal/Price Quote": _open(75),
    "Negotiation/Review": _open(90),
    "Closed Won": Stage(100, "Closed", "Closed", closed=True, won=True),
    "Closed Lost": Stage(0, "Omitted", "Omitted", closed=True),
}
_CATEGORY: Final = {"Best Case": "BestCase", "Commit": "Forecast"}


def derive(object: str, save: Save) -> None:
    """Fill in the derived fields of this row."""
    rule = _RULES.get(object)
    if rule is not None:
        rule(save)


def _name(save: Save) -> None:
    first, last = save.row.get("FirstName"), save.row.get("LastName")
    given = [part for part in (first, last) if part]
    eastern = not "".join(given).isascii()
    save.row["Name"] = " ".join(reversed(given) if eastern else given) or None


def _opportunity(save: Save) -> None:
    row = save.row
    stage = STAGES.get(row["StageName"] or "", _open(0))
    row["IsClosed"], row["IsWon"] = int(stage.closed), int(stage.won)
    if save.moved("StageName"):
        if "Probability" not in save.given:
            row["Probability"] = stage.probability
        if "ForecastCategoryName" not in save.given:
            row["ForecastCategoryName"] = stage.category_name
        if "LastStageChangeDate" not in save.given:
            row["LastStageChangeDate"] = None if save.before is None else save.now
    name = row["ForecastCategoryName"]
    row["ForecastCategory"] = _CATEGORY.get(name, name) or stage.category
    if row["Amount"] is not None and row["Probability"] is not None:
        row["ExpectedRevenue"] = round(row["Amount"] * row["Probability"] / 100, 2)
    else:
        row["ExpectedRevenue"] = None
    _close_date(save)


def _close_date(save: Save) -> None:
    row = save.row
    if row["CloseDate"]:
        year, month = int(row["CloseDate"][:4]), int(row["CloseDate"][5:7])
        row["FiscalYear"], row["FiscalQuarter"] = year, (month + 2) // 3
        row["Fiscal"] = f"{year} {row['FiscalQuarter']}"
    before = save.before["CloseDate"] if save.before else None
    pushed = bool(before and row["CloseDate"] and row["CloseDate"][:7] > before[:7])
    if "PushCount" not in save.given:
        row["PushCount"] = (row["PushCount"] or 0) + pushed


def _activity_account(save: Save) -> str | None:
    org, what, who = save.org, save.row["WhatId"], save.row["WhoId"]
    for id in (what, who):
        object = org.schema.of_id(id) if id else None
        if object is not None and object.name == "Account":
            return str(id)
        if object is not None and object.name in {"Opportunity", "Case", "Contact"}:
            found = org.value(object.name, id, "AccountId")
            if found:
                return str(found)
    return None


def _task(save: Save) -> None:
    row = save.row
    row["IsClosed"] = int(row["Status"] == "Completed")
    row["IsHighPriority"] = int(row["Priority"] == "High")
    row["AccountId"] = _activity_account(save)
    row["TaskSubtype"] = row["TaskSubtype"] or "Task"
    if not row["IsClosed"]:
        row["CompletedDateTime"] = None
    elif save.moved("Status") and "CompletedDateTime" not in save.given:
        row["CompletedDateTime"] = save.now


def _event(save: Save) -> None:
    row = save.row
    row["AccountId"] = _activity_account(save)
    row["EventSubtype"] = row["EventSubtype"] or "Event"
    start = row["StartDateTime"] or row["ActivityDateTime"]
    if start is None:
        return
    row["StartDateTime"] = row["ActivityDateTime"] = start
    row["ActivityDate"] = start[:10]
    if row["DurationInMinutes"] is None and row["EndDateTime"]:
        length = moment(row["EndDateTime"]) - moment(start)
        row["DurationInMinutes"] = int(length.total_seconds() // 60)
    minutes = timedelta(minutes=row["DurationInMinutes"] or 0)
    row["EndDateTime"] = stamp(moment(start) + minutes)
    row["EndDate"] = row["EndDateTime"][:10]


def _case(save: Save) -> None:
    row = save.row
    row["IsClosed"] = int(row["Status"] == "Closed")
    if not row["IsClosed"]:
        row["ClosedDate"] = None
    elif save.moved("Status") and "ClosedDate" not in save.given:
        row["ClosedDate"] = save.now
    if row["CaseNumber"] is None:
        (last,) = save.org.state.db.execute("SELECT max(CaseNumber) FROM sf_Case").fetchone()
        row["CaseNumber"] = f"{int(last or 1000) + 1:08d}"
    copies = {"Email": "ContactEmail", "Phone": "ContactPhone", "MobilePhone": "ContactMobile"}
    contact = save.org.row("Contact", row["ContactId"]) if row["ContactId"] else None
    for source, target in copies.items():
        row[target] = contact[source] if contact else None
    if contact and row["AccountId"] is None:
        row["AccountId"] = contact["AccountId"]


def _member(save: Save) -> None:
    row = save.row
    allowed = member_statuses(save.org, row["CampaignId"])
    responded = allowed[row["Status"]] if row["Status"] in allowed else row["Status"] == "Responded"
    row["HasResponded"] = int(responded)
    if row["HasResponded"] and row["FirstRespondedDate"] is None:
        row["FirstRespondedDate"] = save.now[:10]
    row.update(shown_of_person(save.org, row))


def _line(save: Save) -> None:
    row, org = save.row, save.org
    entry = org.row("PricebookEntry", row["PricebookEntryId"]) if row["PricebookEntryId"] else None
    if entry is not None:
        row["Product2Id"] = entry["Product2Id"]
        row["ListPrice"] = entry["UnitPrice"]
    row["ProductCode"] = org.value("Product2", row["Product2Id"], "ProductCode")
    product = org.value("Product2", row["Product2Id"], "Name")
    opportunity = org.value("Opportunity", row["OpportunityId"], "Name")
    row["Name"] = " ".join(part for part in (opportunity, product) if part) or None
    quantity = row["Quantity"] or 0
    if "TotalPrice" in save.given and "UnitPrice" not in save.given and quantity:
        row["UnitPrice"] = round((row["TotalPrice"] or 0) / quantity, 2)
    row["TotalPrice"] = round((row["UnitPrice"] or 0) * quantity, 2)


def _entry(save: Save) -> None:
    product = save.org.row("Product2", save.row["Product2Id"]) if save.row["Product2Id"] else None
    if product is not None:
        save.row["Name"], save.row["ProductCode"] = product["Name"], product["ProductCode"]


_RULES: Final[Mapping[str, Callable[[Save], None]]] = {
    "Contact": _name,
    "Lead": _name,
    "User": _name,
    "Opportunity": _opportunity,
    "Task": _task,
    "Event": _event,
    "Case": _case,
    "CampaignMember": _member,
    "OpportunityLineItem": _line,
    "PricebookEntry": _entry,
}
