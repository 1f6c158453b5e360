"""Reading a business unit: nothing is lost to lag, rest, ceilings, deletes or late identities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from connectors.protocol import Window
from sandbox import account_engagement as sandbox
from tasuki.errors import BlockedError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conftest import Unit

    from connectors.protocol import Page, Record

BORN = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATER = timedelta(minutes=10)


def walk(unit: Unit, object: str, fields: Sequence[str], cursor: str | None = None) -> list[Page]:
    """Every page from the cursor to the last."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        pages.append(unit.connector.page(object, fields, cursor))
        cursor = pages[-1].next_cursor
    return pages


def told(pages: list[Page]) -> dict[str, Record]:
    """Id to record, the last answer of each standing."""
    return {record.id: record for page in pages for record in page.records}


def insert(unit: Unit, object: str, *rows: dict[str, Any]) -> None:
    """Records that have existed for long."""
    sandbox.insert(unit.state, object, [{"createdAt": BORN, **row} for row in rows])


def test_a_new_record_hides_for_a_minute(open_unit: Callable[..., Unit]) -> None:
    """What reads could not show yet is in the next pull; the certificate does not claim it."""
    unit = open_unit()
    unit.configure(lag_seconds=60)
    id = unit.hand.add("prospects", {"email": "a@b.example"})
    first = walk(unit, "prospects", ["email"])
    assert told(first) == {}
    covered = first[-1].covered
    assert covered is not None
    unit.pass_time(MINUTE + timedelta(seconds=1))
    second = told(walk(unit, "prospects", ["email"], first[-1].next_cursor))
    assert second[id].modified_at is not None
    assert second[id].modified_at >= covered.until


def test_what_moves_in_a_walk_comes_with_the_next(open_unit: Callable[..., Unit]) -> None:
    """With lag, edits of records that were read already are not lost."""
    unit = open_unit(page_size=2)
    for n in range(6):
        unit.hand.add("prospects", {"email": f"n{n}@b.example", "lastName": "old"})
    unit.pass_time(LATER)
    unit.configure(lag_seconds=60)
    first = unit.connector.page("prospects", ["lastName"], None)
    unit.hand.edit("prospects", "1", {"lastName": "new"})
    rest = walk(unit, "prospects", ["lastName"], first.next_cursor)
    unit.pass_time(LATER)
    again = walk(unit, "prospects", ["lastName"], rest[-1].next_cursor)
    seen = told([first, *rest, *again])
    assert {id: each.fields["lastName"] for id, each in seen.items()} == {
        str(n): "new" if n == 1 else "old" for n in range(1, 7)
    }


def test_a_walk_may_rest_and_has_no_ceiling(open_unit: Callable[..., Unit]) -> None:
    """Tokens die after four hours and end at a ceiling; the walk needs none."""
    unit = open_unit(page_size=2)
    unit.configure(token_records=2)
    insert(unit, "visitors", *({"id": n} for n in range(1, 12)))
    first = unit.connector.page("visitors", ["id"], None)
    unit.pass_time(timedelta(hours=9))
    rest = walk(unit, "visitors", ["id"], first.next_cursor)
    assert {int(id) for id in told([first, *rest])} == set(range(1, 12))
    assert len(rest) == 5


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Asia/Kolkata"])
def test_times_are_utc_whoever_reads(open_unit: Callable[..., Unit], zone: str) -> None:
    """The API user's zone changes nothing of what is told."""
    unit = open_unit()
    unit.configure(user_zone=zone)
    insert(unit, "prospects", {"id": 1, "email": "a@b.example", "lastActivityAt": BORN})
    (record,) = walk(unit, "prospects", ["lastActivityAt", "createdAt"])[0].records
    assert record.modified_at == BORN
    assert set(record.fields.values()) == {"2026-03-02T00:00:00.000Z"}


def test_fields_of_related_records(open_unit: Callable[..., Unit]) -> None:
    """`prospect.email` reads through; where there is no prospect it is empty."""
    unit = open_unit()
    insert(unit, "prospects", {"id": 7, "email": "a@b.example"})
    insert(unit, "visitors", {"id": 1, "prospectId": 7}, {"id": 2})
    seen = told(walk(unit, "visitors", ["prospect.email"]))
    assert [each.fields for each in seen.values()] == [
        {"prospect.email": "a@b.example"},
        {"prospect.email": None},
    ]


def test_old_visits_learn_whose_they_were(open_unit: Callable[..., Unit]) -> None:
    """Identification moves visitor and visits: the next pull brings both, page views stay."""
    unit = open_unit()
    insert(unit, "prospects", {"id": 7, "email": "a@b.example"})
    insert(unit, "visitors", {"id": 1})
    insert(unit, "visits", {"id": 10, "visitorId": 1}, {"id": 11, "visitorId": 1})
    insert(unit, "visitor-page-views", {"id": 20, "visitId": 10, "visitorId": 1})
    objects = ("visitors", "visits", "visitor-page-views")
    fields = {name: ["id"] if "page" in name else ["prospectId"] for name in objects}
    cursors = {name: walk(unit, name, fields[name])[-1].next_cursor for name in objects}
    unit.pass_time(LATER)
    for name in objects:
        last = walk(unit, name, fields[name], cursors[name])
        assert told(last) == {}
        cursors[name] = last[-1].next_cursor
    unit.pass_time(LATER)
    sandbox.identify(unit.state, 1, 7)
    found = {name: told(walk(unit, name, fields[name], cursors[name])) for name in objects}
    assert {name: [*each] for name, each in found.items()} == {
        "visitors": ["1"],
        "visits": ["10", "11"],
        "visitor-page-views": [],
    }
    assert {each.fields["prospectId"] for each in found["visits"].values()} == {7}


def test_page_views_are_walked_by_id(open_unit: Callable[..., Unit]) -> None:
    """Young ones are read again, until none can appear below them; then they never come again."""
    unit = open_unit(page_size=2)
    ids = [unit.hand.add("visitor-page-views", {"url": f"/{n}"}) for n in range(3)]
    first = walk(unit, "visitor-page-views", ["url"])
    assert [*told(first)] == ids
    unit.pass_time(LATER)
    ids.append(unit.hand.add("visitor-page-views", {"url": "/late"}))
    second = walk(unit, "visitor-page-views", ["url"], first[-1].next_cursor)
    assert ids[-1] in told(second)
    unit.pass_time(LATER)
    third = walk(unit, "visitor-page-views", ["url"], second[-1].next_cursor)
    fourth = walk(unit, "visitor-page-views", ["url"], third[-1].next_cursor)
    assert told(fourth) == {}
    covered = [each[-1].covered for each in (first, second, third, fourth)]
    assert all(a.until == b.since for a, b in pairwise(covered) if a and b)


def test_a_quiet_pull_is_one_call_and_needs_no_count(open_unit: Callable[..., Unit]) -> None:
    """One page tells its total, so the certificate costs nothing."""
    unit = open_unit()
    insert(unit, "prospects", {"id": 1, "email": "a@b.example"})
    first = walk(unit, "prospects", ["email"])
    assert (first[0].total, len(first)) == (1, 1)
    calls = unit.connector.limits().calls
    unit.pass_time(LATER)
    quiet = walk(unit, "prospects", ["email"], first[-1].next_cursor)
    assert (quiet[0].total, unit.connector.limits().calls - calls) == (0, 1)


def test_a_delete_taken_back_is_a_change(open_unit: Callable[..., Unit]) -> None:
    """The recycle bin tells what went; what came back is read again."""
    unit = open_unit()
    id = unit.hand.add("prospects", {"email": "a@b.example"})
    pages = walk(unit, "prospects", ["email"])
    bin = unit.connector.deletes("prospects", None)
    unit.pass_time(LATER)
    unit.hand.delete("prospects", id)
    bin = unit.connector.deletes("prospects", bin.next_cursor)
    assert bin.ids == (id,)
    assert unit.connector.deletes("visits", None).ids == ()
    unit.pass_time(LATER)
    with unit.state.lock:
        sandbox.store.change(unit.state, "prospects", int(id), {}, deleted=False)
    assert unit.connector.deletes("prospects", bin.next_cursor).ids == ()
    assert id in told(walk(unit, "prospects", ["email"], pages[-1].next_cursor))


def test_neighbours_share_a_call(open_unit: Callable[..., Unit]) -> None:
    """Reading a hundred records with neighbouring ids is one call; far ones take their own."""
    unit = open_unit()
    insert(unit, "visitors", *({"id": n} for n in [*range(1, 101), 90_000]))
    walk(unit, "campaigns", ["name"])
    calls = unit.connector.limits().calls
    near = unit.connector.read("visitors", [str(n) for n in range(100, 0, -1)], ["hostname"])
    assert [record.id for record in near] == [str(n) for n in range(100, 0, -1)]
    assert unit.connector.limits().calls - calls == 1
    far = unit.connector.read("visitors", ["1", "90000", "nonsense"], ["hostname"])
    assert [record.id for record in far] == ["1", "90000"]


def test_ids_are_counted_by_walking(open_unit: Callable[..., Unit]) -> None:
    """The platform tells no number: a window's ids are walked, a page of them per call."""
    unit = open_unit(page_size=2)
    rows = ({"id": n, "createdAt": BORN + n * MINUTE, "url": "/"} for n in range(1, 6))
    sandbox.insert(unit.state, "visitor-page-views", rows)
    window = Window(BORN + 2 * MINUTE, BORN + 5 * MINUTE)
    assert unit.connector.count("visitor-page-views", window) == 3
    assert unit.connector.count("visitor-page-views") == 5


def test_what_may_not_be_read_is_named(open_unit: Callable[..., Unit]) -> None:
    """A role without an object blocks it; a field or object that is not there is a file's fault."""
    unit = open_unit()
    unit.configure(denied=("users",))
    with pytest.raises(BlockedError, match="15") as blocked:
        unit.connector.page("users", ["email"], None)
    assert "role" in blocked.value.remedy
    with pytest.raises(ConfigError, match="dragons"):
        unit.connector.page("dragons", ["id"], None)
    with pytest.raises(ConfigError, match="lastName"):
        unit.connector.find("prospects", "lastName", ["Ito"], ["id"])


def test_every_object_is_read_as_it_is_described(open_unit: Callable[..., Unit]) -> None:
    """All fields that discovery names can be asked for, of every object."""
    unit = open_unit()
    for info in unit.connector.discover():
        fields = [field.name for field in info.fields]
        assert unit.connector.page(info.name, fields, None).more is False
