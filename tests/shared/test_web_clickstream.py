"""Snowplow's published sessions and users, reproduced by configuration alone; see its README."""

from __future__ import annotations

import csv
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import VISITOR_LINK
from sync.identity.visitors.sessions import Seen, Visit, visits
from tasuki.values import stamp
from tests.folder import opened, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tasuki.service.app import App

FILES = {
    "tasuki.yaml": "{kind: project, name: clicks}",
    "connections/web.yaml": """
kind: connection
name: web
system: sales_system
objects:
  events: {files: snowplow_web_events.csv, id: event_id}
  users: {files: snowplow_web_events.csv, id: user_id}
""",
    "mappings/person.yaml": """
kind: mapping
name: person
entity: person
sides:
  web: {object: users}
fields:
  email: {web: user_id, direction: pull}
identity:
  - {rule: email, field: email}
""",
    "mappings/engagement.yaml": """
kind: mapping
name: engagement
entity: engagement
sides:
  web: {object: events}
fields:
  kind: {web: event_name}
  occurred_at: {web: derived_tstamp}
  visitor: {web: domain_userid}
  session: {web: domain_sessionid}
  url: {web: page_url}
  topic: {web: contexts_com_snowplowanalytics_snowplow_web_page_1_0_0}
  email: {web: user_id}
""",
}
TODAY = datetime(2021, 3, 15, tzinfo=UTC)
CONSENT = ("cmp_visible", "consent_preferences")
"""The published sessions leave these out."""


Found = tuple[list[Visit], dict[str | None, str], Any, list[tuple[str, str]]]
"""Our visits, who held each browser last, what was published, and the browser of ten users."""


def moment(text: str) -> str:
    return stamp(datetime.fromisoformat(text + "+00:00"))


@pytest.fixture(scope="module")
def clicks(
    shared: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Found]:
    """The published events, loaded by an ordinary project."""
    folder = shared("web_clickstream")

    def published(name: str) -> list[dict[str, str]]:
        with (folder / f"snowplow_web_{name}_expected.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    events = "snowplow_web_events.csv"
    files: dict[str, str | bytes] = {**FILES, events: (folder / events).read_bytes()}
    with closing(opened(tmp_path_factory.mktemp("clicks"), files, TODAY)) as app:
        run(app)
        yield _visits(app), _last_known(app), published, _split(app)


@pytest.fixture
def split(clicks: Found) -> list[tuple[str, str]]:
    """User named and user given, for each event of the browser of ten."""
    return clicks[3]


def _split(app: App) -> list[tuple[str, str]]:
    event, person = ENTITY_TABLES["engagement"], ENTITY_TABLES["person"]
    both = event.join(person, person.c.id == event.c.person_id)
    stitched = event.c.email.like("user stitch%")
    with app.store.reading() as db:
        rows = db.execute(select(event.c.email, person.c.email).select_from(both).where(stitched))
        return [(named, given) for named, given in rows]


def _visits(app: App) -> list[Visit]:
    event = ENTITY_TABLES["engagement"]
    with app.store.reading() as db:
        rows = db.execute(select(event).where(event.c.kind.not_in(CONSENT))).all()
    return visits(
        Seen(row.visitor, row.session, row.occurred_at, row.topic if _is_page(row) else None)
        for row in rows
        if row.session
    )


def _is_page(row: Any) -> bool:
    """Whether an event is about a page that has an id."""
    return row.kind in ("page_view", "page_ping") and '"id":null' not in row.topic


def _last_known(app: App) -> dict[str | None, str]:
    """Browser → who held it last: the publisher gives that one all of its sessions."""
    person = ENTITY_TABLES["person"]
    with app.store.reading() as db:
        names = dict(db.execute(select(person.c.id, person.c.email)).all())
        links = db.execute(select(VISITOR_LINK).order_by(VISITOR_LINK.c.valid_from)).all()
    return {row.visitor: names[row.person_id] for row in links}


def test_published_sessions_are_reproduced(clicks: Found) -> None:
    """Cookie, end, page views, number of events and stitched user of every published session."""
    found, last, published, _ = clicks
    ours = {visit.session: visit for visit in _first(found)}
    for row in published("sessions"):
        visit = ours[row["domain_sessionid"]]
        cookie = f"web/{row['domain_userid']}" if row["domain_userid"] else None
        assert (visit.visitor, visit.ended_at) == (cookie, moment(row["end_tstamp"]))
        assert visit.views == int(row["page_views"])
        assert visit.events == int(row["total_events"])
        assert last.get(visit.visitor, "") == row["stitched_user_id"]


def test_what_differs_from_the_published_sessions(clicks: Found) -> None:
    """The differences are these and no others, each by a rule of the publisher's that we lack.

    The start of three visits: where only heartbeats were seen, the publisher counts the five
    seconds before the first. One visit of ours came over three days late, and others go on with a
    session after its third day: the publisher drops both.
    """
    found, _, published, _ = clicks
    rows = {row["domain_sessionid"]: row for row in published("sessions")}
    differ = [v for v in _first(found) if v.session not in rows]
    early = [
        row["event_counts"]
        for v in _first(found)
        if (row := rows.get(str(v.session))) and v.began_at != moment(row["start_tstamp"])
    ]
    assert early == ['{"page_ping" :1}'] * 3
    assert [visit.began_at[:10] for visit in differ] == ["2021-02-26"]
    again = [visit for visit in found if visit not in _first(found)]
    assert {rows[str(v.session)]["user_id"] for v in again} == {"long session", "Unexpired session"}


def test_a_browser_of_ten_users_is_split_by_time(split: list[tuple[str, str]]) -> None:
    """The publisher gives both sessions to the tenth user; here each event is its own user's."""
    assert len(split) == 10
    assert all(given == owner for given, owner in split)


def _first(found: Iterable[Visit]) -> list[Visit]:
    """Of a session that was parted, the first visit."""
    return list({visit.session: visit for visit in reversed(list(found))}.values())


def test_published_users_are_reproduced(clicks: Found) -> None:
    """Sessions, page views, begin and end of each published user, named by the first cookie."""
    found, _, published, _ = clicks
    by_cookie: dict[str | None, list[Visit]] = defaultdict(list)
    for visit in _first(found):
        by_cookie[visit.visitor].append(visit)
    rows = published("users")
    for row in rows:
        mine = by_cookie[f"web/{row['domain_userid']}"]
        assert len(mine) == int(row["sessions"])
        assert sum(visit.views for visit in mine) == int(row["page_views"])
        assert min(visit.began_at for visit in mine) == moment(row["start_tstamp"])
        assert max(visit.ended_at for visit in mine) == moment(row["end_tstamp"])
    assert len(rows) == 11
