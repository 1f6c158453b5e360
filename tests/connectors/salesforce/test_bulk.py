"""Pulls by Bulk API 2.0: the same records as by REST, whatever happens to the job."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from connectors.protocol import OpenContext
from connectors.salesforce import SPEC
from connectors.salesforce.settings import SalesforceSettings
from tasuki.clock import FixedClock
from tasuki.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from requests import PreparedRequest

    from connectors.protocol import Page
    from connectors.salesforce.connector import SalesforceConnector

HOST = "https://acme.my.salesforce.com"
DATA = f"{HOST}/services/data/v59.0"
NOW = datetime(2026, 1, 5, tzinfo=UTC)
MANY = 3_600
"""After the first page, more than the least `bulk_above`."""
TYPES = {
    "Id": "id",
    "Name": "string",
    "Note__c": "textarea",
    "Active__c": "boolean",
    "Employees": "int",
    "Score__c": "double",
    "Since__c": "date",
    "Seen__c": "datetime",
    "SystemModstamp": "datetime",
    "LastModifiedById": "reference",
    "BillingAddress": "address",
}
FIELDS = [*list(TYPES)[1:8], "Owner.Email", "Owner.IsActive"]
USER = {"Email": "boss@acme.example", "IsActive": True}
Answer = tuple[int, dict[str, str], str | bytes]


def stamped(number: int) -> str:
    """Fifty records share each second."""
    return (NOW + timedelta(seconds=number // 50)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def row(number: int) -> dict[str, Any]:
    """One account with every kind of value, and with none."""
    some = number % 3
    return {
        "Id": f"001{number:012}AAA",
        "Name": f'Söhne "{number}", 株式会社',
        "Note__c": "one\r\ntwo, three\n" if some else None,
        "Active__c": bool(some),
        "Employees": number if some else None,
        "Score__c": number / 4 + 1 if some else None,
        "Since__c": "2026-01-02" if some else None,
        "Seen__c": stamped(number) if some else None,
        "SystemModstamp": stamped(number),
        "LastModifiedById": "0055g0001000001AAA",
        "Owner": USER if some == 1 else None,
    }


def cell(value: Any) -> str:
    """A value as Bulk API writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else str(value)
    return re.sub(r"\+0000$", "Z", text)


@dataclass
class Org:
    """An org that answers just what these pulls ask, and goes wrong on demand."""

    rows: list[dict[str, Any]] = field(default_factory=lambda: [row(n) for n in range(MANY)])
    states: list[str] = field(default_factory=list)
    """What the next questions to the job are answered; then it is complete."""
    refuse: str = ""
    """A path whose calls are refused."""
    cut: int = 0
    """How many results come with a line less than announced."""
    log: list[str] = field(default_factory=list)
    asked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Job or locator to its records."""

    def answer(self, request: PreparedRequest) -> Answer:
        """One call."""
        parts = urlsplit(str(request.url))
        path = parts.path.removeprefix("/services/data/v59.0").rstrip("/")
        query = {key: each[0] for key, each in parse_qs(parts.query).items()}
        self.log.append(f"{request.method} {path}")
        if self.refuse and re.search(self.refuse, self.log[-1]):
            return 404, {}, json.dumps([{"errorCode": "NOT_FOUND", "message": "gone"}])
        if path.endswith("/describe"):
            return self.describe(path.split("/")[2])
        if path.startswith("/query"):
            return self.page(path, query)
        if path.endswith("/results"):
            return self.results(path.split("/")[3], query)
        return self.job(str(request.method), path, request.body)

    def describe(self, object: str) -> Answer:
        types = TYPES if object == "Account" else {"Email": "email", "IsActive": "boolean"}
        fields: list[dict[str, Any]] = [{"name": n, "type": t} for n, t in types.items()]
        lookup = {"name": "OwnerId", "type": "reference", "relationshipName": "Owner"}
        fields.append({**lookup, "referenceTo": ["User"]})
        return 200, {}, json.dumps({"name": object, "fields": fields})

    def matching(self, soql: str) -> list[dict[str, Any]]:
        """The records of a statement, oldest first."""
        assert soql.endswith("ORDER BY SystemModstamp, Id")
        since = re.search(r"SystemModstamp >= (\S+)", soql)
        start = datetime.fromisoformat(since[1]) if since else datetime.min.replace(tzinfo=UTC)
        return [r for r in self.rows if datetime.fromisoformat(r["SystemModstamp"]) >= start]

    def page(self, path: str, query: dict[str, str]) -> Answer:
        locator = path.removeprefix("/query").strip("/")
        found = self.asked[locator] if locator else self.matching(query["q"])
        body: dict[str, Any] = {"totalSize": len(found), "done": True, "records": found[:1000]}
        if len(found) > 1000:
            next_ = f"0r8-{len(self.asked)}"
            self.asked[next_] = found[1000:]
            body |= {"done": False, "nextRecordsUrl": f"/services/data/v59.0/query/{next_}"}
        return 200, {"Date": NOW.strftime("%a, %d %b %Y %H:%M:%S GMT")}, json.dumps(body)

    def job(self, method: str, path: str, body: Any) -> Answer:
        if method == "POST":
            id = f"750{len(self.asked)}"
            self.asked[id] = self.matching(json.loads(body)["query"])
            return 200, {}, json.dumps({"id": id, "state": "UploadComplete"})
        if method == "DELETE":
            del self.asked[path.split("/")[3]]
            return 204, {}, ""
        state = self.states.pop(0) if self.states else "JobComplete"
        return 200, {}, json.dumps({"state": state})

    def results(self, job: str, query: dict[str, str]) -> Answer:
        start = int(query.get("locator", "0"))
        found = self.asked[job][start : start + 700]
        out = StringIO()
        names = ["Id", "SystemModstamp", "LastModifiedById", *FIELDS]
        lines = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        lines.writerow(names)
        self.cut, less = max(0, self.cut - 1), self.cut > 0
        for each in found[1:] if less else found:
            owner = each["Owner"] or {}
            values = {**each, **{f"Owner.{key}": owner.get(key) for key in USER}}
            lines.writerow([cell(values[name]) for name in names])
        after = str(start + 700) if start + 700 < len(self.asked[job]) else "null"
        told = {"Sforce-Locator": after, "Sforce-NumberOfRecords": str(len(found))}
        return 200, {**told, "Content-Type": "text/csv"}, out.getvalue().encode()


@pytest.fixture
def org() -> Iterator[Org]:
    """An org with many accounts, behind a network of its own."""
    made = Org()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        token = {"access_token": "00D!x", "instance_url": HOST}
        net.post(f"{HOST}/services/oauth2/token", json=token)
        for method in ("GET", "POST", "DELETE"):
            net.add_callback(method, re.compile(re.escape(DATA)), made.answer)
        yield made


def connect(slept: list[float] | None = None, bulk_above: int = 2_000) -> SalesforceConnector:
    """A connector to the org; its waits are written down."""
    given = {"login_url": HOST, "environment": "production", "client_id": "i", "client_secret": "s"}
    settings = SalesforceSettings.model_validate({**given, "bulk_above": bulk_above})
    opened = SPEC.open(settings, OpenContext("crm", Path("/"), FixedClock(NOW)))
    opened.client.sleep = (slept if slept is not None else []).append
    return opened


def pull(
    connector: SalesforceConnector, fields: Sequence[str] = FIELDS, cursor: str | None = None
) -> list[Page]:
    """Every page from the cursor on."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        pages.append(connector.page("Account", fields, cursor))
        cursor = pages[-1].next_cursor
        assert len(pages) < 2_000
    return pages


def content(pages: Sequence[Page]) -> dict[str, str]:
    """Id to everything that was read about it, to the type of each value."""
    return {
        r.id: repr((sorted(r.fields.items()), r.modified_at, r.modified_by))
        for p in pages
        for r in p.records
    }


@pytest.fixture
def by_rest(org: Org) -> dict[str, str]:
    """What REST reads, page by page."""
    found = content(pull(connect(bulk_above=10**6)))
    org.log.clear()
    assert len(found) == MANY
    return found


def test_bulk_reads_what_rest_reads(org, by_rest) -> None:
    """Empty cells, truths, numbers, moments, line breaks and parents: equal to the type."""
    pages = pull(connect())
    assert content(pages) == by_rest
    last = pages[-1]
    assert (pages[0].total, last.total, last.covered is not None) == (MANY, None, True)
    moments = [r.modified_at for p in pages[1:] for r in p.records]
    assert moments == sorted(moments)


def test_a_job_is_made_awaited_read_and_deleted(org) -> None:
    """The first page is REST's; waits grow; nothing is left in the org."""
    org.states = ["UploadComplete", "InProgress"]
    slept: list[float] = []
    pages = pull(connect(slept))
    calls = [re.sub(r"750\d+", "750", call) for call in org.log if "describe" not in call]
    poll, results = "GET /jobs/query/750", "GET /jobs/query/750/results"
    made = ["GET /query", "POST /jobs/query"]
    assert calls == [*made, poll, poll, poll, *[results] * 4, "DELETE /jobs/query/750"]
    assert slept == [0.5, 1.0, 2.0]
    assert [len(p.records) for p in pages][:4] == [1000, 0, 0, 0]
    assert not any(key.startswith("750") for key in org.asked)


def test_a_killed_pull_goes_on_with_its_job(org, by_rest) -> None:
    """After each page a new process takes the cursor: one job, the same records."""
    org.states = ["InProgress"]
    pages: list[Page] = []
    while not pages or pages[-1].more:
        cursor = pages[-1].next_cursor if pages else None
        pages.append(connect().page("Account", FIELDS, cursor))
    assert content(pages) == by_rest
    assert org.log.count("POST /jobs/query") == 1


@pytest.mark.parametrize("refuse", ["POST /jobs", r"GET /jobs/query/750\d+$", "/results", "DELETE"])
def test_an_org_without_bulk_is_read_by_rest(org, by_rest, refuse) -> None:
    """Whatever of the job is refused, REST goes on where the walk stands, and asks no second."""
    org.refuse = refuse
    assert content(pull(connect())) == by_rest
    assert org.log.count("POST /jobs/query") == 1


@pytest.mark.parametrize("state", ["Failed", "Aborted"])
def test_a_job_that_fails_costs_only_time(org, by_rest, state) -> None:
    """REST reads the rest, and says itself what was wrong if it was the question."""
    org.states = ["InProgress", state]
    assert content(pull(connect())) == by_rest


def test_a_job_that_vanishes_half_way_loses_nothing(org, by_rest) -> None:
    """From the last stamp that was read on, REST reads again."""
    connector = connect()
    pages = [connector.page("Account", FIELDS, None)]
    while len(pages[-1].records) != 700:
        assert pages[-1].more
        pages.append(connector.page("Account", FIELDS, pages[-1].next_cursor))
    org.refuse = "/jobs/"
    rest = pull(connector, cursor=pages[-1].next_cursor)
    assert content([*pages, *rest]) == by_rest
    assert sum(len(p.records) for p in rest) <= MANY - 1_600


def test_a_job_that_never_ends_is_given_up(org, by_rest) -> None:
    """After two hours of waiting REST goes on."""
    org.states = ["InProgress"] * 5_000
    slept: list[float] = []
    assert content(pull(connect(slept))) == by_rest
    assert 3_600 < sum(slept) < 3 * 3_600


def test_results_that_lack_records_are_asked_again(org, by_rest) -> None:
    """Fewer records than announced are a broken answer, however well it ends."""
    org.cut = 2
    assert content(pull(connect())) == by_rest
    org.cut = 100
    with pytest.raises(TransientError, match="incomplete"):
        pull(connect())


def test_small_deltas_never_wait_for_a_job(org) -> None:
    """Up to the threshold pages come at once."""
    org.rows = org.rows[:2_000]
    slept: list[float] = []
    pull(connect(slept))
    assert slept == []
    assert [call for call in org.log if "jobs" in call or "describe" in call] == []


def test_what_bulk_cannot_read_is_read_by_rest(org) -> None:
    """Addresses are compound: Bulk API refuses them, so it is not asked."""
    pages = pull(connect(), ["Name", "BillingAddress"])
    assert sum(len(p.records) for p in pages) == MANY
    assert [call for call in org.log if "jobs" in call] == []
