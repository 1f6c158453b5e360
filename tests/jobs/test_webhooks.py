"""Webhooks as the daemon takes them: believed when signed, noted for the next run."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from jobs import health, webhooks
from staging import queue
from tasuki.clock import FixedClock
from tasuki.wiring import open_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasuki.service.app import App

SECRET = "11111111-2222-3333-4444-555555555555"
BODY = (
    b'[{"eventId":1,"subscriptionId":25,"portalId":33,"appId":1160452,"occurredAt":1462216307945,'
    b'"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":1246965,'
    b'"propertyName":"lifecyclestage","propertyValue":"subscriber","changeSource":"CRM_UI"}]'
)
HEADERS = {
    "X-HubSpot-Signature-v3": "LGgTrpm79i2BZCF9zpBxdWo96nMWj7IR5p8gCyrlrjY=",
    "X-HubSpot-Request-Timestamp": "1700000000000",
}
"""Signed for https://tasuki.example/hubspot/webhook."""
PROJECT = {
    "tasuki.yaml": "{kind: project, name: hooks, public_url: 'https://tasuki.example'}",
    "connections/marketing.yaml": (
        "{kind: connection, name: marketing, system: hubspot, token: env:TOKEN,"
        " webhook_secret: env:SECRET}"
    ),
    "connections/books.yaml": "{kind: connection, name: books, system: memory}",
    "mappings/person.yaml": """
kind: mapping
name: person
entity: person
sides:
  marketing: {object: contacts}
fields:
  email: {marketing: email}
identity:
  - {rule: email, field: email}
""",
}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A project with a HubSpot connection, at the moment of the signed delivery."""
    for name, text in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    clock = FixedClock(datetime.fromtimestamp(1_700_000_060, UTC))
    opened = open_app(tmp_path, clock, {"TOKEN": "pat-x", "SECRET": SECRET})
    yield opened
    opened.close()


@pytest.fixture
def client(app: App) -> Iterator[httpx.Client]:
    """Something that posts to the daemon's endpoint."""
    with (
        health.answering(lambda: "healthy", "127.0.0.1", 0, [webhooks.route(app)]) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as made,
    ):
        yield made


def hinted(app: App) -> dict[str, int]:
    with app.store.reading() as db:
        return dict(queue.waiting(db, queue.HINTED))


def signed(client: httpx.Client, body: bytes, connection: str = "marketing") -> int:
    """Post with a signature made for this very address, as HubSpot makes it."""
    path = f"/webhooks/{connection}"
    source = b"POST" + f"https://tasuki.example{path}".encode() + body + b"1700000000000"
    mark = b64encode(hmac.new(SECRET.encode(), source, hashlib.sha256).digest()).decode()
    headers = {**HEADERS, "X-HubSpot-Signature-v3": mark}
    return client.post(path, content=body, headers=headers).status_code


def test_a_signed_delivery_is_noted_for_the_next_run(app: App, client: httpx.Client) -> None:
    """The record it names waits to be read, however often the delivery comes."""
    assert signed(client, BODY) == 204
    assert signed(client, BODY) == 204
    assert hinted(app) == {"marketing/contacts": 1}


def test_a_delivery_signed_for_another_address_is_not_believed(
    app: App, client: httpx.Client
) -> None:
    """A right signature of another address, a changed body or none at all note nothing."""
    posted = client.post("/webhooks/marketing", content=BODY, headers=HEADERS)
    assert posted.status_code == 401
    assert client.post("/webhooks/marketing", content=BODY).status_code == 401
    assert posted.content == b""
    assert hinted(app) == {}


def test_an_old_delivery_is_not_believed(app: App, client: httpx.Client) -> None:
    """More than five minutes after it was signed, a delivery may be somebody's copy."""
    clock = app.tools.clock
    assert isinstance(clock, FixedClock)
    clock.at = datetime.fromtimestamp(1_700_000_301, UTC)
    assert signed(client, BODY) == 401
    assert hinted(app) == {}


def test_a_connection_that_takes_none_says_so(client: httpx.Client) -> None:
    """An unknown connection is 404, one whose system signs nothing is 401."""
    assert client.post("/webhooks/nobody", content=BODY).status_code == 404
    assert client.post("/webhooks/books", content=BODY).status_code == 401


def test_signed_nonsense_and_floods_are_turned_away(app: App, client: httpx.Client) -> None:
    """What is no JSON is 400, more than a megabyte is 413; nothing is noted."""
    assert signed(client, b"[{") == 400
    assert signed(client, b"x" * 1_000_001) == 413
    assert hinted(app) == {}


def test_records_nobody_reads_are_not_noted(app: App, client: httpx.Client) -> None:
    """A hint of an object that no mapping reads leaves no trace."""
    assert signed(client, re.sub(rb"contact\.", b"ticket.", BODY)) == 204
    assert hinted(app) == {}
