"""Plans, cells, answers, what is parked and rivals: what is shown, and who may do what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from console.language import catalogue
from console.render.sentences import GUARDS, REASONS, RENAMES, filled, reason
from staging.write import parking, plans, receipts, rivals
from staging.write.parking import Parked
from staging.write.receipts import Ending, ReceiptRow
from staging.write.rivals import Rival
from sync.renames import SENTENCES
from sync.write.guards import sentence
from sync.write.undo import left, made
from tests.console.conftest import NASTY, PLAN, RUN

if TYPE_CHECKING:
    from tests.console.conftest import House

REASON = "the industry is not among the options"
EXCHANGE = {
    "call": "PATCH /crm/v3/objects/companies",
    "status": 400,
    "request": {"properties": {"industry": "…"}},
    "answer": {"message": NASTY, "correlationId": "c-77"},
    "request_id": "r-42",
}


def park(house: House, *ids: str, reason: str = REASON, dead: bool = False) -> None:
    """Let these wait for one cause."""
    when = "2026-04-01T05:00:00.000Z"
    rows = [
        Parked(
            id_, "hubspot", "companies", "TSK-3000", reason, "Add the option.",
            record_id=id_, place="mappings/account.yaml:9:3 (industry)", intent_id=id_,
            label=f"Aoba {id_}", attempts=6 if dead else 2,
            next_at=None if dead else when, state="dead" if dead else "open",
        )
        for id_ in ids
    ]  # fmt: skip
    with house.app.store.writing() as db:
        parking.park_all(db, rows, RUN, house.app.tools.now())


def needs_second(house: House, author: str) -> None:
    """Let the plan be somebody's who must not approve it."""
    with house.app.store.writing() as db:
        found = plans.get(db, PLAN)
        assert found
        notes = {**found.notes, "needs_second": "overwrites, more than 100 records"}
        plans.save(db, replace(found, author=author, notes=notes), ())


def test_nobody_approves_their_own_plan(house: House) -> None:
    """The author sees why their button is shut and whom to send it to; another person may."""
    needs_second(house, "manager")
    text = house.client("manager").get(f"/plans/{PLAN}").text
    assert f'action="/plans/{PLAN}/approve"' not in text
    assert "disabled aria-describedby" in text
    assert "overwrites, more than 100 records" in text
    assert "Send them this page: Admin, Operator." in text
    assert house.client("manager").post(f"/plans/{PLAN}/approve").status_code == 409
    other = house.client("admin")
    assert f'action="/plans/{PLAN}/approve"' in other.get(f"/plans/{PLAN}").text
    assert other.post(f"/plans/{PLAN}/approve").status_code == 303
    assert f'action="/plans/{PLAN}/apply"' in house.client("operator").get(f"/plans/{PLAN}").text


def test_a_plan_tells_what_it_takes_holds_and_sets_off(house: House) -> None:
    """Calls by lane with what is left, tasks, automations, guards and whoever is left out."""
    said = sentence.Sentence(
        sentence.CREATES, {"to": "hubspot/companies", "n": 12, "allowed": 5, "place": "x.yaml:3"}
    )
    notes: dict[str, Any] = {
        "calls": {"hubspot": {"handoffs": {"reads": 1, "writes": 4}}},
        "forecast": {"hubspot": {"left": 3, "allowed": 100}},
        "tasks": [{"owner": "u1", "name": "Sato Ren", "n": 7}],
        "automations": [
            {"connection": "hubspot", "object": "companies", "kind": "workflow", "name": NASTY,
             "records": 9, "note": ""},
        ],
        "guards": [said.as_note()],
        "held": [{"rule": "renewal", "to": "hubspot/contacts", "why": "no_consent", "n": 31}],
    }  # fmt: skip
    with house.app.store.writing() as db:
        found = plans.get(db, PLAN)
        assert found
        plans.save(db, replace(found, notes=notes), ())
    text = house.client("viewer").get(f"/plans/{PLAN}", headers={"Accept-Language": "ja"}).text
    for words in ("引き渡しとToDo", "本日の残りは3回", "Sato Ren", "ワークフロー", "31件"):
        assert words in text, words
    assert "連絡への同意がないため" in text
    assert "12 件のレコードが作成されます" in text
    assert "<b onclick" not in text


def test_cells_come_a_page_at_a_time(house: House) -> None:
    """The store cuts the page; a facet of state narrows it, a page beyond is the last one."""
    with house.app.store.writing() as db:
        first = plans.changes(db, PLAN)[0]
        more = [
            replace(first, id=f"{PLAN}/x{n}#Phone", write_id=f"{PLAN}/x{n}", state="written")
            for n in range(210)
        ]
        plans.add(db, more)
    client = house.client("viewer")
    pages = client.get(f"/plans/{PLAN}/cells.json").json()["pages"]
    assert (pages["last"], pages["total"]) == (3, 213)
    last = client.get(f"/plans/{PLAN}/cells.json?state=written&risk=overwrite&page=9").json()
    assert (last["pages"]["number"], len(last["cells"])) == (3, 10)
    rule = client.get(f"/plans/{PLAN}/cells.json?rule=account&field=Phone&object=Account").json()
    assert rule["pages"]["total"] == 211
    assert client.get(f"/plans/{PLAN}/cells.json?rule=other").json()["cells"] == []


def test_a_write_shows_request_and_answer(house: House) -> None:
    """What went over the wire, what stood there before, and why it waits; never as markup."""
    row = ReceiptRow(
        f"{PLAN}/w1", PLAN, RUN, "salesforce", "Account", "update",
        {"Phone": "03-1234-5678"}, {"Phone": "before it was sent"}, record_id="001",
        opened_at=house.app.tools.now(),
    )  # fmt: skip
    with house.app.store.writing() as db:
        receipts.open_(db, [row])
        ending = Ending(row.id, "rejected", "001", reason=REASON, exchange=EXCHANGE)
        receipts.settle(db, [ending], house.app.tools.now())
    client = house.client("viewer")
    text = client.get(f"/writes/{PLAN}/w1").text
    for words in ("PATCH /crm/v3/objects/companies", "r-42", "c-77", "before it was sent", REASON):
        assert words in text, words
    assert "<b onclick" not in text
    found = client.get(f"/writes/{PLAN}/w1.json").json()
    assert (found["state"], found["exchange"]["status"]) == ("rejected", 400)
    assert "Nothing was sent." in client.get(f"/writes/{PLAN}/w2").text
    assert client.get("/writes/none.json").status_code == 404


def test_dead_causes_stand_first_with_their_clock(house: House) -> None:
    """By cause: count, fix, line, tries and next try; facets narrow them."""
    park(house, "c1", "c2")
    park(house, "c3", reason="the owner has left", dead=True)
    client = house.client("viewer")
    found = client.get("/parked.json").json()
    assert [(c["reason"], c["dead"]) for c in found["causes"]][:2] == [
        ("the owner has left", 1),
        (REASON, 0),
    ]
    text = client.get("/parked?waits=clock").text
    assert REASON in text
    assert "the owner has left" not in text
    assert "try 2 of 6" in text
    assert "mappings/account.yaml:9<" in text
    assert "/parked/drop" not in text
    page = client.get("/parked/c1.json").json()
    assert [each["id"] for each in page["records"]] == ["c1", "c2"]


def test_giving_up_needs_a_reason(house: House) -> None:
    """A cause or a single record is given up with a reason, which the audit keeps."""
    park(house, "c1", "c2", "c3")
    client = house.client("operator")
    assert client.post("/parked/drop", data={"cause": "c1"}).status_code == 409
    one = client.post("/parked/drop", data={"id": "c2", "reason": "a test record"})
    assert one.headers["location"] == "/parked?done=dropped&n=1"
    rest = client.post("/parked/drop", data={"cause": "c2", "reason": "not ours"})
    assert rest.headers["location"] == "/parked?done=dropped&n=2"
    assert house.audited()[0] == ("operator", "parked.dropped", "c1, c3")
    assert house.client("manager").post("/parked/drop", data={"cause": "c1"}).status_code == 403


def test_one_cause_or_a_run_is_tried_again(house: House) -> None:
    """The run that plans it begins at once; its page is where the person is sent."""
    park(house, "c1")
    client = house.client("operator")
    assert "Try 2 parked records again" in client.get(f"/runs/{RUN}").text
    for path, form in (("/parked/retry", {"cause": "c1"}), (f"/runs/{RUN}/retry", {})):
        onward = client.post(path, data=form).headers["location"]
        run_id = onward.removeprefix("/runs/")
        house.runtime.wait(run_id)
        assert client.get(f"{onward}.json").json()["run"]["kind"] == "retry"
    assert [entry[1] for entry in house.audited()[:2]] == ["run.retried", "parked.retried"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_sentence_of_the_engine_is_known(language: str) -> None:
    """Guards, renames and reasons to leave a cell alone have their words in both languages."""
    say = catalogue(language).gettext
    assert {words.say for words in sentence.ALL} == set(GUARDS)
    assert set(SENTENCES.values()) == set(RENAMES)
    said = [left.ERASED, left.EDITED, left.HIDDEN, left.GONE, left.TAKEN_OVER, left.UNREAD]
    assert {*said, left.MEMBERSHIP, *left.BY_HAND.values(), made.KEPT, made.UNCHECKED} <= REASONS
    note = sentence.Sentence(sentence.DELETES, {"to": "a/b", "n": 1, "allowed": 0, "place": "p:1"})
    assert filled(note.as_note(), say).startswith("a/b")
    moved = "changed by anna at 2026-01-05 09:04, after the plan was made; left as it is"
    told = reason(moved, say, lambda at: f"<{at}>")
    assert "<2026-01-05T09:04Z>" in told
    assert (told == moved) is False
    assert reason("something else", say, str) == "something else"


def test_a_rival_is_shown_turn_by_turn_and_let_go(house: House) -> None:
    """Who sets it back, in which cycle; a manager lets the field be written again."""
    now = house.app.tools.now()
    turn = {"at": now, "by": "flow", "by_kind": "automation", "value": NASTY, "ours": False}
    ours = {"at": now, "by": None, "by_kind": "app", "value": "steel", "ours": True}
    rival = Rival(
        "salesforce", "Account", "001", "Industry", "steel", NASTY, 2, now, now, "account",
        "flow", "automation", "paused", [ours, turn],
    )  # fmt: skip
    with house.app.store.writing() as db:
        rivals.keep(db, [rival])
    client = house.client("manager")
    text = client.get("/rivals").text
    assert "automation" in text
    assert "<b onclick" not in text
    assert "/rivals/resume" not in house.client("marketer").get("/rivals").text
    assert client.get("/overview.json").json()["waiting"]["rivals"] == 1
    target = {"target": "salesforce/Account.Industry"}
    assert client.post("/rivals/resume", data=target).headers["location"].endswith("n=1")
    assert client.post("/rivals/resume", data=target).status_code == 404
