"""Files in and out: imports by the clock, exports by a link, through the typed client."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import httpx
import pytest

from sandbox import hubspot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.hubspot.conftest import Account

ROWS = "Email,City,Firm\nMio@firm.example,Kobe,firm.example\nsora@firm.example,Osaka,firm.example\n"


def mapped(name: str, property: str, type: str = "0-1", **more: str) -> dict[str, str]:
    return {"columnObjectTypeId": type, "columnName": name, "propertyName": property, **more}


def request(*columns: dict[str, str], **more: Any) -> str:
    """An import request for one CSV file."""
    page = {"hasHeader": True, "columnMappings": list(columns)}
    file = {"fileName": "people.csv", "fileFormat": "CSV", "fileImportPage": page}
    return json.dumps({"name": "People", "files": [file], **more})


PEOPLE = (
    mapped("Email", "email"),
    mapped("City", "city"),
    mapped("Firm", "domain", "0-2"),
)


def upload(account: Account, asked: str, rows: str = ROWS) -> httpx.Response:
    """Send the request and its file."""
    files = {"files": ("people.csv", rows.encode(), "text/csv")}
    return account.http.post("/crm/v3/imports", data={"importRequest": asked}, files=files)


def test_an_import_by_the_typed_client(account: Account, tmp_path: Path) -> None:
    """An import starts, is processed and done by the clock; rows are contacts of their company."""
    file = tmp_path / "people.csv"
    file.write_text(ROWS)
    api = account.client.crm.imports.core_api
    made = api.create(files=str(file), import_request=request(*PEOPLE))
    assert (made.state, made.mapped_object_type_ids) == ("STARTED", ["0-1", "0-2"])
    account.clock.advance(0.6)
    assert api.get_by_id(made.id).state == "PROCESSING"
    assert account.found("contacts") == []
    account.clock.advance(1)
    done = api.get_by_id(made.id)
    assert done.state == "DONE"
    assert done.metadata.counters == {
        "TOTAL_ROWS": 2,
        "CREATED_OBJECTS": 3,
        "UPDATED_OBJECTS": 1,
        "ERRORS": 0,
        "UNIQUE_OBJECTS_WRITTEN": 4,
    }
    read = account.call("GET", "/crm/v3/objects/contacts?associations=companies").json()["results"]
    assert [each["properties"]["email"] for each in read] == [
        "mio@firm.example",
        "sora@firm.example",
    ]
    firms = {each["associations"]["companies"]["results"][0]["id"] for each in read}
    assert len(firms) == 1
    assert [each.id for each in api.get_page().results] == [made.id]


def test_an_import_is_done_whoever_looks(account: Account) -> None:
    """Records of an import that is over are there without asking for the import."""
    assert upload(account, request(*PEOPLE)).status_code == 200
    account.clock.advance(5)
    assert len(account.found("contacts")) == 2


def test_bad_rows_are_told(account: Account) -> None:
    """Bad values are left out, bad rows skipped; each is an error with its line."""
    rows = (
        "Email,Score,Stage\na@b.example,much,lead\nnobody,1,lead\nc@d.example,2\nd@e.example,3,no\n"
    )
    columns = (
        mapped("Email", "email"),
        mapped("Score", "tasuki_score"),
        mapped("Stage", "lifecyclestage"),
    )
    made = upload(account, request(*columns), rows).json()
    account.clock.advance(5)
    api = account.client.crm.imports.public_imports_api
    errors = api.get_errors(made["id"], include_error_message=True).results
    assert [(each.source_data.line_number, each.error_type) for each in errors] == [
        (2, "COULD_NOT_PARSE_NUMBER"),
        (3, "INVALID_EMAIL"),
        (4, "INCORRECT_NUMBER_OF_COLUMNS"),
        (5, "INVALID_ENUMERATION_OPTION"),
    ]
    assert (errors[0].invalid_value, errors[0].known_column_number) == ("much", 1)
    first = account.call("GET", f"/crm/v3/imports/{made['id']}/errors?limit=3").json()
    assert "errorMessage" not in first["results"][0]
    path = f"/crm/imports/2026-03/{made['id']}/errors?after={first['paging']['next']['after']}"
    assert len(account.call("GET", path).json()["results"]) == 1


def test_imports_that_only_create_or_update(account: Account) -> None:
    """A row on the wrong side of its operation is an error, not a write."""
    id = account.create("contacts", email="mio@firm.example")
    columns = (mapped("Email", "email"), mapped("City", "city"))
    rows = "Email,City\nmio@firm.example,Kobe\nsora@firm.example,Osaka\n"
    words = []
    for way in ("CREATE", "UPDATE"):
        made = upload(account, request(*columns, importOperations={"0-1": way}), rows).json()
        account.clock.advance(5)
        path = f"/crm/v3/imports/{made['id']}/errors"
        words += [each["errorType"] for each in account.call("GET", path).json()["results"]]
    assert words == ["CREATE_ONLY_IMPORT"]
    assert account.read("contacts", id, "city")["properties"]["city"] == "Kobe"


def test_three_imports_run_together(account: Account) -> None:
    """The fourth waits until one ends; a canceled one writes nothing."""
    made = [upload(account, request(*PEOPLE)).json() for _ in range(4)]
    assert [each["state"] for each in made] == ["STARTED", "STARTED", "STARTED", "DEFERRED"]
    last = made[3]["id"]
    account.clock.advance(1.2)
    assert account.call("GET", f"/crm/v3/imports/{last}").json()["state"] == "STARTED"
    account.client.crm.imports.core_api.cancel(last)
    account.clock.advance(5)
    assert account.call("GET", f"/crm/v3/imports/{last}").json()["state"] == "CANCELED"


@pytest.mark.parametrize(
    "asked",
    [
        "no json",
        json.dumps({"files": []}),
        request(mapped("Email", "no_such_property")),
        request(*PEOPLE, importOperations={"0-1": "DESTROY"}),
        request(*PEOPLE).replace("people.csv", "other.csv"),
        request(),
    ],
)
def test_impossible_imports(account: Account, asked: str) -> None:
    """A request that fits no file or no property is refused at once."""
    assert upload(account, asked).status_code == 400
    assert account.call("POST", "/crm/v3/imports", {}).status_code == 415


VIEW = {
    "exportType": "VIEW",
    "exportName": "People",
    "format": "CSV",
    "objectType": "CONTACT",
    "objectProperties": ["email", "lifecyclestage"],
    "language": "EN",
    "exportInternalValuesOptions": ["NAMES", "VALUES"],
    "overrideAssociatedObjectsPerDefinitionPerRowLimit": False,
}


def start(account: Account, **more: Any) -> str:
    """Ask for an export; the id of its task."""
    answer = account.call("POST", "/crm/v3/exports/export/async", {**VIEW, **more})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def state(account: Account, task: str) -> Any:
    """How far an export is."""
    return account.call("GET", f"/crm/v3/exports/export/async/tasks/{task}/status").json()


def test_an_export_by_the_typed_client(crowd: Account) -> None:
    """An export is processed by the clock; its link needs no token and ends after five minutes."""
    api = crowd.client.crm.exports.public_exports_api
    task = api.start(VIEW).id
    assert api.get_status(int(task)).status == "PROCESSING"
    crowd.clock.advance(1)
    done = api.get_status(int(task))
    assert done.status == "COMPLETE"
    lines = httpx.get(done.result).text.splitlines()
    assert lines[0] == "Record ID,email,lifecyclestage"
    assert lines[1] == "1,person1@firm1.example,lead"
    assert len(lines) == 251
    about = crowd.call("GET", f"/crm/exports/2026-03/export/{task}").json()
    assert (about["exportState"], about["recordCount"]) == ("DONE", 250)
    crowd.clock.advance(301)
    assert httpx.get(done.result).status_code == 403


def test_exports_are_filtered(crowd: Account) -> None:
    """A view is bound by its filters, a list by its members; at most three by three."""
    only = [{"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}]
    view = start(crowd, publicCrmSearchRequest={"filters": only, "query": "", "sorts": []})
    born = crowd.clock.now()
    listed = {"id": 7, "name": "L", "objectType": "contacts", "created": born, "members": [3, 5]}
    hubspot.insert_lists(crowd.state, [listed])
    members = start(crowd, exportType="LIST", listId="7", exportInternalValuesOptions=[])
    crowd.clock.advance(2)
    assert len(httpx.get(state(crowd, view)["result"]).text.splitlines()) == 84
    lines = httpx.get(state(crowd, members)["result"]).text.splitlines()
    assert lines == [
        "Record ID,Email,Lifecycle stage",
        "3,person3@firm3.example,Customer",
        "5,person5@firm5.example,Lead",
    ]
    many = {"publicCrmSearchRequest": {"filters": only * 4}}
    for wrong in (many, {"exportType": "LIST"}, {"format": "XLS"}, {"objectProperties": []}):
        body = {**VIEW, **wrong}
        assert crowd.call("POST", "/crm/v3/exports/export/async", body).status_code == 400


def test_one_export_at_a_time(crowd: Account) -> None:
    """A second export waits for the first; thirty a day are the most."""
    first, second = start(crowd), start(crowd)
    assert (state(crowd, first)["status"], state(crowd, second)["status"]) == (
        "PROCESSING",
        "PENDING",
    )
    crowd.clock.advance(1)
    assert (state(crowd, first)["status"], state(crowd, second)["status"]) == (
        "COMPLETE",
        "PROCESSING",
    )
    for _ in range(28):
        start(crowd)
    assert crowd.call("POST", "/crm/v3/exports/export/async", VIEW).status_code == 429


def test_large_exports_are_zipped(crowd: Account) -> None:
    """Above two megabytes the file comes as an archive."""
    rows = [
        {
            "id": str(1000 + number),
            "properties": {"email": f"q{number}@firm.example", "message": "long " * 6000},
            "created": crowd.clock.now(),
            "modified": crowd.clock.now(),
        }
        for number in range(80)
    ]
    hubspot.insert(crowd.state, "contacts", rows)
    task = start(crowd, objectProperties=["email", "message"])
    crowd.clock.advance(1)
    answer = httpx.get(state(crowd, task)["result"])
    assert answer.headers["Content-Type"] == "application/zip"
    with ZipFile(BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["People.csv"]
        assert archive.read("People.csv").count(b"@firm") == 330
