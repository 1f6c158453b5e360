"""One table says what each role may do; pages, twins and actions ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from console.access.permission import LEAST, ROLES, May, may
from console.site import ACTIONS, PAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.conftest import House
GUARDED = [action for action in ACTIONS if action.needs is not None]


def test_every_permission_has_a_least_role() -> None:
    """Nothing can be asked for that the table does not answer."""
    assert set(LEAST) == set(May)
    assert set(LEAST.values()) <= set(ROLES)


@pytest.mark.parametrize("what", list(May))
def test_roles_are_a_ladder(what: May) -> None:
    """Who may do something, may do it with every higher role as well; admins may do all."""
    allowed = [may(role, what) for role in ROLES]
    assert allowed == sorted(allowed)
    assert allowed[-1]


@pytest.mark.parametrize("role", ["", "owner", "ADMIN"])
def test_unknown_roles_may_nothing(role: str) -> None:
    """A role nobody declared reaches nowhere."""
    assert not any(may(role, what) for what in May)


@pytest.mark.parametrize("role", ["", *ROLES])
def test_a_page_and_its_twin_ask_for_the_same(
    house: House, address: Callable[[str], str], role: str
) -> None:
    """HTML and JSON of every page are open to exactly the same roles."""
    client = house.client(role)
    for page in PAGES:
        path = address(page.path)
        html, twin = client.get(path), client.get(f"{path}.json")
        if not role:
            assert (html.status_code, twin.status_code) == (303, 401), path
            assert html.headers["location"].startswith("/sign-in")
        elif may(role, page.needs):
            assert html.status_code == twin.status_code, path
            assert html.status_code in (200, 409), path
        else:
            assert (html.status_code, twin.status_code) == (403, 403), path
            assert twin.json()["error"]["what"] == "Your role does not allow this"


@pytest.mark.parametrize("role", ["", *ROLES])
def test_an_action_is_refused_below_its_role(
    house: House, address: Callable[[str], str], role: str
) -> None:
    """Nobody does what their role does not allow, and trying changes nothing."""
    client = house.client(role)
    for action in GUARDED:
        assert action.needs
        before = house.audited()
        answer = client.post(address(action.path))
        if may(role, action.needs):
            assert answer.status_code in (303, 404, 409), (action.path, answer.text)
        else:
            assert answer.status_code == (403 if role else 303), action.path
            assert house.audited() == before
            assert role or answer.headers["location"] == "/sign-in"


@pytest.mark.parametrize("role", ROLES)
def test_buttons_are_shown_to_whoever_may_press_them(house: House, role: str) -> None:
    """A page offers exactly what the reader's role allows."""
    client = house.client(role)
    assert ("/approve" in client.get("/plans/p_000000000001").text) is may(role, May.APPROVE)
    assert ("/accept" in client.get("/handoffs").text) is may(role, May.DECIDE_HANDOFF)
    decisions = client.get("/decisions").text
    assert ("/reject" in decisions) is may(role, May.DECIDE_REVIEW)
    assert ("/resolve" in decisions) is may(role, May.RESOLVE_CONFLICT)
    assert ('action="/runs"' in client.get("/overview").text) is may(role, May.RUN)
    assert ('href="/people"' in client.get("/overview").text) is may(role, May.ADMINISTER)
