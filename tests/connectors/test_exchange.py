"""What is kept of the wire holds names, ids and codes, and no value."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.exchange import told
from connectors.protocol import Verb, Write
from connectors.salesforce.client import Client
from connectors.salesforce.write.receipts import Answered, Refusal, Sent, receipt


def _both(request: Any, answer: Any) -> tuple[Any, Any]:
    kept = told("PATCH /x", 200, request, answer)
    return kept.request, kept.answer


def test_values_stand_hidden_and_names_stay() -> None:
    """A flat record keeps its id, its type and its field names; a cleared field shows as such."""
    sent = {"attributes": {"type": "Lead"}, "id": "00Q1", "Type": "Hot", "Email": None, "Old": True}
    kept, answered = _both(sent, {"id": "00Q1", "success": True, "errors": []})
    hidden = {"attributes": {"type": "Lead"}, "id": "00Q1", "Type": "…", "Email": None, "Old": "…"}
    assert kept == hidden
    assert answered == {"id": "00Q1", "success": True, "errors": []}


def test_below_properties_every_name_is_a_fields() -> None:
    """A property called `type` or `id` is a value like any other."""
    sent = {"id": "17", "properties": {"type": "Hot", "id": "9", "status": "won", "tags": ["a"]}}
    kept, _ = _both(sent, None)
    assert kept == {
        "id": "17",
        "properties": {"type": "…", "id": "…", "status": "…", "tags": "…"},
    }


@pytest.mark.parametrize("property", ["email", "tasuki_key"])
def test_an_id_that_is_a_value_is_hidden(property: str) -> None:
    """Where a record is named by one of its properties, that name is a value."""
    sent = {"id": "ada@example.com", "idProperty": property, "properties": {}}
    kept, answered = _both(sent, {"message": "no record ADA@example.com"})
    assert kept["id"] == "…"
    assert answered == {"message": "no record …"}


def test_messages_lose_what_was_sent() -> None:
    """A quoted value goes out of a message in any case and any escaping; code and fields stay."""
    sent = {"Name": 'Ada "the" Countess', "City": "Ky", "Tags": ["one", "twotwo"], "Amount": 12500}
    message = 'Name: ada \\"the\\" countess, twotwo, 12500 in Ky; other@example.com'
    error = {"statusCode": "STRING_TOO_LONG", "message": message, "fields": ["Name"]}
    _, answered = _both(sent, {"success": False, "errors": [error]})
    kept = {
        "statusCode": "STRING_TOO_LONG",
        "message": "Name: …, …, … in Ky; …",
        "fields": ["Name"],
    }
    assert answered == {"success": False, "errors": [kept]}


def test_a_refusal_in_the_orgs_own_words_quotes_no_value() -> None:
    """A trigger that repeats what was sent: neither the reason nor the parked record holds it."""
    write = Write("w", Verb.UPDATE, "Contact", {"LastName": "Lovelace", "Phone": "0312345678"}, "1")
    text = "Lovelace (0312345678) is known as ada@example.com already"
    refusal = Refusal("FIELD_CUSTOM_VALIDATION_EXCEPTION", text, ["LastName"])
    client = cast("Client", SimpleNamespace(connection="crm"))
    error = receipt(client, write, Answered({}, refusal=refusal), Sent("PATCH /x", 200)).error
    assert error is not None
    assert error.what == "Salesforce: FIELD_CUSTOM_VALIDATION_EXCEPTION on LastName"
    assert error.why.endswith(": … (…) is known as … already")


def test_no_answer_is_told_as_none() -> None:
    """A lost answer leaves status and answer empty; the system's name for the request stays."""
    kept = told("POST /x", None, {"Name": "Ada"}, None, request_id="r1")
    assert (kept.status, kept.answer, kept.request_id) == (None, None, "r1")
