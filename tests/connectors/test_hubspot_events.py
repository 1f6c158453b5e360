"""Web events of a HubSpot account: sweeps, what is attached late, and who may read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox import hubspot as sandbox
from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.data.writes import touch

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import HubSpotAccount

BORN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VIEWS = "events/e_visited_page"
DAY = timedelta(days=1)


def view(id: str, contact: str, at: datetime) -> dict[str, Any]:
    """A page view of a contact."""
    return {
        "id": id,
        "objectType": "contacts",
        "objectId": contact,
        "eventType": "e_visited_page",
        "occurredAt": at,
        "properties": {"hs_url": "https://nagare.example/"},
    }


def happen(account: HubSpotAccount, *rows: dict[str, Any]) -> None:
    """Events that HubSpot shows from now on."""
    sandbox.insert_events(account.state, list(rows))


def pull(account: HubSpotAccount, cursor: str | None = None) -> tuple[list[str], str]:
    """Ids of every page view from the cursor on, and the cursor to resume from."""
    seen: list[str] = []
    while True:
        page = account.connector.page(VIEWS, ["objectId"], cursor)
        seen.extend(record.id for record in page.records)
        cursor = page.next_cursor
        if not page.more:
            return seen, cursor


def person(account: HubSpotAccount, name: str) -> str:
    """A contact that has been there for long."""
    id = account.hand.add("contacts", {"lastname": name})
    account.pass_time(timedelta(minutes=10))
    return id


def computes(account: HubSpotAccount, contact: str, **values: datetime) -> None:
    """HubSpot sets what only it may set, and remembers it."""
    with account.state.transaction():
        decided = {name: text(moment) for name, moment in values.items()}
        touch(account.state, kind_of("contacts"), int(contact), decided)


def text(moment: datetime) -> str:
    """An instant as HubSpot writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_visits_attached_by_a_form_arrive_however_old(hubspot: HubSpotAccount) -> None:
    """Whoever filled in a form since is read from the first event on; nobody else is."""
    one, two = person(hubspot, "one"), person(hubspot, "two")
    now = hubspot.state.now()
    happen(hubspot, view("e1", two, now))
    _, cursor = pull(hubspot)
    hubspot.pass_time(DAY)
    now = hubspot.state.now()
    happen(hubspot, view("old", one, now - 90 * DAY), view("new", one, now), view("e2", two, now))
    first = now - 90 * DAY
    computes(hubspot, one, hs_analytics_first_timestamp=first, recent_conversion_date=now)
    hubspot.wire.seen.clear()
    seen, cursor = pull(hubspot, cursor)
    assert set(seen) >= {"old", "new", "e2"}
    assert hubspot.calls("events/v3/events") == 2
    hubspot.wire.seen.clear()
    pull(hubspot, cursor)
    assert len(hubspot.wire.seen) == 1


def test_a_first_visit_that_moved_tells_attached_visits(hubspot: HubSpotAccount) -> None:
    """Without a form, the history of the aggregate says that something was put before it."""
    one, two = person(hubspot, "one"), person(hubspot, "two")
    now = hubspot.state.now()
    for id in (one, two):
        computes(hubspot, id, hs_analytics_first_timestamp=now)
    happen(hubspot, view("e1", two, now))
    hubspot.pass_time(timedelta(minutes=10))
    _, cursor = pull(hubspot)
    hubspot.pass_time(DAY)
    now = hubspot.state.now()
    happen(hubspot, view("old", one, now - 9 * DAY), view("e2", two, now))
    computes(hubspot, one, hs_analytics_first_timestamp=now - 9 * DAY)
    computes(hubspot, two, hs_analytics_last_timestamp=now)
    hubspot.wire.seen.clear()
    seen, _ = pull(hubspot, cursor)
    assert "old" in seen
    assert hubspot.calls("events/v3/events") == 2


def test_histories_over_the_limit_wait_for_the_next_pull(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """The most recent conversions come first; who waits is not forgotten."""
    account = open_hubspot(event_histories=2)
    people = [person(account, f"n{n}") for n in range(5)]
    now = account.state.now()
    happen(account, view("start", people[0], now))
    _, cursor = pull(account)
    account.pass_time(DAY)
    now = account.state.now()
    happen(account, view("today", people[0], now))
    for n, id in enumerate(people):
        happen(account, view(f"old{n}", id, now - 90 * DAY))
        moment = now + timedelta(minutes=n)
        computes(account, id, hs_analytics_first_timestamp=BORN, recent_conversion_date=moment)
    olds: list[set[str]] = []
    for _ in range(3):
        seen, cursor = pull(account, cursor)
        olds.append({id for id in seen if id.startswith("old")})
    assert olds == [{"old4", "old3"}, {"old2", "old1"}, {"old0"}]


def test_an_account_without_sweeps_is_read_contact_by_contact(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """Contacts seen on the web since come first seen first, so many per pull as the limit says."""
    account = open_hubspot(event_histories=2, event_page_size=100)
    now = account.state.now()
    for n in range(3):
        id = person(account, f"n{n}")
        computes(account, id, hs_analytics_last_timestamp=now + timedelta(minutes=n))
        happen(account, view(f"e{n}", id, now))
    body = b'{"subCategory":"EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS"}'
    account.wire.answers.append(("events/v3/events", 400, body))
    first, cursor = pull(account)
    second, cursor = pull(account, cursor)
    third, _ = pull(account, cursor)
    assert (first, second, third) == (["e0", "e1"], ["e2"], [])


def test_calls_do_not_grow_with_the_number_of_contacts(
    open_hubspot: Callable[..., HubSpotAccount],
) -> None:
    """A sweep by type costs its pages, whoever the visitors were."""
    account = open_hubspot(event_page_size=1000)
    rows = [view(f"e{n}", str(n + 1), BORN + timedelta(seconds=n)) for n in range(1500)]
    people = [
        {"id": row["objectId"], "properties": {}, "created": BORN, "modified": BORN} for row in rows
    ]
    sandbox.insert(account.state, "contacts", people)
    happen(account, *rows)
    assert len(pull(account)[0]) == 1500
    assert len(account.wire.seen) == 2


def test_email_events_that_may_not_be_read_are_told_unreadable(hubspot: HubSpotAccount) -> None:
    """A 403 stops no run: the page names the fields it lacks, and a notice the scope."""
    entry = b'{"errors":[{"context":{"requiredScopes":["content"]}}]}'
    hubspot.wire.answers.append(("email/public/v1/events", 403, entry))
    page = hubspot.connector.page("email_events", ["type"], None)
    assert (page.records, page.more, page.unreadable) == ((), False, ("type",))
    told = [notice for notice in hubspot.connector.notices() if notice.fields == ("email_events",)]
    assert "content" in told[0].text
