"""What a state is called, which sign stands with it, and its tone: never colour alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from console.language import N_


@dataclass(frozen=True, slots=True)
class Word:
    """How one state is shown."""

    text: str
    icon: str
    tone: str = "secondary"


WORDS: Final[Mapping[str, Word]] = {
    # health
    "healthy": Word(N_("healthy"), "circle-check", "green"),
    "warning": Word(N_("warning"), "alert-triangle", "yellow"),
    "degraded": Word(N_("degraded"), "circle-x", "red"),
    "unknown": Word(N_("unknown"), "help-circle"),
    # runs
    "queued": Word(N_("queued"), "clock-pause", "blue"),
    "running": Word(N_("running"), "refresh", "blue"),
    "done": Word(N_("done"), "circle-check", "green"),
    "partial": Word(N_("done, with remainders"), "alert-triangle", "yellow"),
    "failed": Word(N_("failed"), "circle-x", "red"),
    "interrupted": Word(N_("interrupted"), "ban", "yellow"),
    # plans
    "draft": Word(N_("waits for approval"), "hourglass", "yellow"),
    "approved": Word(N_("approved"), "shield-check", "blue"),
    "applying": Word(N_("being written"), "refresh", "blue"),
    "applied": Word(N_("written"), "circle-check", "green"),
    "discarded": Word(N_("overtaken"), "ban"),
    # changes
    "planned": Word(N_("planned"), "circle-dashed"),
    "written": Word(N_("written"), "circle-check", "green"),
    "refused": Word(N_("left as it is"), "ban", "yellow"),
    "parked": Word(N_("parked"), "clock-pause", "red"),
    # handoffs
    "offered": Word(N_("offered"), "inbox", "blue"),
    "accepted": Word(N_("accepted"), "user-check", "green"),
    "returned": Word(N_("returned"), "arrow-back-up", "yellow"),
    "recycled": Word(N_("recycled"), "recycle", "purple"),
    "withdrawn": Word(N_("withdrawn"), "ban"),
    # scenario runs
    "previewed": Word(N_("waits for approval"), "hourglass", "yellow"),
    "pushed": Word(N_("pushed"), "send", "green"),
    "undone": Word(N_("taken back"), "arrow-back-up", "yellow"),
    "treated": Word(N_("treated"), "target", "green"),
    "holdout": Word(N_("holdout"), "users", "purple"),
    "excluded": Word(N_("excluded"), "ban"),
    "capped": Word(N_("over the cap"), "clock-pause", "yellow"),
    "held_back": Word(N_("held back"), "clock-pause", "yellow"),
    # reviews and conflicts
    "open": Word(N_("waits for a person"), "hourglass", "yellow"),
    "decided": Word(N_("decided"), "circle-check", "green"),
    "closed": Word(N_("answered by the records"), "checks"),
    "same": Word(N_("the same"), "link", "green"),
    "different": Word(N_("different"), "arrows-exchange", "purple"),
    "settled": Word(N_("answered by new data"), "checks"),
    "resolved": Word(N_("the records agree again"), "checks"),
    "overtaken": Word(N_("the records moved on since"), "ban"),
    # certificates
    "complete": Word(N_("complete"), "checks", "green"),
    "incomplete": Word(N_("incomplete"), "alert-triangle", "yellow"),
}
RISKS: Final[Mapping[str, Word]] = {
    "delete": Word(N_("Deletes"), "−", "red"),
    "overwrite": Word(N_("Overwrites"), "~", "orange"),
    "automation": Word(N_("Starts automation"), "»", "purple"),
    "create": Word(N_("Creates"), "+", "green"),
    "fill": Word(N_("Fills blanks"), "◦", "blue"),
}
"""Riskiest first; the sign stands before the word."""
RISK_NOTES: Final[Mapping[str, str]] = {
    "delete": N_("Records disappear from the system."),
    "overwrite": N_("A value that stands there now is replaced."),
    "automation": N_("The system's own workflow reacts, for example by sending mail."),
    "create": N_("New records; Tasuki searches first, so none is made twice."),
    "fill": N_("The field is empty today; nothing is lost."),
}
NAMES: Final[Mapping[str, str]] = {
    # kinds of runs, and what started them
    "run": N_("Sync and decide"),
    "plan": N_("Plan"),
    "apply": N_("Write a plan"),
    "undo": N_("Undo"),
    "push": N_("Scenario push"),
    "cli": N_("command line"),
    "daemon": N_("schedule"),
    "console": N_("console"),
    # systems and places
    "salesforce": "Salesforce",
    "hubspot": "HubSpot",
    "sales_system": N_("Sales system"),
    "sales": N_("Sales system"),
    "imports": N_("CSV imports"),
    "list_memberships": N_("list member"),
    "lists": N_("list"),
    "Account": N_("account"),
    "Contact": N_("contact"),
    "Lead": N_("lead"),
    "Opportunity": N_("opportunity"),
    "OpportunityLineItem": N_("opportunity product"),
    "OpportunityContactRole": N_("contact role"),
    "OpportunityHistory": N_("opportunity history"),
    "Task": N_("task"),
    "Event": N_("event"),
    "Case": N_("case"),
    "Campaign": N_("campaign"),
    "CampaignMember": N_("campaign member"),
    "Product2": N_("product"),
    "User": N_("user"),
    "companies": N_("company"),
    "contacts": N_("contact"),
    "deals": N_("deal"),
    "tasks": N_("task"),
    "owners": N_("owner"),
    "events": N_("web events"),
    "email_events": N_("e-mail events"),
    "forms": N_("forms"),
    "sales_lines": N_("sales lines"),
    "customers": N_("customers"),
    "contracts": N_("contracts"),
    "legacy_sales": N_("older sales lines"),
    "pull.page": N_("reading"),
    "pull.deletes": N_("reading deletes"),
    # steps of a run
    "settle.find": N_("settling open writes"),
    "identify.waiting": N_("looking for new records"),
    "identify.keys": N_("reading identity keys"),
    "identify.resolve": N_("joining records"),
    "identify.visitors": N_("placing web visitors"),
    "copy.waiting": N_("looking for new rows"),
    "copy.rows": N_("taking over rows"),
    "merge.entities": N_("merging"),
    "measure.begin": N_("preparing to measure"),
    "measure.entities": N_("measuring"),
    "decide.begin": N_("preparing to decide"),
    "decide.entities": N_("deciding"),
    "certify.count": N_("comparing counts"),
    "plan.save": N_("saving the plan"),
    "apply.begin": N_("opening the plan"),
    "apply.recheck": N_("reading again before writing"),
    "apply.send": N_("writing"),
    "apply.finish": N_("closing the plan"),
    "undo.survey": N_("finding what was written"),
    "undo.look": N_("looking what is still ours"),
    "undo.unread": N_("listing what cannot be looked at"),
    "undo.plan": N_("planning the undo"),
    "scenario.push": N_("preparing the push"),
    "scenario.adopt_plan": N_("approving the push's plan"),
    # roles
    "viewer": N_("viewer"),
    "marketer": N_("marketer"),
    "manager": N_("manager"),
    "operator": N_("operator"),
    "admin": N_("admin"),
    # why a handoff is returned
    "wrong_person": N_("Wrong person"),
    "no_need": N_("No need"),
    "duplicate": N_("Duplicate"),
    "cannot_reach": N_("Cannot be reached"),
    "incomplete_facts": N_("Facts are missing"),
    # who assigned it
    "owner": N_("record owner"),
    "round_robin": N_("fewest open first"),
    "person": N_("a person"),
    "rule": N_("the rule"),
    "crm": N_("done in the CRM"),
    # why somebody is not treated
    "no branch applies": N_("no branch applies"),
    "left alone to compare": N_("left alone to compare"),
    "over the cap of this push": N_("over the cap of this push"),
    "the owner has enough tasks": N_("the owner has enough tasks"),
    "nobody there may be mailed": N_("nobody there may be mailed"),
    "nobody of the team is there to do it": N_("nobody of the team is there to do it"),
    # who wins where two systems differ
    "fill_blank_only": N_("fills blanks only"),
    "side_wins": N_("one side wins"),
    "latest_wins": N_("the later edit wins"),
    "highest": N_("the highest wins"),
    "union": N_("both together"),
    "ask": N_("a person decides"),
    "owner_by_stage": N_("the team that holds it decides"),
    # by what records are recognised
    "stored_id": N_("the id kept in the other system"),
    "split": N_("split off by a person"),
    "probable": N_("probably one, by many small likenesses"),
    "name_and_mobile": N_("name and mobile number"),
    "name_and_account": N_("name and company"),
    # what the audit log names
    "account.link": N_("set-up link made"),
    "account.set_up": N_("password set"),
    "account.shut_out": N_("shut out"),
    "account.let_in": N_("let in again"),
    "session.opened": N_("signed in"),
    "session.closed": N_("signed out"),
    "session.refused": N_("sign-in refused"),
    "session.revoked": N_("signed out everywhere"),
    "plan.approved": N_("plan approved"),
    "plan.applied": N_("plan written"),
    "run.started": N_("sync started"),
    "handoff.accepted": N_("handoff accepted"),
    "handoff.returned": N_("handoff returned"),
    "handoff.recycled": N_("handoff recycled"),
    "review.accepted": N_("ruled the same"),
    "review.rejected": N_("ruled different"),
    "record.split": N_("record split off"),
    "conflict.decided": N_("conflict decided"),
    "conflict.reopened": N_("conflict reopened"),
    "scenario.previewed": N_("scenario previewed"),
    "scenario.approved": N_("scenario approved"),
    "scenario.pushed": N_("scenario pushed"),
}
"""Names of the code that people see; others are spelled out."""
