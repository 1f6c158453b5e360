"""Forgotten for good: whatever the platforms do with an erased person, nothing comes back."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from dotenv import dotenv_values

from connectors.protocol import Delivery
from jobs import webhooks
from tasuki.cli.faults import Exit
from tasuki.wiring import open_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

SECRET = "11111111-2222-3333-4444-555555555555"
ADDRESS = "https://tasuki.example/webhooks/hubspot"
TWICE_LINKED = """
SELECT person.id, email, family_name, given_name, phone FROM person
WHERE phone LIKE '+8190%' AND EXISTS (
  SELECT 1 FROM activity WHERE person_id = person.id)
AND (SELECT count(DISTINCT object) FROM link
     WHERE entity = 'person' AND entity_id = person.id AND valid_to IS NULL) = 3
ORDER BY person.id
"""
"""Somebody who is a contact, a lead and a HubSpot contact, and with whom something was done."""


@dataclass(frozen=True)
class Somebody:
    """A person, as the store and the platforms spell them."""

    id: str
    email: str
    family: str
    given: str
    phone: str
    refs: dict[str, str]
    """Object → id."""

    def values(self) -> set[str]:
        """What no file may hold."""
        digits = f"0{self.phone.removeprefix('+81')}"
        dashed = f"{digits[:3]}-{digits[3:7]}-{digits[7:]}"
        names = {f"{self.family}{gap}{self.given}" for gap in ("", " ", "\u3000")}
        return {self.email, self.phone, digits, dashed, *names}


def somebody(place: Any, which: int = 0) -> Somebody:
    """One of those who are known in three places."""
    row = place.kept(TWICE_LINKED)[which]
    links = place.kept(
        "SELECT object, id FROM link WHERE entity = 'person' AND entity_id = ?"
        " AND valid_to IS NULL",
        row[0],
    )
    id_, email, family, given, phone = row
    return Somebody(id_, email, family, given, phone, dict(links))


def found(place: Any, who: Somebody) -> list[str]:
    """Every file of ours, and every line of the network, that holds something of theirs."""
    files = [path for path in place.project.rglob("*") if path.is_file()]
    files += [place.sandbox / "net.jsonl", place.project.parent / "commands.err"]
    return [str(each) for path in files if path.exists() for each in _in(path, who)]


def _in(path: Path, who: Somebody) -> Iterator[tuple[str, str]]:
    held = path.read_bytes().lower()
    for value in who.values():
        kinds = ["utf-8"] if value.isascii() else ["utf-8", "cp932"]
        if any(value.encode(kind).lower() in held for kind in kinds):
            yield path.name, value


def known(place: Any, who: Somebody) -> list[Any]:
    """Whoever goes by their address or their name."""
    return list(
        place.kept(
            "SELECT id FROM person WHERE email = ? OR (family_name = ? AND given_name = ?)",
            who.email, who.family, who.given,
        )
    )  # fmt: skip


def quiet(place: Any) -> None:
    """Whatever the platforms still want is written, then a run has nothing to do."""
    for _ in range(4):
        plan = place.tasuki("run", "--json").json["plan"]
        if plan is None:
            return
        assert place.tasuki("apply", plan["id"], "--auto-approve").code == 0
    raise AssertionError(place.kept("SELECT object, field, state, reason FROM change"))


def told(place: Any, *notes: dict[str, Any]) -> int:
    """A delivery, signed as HubSpot signs it, to the endpoint of the daemon."""
    connection = place.project / "connections" / "hubspot.yaml"
    if "webhook_secret" not in connection.read_text("utf-8"):
        with connection.open("a") as file:
            file.write("webhook_secret: ${HOOK}\n")
        with (place.project / ".env").open("a") as file:
            file.write(f"HOOK={SECRET}\n")
    environment = {k: v for k, v in dotenv_values(place.project / ".env").items() if v}
    body = json.dumps(notes).encode()
    with closing(open_app(place.project, environment=environment)) as app:
        time = str(int(app.tools.clock.now().timestamp() * 1000))
        mark = hmac.new(
            SECRET.encode(), b"POST" + ADDRESS.encode() + body + time.encode(), hashlib.sha256
        )
        headers = {
            "x-hubspot-signature-v3": b64encode(mark.digest()).decode(),
            "x-hubspot-request-timestamp": time,
        }
        return webhooks.take(app, "hubspot", Delivery("POST", ADDRESS, headers, body))


def hubspot(place: Any, path: str, **body: str) -> Any:
    """A call of HubSpot's own API by somebody else."""
    head = {"Authorization": f"Bearer {place.info.hubspot_token}"}
    url = f"{place.info.http_url}/crm/v3/objects/contacts/{path}"
    answer = httpx.post(url, json=body, headers=head, trust_env=False)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def write_about(place: Any, who: Somebody) -> str:
    """Somebody notes a call with them, name, address and number; the task's id."""
    (task,) = place.rows("SELECT Id FROM sf_Task WHERE WhoId = ? LIMIT 1", who.refs["Contact"])[0]
    words = f"Called {who.family} {who.given} <{who.email}> {who.phone}"
    place.edit("salesforce", "Task", task, Subject=words, Description=words)
    return str(task)


def test_nothing_of_an_erased_person_comes_back(ran: Any) -> None:
    """Late webhooks, full reads, merges, a conversion and an old plan: they stay forgotten."""
    who, other = somebody(ran), somebody(ran, 1)
    task = write_about(ran, who)
    assert ran.tasuki("run").code == 0
    plan = ran.kept("SELECT id FROM plan WHERE state = 'draft'")[0][0]
    assert ran.tasuki("approve", plan).code == 0
    assert found(ran, who)

    done = ran.tasuki("erase", who.email, "--yes", "--json")
    assert done.code == 0, done.err
    assert {ref.rpartition("/")[2] for ref in done.json["left"]} >= set(who.refs.values())
    assert found(ran, who) == []
    assert ran.tasuki("apply", plan).code == Exit.GUARDED  # it is not what was approved any more
    _left_alone(ran, who)

    note = {"subscriptionType": "contact.propertyChange", "objectId": int(who.refs["contacts"])}
    assert told(ran, {**note, "propertyName": "email", "propertyValue": who.email}) == 204
    ran.edit("hubspot", "contacts", who.refs["contacts"], jobtitle="new")
    ran.edit("salesforce", "Contact", who.refs["Contact"], Title="new")
    ran.edit("salesforce", "Task", task, Subject=f"Called {who.family} {who.given} again")
    assert ran.tasuki("run", "--full").code == 0
    quiet(ran)
    assert (known(ran, who), found(ran, who)) == ([], [])

    ran.control("salesforce/convert", {"lead": who.refs["Lead"]})
    merged = {"primaryObjectId": other.refs["contacts"], "objectIdToMerge": who.refs["contacts"]}
    hubspot(ran, "merge", **merged)
    absorbed = {"survivor": other.refs["Contact"], "losers": [who.refs["Contact"]]}
    ran.control("salesforce/merge", {"object": "Contact", **absorbed})
    quiet(ran)
    assert ran.tasuki("run", "--full").code == 0
    assert (known(ran, who), found(ran, who)) == ([], [])
    assert known(ran, other)
    assert "[erased]" not in json.dumps(ran.state(), ensure_ascii=False)


def _left_alone(place: Any, who: Somebody) -> None:
    """The person's own records hold what they held: nothing of ours was written over them."""
    query = "SELECT Email, Tasuki_Score__c FROM sf_Contact WHERE Id = ?"
    ((email, score),) = place.rows(query, who.refs["Contact"])
    assert (email.lower(), score) == (who.email, None)


def test_a_merge_into_an_erased_record_stays_empty(ran: Any) -> None:
    """Their record survives on both platforms with another's merged into it: an empty place."""
    who, other = somebody(ran), somebody(ran, 1)
    assert ran.tasuki("erase", who.email, "--yes").code == 0
    merged = {"primaryObjectId": who.refs["contacts"], "objectIdToMerge": other.refs["contacts"]}
    hubspot(ran, "merge", **merged)
    survived = {"survivor": who.refs["Contact"], "losers": [other.refs["Contact"]]}
    ran.control("salesforce/merge", {"object": "Contact", **survived})
    assert ran.tasuki("run", "--full").code == 0
    assert (known(ran, who), found(ran, who)) == ([], [])


def test_a_privacy_deletion_on_hubspot_erases_here(ran: Any) -> None:
    """Once the contact is gone there and HubSpot says so, they are gone here, file and all."""
    who = somebody(ran)
    hubspot(ran, "gdpr-delete", objectId=who.refs["contacts"])
    note = {"subscriptionType": "contact.privacyDeletion", "objectId": int(who.refs["contacts"])}
    assert told(ran, note) == 204
    assert ran.tasuki("run").code == 0
    quiet(ran)
    assert (known(ran, who), found(ran, who)) == ([], [])


def test_an_export_is_complete(ran: Any, tmp_path: Path) -> None:
    """Everything the platforms know of a person's doings is in the file, and their own words."""
    who = somebody(ran)
    to = tmp_path / "export.json"
    assert ran.tasuki("export", who.email, "--to", str(to)).code == 0
    held = json.loads(to.read_text("utf-8"))
    contact, lead = who.refs["Contact"], who.refs["Lead"]
    truth = {
        "activity": "SELECT count(*) FROM (SELECT Id FROM sf_Task WHERE WhoId IN (?1, ?2)"
        " UNION ALL SELECT Id FROM sf_Event WHERE WhoId IN (?1, ?2))",
        "campaign_member": "SELECT count(*) FROM sf_CampaignMember"
        " WHERE ContactId = ?1 OR LeadId = ?2",
        "contact_role": "SELECT count(*) FROM sf_OpportunityContactRole"
        " WHERE ContactId IN (?1, ?2)",
        "case_": "SELECT count(*) FROM sf_Case WHERE ContactId IN (?1, ?2)",
    }
    for name, query in truth.items():
        assert len(held["held"][name]) == ran.rows(query, contact, lead)[0][0], name
    assert {ref["ref"].rpartition("/")[2] for ref in held["records"]} == set(who.refs.values())
    text = json.dumps(held, ensure_ascii=False)
    assert all(value in text for value in (who.email, who.family, who.given, who.phone))
    assert (to.stat().st_mode & 0o077) == 0
