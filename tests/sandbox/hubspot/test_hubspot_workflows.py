"""The account's workflows: listed in pages, read whole, set by a marketer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.hubspot.habits.workflows import keep

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

FLOWS = "/automation/v4/flows"


def test_workflows_are_listed_in_pages(account: Account) -> None:
    """The list names them, without what enrols a record; the last page has no next."""
    first = account.call("GET", f"{FLOWS}?limit=3").json()
    assert [flow["id"] for flow in first["results"]] == ["501", "502", "503"]
    assert {*first["results"][0]} >= {"name", "isEnabled", "flowType", "objectTypeId"}
    assert "enrollmentCriteria" not in first["results"][0]
    last = account.call("GET", f"{FLOWS}?limit=3&after={first['paging']['next']['after']}").json()
    assert [(flow["id"], flow["isEnabled"]) for flow in last["results"]] == [("504", False)]
    assert "paging" not in last


def test_workflows_are_read_whole(account: Account) -> None:
    """A batch tells what enrols a record; an unknown id is an error of a 207."""
    body = {"inputs": [{"flowId": "502", "type": "FLOW_ID"}, {"flowId": "9", "type": "FLOW_ID"}]}
    answer = account.call("POST", f"{FLOWS}/batch/read", body)
    assert (answer.status_code, answer.json()["numErrors"]) == (207, 1)
    (flow,) = answer.json()["results"]
    (branch,) = flow["enrollmentCriteria"]["listMembershipFilterBranches"]
    assert branch["filters"][0]["listId"] == "1"
    assert account.call("GET", f"{FLOWS}/503").json()["type"] == "PLATFORM_FLOW"
    assert account.call("GET", f"{FLOWS}/9").status_code == 404


def test_a_marketer_switches_a_workflow_off(account: Account) -> None:
    """What is set stays otherwise as it was."""
    keep(account.state, {"id": "501", "objectTypeId": "0-1", "isEnabled": False})
    flow = account.call("GET", f"{FLOWS}/501").json()
    assert (flow["isEnabled"], flow["name"]) == (False, "Tell the owner of a qualified lead")
