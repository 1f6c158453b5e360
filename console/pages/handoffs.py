"""The handoff board and one handoff with its ledger."""

from console.access.permission import May
from console.page import Action, Next, Page
from console.visit import Visit
from tasuki.service import accounts, handoffs
from tasuki.service.handoffs import Board, HandoffView


def _board(visit: Visit) -> Board:
    assignee = visit.query.get("assignee") or None
    return handoffs.board(visit.app, assignee, overdue_only=visit.query.get("overdue") == "1")


def _one(visit: Visit) -> HandoffView:
    return handoffs.show(visit.app, visit.params["handoff_id"])


def _accept(visit: Visit) -> Next:
    handoffs.accept(visit.app, visit.params["handoff_id"], visit.who.login)
    return _decided(visit, "accepted")


def _return(visit: Visit) -> Next:
    id_, reason = visit.params["handoff_id"], visit.form.get("reason", "")
    handoffs.return_(visit.app, id_, visit.who.login, reason)
    return _decided(visit, "returned", reason)


def _recycle(visit: Visit) -> Next:
    id_, on = visit.params["handoff_id"], visit.form.get("on", "")
    handoffs.recycle(visit.app, id_, visit.who.login, on)
    return _decided(visit, "recycled", on)


def _decided(visit: Visit, state: str, detail: str = "") -> Next:
    id_ = visit.params["handoff_id"]
    accounts.audit(visit.app, visit.who.login, f"handoff.{state}", id_, detail=detail)
    return Next(f"/handoffs/{id_}?done={state}")


PAGES = (
    Page("/handoffs", "handoffs.html", _board),
    Page("/handoffs/{handoff_id}", "handoff.html", _one),
)
ACTIONS = (
    Action("/handoffs/{handoff_id}/accept", _accept, May.DECIDE_HANDOFF),
    Action("/handoffs/{handoff_id}/return", _return, May.DECIDE_HANDOFF),
    Action("/handoffs/{handoff_id}/recycle", _recycle, May.DECIDE_HANDOFF),
)
