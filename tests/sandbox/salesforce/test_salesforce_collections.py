"""sObject Collections and composite through simple-salesforce's `restful`."""

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest


def account(**fields) -> dict:
    """One account record of a collection."""
    return {"attributes": {"type": "Account"}, **fields}


def create(salesforce, records, **also):
    """`POST /composite/sobjects`."""
    return salesforce.restful(
        "composite/sobjects", method="POST", json={"records": records, **also}
    )


def test_results_keep_their_place(salesforce):
    """One bad record fails alone; its result has no id and a statusCode."""
    results = create(salesforce, [account(Name="A"), account(), account(Name="C")])
    assert [each["success"] for each in results] == [True, False, True]
    assert "id" not in results[1]
    assert results[1]["errors"] == [
        {
            "statusCode": "REQUIRED_FIELD_MISSING",
            "message": "Required fields are missing: [Name]",
            "fields": ["Name"],
        }
    ]


def test_all_or_none_rolls_every_record_back(salesforce):
    """With allOrNone one failure undoes the others and they say so."""
    results = create(salesforce, [account(Name="Gone"), account()], allOrNone=True)
    assert results[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert salesforce.query("SELECT Id FROM Account WHERE Name = 'Gone'")["totalSize"] == 0


def test_update_read_and_delete_many(salesforce):
    """PATCH, GET, POST and DELETE work on lists; what is not there reads as null in place."""
    ids = [each["id"] for each in create(salesforce, [account(Name="A"), account(Name="B")])]
    missing = "0015g00000zzzzzAAA"
    changes = [account(id=id, Site="s") for id in [*ids, missing]]
    results = salesforce.restful("composite/sobjects", method="PATCH", json={"records": changes})
    assert [each["success"] for each in results] == [True, True, False]
    rows = salesforce.restful(
        "composite/sobjects/Account",
        method="POST",
        json={"ids": [ids[1], missing, ids[0]], "fields": ["Name", "Site"]},
    )
    assert [each and each["Name"] for each in rows] == ["B", None, "A"]
    joined = ",".join([*ids, ids[0]])
    results = salesforce.restful(
        "composite/sobjects", method="DELETE", params={"ids": joined, "allOrNone": "false"}
    )
    assert [each["success"] for each in results] == [True, True, False]
    assert results[2]["errors"][0]["statusCode"] == "ENTITY_IS_DELETED"
    rows = salesforce.restful(
        "composite/sobjects/Account", params={"ids": joined, "fields": "Name"}
    )
    assert rows == [None, None, None]


def test_upsert_many_tells_created_from_updated(salesforce):
    """By external id and by Id with null: created true, then false."""
    task = {"attributes": {"type": "Task"}, "Subject": "x", "Tasuki_Key__c": "many-1"}
    path = "composite/sobjects/Task/Tasuki_Key__c"
    first, second = (
        salesforce.restful(path, method="PATCH", json={"records": [task]})[0] for _ in range(2)
    )
    assert (first["created"], second["created"]) == (True, False)
    assert first["id"] == second["id"]
    fresh = salesforce.restful(
        "composite/sobjects/Account/Id",
        method="PATCH",
        json={"records": [account(Name="New", Id=None)]},
    )
    assert fresh[0]["created"] is True


def test_too_many_records_or_chunks_are_refused_whole(salesforce):
    """201 records, or more than ten runs of one type, answer 400."""
    mixed = [account(Name="A"), {"attributes": {"type": "Contact"}, "LastName": "B"}] * 6
    for records in ([account(Name="A")] * 201, mixed):
        with pytest.raises(SalesforceMalformedRequest):
            create(salesforce, records)


def composite(salesforce, *requests, **also):
    """`POST /composite`; the list of responses."""
    body = {"compositeRequest": list(requests), **also}
    return salesforce.restful("composite", method="POST", json=body)["compositeResponse"]


def request(name: str, method: str, path: str, **also) -> dict:
    """One subrequest."""
    return {
        "referenceId": name,
        "method": method,
        "url": f"/services/data/v59.0/{path}",
        **also,
    }


def test_composite_hands_an_id_on(salesforce):
    """A later subrequest uses what an earlier one created."""
    made, child, read = composite(
        salesforce,
        request("parent", "POST", "sobjects/Account", body={"Name": "P"}),
        request(
            "child", "POST", "sobjects/Contact", body={"LastName": "C", "AccountId": "@{parent.id}"}
        ),
        request("read", "GET", "sobjects/Contact/@{child.id}?fields=AccountId"),
    )
    assert [made["httpStatusCode"], child["httpStatusCode"]] == [201, 201]
    assert read["body"]["AccountId"] == made["body"]["id"]
    assert made["httpHeaders"]["Location"].endswith(made["body"]["id"])


def test_composite_guards_each_patch_by_its_own_header(salesforce):
    """A guarded PATCH in a composite answers 412 alone; its neighbour is written."""
    ids = [each["id"] for each in create(salesforce, [account(Name="A"), account(Name="B")])]
    past = {"If-Unmodified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    first, second = composite(
        salesforce,
        request("a", "PATCH", f"sobjects/Account/{ids[0]}", body={"Site": "x"}, httpHeaders=past),
        request("b", "PATCH", f"sobjects/Account/{ids[1]}", body={"Site": "x"}),
        collateSubrequests=False,
    )
    assert (first["httpStatusCode"], second["httpStatusCode"]) == (412, 204)
    assert second["body"] is None


def test_composite_all_or_none_halts_the_others(salesforce):
    """With allOrNone one failure turns the rest into PROCESSING_HALTED and undoes them."""
    responses = composite(
        salesforce,
        request("good", "POST", "sobjects/Account", body={"Name": "Undone"}),
        request("bad", "POST", "sobjects/Account", body={}),
        allOrNone=True,
    )
    codes = [each["body"][0]["errorCode"] for each in responses]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert salesforce.query("SELECT Id FROM Account WHERE Name = 'Undone'")["totalSize"] == 0


def test_composite_refuses_forbidden_headers_and_too_many(salesforce):
    """Authorization in a subrequest, or 26 subrequests, make the whole request 400."""
    limits = request("a", "GET", "limits", httpHeaders={"Authorization": "x"})
    many = [request(f"r{n}", "GET", "limits") for n in range(26)]
    for requests in ([limits], many):
        with pytest.raises(SalesforceMalformedRequest):
            composite(salesforce, *requests)
