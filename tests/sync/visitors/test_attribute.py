"""Events given to people: retroactively, again when something changes, and at a bounded cost."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staging import queue
from staging.bulk import upsert
from staging.tables.entities import ENTITY_TABLES
from sync.identity.visitors.attribute import EVENTS
from sync.identity.visitors.changed import EVENT
from tasuki.values import stamp
from tests.rehearsal import FILES, START, Rehearsal, rehearsal

MAPPING = """
kind: mapping
name: engagement
entity: engagement
sides:
  ma: {object: events}
fields:
  kind: {ma: kind}
  occurred_at: {ma: at}
  visitor: {ma: cookie}
  issuer: {ma: site}
  url: {ma: url}
  email: {ma: email, transform: [email]}
  recipient: {ma: recipient, transform: [email]}
  user_agent: {ma: agent}
  consent: {ma: consent}
  filtered: {ma: filtered}
links:
  person_id:
    ma: [{value: email, via: email}, {lookup: contact_id, object: contacts}]
"""
USERS = """
kind: mapping
name: user_
entity: user_
sides:
  crm: {object: people}
fields:
  email: {crm: email, transform: [email]}
identity:
  - {rule: email, field: email}
"""
A, B, C = (f"{name}@x.example" for name in "abc")


def files(**identity: Any) -> dict[str, str]:
    words = ", ".join(f"{name}: {value}" for name, value in identity.items())
    project = FILES["tasuki.yaml"] + f"identity: {{{words}}}\n"
    return {"mappings/engagement.yaml": MAPPING, "tasuki.yaml": project}


def people(world: Rehearsal, *emails: str) -> None:
    for email in emails:
        world.ma.add("contacts", {"email": email, "last": email[0]})


def seen(world: Rehearsal, at: str, cookie: str | None = "c", **more: Any) -> str:
    """An event of one day, `2026-01-<at>`; its id."""
    when = f"2026-01-{at}T00:00:00Z" if len(at) == 2 else f"2026-01-{at}Z"
    return world.ma.add("events", {"kind": "page_viewed", "at": when, "cookie": cookie, **more})


def owners(world: Rehearsal) -> dict[str, tuple[str | None, str | None]]:
    """Record id → e-mail of whose it is, and why it does not count."""
    emails = {id_: row["email"] for id_, row in world.rows("person").items()}
    return {
        row["record_id"]: (emails.get(row["person_id"]), row["ignored"])
        for row in world.rows("engagement").values()
    }


# ── retroactive, and back ──


def test_deleting_the_identifying_event_gives_the_others_back() -> None:
    """Events go back to the one whom the system named, or to nobody, once the form is gone."""
    with rehearsal(files()) as world:
        people(world, A, B)
        page = seen(world, "01")
        told = seen(world, "02", contact_id="contacts-000002")
        form = seen(world, "03", email=A)
        world.run()
        assert owners(world)[page] == owners(world)[told] == (A, None)
        world.ma.delete("events", form)
        world.run()
        assert owners(world) == {page: (None, None), told: (B, None)}
        assert world.count("visitor_link") == 0


def test_correcting_the_address_moves_the_events() -> None:
    """Another address in the form: the browser is another person's, from the beginning."""
    with rehearsal(files()) as world:
        people(world, A, B)
        page, form = seen(world, "01"), seen(world, "02", email=A)
        world.run()
        world.ma.edit("events", form, {"email": B})
        world.run()
        assert owners(world) == {page: (B, None), form: (B, None)}


def test_an_address_that_changes_hands_takes_the_browser_along() -> None:
    """When the address becomes another person's, so do the events."""
    with rehearsal(files()) as world:
        people(world, A)
        page, _ = seen(world, "01"), seen(world, "02", email=B)
        world.run()
        assert owners(world)[page] == (None, None)
        people(world, B)
        world.run()
        assert owners(world)[page] == (B, None)


def test_a_late_event_of_the_past_is_placed_by_its_own_time() -> None:
    """An event that arrives late belongs to whoever held the browser when it happened."""
    with rehearsal(files()) as world:
        people(world, A, B)
        seen(world, "02", email=A)
        seen(world, "05", email=B)
        world.run()
        late, last = seen(world, "03"), seen(world, "06")
        world.run()
        assert owners(world)[late] == (A, None)
        assert owners(world)[last] == (B, None)


# ── forwarded links ──


def test_a_quarantine_is_lifted_by_the_recipients_form() -> None:
    """A link sent to A opened in B's browser stays B's, until A sends a form there."""
    with rehearsal(files()) as world:
        people(world, A, B)
        seen(world, "01", email=B)
        opened, page = seen(world, "02", recipient=A), seen(world, "03")
        world.run()
        assert owners(world)[opened] == owners(world)[page] == (B, None)
        assert [row["state"] for row in world.all("visitor_link")] == ["linked", "quarantined"]
        seen(world, "04", email=A)
        world.run()
        assert owners(world)[opened] == owners(world)[page] == (A, None)


def test_one_browser_more_takes_a_link_from_all() -> None:
    """The third browser within a day makes A's link one that travels, and its end undoes that."""
    with rehearsal(files()) as world:
        people(world, A)
        one = seen(world, "02", "one", recipient=A)
        two = seen(world, "02", "two", recipient=A)
        world.run()
        assert owners(world) == {one: (A, None), two: (A, None)}
        three = seen(world, "02", "three", recipient=A, contact_id="contacts-000001")
        world.run()
        assert set(owners(world).values()) == {(None, "quarantined")}
        world.ma.delete("events", three)
        world.run()
        assert owners(world) == {one: (A, None), two: (A, None)}


# ── who does not count ──


def test_our_own_people_do_not_count() -> None:
    """By the domain, by a user's address, by a test address, by the cookie: staff."""
    own = files(own_domains="[own.example]", own_emails=f"[{C}]", own_cookies="[stand]")
    with rehearsal({**own, "mappings/user_.yaml": USERS}) as world:
        people(world, A, B, C)
        world.crm.add("people", {"email": B, "last": "b"})
        cases = {"domain": "u@sales.own.example", "user": B, "test": C, "stand": A}
        ids = [seen(world, "01", cookie, email=email) for cookie, email in cases.items()]
        mail = seen(world, "01", None, recipient=B)
        stand = seen(world, "02", "stand")
        known = seen(world, "01", "known", email=A)
        world.run()
        found = owners(world)
        assert {found[id_][1] for id_ in (*ids, mail, stand)} == {"staff"}
        assert found[known] == (A, None)


def test_a_colleague_who_becomes_known_later_counts_no_more() -> None:
    """A user that appears in the CRM takes its past visits out of the numbers."""
    with rehearsal({**files(), "mappings/user_.yaml": USERS}) as world:
        people(world, A)
        form, page = seen(world, "01", email=A), seen(world, "02")
        world.run()
        assert owners(world)[page] == (A, None)
        world.crm.add("people", {"email": A, "last": "a"})
        world.run()
        assert owners(world)[page][1] == owners(world)[form][1] == "staff"


def test_a_new_word_about_own_people_applies_to_the_past() -> None:
    """Naming our domain later changes what was staged before, without a new pull."""
    with rehearsal(files()) as world:
        people(world, A)
        page, _ = seen(world, "01"), seen(world, "02", email=A)
        world.run()
        with rehearsal(files(own_domains="[x.example]")) as other:
            world.tools = type(world.tools)(
                **{
                    name: getattr(world.tools, name)
                    for name in world.tools.__slots__
                    if name != "project"
                },
                project=other.tools.project,
            )
        world.run()
        assert owners(world)[page] == (A, "staff")


def test_a_robot_by_its_own_word_is_left_out_alone() -> None:
    """An event whose browser says to be a crawler does not count, nor tell who sits there."""
    with rehearsal(files()) as world:
        people(world, A, B)
        bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
        crawled = seen(world, "01", agent=bot, email=B)
        page, _ = seen(world, "02"), seen(world, "03", email=A)
        mail = seen(world, "02", None, recipient=A, filtered=True)
        world.run()
        found = owners(world)
        assert found[crawled] == (A, "crawler")
        assert found[page] == (A, None)
        assert found[mail][1] == "crawler"


@pytest.mark.parametrize("chunks", [1, 2])
def test_a_browser_faster_than_anybody_is_a_robots(chunks: int) -> None:
    """More views in one minute than anybody reads: the whole browser, its form too, is a bot's."""
    with rehearsal(files(most_views_per_minute=4)) as world:
        people(world, A)
        form = seen(world, "01", email=A)
        slow = [seen(world, f"03T00:{minute:02d}:00", "slow", email=A) for minute in range(9)]
        views = []
        for second in range(5):
            views.append(seen(world, f"02T00:00:{second * 10:02d}"))
            if chunks > 1:
                world.run()
        world.run()
        found = owners(world)
        assert {found[id_] for id_ in (form, *views)} == {(None, "bot")}
        assert {found[id_] for id_ in slow} == {(A, None)}
        world.ma.delete("events", views[2])
        world.run()
        assert set(owners(world).values()) == {(A, None)}


# ── consent, and who issued the cookie ──


def test_withdrawn_consent_unlinks() -> None:
    """A refusal takes the browser's events from the person; what a new consent brings is linked."""
    with rehearsal(files()) as world:
        people(world, A)
        form, page = seen(world, "01", email=A), seen(world, "02")
        world.run()
        no = seen(world, "03", consent=False)
        world.run()
        assert {owners(world)[id_] for id_ in (form, page, no)} == {(None, "no_consent")}
        seen(world, "05", consent=True)
        again = seen(world, "06", email=A)
        world.run()
        assert owners(world)[again] == (A, None)
        assert owners(world)[page] == (None, "no_consent")


def test_one_cookie_on_two_domains_is_two_browsers() -> None:
    """The same id under another domain is somebody else's, unless the project says why not."""
    for basis, expected in (
        ({}, None),
        ({"linked_domains": "[{domains: [one.example, two.example], basis: text v3}]"}, A),
    ):
        with rehearsal(files(**basis)) as world:
            people(world, A)
            seen(world, "01", site="one.example", email=A)
            other = seen(world, "02", site="two.example")
            world.run()
            assert owners(world)[other] == (expected, None)


# ── laws ──

WHAT_CAME = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(1, 6),
            "cookie": st.sampled_from(["c", "d", "e", None]),
            "email": st.sampled_from([None, None, A, B, "nobody@x.example"]),
            "recipient": st.sampled_from([None, None, A, B]),
            "consent": st.sampled_from([None, None, None, True, False]),
            "contact_id": st.sampled_from([None, "contacts-000001"]),
            "agent": st.sampled_from([None, None, "curl/8.0"]),
        }
    ),
    min_size=1,
    max_size=8,
)
HANDS = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from([None, {"email": A}, {"recipient": None}])),
    max_size=3,
)


def _add(world: Rehearsal, said: dict[str, Any], number: int) -> str:
    rest = {name: value for name, value in said.items() if name not in ("day", "cookie")}
    return seen(world, f"{said['day']:02d}", said["cookie"], url=str(number), **rest)


def _placed(world: Rehearsal) -> list[Any]:
    """Every event by its number, whose it is and why it does not count; and every link."""
    emails = {id_: row["email"] for id_, row in world.rows("person").items()}
    events = sorted(
        (row["url"], emails.get(row["person_id"]), row["ignored"])
        for row in world.rows("engagement").values()
    )
    links = sorted(
        (row["visitor"], row["valid_from"], str(emails.get(row["person_id"])), row["state"])
        for row in world.all("visitor_link")
    )
    return [events, links]


@settings(max_examples=40, deadline=None)
@given(WHAT_CAME, HANDS, st.integers(0, 7), st.randoms(use_true_random=False))
@pytest.mark.slow
def test_no_order_of_arrival_matters(
    events: list[dict[str, Any]], hands: list[Any], pause: int, dice: Random
) -> None:
    """At once or one by one, with deletes and corrections between: the attribution is the same."""
    left = dict(enumerate(events))
    with rehearsal(files()) as step_by_step:
        people(step_by_step, A, B)
        ids = {}
        for place, number in enumerate(dice.sample(sorted(left), len(left))):
            ids[number] = _add(step_by_step, left[number], number)
            if place == pause:
                step_by_step.run()
        step_by_step.run()
        for number, edit in hands:
            if number in left and edit is None:
                step_by_step.ma.delete("events", ids[number])
                del left[number]
            elif number in left:
                step_by_step.ma.edit("events", ids[number], edit)
                left[number] = {**left[number], **edit}
            step_by_step.run()
        found = _placed(step_by_step)
        assert step_by_step.all("dirty") == []
    with rehearsal(files()) as at_once:
        people(at_once, A, B)
        for number, said in left.items():
            _add(at_once, said, number)
        at_once.run()
        assert _placed(at_once) == found


def test_both_engines_agree(store_url: str) -> None:
    """A shared browser, a click, a refusal and a robot on SQLite and PostgreSQL."""
    with rehearsal(files(most_views_per_minute=4), url=store_url) as world:
        people(world, A, B)
        seen(world, "01")
        seen(world, "02", email=A)
        seen(world, "03", email=B)
        seen(world, "04", recipient=A)
        seen(world, "02", "no", email=A)
        seen(world, "03", "no", consent=False)
        seen(world, "04", "no", consent=True)
        seen(world, "05", "no", contact_id="contacts-000002")
        for second in range(5):
            seen(world, f"02T00:00:1{second}", "bot")
        seen(world, "02", None, recipient=B, agent="curl/8.0")
        world.run()
        found = [placed for _, placed in sorted(owners(world).items())]
        assert found[:4] == [(A, None), (A, None), (B, None), (A, None)]
        assert found[4:8] == [(None, "no_consent")] * 2 + [(None, None), (B, None)]
        assert found[8:] == [(None, "bot")] * 5 + [(None, "crawler")]


# ── cost ──


def test_one_more_visit_of_a_kiosk_reads_nothing_of_its_past() -> None:
    """What placing one new page view costs the store does not grow with its browser's events."""
    few, many = _work_for_one_more(200), _work_for_one_more(4_000)
    assert many < few * 1.5


def _work_for_one_more(views: int) -> int:
    """So many hundreds of the engine's own steps does it take to place one event."""
    table, work = ENTITY_TABLES["engagement"], [0]

    def tick() -> int:
        work[0] += 1
        return 0

    with rehearsal(files()) as world:
        people(world, A)
        seen(world, "01", email=A)
        world.run()
        with world.store.writing() as db:
            upsert(db, table, (_view(number) for number in range(views)))
            queue.mark(db, queue.ATTRIBUTE, EVENT, ["view-0"])
            raw: Any = db.connection.driver_connection
            raw.set_progress_handler(tick, 10)
            EVENTS.keep(db, world.tools, {}, None)
            raw.set_progress_handler(None, 0)
        placed = {row["record_id"]: row["person_id"] for row in world.rows("engagement").values()}
        assert placed["view-0"] is not None
    return work[0]


def _view(number: int) -> dict[str, Any]:
    at = stamp(START + timedelta(minutes=number))
    return {
        "id": f"view-{number}",
        "record_id": f"view-{number}",
        "visitor": "ma/c",
        "occurred_at": at,
    }
