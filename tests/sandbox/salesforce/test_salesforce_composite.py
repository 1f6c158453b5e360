"""Graphs, batches and trees, and what composite guards."""

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest

STEM = "/services/data/v59.0/sobjects"


def node(reference: str, object: str, body: dict, method: str = "POST") -> dict:
    """One subrequest that makes a record."""
    url = f"{STEM}/{object}"
    return {"method": method, "url": url, "referenceId": reference, "body": body}


def post(salesforce, path: str, body: object):
    """What a composite resource answers."""
    return salesforce.restful(f"composite/{path}".rstrip("/"), method="POST", json=body)


def found(salesforce, object: str, name: str) -> int:
    """How many live records of this name there are."""
    return salesforce.query(f"SELECT Id FROM {object} WHERE Name = '{name}'")["totalSize"]


def test_a_graph_is_all_or_nothing(salesforce):
    """The good graph's records stay; the bad one's good record is undone and halted."""
    good = [
        node("account", "Account", {"Name": "Graph good"}),
        node("contact", "Contact", {"LastName": "G", "AccountId": "@{account.id}"}),
    ]
    bad = [node("one", "Account", {"Name": "Graph bad"}), node("two", "Account", {})]
    graphs = [
        {"graphId": "good", "compositeRequest": good},
        {"graphId": "bad", "compositeRequest": bad},
    ]
    first, second = post(salesforce, "graph", {"graphs": graphs})["graphs"]
    assert (first["graphId"], first["isSuccessful"], second["isSuccessful"]) == (
        "good",
        True,
        False,
    )
    parts = second["graphResponse"]["compositeResponse"]
    assert [part["body"][0]["errorCode"] for part in parts] == [
        "PROCESSING_HALTED",
        "REQUIRED_FIELD_MISSING",
    ]
    assert found(salesforce, "Account", "Graph good") == 1
    assert found(salesforce, "Account", "Graph bad") == 0


def test_after_fourteen_failed_graphs_the_rest_is_halted(salesforce):
    """The fifteenth graph would pass, but is not tried."""
    graphs = [
        {"graphId": f"g{n}", "compositeRequest": [node("a", "Account", {})]} for n in range(14)
    ]
    last = [node("a", "Account", {"Name": "Fifteenth"})]
    graphs.append({"graphId": "last", "compositeRequest": last})
    answers = post(salesforce, "graph", {"graphs": graphs})["graphs"]
    assert not any(each["isSuccessful"] for each in answers)
    assert answers[-1]["graphResponse"]["compositeResponse"][0]["httpStatusCode"] == 400
    assert found(salesforce, "Account", "Fifteenth") == 0


@pytest.mark.parametrize(
    "graphs",
    [
        [{"graphId": "q", "compositeRequest": [{"method": "GET", "referenceId": "a", "url": u}]}]
        for u in ("/services/data/v59.0/query?q=x", "/services/data/v59.0/limits")
    ]
    + [
        [{"graphId": f"g{n}", "compositeRequest": [node("a", "Account", {})]} for n in range(76)],
        [
            {
                "graphId": "wide",
                "compositeRequest": [node(f"n{n}", "Account", {}) for n in range(501)],
            }
        ],
        [
            {
                "graphId": "deep",
                "compositeRequest": [
                    node(f"n{n}", "Account", {"ParentId": f"@{{n{n - 1}.id}}"} if n else {})
                    for n in range(16)
                ],
            }
        ],
        [{"graphId": "twin", "compositeRequest": []}, {"graphId": "twin", "compositeRequest": []}],
    ],
)
def test_a_graph_beyond_its_limits_is_refused_whole(salesforce, graphs):
    """Other resources, 76 graphs, 501 nodes, 16 levels and a name twice are 400."""
    with pytest.raises(SalesforceMalformedRequest):
        post(salesforce, "graph", {"graphs": graphs})


def test_a_batch_goes_on_after_a_failure_and_counts_each(salesforce):
    """Batch subrequests stand alone, undo nothing and count one call each."""
    requests = [
        {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Name": "Batched"}},
        {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {}},
        {"method": "GET", "url": "v59.0/query?q=SELECT+count()+FROM+User"},
    ]
    before = salesforce.limits()["DailyApiRequests"]["Remaining"]
    answer = post(salesforce, "batch", {"batchRequests": requests})
    after = salesforce.limits()["DailyApiRequests"]["Remaining"]
    assert [each["statusCode"] for each in answer["results"]] == [201, 400, 200]
    assert answer["hasErrors"] is True
    assert before - after == len(requests) + 1
    assert found(salesforce, "Account", "Batched") == 1


def test_a_batch_halts_when_asked(salesforce):
    """With haltOnError everything after the failure is 412 BATCH_PROCESSING_HALTED."""
    requests = [
        {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {}},
        {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Name": "Halted"}},
    ]
    answer = post(salesforce, "batch", {"batchRequests": requests, "haltOnError": True})
    assert [each["statusCode"] for each in answer["results"]] == [400, 412]
    assert answer["results"][1]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"


def test_a_composite_counts_one_call(salesforce):
    """However many subrequests it has."""
    requests = [node(f"n{n}", "Account", {"Name": "Counted"}) for n in range(5)]
    before = salesforce.limits()["DailyApiRequests"]["Remaining"]
    post(salesforce, "", {"compositeRequest": requests})
    after = salesforce.limits()["DailyApiRequests"]["Remaining"]
    assert before - after == 2


def test_a_composite_holds_no_composite(salesforce):
    """A subrequest to a composite resource other than collections is not found."""
    inner = {"method": "POST", "url": "/services/data/v59.0/composite", "referenceId": "a"}
    answer = post(salesforce, "", {"compositeRequest": [{**inner, "body": {}}]})
    assert answer["compositeResponse"][0]["httpStatusCode"] == 404


def tree_of(name: str, last_name: str | None) -> dict:
    """An account with a contact below it."""
    contact = {"attributes": {"type": "Contact", "referenceId": "contact"}}
    if last_name:
        contact["LastName"] = last_name
    return {
        "records": [
            {
                "attributes": {"type": "Account", "referenceId": "account"},
                "Name": name,
                "Contacts": {"records": [contact]},
            }
        ]
    }


def test_a_tree_makes_parents_and_children(salesforce):
    """201 with an id for each reference; the child points to its parent."""
    answer = post(salesforce, "tree/Account", tree_of("Tree", "Leaf"))
    ids = {each["referenceId"]: each["id"] for each in answer["results"]}
    assert answer["hasErrors"] is False
    assert salesforce.Contact.get(ids["contact"])["AccountId"] == ids["account"]


def test_a_tree_is_all_or_nothing(salesforce):
    """One bad child undoes the parent, and the answer names the child."""
    with pytest.raises(SalesforceMalformedRequest) as caught:
        post(salesforce, "tree/Account", tree_of("Felled", None))
    (result,) = caught.value.content["results"]
    assert result["referenceId"] == "contact"
    assert result["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert found(salesforce, "Account", "Felled") == 0


def test_a_tree_has_at_most_200_records(salesforce):
    """The 201st record refuses the call."""
    one = tree_of("x", None)["records"][0]
    del one["Contacts"]
    records = [
        {**one, "attributes": {"type": "Account", "referenceId": f"r{n}"}} for n in range(201)
    ]
    with pytest.raises(SalesforceMalformedRequest):
        post(salesforce, "tree/Account", {"records": records})
