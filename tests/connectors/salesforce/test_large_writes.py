"""Guarded updates and bulk jobs, through the real client library against the sandbox."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from connectors.protocol import LinkTo, Settled, Verb, Write
from connectors.salesforce.write.sheet import fits, written
from sandbox.salesforce import edit, insert
from sandbox.salesforce.org import PERSON, org_of
from sandbox.salesforce.rows.write import create
from tasuki.errors import MovedError, RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from connectors.protocol import Receipt
    from connectors.salesforce.connector import SalesforceConnector
    from sandbox.server import Serving
    from sandbox.state import State


class Line(HTTPAdapter):
    """A network that writes down what passes, and loses or refuses what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.passed: list[str] = []
        self.bodies: list[Any] = []
        self.lose: str = ""
        """Calls that contain this arrive; their answers never do, again and again."""
        self.refuse: str = ""
        self.before: dict[str, Callable[[], None]] = {}
        """What somebody does just before a call that contains this, once."""

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        said = f"{request.method} {request.url.partition('/v59.0')[2]}"
        for known in [each for each in self.before if each in said]:
            self.before.pop(known)()
        self.passed.append(said)
        self.bodies.append(request.body)
        if self.refuse and self.refuse in said:
            request.url = request.url.partition("/jobs")[0] + "/nothing"
        answer = super().send(request, *args, **kwargs)
        if self.lose and self.lose in said:
            answer.close()
            raise requests.ConnectionError("the line was cut")
        return answer


@pytest.fixture
def state(sandbox_server: Serving) -> State:
    """The sandbox's memory, for what only an administrator does."""
    return sandbox_server.state


@pytest.fixture
def line(salesforce: SalesforceConnector) -> Line:
    """The network between the connector and the sandbox, after the sign-in."""
    made = Line()
    salesforce.count("Account")
    salesforce.client.session.mount("https://", made)
    return made


@pytest.fixture
def unique(state: State) -> str:
    """An account field that the org keeps unique."""
    org = org_of(state)
    if "Ext__c" not in org.schema.objects["Account"].fields:
        traits = "create update null external unique lookup"
        org.add_field("Account", {"name": "Ext__c", "type": "string", "length": 20, "is": traits})
    return "Ext__c"


@pytest.fixture
def control(
    sandbox_server: Serving, salesforce: SalesforceConnector
) -> Iterator[Callable[[dict[str, Any]], None]]:
    """How bulk jobs run."""
    url = f"{sandbox_server.info.https_url}/_sandbox/salesforce/bulk"

    def post(options: dict[str, Any]) -> None:
        assert salesforce.client.session.post(url, json=options).ok

    yield post
    post({})


def add_many(state: State, count: int, **fields: Any) -> list[str]:
    """Accounts made by an import."""
    ids = org_of(state).next_ids("001", count)
    stamp = {"SystemModstamp": "2026-01-01T00:00:00.000+0000", **fields}
    insert(state, "Account", [{"Id": id, "Name": f"A{n}", **stamp} for n, id in enumerate(ids)])
    return ids


def update(id: str, key: str = "", **fields: Any) -> Write:
    """One update of an account."""
    return Write(key or id, Verb.UPDATE, "Account", fields, id)


def make(number: int, field: str, verb: Verb = Verb.CREATE, **fields: Any) -> Write:
    """One account by its natural key."""
    body = {"Name": f"secret{number}", **fields}
    return Write(f"w{number}", verb, "Account", body, natural_key=(field, f"E{number}"))


def accounts(state: State, *fields: str) -> list[tuple[Any, ...]]:
    """The truth, past the connector."""
    table = org_of(state).tables["Account"].name
    sql = f"SELECT {', '.join(fields)} FROM {table} WHERE IsDeleted = 0"
    return [tuple(row) for row in state.db.execute(sql).fetchall()]


def kept(receipts: Sequence[Receipt]) -> str:
    """All exchanges as text."""
    assert all(receipt.exchange for receipt in receipts)
    return repr([receipt.exchange for receipt in receipts])


# ── guarded updates ──


def looked_at(salesforce: SalesforceConnector, ids: Sequence[str]) -> dict[str, datetime]:
    """Each record's stamp."""
    found = salesforce.read("Account", ids, ["Name"])
    return {each.id: each.modified_at for each in found if each.modified_at}


def test_a_record_that_moved_refuses_its_guarded_update(salesforce, state, line) -> None:
    """The neighbours are written, the moved one stays as the person made it, and says why."""
    ids = add_many(state, 3)
    stamps = looked_at(salesforce, ids)
    line.before["POST /composite"] = lambda: edit(state, "Account", ids[1], {"Name": "theirs"})
    batch = [replace(update(id, Name="ours"), unmoved_since=stamps[id]) for id in ids]
    receipts = salesforce.write(batch)
    assert [each.settled for each in receipts] == ["written", "rejected", "written"]
    error = receipts[1].error
    assert isinstance(error, MovedError)
    assert all(part != "-" for part in error.lines())
    assert sorted(name for (name,) in accounts(state, "Name")) == ["ours", "ours", "theirs"]
    assert receipts[1].exchange is not None
    assert receipts[1].exchange.answer["httpStatusCode"] == 412
    assert "ours" not in kept(receipts)


def test_guarded_updates_go_out_by_twenty_fives(salesforce, state, line) -> None:
    """Thirty are two calls, each counted once, with the headers of every write of ours."""
    ids = add_many(state, 30)
    stamps = looked_at(salesforce, ids)
    line.passed.clear()
    line.bodies.clear()
    batch = [replace(update(id, Name=f"N{id}"), unmoved_since=stamps[id]) for id in ids]
    assert {each.settled for each in salesforce.write(batch)} == {Settled.WRITTEN}
    assert [each.rstrip("/") for each in line.passed] == ["POST /composite"] * 2
    sent = [json.loads(each) for each in line.bodies]
    assert [len(each["compositeRequest"]) for each in sent] == [25, 5]
    assert [(each["allOrNone"], each["collateSubrequests"]) for each in sent] == [(False,) * 2] * 2
    said = sent[0]["compositeRequest"][0]["httpHeaders"]
    assert said["If-Unmodified-Since"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert said["Sforce-Auto-Assign"] == "FALSE"
    assert "allowSave=false" in said["Sforce-Duplicate-Rule-Header"]
    assert len({name for (name,) in accounts(state, "Name")}) == 30


def test_a_lost_composite_leaves_its_records_unknown(salesforce, state, line) -> None:
    """Nobody knows which were written, so nothing is sent again."""
    ids = add_many(state, 3)
    stamps = looked_at(salesforce, ids)
    line.lose = "POST /composite"
    batch = [replace(update(id, Name="ours"), unmoved_since=stamps[id]) for id in ids]
    receipts = salesforce.write(batch)
    assert {each.settled for each in receipts} == {Settled.UNKNOWN}
    assert sum("composite" in each for each in line.passed) == 2  # the look, and the write
    assert receipts[0].exchange is not None
    assert (receipts[0].exchange.status, receipts[0].exchange.answer) == (None, None)


def test_a_bad_value_in_a_guarded_update_harms_no_neighbour(salesforce, state, line) -> None:
    """Refusals keep their reasons, and what is gone is gone."""
    ids = add_many(state, 3)
    stamps = looked_at(salesforce, ids)
    fields: list[dict[str, Any]] = [{"no_such_field": "secret"}, {"Name": None}, {"Name": "ours"}]
    batch = [
        replace(update(id, **each), unmoved_since=stamps[id])
        for id, each in zip(ids, fields, strict=True)
    ]
    receipts = salesforce.write(batch)
    assert [each.settled for each in receipts] == ["rejected", "rejected", "written"]
    texts = [each.error.lines()[0] for each in receipts if each.error]
    assert "no_such_field" in texts[0]
    assert "Name" in texts[1]
    assert "secret" not in kept(receipts)


# ── bulk jobs ──


def test_thousands_of_creates_are_one_job(salesforce, state, line, unique) -> None:
    """Six calls and the waiting; three bad rows are parked with their reasons, none is doubled."""
    bad: dict[int, dict[str, Any]] = {
        7: {"Name": None},
        900: {"Name": "secret" * 50},
        2400: {"NumberOfEmployees": "secret"},
    }
    batch = [make(n, unique, **bad.get(n, {})) for n in range(2_500)]
    line.passed.clear()
    receipts = salesforce.write(batch)
    polls = [
        each for each in line.passed if each.startswith("GET /jobs/ingest/7") and each[-1] != "s"
    ]
    assert len(line.passed) - len(polls) <= 7
    assert sum(each.startswith("POST /jobs/ingest") for each in line.passed) == 1
    refused = {each.key: each.error for each in receipts if each.settled is Settled.REJECTED}
    assert set(refused) == {f"w{n}" for n in bad}
    assert all(isinstance(each, RejectedError) for each in refused.values())
    said = {key: error.lines() for key, error in refused.items() if error}
    assert "REQUIRED_FIELD_MISSING on Name" in said["w7"][0]
    assert "at most 255 characters" in said["w900"][2]
    assert "another type" in said["w2400"][2]
    made = [each for each in receipts if each.settled is Settled.WRITTEN]
    assert all(each.created for each in made)
    truth = {key: id for id, key in accounts(state, "Id", unique)}
    assert {each.key: each.id for each in made} == {f"w{key[1:]}": id for key, id in truth.items()}
    assert "secret" not in kept(receipts)
    assert "secret" not in repr(said)


def test_the_same_creates_again_make_no_second(salesforce, state, line, unique) -> None:
    """The org refuses the doubles and names who holds the key: they are done, and left alone."""
    batch = [make(n, unique) for n in range(201)]
    first = salesforce.write(batch)
    edit(state, "Account", str(first[3].id), {"Name": "theirs"})
    second = salesforce.write(batch)
    assert [each.id for each in first] == [each.id for each in second]
    assert {(each.settled, each.created) for each in second} == {(Settled.WRITTEN, False)}
    assert len(accounts(state, "Id")) == 201
    assert ("theirs",) in accounts(state, "Name")


def test_upserts_by_a_unique_key_are_one_job(salesforce, state, line, unique) -> None:
    """Some are made, some changed; each receipt says which."""
    salesforce.write([make(n, unique, Verb.UPSERT) for n in range(50)])
    receipts = salesforce.write([make(n, unique, Verb.UPSERT, Site="x") for n in range(300)])
    assert [each.created for each in receipts] == [n >= 50 for n in range(300)]
    assert accounts(state, "Site") == [("x",)] * 300


def test_keys_that_are_not_unique_are_searched_before_the_job(salesforce, state, line) -> None:
    """Tasks that are there stay as they are; the others are made, once each."""
    with state.transaction() as db:
        db.execute(f"DELETE FROM {org_of(state).tables['Task'].name}")

    def task(number: int) -> Write:
        fields = {"Subject": f"Call {number}", "Status": "Not Started"}
        key = ("Tasuki_Key__c", f"K{number}")
        return Write(f"t{number}", Verb.CREATE, "Task", fields, natural_key=key)

    first = salesforce.write([task(n) for n in range(20)])
    receipts = salesforce.write([task(n) for n in range(260)])
    assert [each.id for each in receipts[:20]] == [each.id for each in first]
    assert [each.created for each in receipts] == [n >= 20 for n in range(260)]
    assert len({each.id for each in receipts}) == 260
    assert sum(each.startswith("POST /jobs/ingest") for each in line.passed) == 1


def test_a_job_that_a_killed_run_left_behind_is_waited_for(salesforce, state, line) -> None:
    """What it makes cannot be searched before it ends, and must not be made twice."""
    with state.transaction() as db:
        db.execute(f"DELETE FROM {org_of(state).tables['Task'].name}")
    tasks = [
        Write(str(n), Verb.CREATE, "Task", {"Subject": "x"}, natural_key=("Tasuki_Key__c", f"L{n}"))
        for n in range(201)
    ]

    def killed(_: float) -> None:
        raise KeyboardInterrupt

    salesforce.client.sleep = killed
    with pytest.raises(KeyboardInterrupt):
        salesforce.write(tasks)
    salesforce.client.sleep = lambda _: None
    receipts = salesforce.write(tasks)
    assert {(each.settled, each.created) for each in receipts} == {(Settled.WRITTEN, False)}
    sql = f"SELECT count(*) FROM {org_of(state).tables['Task'].name}"
    assert state.db.execute(sql).fetchone() == (201,)


def test_updates_by_a_job_clear_and_leave_alone(salesforce, state, line) -> None:
    """None and an empty text empty a field; what a write does not name stays; #N/A stays a text."""
    ids = add_many(state, 210, Website="old.example", Site="here", NumberOfEmployees=5)
    odd = {0: {"Website": None}, 1: {"Website": ""}, 2: {"Site": "#N/A"}, 3: {"Website": "  "}}
    plain = {"Site": 'a "b",\r\nc', "NumberOfEmployees": 7}
    batch = [update(id, **odd.get(n, plain)) for n, id in enumerate(ids)]
    receipts = salesforce.write(batch)
    assert {each.settled for each in receipts} == {Settled.WRITTEN}
    assert [each.id for each in receipts] == ids
    assert sum(each.startswith("POST /jobs/ingest") for each in line.passed) == 1
    found = {
        row[0]: row[1:] for row in accounts(state, "Id", "Website", "Site", "NumberOfEmployees")
    }
    assert [found[id] for id in ids[:5]] == [
        (None, "here", 5),
        (None, "here", 5),
        ("old.example", "#N/A", 5),
        (None, "here", 5),
        ("old.example", 'a "b",\r\nc', 7),
    ]


def test_a_job_deletes_and_what_is_gone_is_gone(salesforce, state, line) -> None:
    """A record that somebody deleted before is as good as deleted by us."""
    ids = add_many(state, 201)
    batch = [Write(id, Verb.DELETE, "Account", {}, id) for id in ids]
    salesforce.write(batch[:1])
    assert {each.settled for each in salesforce.write(batch)} == {Settled.WRITTEN}
    assert accounts(state, "Id") == []


def test_two_hundred_never_wait_for_a_job(salesforce, state, line) -> None:
    """Nor do creates that nothing names, however many."""
    ids = add_many(state, 200)
    salesforce.write([update(id, Name="x") for id in ids])
    salesforce.write([Write(str(n), Verb.CREATE, "Account", {"Name": "y"}) for n in range(201)])
    assert not any("jobs" in each for each in line.passed)
    assert len(accounts(state, "Id")) == 401


def test_a_field_nobody_knows_does_not_fail_the_job(salesforce, state, line) -> None:
    """One unknown column would fail ten thousand rows: that record goes out on its own."""
    ids = add_many(state, 202)
    batch = [update(id, Name="x") for id in ids]
    batch[5] = update(ids[5], no_such_field="secret")
    receipts = salesforce.write(batch)
    assert [each.key for each in receipts if each.settled is not Settled.WRITTEN] == [ids[5]]
    assert "no_such_field" in repr(receipts[5].error and receipts[5].error.lines())
    assert sum(each.startswith("POST /jobs/ingest") for each in line.passed) == 1


def test_rows_that_a_job_found_locked_are_sent_again(salesforce, state, line, control) -> None:
    """Parallel chunks of a job collide on a parent; what failed for it goes out by collections."""
    parent = add_many(state, 1)[0]
    ids = add_many(state, 450)
    control({"locks": True})
    receipts = salesforce.write([update(id, ParentId=parent) for id in ids])
    assert {each.settled for each in receipts} == {Settled.WRITTEN}
    assert any(each.startswith("PATCH /composite/sobjects") for each in line.passed)


# ── bad days of a job ──


def many(state: State) -> list[Write]:
    """Updates that a job carries."""
    return [update(id, Name="x") for id in add_many(state, 201)]


@pytest.mark.parametrize("lost", ["PUT /jobs", "GET /jobs"])
def test_a_job_whose_answers_are_lost(salesforce, state, line, lost) -> None:
    """Before it is closed nothing was written and all may be planned again; after, who knows."""
    batch = many(state)
    line.lose = lost
    receipts = salesforce.write(batch)
    errors = [each.error for each in receipts]
    assert all(isinstance(each, TransientError) for each in errors)
    closed = lost.startswith("GET")
    assert {each.settled for each in receipts} == {Settled.UNKNOWN if closed else Settled.REJECTED}
    if closed:
        assert receipts[0].exchange is not None
        assert str(receipts[0].exchange.request_id).startswith("750")
    else:
        assert ("x",) not in accounts(state, "Name")


def test_a_closing_whose_answer_is_lost_is_seen_in_the_job(salesforce, state, line) -> None:
    """The job itself says that it began, so the run goes on with it."""
    batch = many(state)
    line.lose = "PATCH /jobs"
    assert {each.settled for each in salesforce.write(batch)} == {Settled.WRITTEN}


@pytest.mark.parametrize("refused", ["POST /jobs", "PUT /jobs"])
def test_an_org_without_jobs_is_written_by_collections(salesforce, state, line, refused) -> None:
    """Jobs save calls; that they are refused costs nothing else."""
    batch = many(state)
    line.refuse = refused
    assert {each.settled for each in salesforce.write(batch)} == {Settled.WRITTEN}
    assert sum(each.startswith("PATCH /composite/sobjects") for each in line.passed) == 2


def test_a_job_that_somebody_stops_says_what_it_wrote(salesforce, state, line, control) -> None:
    """Rows done are written; those it never came to were not, and may be planned again."""
    control({"rows": 100})
    batch, polls = many(state), iter(range(100))

    def stop_at_the_third(_: float) -> None:
        if next(polls) == 2:
            (path,) = (each.split()[1] for each in line.passed if each.startswith("PUT /jobs"))
            stop, body = path.rpartition("/")[0].lstrip("/"), json.dumps({"state": "Aborted"})
            ask = salesforce.client.ask
            ask(lambda rest: rest.restful(stop, method="PATCH", data=body), "test")

    salesforce.client.sleep = stop_at_the_third
    receipts = salesforce.write(batch)
    ends = [each.settled for each in receipts]
    assert (ends.count(Settled.WRITTEN), ends.count(Settled.REJECTED)) == (100, 101)
    left = [each.error for each in receipts if each.error]
    assert all(isinstance(each, TransientError) and not each.outcome_unknown for each in left)
    assert accounts(state, "Name").count(("x",)) == 100


# ── keys ──


def test_a_key_field_that_is_not_there_says_what_to_deploy(salesforce, state, line) -> None:
    """Nothing is made that could not be told apart; the fix names `tasuki setup`."""
    write = Write("t", Verb.CREATE, "Task", {"Subject": "x"}, natural_key=("Nope__c", "k"))
    (receipt,) = salesforce.write([write])
    assert isinstance(receipt.error, RejectedError)
    what, _, _, fix = receipt.error.lines()
    assert "Nope__c on Task" in what
    assert "tasuki setup" in fix


def test_a_key_that_several_hold_is_told_with_their_number(salesforce, state, unique) -> None:
    """Where the org stopped keeping the field unique, nothing is written."""
    org = org_of(state)
    for _ in range(2):
        id = create(org, org.schema.objects["Account"], {"Name": "N"}, user=PERSON)
        with state.transaction() as db:
            db.execute(f"UPDATE sf_Account SET {unique} = 'E1' WHERE Id = ?", (id,))
    (receipt,) = salesforce.write([make(1, unique, Verb.UPSERT)])
    assert isinstance(receipt.error, RejectedError)
    assert "2 records hold the same external id" in receipt.error.why
    assert accounts(state, "Name") == [("N",)] * 2
    with state.transaction() as db:
        db.execute(f"UPDATE sf_Account SET {unique} = NULL")


def test_the_oldest_of_several_tasks_is_ours(salesforce, state) -> None:
    """A person cloned our task, key and all: the create is done by the one we made."""
    key = ("Tasuki_Key__c", "clone")
    write = Write("t", Verb.CREATE, "Task", {"Subject": "x", key[0]: key[1]}, natural_key=key)
    (made,) = salesforce.write([write])
    org = org_of(state)
    create(org, org.schema.objects["Task"], {"Subject": "x", key[0]: key[1]}, user=PERSON)
    (again,) = salesforce.write([write])
    assert (again.id, again.created) == (made.id, False)


def test_an_update_by_a_key_that_nobody_holds_makes_nothing(salesforce, state, unique) -> None:
    """An update never makes a record."""
    salesforce.write([make(1, unique)])
    receipts = salesforce.write([make(n, unique, Verb.UPDATE, Site="x") for n in (1, 2)])
    assert [each.settled for each in receipts] == ["written", "rejected"]
    assert accounts(state, "Site") == [("x",)]


# ── files ──


def test_a_file_is_the_same_for_the_same_writes() -> None:
    """The naming column first, the others by name, every value as Salesforce reads it."""
    rows = [
        {"Id": "1", "b": True, "a": 0.1},
        {"Id": "2", "c": None, "a": 'q"\n'},
        {"Id": "3", "b": 1e21, "c": ""},
    ]
    assert written(rows, "Id").decode() == (
        '"Id","a","b","c"\n"1","0.1","true",""\n"2","q""\n","","#N/A"\n'
        '"3","","1000000000000000000000","#N/A"\n'
    )


@pytest.mark.parametrize("value", ["#N/A", " #N/A ", "x" * 32_001, {"street": "x"}])
def test_what_a_file_cannot_say_goes_out_as_json(value) -> None:
    """A text that would empty the field, one too long, a compound value."""
    assert not fits({"Name": value})
    assert fits({"Name": "N/A", "Partner__c": None})


def test_links_are_lookups_and_go_away(salesforce, state) -> None:
    """A link taken away empties its lookup."""
    parent, child = add_many(state, 2)
    org = org_of(state)
    who = create(org, org.schema.objects["Contact"], {"LastName": "A", "AccountId": parent})
    link, other = LinkTo("Account", parent), LinkTo("Account", child)
    moved = Write("c", Verb.UPDATE, "Contact", {}, who, links=(other,), unlinks=(link,))
    salesforce.write([moved])
    assert salesforce.read("Contact", [who], ["AccountId"])[0].fields == {"AccountId": child}
    salesforce.write([Write("c", Verb.UPDATE, "Contact", {}, who, unlinks=(other,))])
    assert salesforce.read("Contact", [who], ["AccountId"])[0].fields == {"AccountId": None}
