"""What a person should know about a HubSpot account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import hubspot as sandbox
from sandbox.hubspot.oauth import installation, tokens
from sandbox.hubspot.oauth.apps import own

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import HubSpotAccount


def test_a_quiet_account_has_nothing_to_tell(hubspot: HubSpotAccount) -> None:
    """No integration, all events readable, nothing missing; the zone is known afterwards."""
    assert hubspot.connector.notices() == []
    assert hubspot.connector.limits().resets_at is not None


def test_the_native_salesforce_integration_is_named(hubspot: HubSpotAccount) -> None:
    """Its properties alone say little; where they are filled it runs, and owns its fields."""
    hubspot.hand.add("contacts", {"lastname": "Mori"})
    assert hubspot.connector.notices() == []
    for n in range(2):
        hubspot.hand.add("contacts", {"lastname": f"n{n}", "salesforcecontactid": f"003{n}"})
    (notice,) = hubspot.connector.notices()
    assert notice.code == "native_integration"
    assert "2 contacts" in notice.text
    assert {"contacts.salesforcecontactid", "contacts.salesforceleadid"} <= {*notice.fields}
    assert "contacts.email" not in notice.fields


def test_a_missing_scope_is_told_by_object(open_hubspot: Callable[..., HubSpotAccount]) -> None:
    """A key that may read contacts only is told what it lacks."""
    state = open_hubspot().state
    scopes = ["crm.objects.contacts.read", "crm.schemas.contacts.read", "business-intelligence"]
    token = installation.service_key(state, {"scopes": scopes})["token"]
    told = {each.fields: each for each in open_hubspot(token=token).connector.notices()}
    assert ("companies",) in told
    assert told["companies",].code == "missing_scope"
    assert "crm." in told["companies",].text
    assert ("contacts",) not in told


def test_discovery_tells_the_scope_that_a_fixed_token_lacks(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """HubSpot names no scopes of a key, so reading is tried; what it may read is open."""
    state = open_hubspot().state
    scopes = ["crm.objects.contacts.read", "crm.schemas.contacts.read", "crm.schemas.deals.read"]
    token = installation.service_key(state, {"scopes": scopes})["token"]
    contacts, deals = open_hubspot(token=token).connector.discover(["contacts", "deals"])
    assert contacts.refused == {}
    assert deals.refused == {"read": "the scope crm.objects.deals.read to the token"}


@pytest.mark.parametrize("version", ["v3", "2026-09"])
def test_discovery_tells_the_scopes_that_a_grant_lacks(
    open_hubspot: Callable[..., HubSpotAccount], version: str
) -> None:
    """A grant knows its scopes: each verb that is not open names the one to add, once asked."""
    state = open_hubspot().state
    app = own(state)
    schemas = ["crm.schemas.contacts.read", "crm.schemas.deals.read"]
    held = ["crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.deals.read"]
    refresh = tokens.mint(state, "refresh", app.id, [*held, *schemas])
    account = open_hubspot(
        token=None,
        client_id=app.client_id,
        client_secret=app.client_secret,
        refresh_token=refresh.text,
        api_version=version,
    )
    contacts, tasks, deals = account.connector.discover(["contacts", "tasks", "deals"])
    assert (contacts.refused, tasks.refused) == ({}, {})
    fix = "the scope crm.objects.deals.write to the app, and install it again"
    assert deals.refused == dict.fromkeys(("create", "update", "delete"), fix)
    assert account.calls("oauth/v1/access-tokens") <= 1


def test_events_below_enterprise_are_told(hubspot: HubSpotAccount) -> None:
    """The aggregates are named as what there is instead."""
    sandbox.configure(hubspot.state, tier="starter")
    codes = {each.code: each.text for each in hubspot.connector.notices()}
    sandbox.configure(hubspot.state, tier="enterprise")
    assert "hs_analytics_*" in codes["events_unreadable"]
