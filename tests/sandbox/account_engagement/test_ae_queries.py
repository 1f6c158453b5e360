"""Queries of API v5: fields, dots, filters, order, pages by token, times, the cache behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Account

MINUTE = timedelta(minutes=1)


def people(account: Account, count: int) -> None:
    """So many prospects, one a minute."""
    born = datetime(2026, 3, 2, tzinfo=UTC)
    for n in range(1, count + 1):
        at = born + n * MINUTE
        row = {"id": n, "email": f"n{n}@firm.example", "createdAt": at, "updatedAt": at}
        account.insert("prospects", row)


def test_fields_must_be_named(account: Account) -> None:
    """Without `fields`, or with a field that is not there, a query is refused."""
    assert account.get("objects/prospects").status_code == 400
    refused = account.get("objects/prospects", fields="id,shoeSize")
    assert refused.status_code == 400
    assert refused.json().keys() == {"code", "message"}
    assert "shoeSize" in refused.json()["message"]


def test_dots_reach_related_records(account: Account) -> None:
    """`prospect.campaign.name` is the name of the campaign of the prospect; null without one."""
    account.insert("campaigns", {"id": 5, "name": "Fair"})
    account.insert("prospects", {"id": 7, "email": "a@b.example", "campaignId": 5})
    account.insert("visitors", {"id": 1, "prospectId": 7}, {"id": 2})
    fields = "id,prospect.email,prospect.campaign.name"
    assert account.values("visitors", fields=fields) == [
        {"id": 1, "prospect": {"email": "a@b.example", "campaign": {"name": "Fair"}}},
        {"id": 2, "prospect": None},
    ]


def test_times_are_told_in_the_users_zone(account: Account) -> None:
    """One instant reads differently for a user elsewhere; a naive filter means the user's zone."""
    people(account, 1)
    asked = {"fields": "createdAt"}
    assert account.values("prospects", **asked)[0]["createdAt"] == "2026-03-02T09:01:00+09:00"
    account.configure(user_zone="America/New_York")
    assert account.values("prospects", **asked)[0]["createdAt"] == "2026-03-01T19:01:00-05:00"
    near = {"createdAtAfterOrEqualTo": "2026-03-01T19:01:00"}
    assert len(account.values("prospects", **asked, **near)) == 1


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [1, 2, 3, 4]),
        ({"orderBy": "updatedAt DESC"}, [4, 3, 2, 1]),
        ({"idGreaterThan": 2}, [3, 4]),
        ({"idGreaterThanOrEqualTo": 2, "idLessThan": 4}, [2, 3]),
        ({"updatedAtAfterOrEqualTo": "2026-03-02T00:03:00+00:00"}, [3, 4]),
        ({"updatedAtAfter": "2026-03-02T00:03:00+00:00"}, [4]),
        ({"createdAtBefore": "2026-03-02T00:02:00+00:00"}, [1]),
        ({"email": "n2@firm.example"}, [2]),
        ({"limit": 2}, [1, 2]),
    ],
)
def test_filters_and_order(account: Account, query: dict[str, object], ids: list[int]) -> None:
    """Each filter keeps what it says, in the order asked for."""
    people(account, 4)
    assert [row["id"] for row in account.values("prospects", fields="id", **query)] == ids


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 1001},
        {"limit": "many"},
        {"orderBy": "email ASC"},
        {"deleted": "maybe"},
        {"colour": "red"},
        {"updatedAtAfter": "yesterday"},
        {"idGreaterThan": "x"},
        {"nextPageToken": "made-up"},
    ],
)
def test_a_query_that_does_not_fit_is_refused(account: Account, query: dict[str, object]) -> None:
    """400, with a code and a sentence."""
    answer = account.get("objects/prospects", fields="id", **query)
    assert answer.status_code == 400
    assert isinstance(answer.json()["code"], int)


def test_page_views_have_no_stamp_that_moves(account: Account) -> None:
    """They cannot be asked for by `updatedAt`, and know no prospect."""
    for query in ({"fields": "updatedAt"}, {"fields": "prospectId"}):
        assert account.get("objects/visitor-page-views", **query).status_code == 400


def test_deleted_records_are_asked_for_apart(account: Account) -> None:
    """`deleted` is false unless told; a delete and an undelete move `updatedAt`."""
    people(account, 2)
    before = account.values("prospects", fields="updatedAt")[1]["updatedAt"]
    assert account.call("DELETE", "objects/prospects/2").status_code == 204

    def ids(deleted: str) -> list[int]:
        return [r["id"] for r in account.values("prospects", fields="id", deleted=deleted)]

    assert (ids("false"), ids("true"), ids("all")) == ([1], [2], [1, 2])
    gone = account.values("prospects", fields="updatedAt,isDeleted", deleted="true")[0]
    assert gone["isDeleted"] is True
    assert gone["updatedAt"] > before
    assert account.get("objects/prospects/2", fields="id").status_code == 404
    assert account.call("POST", "objects/prospects/2/do/undelete").status_code == 200
    assert ids("false") == [1, 2]


def test_tokens_lead_through_all_pages(account: Account) -> None:
    """`nextPageUrl` and `nextPageToken` with `fields` give the rest; nothing may stand beside."""
    people(account, 5)
    answer = account.get("objects/prospects", fields="id", limit=2).json()
    assert answer["nextPageUrl"].endswith(answer["nextPageToken"])
    second = account.http.get(answer["nextPageUrl"]).json()
    token = second["nextPageToken"]
    third = account.get("objects/prospects", fields="id", nextPageToken=token).json()
    pages = [[row["id"] for row in each["values"]] for each in (answer, second, third)]
    assert pages == [[1, 2], [3, 4], [5]]
    assert (third["nextPageToken"], third["nextPageUrl"]) == (None, None)
    beside = account.get("objects/prospects", fields="id", nextPageToken=token, limit=2)
    assert beside.status_code == 400


def test_tokens_die_after_four_hours(account: Account) -> None:
    """A walk that rested longer must begin again."""
    people(account, 3)
    token = account.get("objects/prospects", fields="id", limit=2).json()["nextPageToken"]
    account.pass_time(timedelta(hours=4, minutes=1))
    assert account.get("objects/prospects", fields="id", nextPageToken=token).status_code == 400


def test_a_token_sequence_has_an_end(account: Account) -> None:
    """At the ceiling there is no next token, and a header says that more was there."""
    people(account, 5)
    account.configure(token_records=4)
    first = account.get("objects/prospects", fields="id", limit=2)
    assert "Pardot-Warning" not in first.headers
    token = first.json()["nextPageToken"]
    last = account.get("objects/prospects", fields="id", nextPageToken=token)
    assert [row["id"] for row in last.json()["values"]] == [3, 4]
    assert last.json()["nextPageToken"] is None
    assert last.headers["Pardot-Warning"] == "203"


def test_reads_are_a_minute_behind(account: Account) -> None:
    """What was just made, changed or deleted is read as it was sixty seconds ago."""
    people(account, 2)
    account.configure(lag_seconds=60)
    made = account.call("POST", "objects/prospects", json={"email": "new@firm.example"})
    assert made.status_code == 201
    account.call("PATCH", "objects/prospects/1", json={"lastName": "Abe"})
    account.call("DELETE", "objects/prospects/2")

    def seen() -> list[tuple[int, str | None]]:
        rows = account.values("prospects", fields="id,lastName")
        return [(row["id"], row["lastName"]) for row in rows]

    assert seen() == [(1, None), (2, None)]
    assert account.get("objects/prospects/3", fields="id").status_code == 404
    account.pass_time(timedelta(seconds=61))
    assert seen() == [(1, "Abe"), (3, None)]


def test_a_single_read_may_be_conditional(account: Account) -> None:
    """304 when nothing moved since the moment named, else the record."""
    people(account, 1)
    path = "objects/prospects/1"
    last = account.get(path, fields="id").headers["Last-Modified"]
    headers = {"If-Modified-Since": last}
    asked = {"params": {"fields": "id"}, "headers": headers}
    assert account.call("GET", path, **asked).status_code == 304
    account.call("PATCH", path, json={"firstName": "Aya"})
    assert account.call("GET", path, **asked).status_code == 200
