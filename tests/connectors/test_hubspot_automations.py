"""Workflows of a HubSpot account, as far as our writes make them fire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.protocol import Automation
from sandbox.hubspot.habits import workflows
from sandbox.hubspot.oauth import tokens
from sandbox.hubspot.oauth.apps import own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import HubSpotAccount

BOTH = ("create", "update")


@pytest.fixture
def account(hubspot: HubSpotAccount) -> Iterator[HubSpotAccount]:
    """An account with the workflows every sandbox has, and no others afterwards."""
    yield hubspot
    with hubspot.state.transaction() as db:
        db.execute("DELETE FROM hs_flow WHERE id > 600")


def flow(account: HubSpotAccount, id: int, criteria: dict[str, Any] | None, **more: Any) -> None:
    """A workflow that a marketer made."""
    made = {"id": id, "name": f"f{id}", "objectTypeId": "0-1", "enrollmentCriteria": criteria}
    workflows.keep(account.state, {**made, **more})


def test_workflows_are_told_by_what_makes_them_fire(account: HubSpotAccount) -> None:
    """A changed property, a place on a list, a new record; those switched off are not told."""
    objects = ["contacts", "deals", "list_memberships", "tasks"]
    found = account.connector.automations(objects)
    lead, seminar, deal = (
        Automation(
            "contacts", "workflow", "Tell the owner of a qualified lead", BOTH, ("lifecyclestage",)
        ),
        Automation(
            "list_memberships",
            "workflow",
            "Invite to the seminar",
            ("create",),
            (),
            "Enrols what joins list 1.",
        ),
        Automation(
            "deals",
            "workflow",
            "Prepare a new deal",
            ("create",),
            (),
            "A record is enrolled once.",
        ),
    )
    assert [*found] == [lead, seminar, deal]
    assert [*account.connector.automations(["deals"])] == [deal]
    assert [*account.connector.automations(["tasks"])] == []


def test_filters_are_told_by_their_properties(account: HubSpotAccount) -> None:
    """Enrolment by filters fires when one of its properties changes; by hand it never does."""
    inner = {"filterType": "PROPERTY", "property": "city", "operation": {"operator": "IS_KNOWN"}}
    listed = {"filterType": "IN_LIST", "operator": "IN_LIST", "listId": "12"}
    branch = {"filterBranchType": "OR", "filters": [], "filterBranches": [{"filters": [inner]}]}
    branch["filterBranches"].append({"filters": [listed]})
    flow(account, 601, {"type": "LIST_BASED", "shouldReEnroll": True, "listFilterBranch": branch})
    flow(account, 602, {"type": "MANUAL", "shouldReEnroll": True})
    flow(account, 603, None)
    flow(account, 604, None, flowType="ACTION_SET")
    found = account.connector.automations(["contacts", "list_memberships"])
    assert [each for each in found if each.name.startswith("f6")] == [
        Automation("contacts", "workflow", "f601", BOTH, ("city",)),
        Automation(
            "list_memberships", "workflow", "f601", ("create",), (), "Enrols what joins list 12."
        ),
        Automation("contacts", "workflow", "f603", BOTH),
    ]


def test_a_hundred_workflows_cost_two_calls(account: HubSpotAccount) -> None:
    """One per hundred listed, and one per hundred that concern the objects asked about."""
    for id in range(601, 651):
        flow(account, id, {"type": "MANUAL"}, objectTypeId="0-2")
    account.wire.seen.clear()
    account.connector.automations(["companies"])
    assert len(account.wire.seen) == 2


def test_without_the_scope_nothing_is_told(
    account: HubSpotAccount, open_hubspot: Callable[..., HubSpotAccount]
) -> None:
    """Not to know is no error."""
    held = tokens.mint(account.state, "access", own(account.state).id, ("oauth",))
    assert [*open_hubspot(token=held.text).connector.automations(["contacts"])] == []
