"""What a call meets: the platforms' own words, lines that break, pages that end early."""

from __future__ import annotations

import httpx
import pytest

from sandbox import salesforce
from sandbox.hubspot.settings import settings
from sandbox.hubspot.webhooks.weather import weather
from sandbox.salesforce.ids import new_id
from tests.sandbox.weather.conftest import COMPANIES, QUERY, Outside

ROWS = "/services/data/v59.0/composite/sobjects"
ACCOUNT = {"attributes": {"type": "Account"}}


def named(*names: str, **more: object) -> dict[str, object]:
    """A collection of accounts."""
    return {**more, "records": [{**ACCOUNT, "Name": name} for name in names]}


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ("too_many", 429, {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}),
        ("too_many_searches", 429, {"policyName": "SECONDLY"}),
        (
            "daily_limit",
            429,
            {"message": "You have reached your daily limit."},
        ),
        ("rate_limits", 429, {"category": "RATE_LIMITS"}),
        ("session_expired", 401, {"category": "EXPIRED_AUTHENTICATION"}),
        ("locked", 423, {"status": "error"}),
    ],
)
def test_hubspot_says_it_in_its_own_words(outside: Outside, answer, status, said):
    """Status, envelope and correlation id are HubSpot's; the next call passes."""
    outside.storm({"kind": "list", "times": 1, "answer": answer})
    met = outside.hubspot("GET", COMPANIES)
    assert met.status_code == status
    assert met.json().items() >= said.items()
    assert met.json()["correlationId"]
    assert "Retry-After" not in met.headers
    assert outside.hubspot("GET", COMPANIES).status_code == 200


@pytest.mark.parametrize(
    ("answer", "status", "code", "message"),
    [
        ("too_many", 403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."),
        ("daily_limit", 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        ("locked", 400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
        ("server_unavailable", 503, "SERVER_UNAVAILABLE", "Server temporarily unavailable."),
    ],
)
def test_salesforce_says_it_in_its_own_words(outside: Outside, answer, status, code, message):
    """Salesforce has no 429: it refuses with a list of one error."""
    outside.storm({"platform": "salesforce", "times": 1, "answer": answer})
    met = outside.salesforce("GET", QUERY, q="SELECT Id FROM Account")
    assert met.status_code == status
    (error,) = met.json()
    assert error["errorCode"] == code
    assert error["message"].startswith(message)


@pytest.mark.parametrize("name", ["internal_error", "bad_gateway", "unavailable", "timeout"])
def test_edges_answer_with_html(outside: Outside, name):
    """What stands before a platform answers in HTML, on every platform."""
    outside.storm({"answer": name})
    for path in (COMPANIES, QUERY, "/api/v5/objects/prospects"):
        met = outside.http.get(path)
        assert met.status_code >= 500
        assert met.headers["content-type"] == "text/html"
        assert met.text.startswith("<html>")


def test_account_engagement_numbers_its_errors(outside: Outside):
    """429 with code 66 for concurrency and 122 for the day."""
    rules = [{"nth": 1, "answer": "too_many"}, {"nth": 2, "answer": "daily_limit"}]
    outside.storm(*rules)
    met = [outside.http.get("/api/v5/objects/prospects") for _ in rules]
    assert [(each.status_code, each.json()["code"]) for each in met] == [(429, 66), (429, 122)]


def test_a_wait_can_be_told(outside: Outside):
    """Retry-After comes only when the storm says so; a 477 always carries it."""
    outside.storm(
        {"nth": 1, "answer": "too_many", "retry_after_seconds": 7}, {"nth": 2, "answer": "moving"}
    )
    met = [outside.hubspot("GET", COMPANIES) for _ in range(2)]
    assert [each.headers["Retry-After"] for each in met] == ["7", "2"]


def test_any_answer_can_be_written_out(outside: Outside):
    """Status, body and headers of one's own, where the known answers are not enough."""
    reply = {"status": 418, "body": "[]", "headers": {"X-Tea": "yes"}}
    outside.storm({"path": "companies$", "method": "GET", "answer": reply})
    met = outside.hubspot("GET", COMPANIES)
    assert (met.status_code, met.text, met.headers["X-Tea"]) == (418, "[]", "yes")


def test_a_token_dies_in_the_middle_of_a_walk(outside: Outside):
    """After the 401 the old session stays dead, a new one goes on with the same cursor."""
    rows = [{"Name": f"A{n:04}", "Id": new_id("001", n + 1)} for n in range(2100)]
    salesforce.insert(outside.serving.state, "Account", rows)
    outside.storm({"platform": "salesforce", "kind": "page", "nth": 1, "answer": "session_expired"})
    first = outside.salesforce("GET", QUERY, q="SELECT Id FROM Account").json()
    for _ in range(2):
        met = outside.salesforce("GET", first["nextRecordsUrl"])
        assert (met.status_code, met.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    outside.sign_in()
    rest = outside.salesforce("GET", first["nextRecordsUrl"]).json()
    assert len(first["records"]) + len(rest["records"]) == 2100


@pytest.mark.parametrize(("when", "made"), [("before", []), ("after", ["Lost"])])
def test_a_line_breaks_before_or_after_the_write(outside: Outside, when, made):
    """The client never hears; only in one of the two cases the account exists."""
    outside.storm({"kind": "write", "drop": when, "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        outside.salesforce("POST", ROWS, named("Lost"))
    assert outside.accounts() == made
    assert outside.salesforce("POST", ROWS, named("Next")).status_code == 200


def test_a_gateway_gives_up_after_the_commit(outside: Outside):
    """A 504 in HTML, and the record is there."""
    outside.storm({"kind": "write", "answer": "gateway_timeout", "applied": True})
    met = outside.hubspot("POST", COMPANIES, {"properties": {"name": "A"}})
    assert met.status_code == 504
    outside.storm()
    assert len(outside.hubspot("GET", COMPANIES).json()["results"]) == 1


def test_an_answer_comes_after_the_client_has_left(outside: Outside):
    """A slow answer outlasts the client's patience; the write happened."""
    outside.storm({"kind": "write", "delay_seconds": 30})
    outside.http.timeout = httpx.Timeout(0.3)
    try:
        with pytest.raises(httpx.ReadTimeout):
            outside.salesforce("POST", ROWS, named("Late"))
    finally:
        outside.http.timeout = httpx.Timeout(10)
    assert outside.accounts() == ["Late"]


def test_a_slow_answer_arrives(outside: Outside):
    """Within the client's patience a slow answer is an answer."""
    outside.storm({"delay_seconds": 0.05})
    assert outside.hubspot("GET", COMPANIES).status_code == 200


@pytest.mark.parametrize("page", ["short", "empty"])
def test_pages_end_early_although_more_follows(outside: Outside, page):
    """Walking by the cursor sees every record once, whatever the pages hold."""
    for number in range(7):
        outside.hubspot("POST", COMPANIES, {"properties": {"name": f"A{number}"}})
    outside.storm({"kind": "list", "page": page, "times": 4})
    sizes, seen, after = [], [], "0"
    while after:
        shown = outside.hubspot("GET", f"{COMPANIES}?limit=3&after={after}").json()
        sizes.append(len(shown["results"]))
        seen += [each["id"] for each in shown["results"]]
        after = shown.get("paging", {}).get("next", {}).get("after")
    assert len(seen) == len(set(seen)) == 7
    assert min(sizes[:4]) < 3


def test_salesforce_pages_end_early_too(outside: Outside):
    """A page of a query may be short or empty; `done` alone tells the end."""
    rows = [{"Name": f"A{n:04}", "Id": new_id("001", n + 1)} for n in range(5000)]
    salesforce.insert(outside.serving.state, "Account", rows)
    outside.storm({"kind": "query", "page": "short"}, {"kind": "page", "nth": 2, "page": "empty"})
    shown = outside.salesforce("GET", QUERY, q="SELECT Id FROM Account").json()
    sizes, seen = [len(shown["records"])], len(shown["records"])
    while not shown["done"]:
        shown = outside.salesforce("GET", shown["nextRecordsUrl"]).json()
        sizes.append(len(shown["records"]))
        seen += sizes[-1]
    assert seen == 5000
    assert sizes[2] == 0
    assert max(sizes) < 2000


def test_some_records_of_a_batch_are_locked(outside: Outside):
    """Each record has its answer in its place; the free ones are written, the locked ones not."""
    outside.storm({"kind": "collection", "locked": 0.5})
    names = [f"A{n}" for n in range(20)]
    answers = outside.salesforce("POST", ROWS, named(*names)).json()
    written = [name for name, each in zip(names, answers, strict=True) if each["success"]]
    assert outside.accounts() == sorted(written)
    assert 0 < len(written) < 20
    codes = {each["errors"][0]["statusCode"] for each in answers if not each["success"]}
    assert codes == {"UNABLE_TO_LOCK_ROW"}


def test_all_or_none_goes_down_with_one_locked_record(outside: Outside):
    """With allOrNone the free records are rolled back with the locked ones."""
    outside.storm({"kind": "collection", "locked": 0.5})
    asked = named(*(f"A{n}" for n in range(20)), allOrNone=True)
    answers = outside.salesforce("POST", ROWS, asked).json()
    assert outside.accounts() == []
    codes = {each["errors"][0]["statusCode"] for each in answers}
    assert codes == {"UNABLE_TO_LOCK_ROW", "ALL_OR_NONE_OPERATION_ROLLED_BACK"}


def test_locked_records_are_not_deleted(outside: Outside):
    """A batch of deletes locks record by record as well."""
    made = outside.salesforce("POST", ROWS, named(*(f"A{n}" for n in range(20)))).json()
    outside.storm({"kind": "collection", "locked": 0.5})
    ids = ",".join(each["id"] for each in made)
    answers = outside.salesforce("DELETE", ROWS, ids=ids).json()
    assert len(outside.accounts()) == sum(not each["success"] for each in answers)
    assert 0 < len(outside.accounts()) < 20


def test_rows_of_a_bulk_job_are_locked(outside: Outside):
    """A job completes with failed rows that name the lock; the rest is written."""
    outside.storm({"platform": "salesforce", "kind": "bulk", "locked": 0.5})
    jobs = "/services/data/v59.0/jobs/ingest"
    asked = {"object": "Account", "operation": "insert", "contentType": "CSV", "lineEnding": "LF"}
    job = f"{jobs}/{outside.salesforce('POST', jobs, asked).json()['id']}"
    bearer = {"Authorization": f"Bearer {outside.session}", "Content-Type": "text/csv"}
    rows = "".join(f"A{n}\n" for n in range(20))
    outside.http.put(f"{job}/batches", content=f"Name\n{rows}", headers=bearer)
    outside.salesforce("PATCH", job, {"state": "UploadComplete"})
    shown = {}
    for _ in range(5):
        shown = outside.salesforce("GET", job).json()
    assert shown["state"] == "JobComplete"
    assert 0 < shown["numberRecordsFailed"] < 20
    assert len(outside.accounts()) == 20 - shown["numberRecordsFailed"]
    failed = outside.salesforce("GET", f"{job}/failedResults").text
    assert failed.count("UNABLE_TO_LOCK_ROW") == shown["numberRecordsFailed"]


def test_the_weather_shows_and_clears(outside: Outside):
    """GET shows the storm and what happened, PUT begins the counts anew, DELETE ends it."""
    rule = {"kind": "list", "nth": [2], "answer": "bad_gateway"}
    outside.storm(rule, seed=5)
    for _ in range(3):
        outside.hubspot("GET", COMPANIES)
    shown = outside.http.get("/_sandbox/weather").json()
    assert shown == {"seed": 5, "rules": [{**rule, "matched": 3, "happened": 1}], "happened": 1}
    outside.storm(rule)
    assert outside.counts() == [(0, 0)]
    outside.http.delete("/_sandbox/weather")
    assert outside.counts() == []


def test_a_bad_storm_is_refused_and_the_old_one_stays(outside: Outside):
    """400 with what, where, why and fix."""
    outside.storm({"kind": "list", "answer": "bad_gateway"})
    met = outside.storm({"kind": "list", "anwser": "bad_gateway"})
    assert met.status_code == 400
    assert met.json()["where"] == "storm (rules.0.anwser)"
    assert met.json()["fix"] == "Did you mean `answer`?"
    assert len(outside.counts()) == 1


def test_the_sandboxes_own_paths_have_no_weather(outside: Outside):
    """Health and controls always answer."""
    outside.storm({"answer": "bad_gateway"})
    assert outside.http.get("/healthz").status_code == 200
    assert outside.http.get("/_sandbox/counts").status_code == 200


def test_settings_of_the_account_last_as_long_as_the_storm(outside: Outside):
    """A storm may slow the search index and upset webhooks; fine weather takes both back."""
    state = outside.serving.state
    outside.storm(hubspot={"index_lag_seconds": 5}, webhooks={"duplicate": 0.5, "shuffle": True})
    assert weather(state).duplicate == 0.5
    assert settings(state).index_lag_seconds == 5
    outside.http.delete("/_sandbox/weather")
    assert settings(state).index_lag_seconds == 0
    assert not weather(state).shuffle
