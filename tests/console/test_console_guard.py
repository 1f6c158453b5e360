"""Every answer is guarded, and nobody else's page can write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.datastructures import Headers

from console.access.guard import is_same_origin
from console.site import ACTIONS, OPEN_PAGES, PAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.conftest import House

EVERY = [page.path for page in (*PAGES, *OPEN_PAGES)]


def test_every_answer_carries_the_strict_policy(
    house: House, address: Callable[[str], str]
) -> None:
    """Pages, twins, files and errors alike: nothing loads but ours, scripts only by nonce."""
    client = house.client("admin")
    others = ["/healthz", "/nowhere", "/static/console.css", "/"]
    paths = [*map(address, EVERY), *others]
    for asked in [*paths, *(f"{path}.json" for path in paths)]:
        policy = client.get(asked).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'nonce-")
        assert (
            "'strict-dynamic'; style-src 'self'; img-src 'self' data:; connect-src 'self'" in policy
        )
        assert policy.endswith("require-trusted-types-for 'script'; trusted-types htmx")
        assert "unsafe" not in policy


def test_pages_hold_nothing_the_policy_forbids(house: House, address: Callable[[str], str]) -> None:
    """No page has an inline script, style or handler, or a script without the answer's nonce."""
    client = house.client("admin")
    for path in map(address, EVERY):
        answer = client.get(path)
        nonce = re.search(r"'nonce-([^']+)'", answer.headers["content-security-policy"])
        assert nonce
        bare = re.sub(r'"[^"]*"', '""', answer.text)
        assert not re.search(r"<[^>]+\s(on[a-z]+|style)=", bare), path
        assert "<style" not in answer.text
        scripts = re.findall(r"<script[^>]*>", answer.text)
        assert scripts
        assert all(f'nonce="{nonce[1]}"' in script and "src=" in script for script in scripts)


def test_a_nonce_is_never_used_twice(house: House) -> None:
    """Two answers never share a nonce."""
    client = house.client()
    policies = {client.get("/sign-in").headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3


def test_answers_keep_browsers_careful(house: House) -> None:
    """No sniffing, no framing, no leaking of addresses, and pages are not kept."""
    headers = house.client().get("/sign-in").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_files_with_a_digest_are_kept_for_ever(house: House) -> None:
    """Static files may be kept; their address changes with their content."""
    text = house.client().get("/sign-in").text
    found = re.findall(r'"(/static/[^"?]+\?v=[0-9a-f]+)"', text)
    assert len(found) >= 5
    for path in found:
        answer = house.client().get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": ""},
    ],
    ids=["cross-site", "same-site", "foreign-origin", "no-word"],
)
def test_no_action_is_taken_for_a_foreign_page(
    house: House, address: Callable[[str], str], headers: dict[str, str]
) -> None:
    """A write that does not come from a page of ours is refused before anything is read."""
    client = house.client("admin")
    before = house.audited()
    for action in ACTIONS:
        answer = client.post(address(action.path), headers=headers)
        assert answer.status_code == 403, action.path
        assert "did not come from the console" in answer.text
    assert house.audited() == before


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://here:1", "host": "here:1"}, False),
        ({"origin": "http://here:1", "host": "here:1"}, True),
        ({"origin": "https://here:1", "host": "here:1"}, False),
        ({"origin": "http://here:2", "host": "here:1"}, False),
        ({"origin": "null", "host": "here:1"}, False),
        ({"host": "here:1"}, False),
    ],
)
def test_origin_is_judged_by_what_the_browser_says(headers: dict[str, str], ours: bool) -> None:
    """Sec-Fetch-Site decides; without it the Origin must be exactly ours; silence is foreign."""
    assert is_same_origin(Headers(headers), "http") is ours
