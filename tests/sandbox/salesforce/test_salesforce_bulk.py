"""Bulk API 2.0 through simple-salesforce's bulk2, unmodified, and through its raw calls."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from simple_salesforce import Salesforce
from simple_salesforce.bulk2 import ColumnDelimiter, LineEnding
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceOperationError,
    SalesforceResourceNotFound,
)

from sandbox import salesforce as platform
from sandbox.salesforce.ids import new_id
from sandbox.server import Serving

SOON = {"wait": 0.01}


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a CSV."""
    return list(csv.DictReader(StringIO(text, newline=""), delimiter=delimiter))


def put(salesforce: Salesforce, job: str, text: str) -> int:
    """Upload a file; the status."""
    answer = salesforce.session.put(
        f"{salesforce.base_url}jobs/ingest/{job}/batches",
        data=text.encode(),
        headers={**salesforce.headers, "Content-Type": "text/csv; charset=UTF-8"},
    )
    return answer.status_code


def read(salesforce: Salesforce, path: str):
    """A CSV answer: its text and headers."""
    answer = salesforce.session.get(f"{salesforce.base_url}{path}", headers=salesforce.headers)
    assert answer.headers["Content-Type"].startswith("text/csv")
    return answer.text, answer.headers


def ingest(salesforce: Salesforce, text: str, **asked: str) -> dict:
    """A whole ingest job by raw calls; its last state."""
    job = salesforce.restful("jobs/ingest", method="POST", json={"contentType": "CSV", **asked})
    assert put(salesforce, job["id"], text) == 201
    closed = {"state": "UploadComplete"}
    salesforce.restful(f"jobs/ingest/{job['id']}", method="PATCH", json=closed)
    states = [closed["state"]]
    while states[-1] not in {"JobComplete", "Failed"}:
        job = salesforce.restful(f"jobs/ingest/{job['id']}")
        states.append(job["state"])
    assert states[1:-1] == ["InProgress"] * len(states[1:-1])
    return job


def test_the_library_inserts_and_queries(salesforce):
    """bulk2 inserts, reports results and reads back what it wrote, in pages."""
    leads = [{"LastName": f"B{n}", "Company": 'Bulk, "Co"\nJapan'} for n in range(25)]
    (done,) = salesforce.bulk2.Lead.insert(records=leads, **SOON)
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (25, 0)
    made = rows(salesforce.bulk2.Lead.get_successful_records(done["job_id"]))
    assert {each["sf__Created"] for each in made} == {"true"}
    names = [each["LastName"] for each in made]
    assert sorted(names) == sorted(each["LastName"] for each in leads)
    assert names != [each["LastName"] for each in leads]
    query = "SELECT Id, LastName, Company FROM Lead WHERE LastName LIKE 'B%' ORDER BY Id"
    pages = list(salesforce.bulk2.Lead.query(query, max_records=10, **SOON))
    assert [len(rows(page)) for page in pages] == [10, 10, 5]
    assert rows(pages[0])[0]["Company"] == leads[0]["Company"]


def test_the_library_upserts_downloads_and_deletes(salesforce, tmp_path: Path):
    """Upsert makes and changes by external id; a download is a file; a delete goes by id."""
    keys = [{"Tasuki_Key__c": f"up{n}", "Subject": "One"} for n in range(3)]
    first = {"external_id_field": "Tasuki_Key__c", **SOON}
    salesforce.bulk2.Task.upsert(records=keys[:2], **first)
    (done,) = salesforce.bulk2.Task.upsert(
        records=[{**each, "Subject": "Two"} for each in keys], **first
    )
    made = rows(salesforce.bulk2.Task.get_successful_records(done["job_id"]))
    assert sorted((each["Tasuki_Key__c"], each["sf__Created"]) for each in made) == [
        ("up0", "false"),
        ("up1", "false"),
        ("up2", "true"),
    ]
    query = "SELECT Id, Subject FROM Task WHERE Tasuki_Key__c LIKE 'up%'"
    (kept,) = salesforce.bulk2.Task.download(query, path=str(tmp_path), **SOON)
    found = rows(Path(kept["file"]).read_text())
    assert [each["Subject"] for each in found] == ["Two"] * 3
    salesforce.bulk2.Task.delete(records=[{"Id": each["Id"]} for each in found], **SOON)
    assert salesforce.query("SELECT COUNT() FROM Task WHERE Subject = 'Two'")["totalSize"] == 0


def test_an_empty_cell_leaves_and_n_a_clears(salesforce):
    """Empty is unchanged, #N/A is null; a parent may be named by its external id."""
    salesforce.restful("sobjects/Task", method="POST", json={"Tasuki_Key__c": "k", "Subject": "S"})
    account = salesforce.Account.create({"Name": "A", "Phone": "03", "Fax": "04"})["id"]
    text = f"Id,Phone,Fax,Name\n{account},,#N/A,B\n"
    ingest(salesforce, text, object="Account", operation="update")
    row = salesforce.Account.get(account)
    assert (row["Name"], row["Phone"], row["Fax"]) == ("B", "03", None)
    salesforce.Contact.create({"LastName": "P", "Email": "p@bulk.example"})
    text = "LastName,ReportsTo.Email\nR,p@bulk.example\nX,nobody@bulk.example\n"
    job = ingest(salesforce, text, object="Contact", operation="insert")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (2, 1)
    (row,) = salesforce.query("SELECT ReportsTo.LastName FROM Contact WHERE LastName = 'R'")[
        "records"
    ]
    assert row["ReportsTo"]["LastName"] == "P"
    failed, _ = read(salesforce, f"jobs/ingest/{job['id']}/failedResults")
    (row,) = rows(failed)
    assert row["sf__Error"].startswith("INVALID_FIELD:Foreign key external ID: nobody@bulk.example")


def test_refused_rows_carry_code_text_and_fields(salesforce):
    """JobComplete may hold failures: sf__Error is CODE:message:FIELD --."""
    text = f"Id;LastName\r\n;New\r\n{new_id('003', 9_999)};Gone\r\n"
    job = ingest(
        salesforce,
        text,
        object="Contact",
        operation="update",
        columnDelimiter="SEMICOLON",
        lineEnding="CRLF",
    )
    assert (job["state"], job["numberRecordsFailed"]) == ("JobComplete", 2)
    failed, _ = read(salesforce, f"jobs/ingest/{job['id']}/failedResults")
    assert failed.startswith('"sf__Id";"sf__Error";"Id";"LastName"\r\n')
    errors = {each["LastName"]: each["sf__Error"] for each in rows(failed, ";")}
    assert errors["New"] == "MISSING_ARGUMENT:Id not specified in update call:--"
    assert errors["Gone"].startswith("INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--")
    text = "FirstName,LastName,DoNotCall\nA,,true\nB,B,perhaps\n"
    job = ingest(
        salesforce, text.replace("DoNotCall", "IsDeleted"), object="Lead", operation="insert"
    )
    failed, _ = read(salesforce, f"jobs/ingest/{job['id']}/failedResults")
    errors = {each["FirstName"]: each["sf__Error"] for each in rows(failed)}
    assert errors["A"].startswith("INVALID_FIELD_FOR_INSERT_UPDATE:")
    assert errors["A"].endswith(":IsDeleted --")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LastName,Bacon__c\nL,x\n", "InvalidBatch : Field name not found : Bacon__c"),
        ("LastName\r\nL\r\n", "LineEnding is invalid on user data"),
        ("LastName,Company\nL\n", "Row 1 has not as many values"),
        ('LastName\n"L\n', "Failed to parse CSV"),
    ],
)
def test_a_file_that_does_not_fit_fails_the_job(salesforce, text, message):
    """Nothing of it is written; the job says why."""
    job = ingest(salesforce, text, object="Lead", operation="insert")
    assert job["state"] == "Failed"
    assert message in job["errorMessage"]
    assert job["numberRecordsProcessed"] == 0


def test_the_library_raises_what_a_failed_job_says(salesforce):
    """bulk2 turns errorMessage into SalesforceOperationError."""
    with pytest.raises(SalesforceOperationError, match="Field name not found"):
        salesforce.bulk2.Lead.insert(records=[{"LastName": "L", "No__c": "x"}], **SOON)


def test_a_job_is_uploaded_once_aborted_listed_and_deleted(salesforce):
    """An aborted job keeps its rows as unprocessed nowhere, and 404 follows its deletion."""
    asked = {"object": "Lead", "operation": "insert", "contentType": "CSV"}
    job = salesforce.restful("jobs/ingest", method="POST", json=asked)
    assert job["state"] == "Open"
    assert job["contentUrl"] == f"services/data/v59.0/jobs/ingest/{job['id']}/batches"
    path = f"jobs/ingest/{job['id']}"
    assert put(salesforce, job["id"], "LastName,Company\nL,C\n") == 201
    assert put(salesforce, job["id"], "LastName,Company\nL,C\n") == 400
    with pytest.raises(SalesforceMalformedRequest):
        salesforce.restful(path, method="DELETE")
    salesforce.restful(path, method="PATCH", json={"state": "Aborted"})
    assert salesforce.restful(path)["state"] == "Aborted"
    assert job["id"] in [each["id"] for each in salesforce.restful("jobs/ingest")["records"]]
    salesforce.restful(path, method="DELETE")
    with pytest.raises(SalesforceResourceNotFound):
        salesforce.restful(path)


def test_an_abort_in_the_middle_leaves_unprocessed_rows(salesforce, control):
    """What was written stays; the others come back as they were sent."""
    control("salesforce/bulk", {"rows": 2})
    text = "LastName,Company\n" + "".join(f"Mid{n},C\n" for n in range(5))
    asked = {"object": "Lead", "operation": "insert", "contentType": "CSV"}
    path = "jobs/ingest/" + salesforce.restful("jobs/ingest", method="POST", json=asked)["id"]
    put(salesforce, path.rpartition("/")[2], text)
    salesforce.restful(path, method="PATCH", json={"state": "UploadComplete"})
    seen = [salesforce.restful(path)["numberRecordsProcessed"] for _ in range(2)]
    salesforce.restful(path, method="PATCH", json={"state": "Aborted"})
    control("salesforce/bulk", {})
    assert seen == [0, 2]
    left, _ = read(salesforce, f"{path}/unprocessedrecords")
    assert sorted(each["LastName"] for each in rows(left)) == ["Mid2", "Mid3", "Mid4"]
    found = salesforce.query("SELECT COUNT() FROM Lead WHERE LastName LIKE 'Mid%'")
    assert found["totalSize"] == 2


def test_parallel_chunks_lock_their_parents(salesforce, control, served: Serving):
    """With locks on, children of one parent collide across chunks; sorted by parent few do."""
    accounts = [{"Id": new_id("001", 700 + n), "Name": f"P{n}"} for n in range(4)]
    platform.insert(served.state, "Account", accounts)
    control("salesforce/bulk", {"locks": True})
    mixed = [(f"I{n}", accounts[n % 4]["Id"]) for n in range(400)]
    failed = []
    for people in (mixed, sorted(mixed, key=lambda each: each[1])):
        text = "LastName,AccountId\n" + "".join(f"{name},{id}\n" for name, id in people)
        job = ingest(salesforce, text, object="Contact", operation="insert")
        failed.append(job["numberRecordsFailed"])
        errors, _ = read(salesforce, f"jobs/ingest/{job['id']}/failedResults")
        assert all(each["sf__Error"].startswith("UNABLE_TO_LOCK_ROW") for each in rows(errors))
    control("salesforce/bulk", {})
    assert failed == [200, 0]


def test_query_results_are_what_was_there(salesforce, served: Serving):
    """Booleans in words, datetimes in Z, null empty; a later change does not show; pages differ."""
    cases = ({"Subject": f"Q{n}", "Status": "New"} for n in range(7))
    platform.insert(served.state, "Case", cases)
    query = (
        "SELECT Id, Subject, IsClosed, ClosedDate, CreatedDate, Owner.Name FROM Case ORDER BY Id"
    )
    asked = {"operation": "query", "query": query, "columnDelimiter": "TAB"}
    job = salesforce.restful("jobs/query", method="POST", json=asked)
    assert (job["state"], job["object"]) == ("UploadComplete", "Case")
    path = f"jobs/query/{job['id']}"
    with pytest.raises(SalesforceMalformedRequest):
        salesforce.restful(f"{path}/results")
    states = [salesforce.restful(path)["state"] for _ in range(2)]
    assert states == ["InProgress", "JobComplete"]
    found, headers = read(salesforce, f"{path}/results?maxRecords=4")
    assert headers["Sforce-NumberOfRecords"] == "4"
    first = rows(found, "\t")
    assert list(first[0]) == [
        "Id",
        "Subject",
        "IsClosed",
        "ClosedDate",
        "CreatedDate",
        "Owner.Name",
    ]
    assert (first[0]["IsClosed"], first[0]["ClosedDate"]) == ("false", "")
    assert first[0]["CreatedDate"].endswith(".000Z")
    salesforce.Case.delete(first[0]["Id"])
    rest, headers = read(
        salesforce, f"{path}/results?maxRecords=4&locator={headers['Sforce-Locator']}"
    )
    assert (headers["Sforce-Locator"], headers["Sforce-NumberOfRecords"]) == ("null", "3")
    names = [each["Subject"] for each in first + rows(rest, "\t")]
    assert names == [f"Q{n}" for n in range(7)]
    pages = salesforce.restful(f"{path}/resultPages", params={"maxRecords": 5})["resultPages"]
    sizes = []
    for each in pages:
        page = each["resultUrl"].partition("v59.0/")[2]
        sizes.append(len(rows(read(salesforce, page)[0], "\t")))
    assert sizes == [5, 2]


def test_query_all_reads_the_recycle_bin(salesforce):
    """The operation queryAll sees deleted rows, an empty result has its header."""
    gone = salesforce.Lead.create({"LastName": "BinB", "Company": "C"})["id"]
    salesforce.Lead.delete(gone)
    query = "SELECT Id FROM Lead WHERE LastName = 'BinB'"
    (page,) = salesforce.bulk2.Lead.query_all(query, **SOON)
    assert [each["Id"] for each in rows(page)] == [gone]
    (page,) = salesforce.bulk2.Lead.query(
        query,
        column_delimiter=ColumnDelimiter.PIPE,
        line_ending=LineEnding.CRLF,
        **SOON,
    )
    assert page == '"Id"\r\n'


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT COUNT(Id) FROM Lead", "API_ERROR"),
        ("SELECT Status, COUNT(Id) FROM Lead GROUP BY Status", "API_ERROR"),
        ("SELECT Id FROM Lead LIMIT 5 OFFSET 5", "API_ERROR"),
        ("SELECT TYPEOF What WHEN Account THEN Name END FROM Task", "API_ERROR"),
        ("SELECT FIELDS(STANDARD) FROM Lead", "API_ERROR"),
        ("SELECT (SELECT Id FROM Contacts) FROM Account", "API_ERROR"),
        ("SELECT MailingAddress FROM Contact", "API_ERROR"),
        ("SELECT Bacon__c FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FORM Lead", "MALFORMED_QUERY"),
    ],
)
def test_what_bulk_cannot_query_is_refused_at_once(salesforce, query, code):
    """The job is not even made."""
    asked = {"operation": "query", "query": query}
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.restful("jobs/query", method="POST", json=asked)
    assert caught.value.content[0]["errorCode"] == code


def test_a_hard_delete_leaves_no_row(salesforce):
    """A row deleted hard is in no query."""
    id = salesforce.Lead.create({"LastName": "Hard", "Company": "C"})["id"]
    job = ingest(salesforce, f"Id\n{id}\n", object="Lead", operation="hardDelete")
    assert job["numberRecordsFailed"] == 0
    query = "SELECT Id FROM Lead WHERE LastName = 'Hard'"
    assert salesforce.query(query, include_deleted=True)["totalSize"] == 0
