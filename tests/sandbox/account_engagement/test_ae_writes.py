"""Writes, identification, conversion and exports of API v5."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.salesforce.org import PERSON, org_of
from sandbox.salesforce.rows.convert import convert
from sandbox.salesforce.rows.write import create

if TYPE_CHECKING:
    from conftest import Account


def upsert(account: Account, email: str, **fields: Any) -> Any:
    """Change or make the prospect of this address."""
    body = {"matchEmail": email, "prospect": fields, "fields": ["id", "email"]}
    return account.call("POST", "objects/prospects/do/upsertLatestByEmail", json=body)


def test_a_prospect_is_made_changed_and_shown(account: Account) -> None:
    """A create answers 201 with the fields asked for; a change 200."""
    made = account.call(
        "POST", "objects/prospects?fields=id,email,score", json={"email": "A@b.example"}
    )
    assert made.status_code == 201
    assert made.json() == {"id": 1, "email": "a@b.example", "score": 0}
    done = account.call("PATCH", "objects/prospects/1?fields=lastName", json={"lastName": "Ito"})
    assert (done.status_code, done.json()) == (200, {"lastName": "Ito"})


@pytest.mark.parametrize(
    "body",
    [
        {"shoeSize": "9"},
        {"grade": "A"},
        {"lastName": 4},
        {"campaignId": 99},
        {"email": "nobody"},
    ],
)
def test_what_does_not_fit_is_refused(account: Account, body: dict[str, Any]) -> None:
    """Unknown and read-only fields, wrong types and ids of nothing are 400; nothing is changed."""
    account.insert("prospects", {"id": 1, "email": "a@b.example"})
    answer = account.call("PATCH", "objects/prospects/1", json=body)
    assert answer.status_code == 400
    assert account.values("prospects", fields="email,lastName")[0]["email"] == "a@b.example"


def test_one_address_may_name_several_prospects(account: Account) -> None:
    """Creates do not look; the upsert takes the one that was active last."""
    then = datetime(2026, 3, 3, tzinfo=UTC)
    email = {"email": "info@firm.example"}
    account.insert("prospects", {"id": 1, **email, "lastActivityAt": then}, {"id": 2, **email})
    done = upsert(account, "info@firm.example", lastName="Sato")
    assert (done.status_code, done.json()["id"]) == (200, 1)
    assert upsert(account, "other@firm.example").status_code == 201
    account.configure(shared_emails=False)
    assert account.call("POST", "objects/prospects", json=email).status_code == 400


def test_list_membership(account: Account) -> None:
    """A prospect is on a list once, until it is taken off."""
    account.insert("lists", {"id": 3, "name": "News"})
    account.insert("prospects", {"id": 1, "email": "a@b.example"})
    body = {"listId": 3, "prospectId": 1}
    made = account.call("POST", "objects/list-memberships", json=body)
    assert made.status_code == 201
    assert account.call("POST", "objects/list-memberships", json=body).status_code == 400
    id = made.json()["id"]
    assert account.call("DELETE", f"objects/list-memberships/{id}").status_code == 204
    assert account.values("list-memberships", fields="id", listId=3) == []
    assert account.call("POST", "objects/list-memberships", json=body).status_code == 201


def test_identification_works_backwards(account: Account) -> None:
    """Old visits and activities get the prospect; visits and visitor move, activities do not."""
    account.insert(
        "prospects", {"id": 7, "email": "a@b.example"}, {"id": 8, "email": "c@d.example"}
    )
    account.insert("visitors", {"id": 1})
    account.insert("visits", {"id": 10, "visitorId": 1})
    account.insert("visitor-activities", {"id": 20, "visitorId": 1, "type": 20})
    fields = "prospectId,createdAt,updatedAt"
    objects = ("visitors", "visits", "visitor-activities")
    before = {name: account.values(name, fields=fields)[0] for name in objects}
    body = {"prospectId": 7}
    assert account.call("POST", "objects/visitors/1/do/assignToProspect", json=body).ok
    after = {name: account.values(name, fields=fields)[0] for name in objects}
    assert {row["prospectId"] for row in after.values()} == {7}
    assert all(after[name]["createdAt"] == before[name]["createdAt"] for name in objects)
    moved = [name for name in objects if after[name]["updatedAt"] != before[name]["updatedAt"]]
    assert moved == ["visitors", "visits"]
    account.call("POST", "objects/visitors/1/do/assignToProspect", json={"prospectId": 8})
    assert account.values("visits", fields="prospectId") == [{"prospectId": 7}]
    assert account.values("visitors", fields="prospectId") == [{"prospectId": 8}]


def test_a_company_is_told(account: Account) -> None:
    """`identifyCompany` names the company behind a visitor; of nobody it is 404."""
    account.insert("visitors", {"id": 1})
    body = {"companyName": "Aoba"}
    path = "objects/visitors/{}/do/identifyCompany?fields=companyName"
    assert account.call("POST", path.format(1), json=body).json() == body
    assert account.call("POST", path.format(9), json=body).status_code == 404


def test_a_prospect_follows_its_lead(account: Account) -> None:
    """A converted lead gives its prospect contact and account, and a new stamp."""
    org = org_of(account.state)
    fields = {"LastName": "Ito", "Company": "Aoba", "Email": "ito@aoba.example"}
    lead = create(org, org.schema.objects["Lead"], fields, user=PERSON)
    account.insert("prospects", {"id": 1, "email": "ito@aoba.example", "salesforceLeadId": lead})
    names = "salesforceContactId,salesforceAccountId,updatedAt"
    before = account.values("prospects", fields=names)[0]
    assert before["salesforceContactId"] is None
    made = convert(org, lead)
    after = account.values("prospects", fields=names)[0]
    assert after["salesforceContactId"] == made.contact
    assert after["salesforceAccountId"] == made.account
    assert after["updatedAt"] > before["updatedAt"]


def asked(**more: Any) -> dict[str, Any]:
    """An export of visitors of one year."""
    arguments = {"created_after": "2026-01-01T00:00:00Z"}
    procedure = {"name": "filter_by_created_at", "arguments": arguments}
    return {"object": "visitor", "fields": ["id", "prospect.email"], "procedure": procedure, **more}


def test_an_export_runs_and_leaves_files(account: Account) -> None:
    """waiting, processing, complete by the clock; then CSV files with everything, in any order."""
    account.insert("prospects", {"id": 7, "email": "a@b.example"})
    account.insert("visitors", *({"id": n, "prospectId": 7} for n in range(1, 40)))
    first = account.call("POST", "exports", json=asked(maxFileSizeBytes=200))
    second = account.call("POST", "exports", json=asked())
    assert first.status_code == 201
    states = [each.json()["state"] for each in (first, second)]
    assert states == ["processing", "waiting"]
    account.pass_time(timedelta(seconds=31))
    job = account.get(f"exports/{first.json()['id']}").json()
    assert job["state"] == "complete"
    assert len(job["resultRefs"]) > 1
    texts = [account.http.get(ref).text for ref in job["resultRefs"]]
    rows = [row for text in texts for row in csv.DictReader(io.StringIO(text))]
    assert sorted(int(row["id"]) for row in rows) == list(range(1, 40))
    assert {row["prospect.email"] for row in rows} == {"a@b.example"}


def test_an_export_may_end_otherwise(account: Account) -> None:
    """A cancelled or failed job has no files; a file is gone after a week."""
    root = f"{account.url}/_sandbox/account_engagement"
    ids = [account.call("POST", "exports", json=asked()).json()["id"] for _ in range(3)]
    assert account.call("POST", f"exports/{ids[0]}/do/cancel").json()["state"] == "canceled"
    account.http.post(f"{root}/fail_export", json={"id": ids[1]})
    assert account.get(f"exports/{ids[1]}").json()["state"] == "failed"
    account.pass_time(timedelta(days=8))
    assert account.get(f"exports/{ids[2]}").json()["isExpired"] is True
    assert account.get(f"exports/{ids[2]}/results/0").status_code == 404


@pytest.mark.parametrize(
    "more",
    [{"fields": []}, {"fields": ["id"] * 151}, {"object": "dragon"}, {"procedure": {"name": "x"}}],
)
def test_an_export_must_be_asked_for_well(account: Account, more: dict[str, Any]) -> None:
    """Fields, object and procedure are checked at once."""
    assert account.call("POST", "exports", json=asked(**more)).status_code == 400
