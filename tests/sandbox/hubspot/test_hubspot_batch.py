"""Batches through the official client: whole, partial and refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchReadInputSimplePublicObjectId,
    BatchResponseSimplePublicObjectWithErrors,
    SimplePublicObjectBatchInputForCreate,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectId,
)
from hubspot.crm.contacts.exceptions import ApiException

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account


def batch(account: Account, verb: str, *inputs: dict[str, Any], kind: str = "contacts") -> Any:
    return account.call("POST", f"/crm/v3/objects/{kind}/batch/{verb}", {"inputs": list(inputs)})


def reading(*ids: str, **more: Any) -> BatchReadInputSimplePublicObjectId:
    inputs = [SimplePublicObjectId(id=id) for id in ids]
    given = {"properties": ["email"], "properties_with_history": [], **more}
    return BatchReadInputSimplePublicObjectId(inputs=inputs, **given)


def test_batch_read_finds_all(crowd: Account) -> None:
    """A batch of known ids answers 200 and complete."""
    answer = crowd.client.crm.contacts.batch_api.read(reading("3", "1", "2"))
    assert answer.status == "COMPLETE"
    assert sorted(each.id for each in answer.results) == ["1", "2", "3"]


def test_batch_read_reports_unknown_ids(crowd: Account) -> None:
    """Some unknown ids make a 207 with errors, which the client returns instead of raising."""
    answer = crowd.client.crm.contacts.batch_api.read(reading("1", "999"))
    assert isinstance(answer, BatchResponseSimplePublicObjectWithErrors)
    assert [each.id for each in answer.results] == ["1"]
    assert answer.num_errors == 1
    assert answer.errors[0].category == "OBJECT_NOT_FOUND"
    assert answer.errors[0].context == {"ids": ["999"]}


def test_batch_read_of_only_unknown_ids_is_a_404(crowd: Account) -> None:
    """When nothing of a batch exists the whole call is a 404."""
    with pytest.raises(ApiException) as caught:
        crowd.client.crm.contacts.batch_api.read(reading("998", "999"))
    assert caught.value.status == 404


def test_batch_read_by_email(crowd: Account) -> None:
    """`idProperty` reads records by another unique property."""
    given = reading("person5@firm5.example", id_property="email")
    assert [each.id for each in crowd.client.crm.contacts.batch_api.read(given).results] == ["5"]


def test_batches_hold_a_hundred(account: Account) -> None:
    """A batch of 101 inputs is refused."""
    inputs = [{"properties": {"email": f"p{number}@example.test"}} for number in range(101)]
    assert batch(account, "create", *inputs).status_code == 400


def test_batch_create_is_all_or_nothing(crowd: Account) -> None:
    """Without trace ids one taken address fails the whole batch and nothing is created."""
    answer = batch(
        crowd,
        "create",
        {"properties": {"email": "fresh@example.test"}},
        {"properties": {"email": "person5@firm5.example"}},
    )
    assert answer.status_code == 409
    assert "Existing ID: 5" in answer.json()["message"]
    missing = crowd.call("GET", "/crm/v3/objects/contacts/fresh@example.test?idProperty=email")
    assert missing.status_code == 404


def test_batch_create_with_trace_ids_is_partial(crowd: Account) -> None:
    """With a trace id each, good inputs are created and bad ones come back in a 207."""
    emails = ["fresh@example.test", "person5@firm5.example", "broken"]
    inputs = [
        SimplePublicObjectBatchInputForCreate(
            properties={"email": email}, object_write_trace_id=f"t{number}"
        )
        for number, email in enumerate(emails)
    ]
    given = BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs)
    answer = crowd.client.crm.contacts.batch_api.create(given)
    assert [each.object_write_trace_id for each in answer.results] == ["t0"]
    found = {each.context["objectWriteTraceId"][0]: each.category for each in answer.errors}
    assert found == {"t1": "CONFLICT", "t2": "VALIDATION_ERROR"}


def test_batch_upsert_tells_new_from_known(crowd: Account) -> None:
    """An upsert by address creates the new, changes the known and says which was which."""
    inputs = [
        SimplePublicObjectBatchInputUpsert(
            id=email, id_property="email", properties={"city": "Kobe"}
        )
        for email in ("fresh@example.test", "Person5@firm5.example")
    ]
    given = BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs)
    answer = crowd.client.crm.contacts.batch_api.upsert(given)
    assert {each.properties["email"]: each.new for each in answer.results} == {
        "fresh@example.test": True,
        "person5@firm5.example": False,
    }


def test_batch_upsert_by_custom_key_is_idempotent(account: Account) -> None:
    """The same task key twice, in two calls, leaves one task."""
    given = {
        "id": "k1",
        "idProperty": "tasuki_key",
        "properties": {"hs_timestamp": "2026-05-01T00:00:00Z", "hs_task_subject": "Call"},
    }
    first = batch(account, "upsert", given, kind="tasks").json()["results"][0]
    second = batch(account, "upsert", given, kind="tasks").json()["results"][0]
    assert (first["new"], second["new"]) == (True, False)
    assert first["id"] == second["id"]
    assert first["properties"]["tasuki_key"] == "k1"


def test_batch_upsert_refuses_twins_and_poor_keys(crowd: Account) -> None:
    """The same key twice, and a property that is not unique, reject the whole batch."""
    twin = {"id": "a@example.test", "idProperty": "email", "properties": {}}
    assert batch(crowd, "upsert", twin, twin).status_code == 400
    poor = {"id": "firm1.example", "idProperty": "domain", "properties": {"name": "x"}}
    answer = batch(crowd, "upsert", poor, kind="companies")
    assert answer.status_code == 400
    assert "non-unique 0-2 property domain in portal ID 4812345" in answer.json()["message"]


def test_batch_update_takes_no_email(crowd: Account) -> None:
    """Contacts are batch-updated by id or custom key, not by address."""
    given = {"id": "person5@firm5.example", "idProperty": "email", "properties": {"city": "Kobe"}}
    assert batch(crowd, "update", given).status_code == 400


def test_batch_update_writes_the_known(crowd: Account) -> None:
    """An id that is gone is reported in a 207; its neighbours are written."""
    answer = batch(
        crowd,
        "update",
        {"id": "5", "properties": {"city": "Kobe"}},
        {"id": "999", "properties": {"city": "Kobe"}},
    )
    assert answer.status_code == 207
    assert answer.json()["errors"][0]["context"]["ids"] == ["999"]
    assert crowd.read("contacts", "5", "city")["properties"]["city"] == "Kobe"


def test_batch_update_with_a_bad_value_writes_nothing(crowd: Account) -> None:
    """Without trace ids a bad value refuses the whole batch."""
    answer = batch(
        crowd,
        "update",
        {"id": "5", "properties": {"city": "Kobe"}},
        {"id": "6", "properties": {"tasuki_score": "much"}},
    )
    assert answer.status_code == 400
    assert crowd.read("contacts", "5", "city")["properties"]["city"] is None


def test_batch_archive_is_silent(crowd: Account) -> None:
    """Archiving answers 204, also for ids that are gone already."""
    assert batch(crowd, "archive", {"id": "5"}, {"id": "999"}).status_code == 204
    assert crowd.call("GET", "/crm/v3/objects/contacts/5").status_code == 404


def test_batch_create_associates(crowd: Account) -> None:
    """A batch create may bring associations, and they hold in both directions."""
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}
    given = {
        "properties": {"hs_timestamp": "2026-05-01T00:00:00Z"},
        "associations": [{"to": {"id": "5"}, "types": [spec]}],
    }
    task = batch(crowd, "create", given, kind="tasks").json()["results"][0]["id"]
    shown = crowd.call("GET", "/crm/v4/objects/contacts/5/associations/tasks").json()
    assert [each["toObjectId"] for each in shown["results"]] == [int(task)]
    assert shown["results"][0]["associationTypes"][0]["typeId"] == 203


def test_malformed_json_is_a_400(account: Account) -> None:
    """A body that is no JSON says where it broke."""
    answer = account.http.post(
        "/crm/v3/objects/contacts/batch/read",
        content=b"{",
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 400
    assert json.loads(answer.text)["message"].startswith("Invalid input JSON on line 1")
