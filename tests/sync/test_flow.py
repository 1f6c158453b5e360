"""The flow over two systems: pull, identify, merge, wish, plan, apply, undo, sweep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.memory.client import MemoryConnector
from connectors.protocol import Broken, Deletes, Filter, Page, Verb, Write
from jobs.flows import register
from jobs.runtime import InProcess
from staging import queue
from staging.write import plans
from sync import lease
from sync.context import Order
from sync.write.intent import Intent
from tasuki.errors import (
    ConfigError,
    GuardError,
    LeaseError,
    RejectedError,
    TransientError,
    UnknownRecordError,
)
from tests.rehearsal import FILES, Rehearsal, rehearsal


def pair(world: Rehearsal, **fields: Any) -> tuple[str, str]:
    """One company in both systems."""
    company = world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example", **fields})
    org = world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example"})
    return company, org


def only(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    (row,) = rows.values()
    return row


def links(world: Rehearsal) -> dict[str, str]:
    """Record → entity, now."""
    return {
        f"{row['connection']}/{row['object']}/{row['id']}": row["entity_id"]
        for row in world.all("link")
        if row["valid_to"] is None
    }


# ── pull ──


def test_other_fields_mean_another_reading() -> None:
    """When a mapping asks for other fields, the object is read from the beginning."""
    with rehearsal() as world:
        pair(world)
        world.run()
        assert world.run()["read"] <= 2
        wider = {"crm/companies": frozenset({"tier"})}
        world.tools = replace(world.tools, reads=wider)
        world.crm.edit("companies", "companies-000001", {"tier": "gold"})
        counts = world.run()
        assert counts["changed"] == 1
        payload = next(r["payload"] for r in world.all("record") if r["object"] == "companies")
        assert payload["tier"] == "gold"


class Torn(MemoryConnector):
    """A source with a row that cannot be read."""

    def page(
        self, object: str, fields: Any, cursor: str | None, filter: Filter | None = None
    ) -> Page:
        page = MemoryConnector.page(self, object, fields, cursor, filter)
        broken = (Broken("sales.csv:7", "the amount is no number"),)
        return replace(page, broken=broken if object == "companies" else ())


def test_a_broken_row_is_parked_and_its_neighbours_load() -> None:
    """The good rows of a page are staged; the broken one waits, once, with its place."""
    with rehearsal() as world:
        pair(world)
        connectors = {**world.tools.connectors, "crm": Torn(world.crm)}
        world.tools = replace(world.tools, connectors=connectors)
        counts = world.run()
        world.run()
        assert counts["broken"] == 1
        assert {run["state"] for run in world.all("run")} == {"partial"}
        assert world.count("account") == 1
        assert [(p["place"], p["state"]) for p in world.all("parked")] == [("sales.csv:7", "open")]


class Forgetful(MemoryConnector):
    """A system that no longer tells its deletes."""

    def deletes(self, object: str, cursor: str | None) -> Deletes:
        return Deletes((), "0", gap=cursor is not None)


class Silent(MemoryConnector):
    """A system that tells no deletes and says nothing about it."""

    def deletes(self, object: str, cursor: str | None) -> Deletes:
        return Deletes((), "0")


@pytest.mark.parametrize("kind", [Forgetful, Silent])
def test_deletes_that_are_not_told_are_found(kind: type[MemoryConnector]) -> None:
    """A gap in the deletes, or counts that differ, lead to a comparison of ids."""
    with rehearsal() as world:
        for number in range(7):
            world.crm.add("companies", {"name": f"c{number}", "domain": f"c{number}.example"})
        connectors = {**world.tools.connectors, "crm": kind(world.crm)}
        world.tools = replace(world.tools, connectors=connectors)
        world.run()
        for number in (2, 5):
            world.crm.delete("companies", f"companies-{number:06d}")
        counts = world.run()
        assert (counts["swept"], counts["complete"]) == (2, True)
        assert world.count("account") == 5
        assert world.all("dirty") == []


def test_a_record_the_pull_missed_is_found() -> None:
    """A living record that no page brought is read when the counts differ."""
    with rehearsal(overlap=0) as world:
        pair(world)
        world.run()
        with world.store.writing() as db:
            db.exec_driver_sql("DELETE FROM record WHERE object = 'companies'")
        counts = world.run()
        assert (counts["swept"], counts["complete"]) == (1, True)


# ── identity ──


def test_incremental_is_the_same_as_from_scratch() -> None:
    """Linking day by day ends in the same groups as linking everything at once."""
    ends = []
    for runs_between in (True, False):
        with rehearsal() as world:
            steps = [
                lambda w: w.crm.add("companies", {"name": "A", "domain": "a.example"}),
                lambda w: w.ma.add("orgs", {"name": "B", "domain": "b.example", "number": "1"}),
                lambda w: w.crm.add(
                    "companies", {"name": "C", "number": "1", "domain": "c.example"}
                ),
                lambda w: w.ma.add("orgs", {"name": "A", "domain": "a.example"}),
                lambda w: w.crm.edit("companies", "companies-000002", {"domain": "a.example"}),
            ]
            for step in steps:
                step(world)
                if runs_between:
                    world.run()
            world.run()
            groups: dict[str, set[str]] = {}
            for ref, entity in links(world).items():
                groups.setdefault(entity, set()).add(ref)
            ends.append(sorted(map(sorted, groups.values())))
    assert ends[0] == ends[1]


def test_a_split_leaves_the_id_with_the_majority() -> None:
    """When one of three records leaves, the two others keep the entity's id."""
    with rehearsal() as world:
        pair(world)
        world.ma.add("orgs", {"name": "Aoba 2", "domain": "aoba.example"})
        world.run()
        before = links(world)
        assert len(set(before.values())) == 1
        world.crm.edit("companies", "companies-000001", {"domain": "other.example"})
        world.run()
        after = links(world)
        assert after["ma/orgs/orgs-000001"] == after["ma/orgs/orgs-000002"]
        assert after["ma/orgs/orgs-000001"] == before["ma/orgs/orgs-000001"]
        assert after["crm/companies/companies-000001"] != before["ma/orgs/orgs-000001"]
        assert world.count("account") == 2


def test_a_restored_record_takes_no_id_that_others_kept() -> None:
    """A record that comes back with other keys is a new entity, not the one its id once named."""
    with rehearsal() as world:
        company, _ = pair(world)
        world.run()
        world.crm.delete("companies", company)
        world.run()
        row = world.crm.table("companies")[company]
        world.crm.table("companies")[company] = replace(row, deleted=False)
        world.crm.edit("companies", company, {"domain": "other.example"})
        world.run()
        assert len(set(links(world).values())) == 2
        assert world.count("account") == 2


def test_two_entities_become_one() -> None:
    """When a key joins two entities, one id stays and the other one's row is gone."""
    with rehearsal() as world:
        world.crm.add("companies", {"name": "A", "domain": "a.example"})
        world.ma.add("orgs", {"name": "B", "domain": "b.example"})
        world.run()
        assert world.count("account") == 2
        world.ma.edit("orgs", "orgs-000001", {"domain": "a.example"})
        world.run()
        assert world.count("account") == 1
        assert set(links(world).values()) == set(world.rows("account"))


def test_a_deleted_record_leaves_and_comes_back() -> None:
    """A delete closes the link; the record restored is the same entity again."""
    with rehearsal() as world:
        pair(world, phone="1")
        world.run()
        before = links(world)
        world.crm.delete("companies", "companies-000001")
        world.run()
        assert list(links(world)) == ["ma/orgs/orgs-000001"]
        row = world.crm.table("companies")["companies-000001"]
        world.crm.table("companies")["companies-000001"] = replace(row, deleted=False)
        world.crm.edit("companies", "companies-000001", {"city": "Tokyo"})
        world.run()
        assert links(world) == before
        assert only(world.rows("account"))["city"] == "Tokyo"


def test_who_points_at_a_merged_record_means_its_survivor() -> None:
    """After a platform's merge, ids and lookups of the absorbed record lead to the survivor."""
    with rehearsal() as world:
        old = world.crm.add("companies", {"name": "Old", "domain": "old.example"})
        new = world.crm.add("companies", {"name": "New", "domain": "new.example"})
        world.ma.add("orgs", {"name": "Old", "crm_id": old})
        world.crm.add("people", {"email": "a@x.example", "company_id": old})
        world.crm.add("tasks", {"subject": "call", "company_id": old})
        world.run()
        world.crm.merge("companies", new, old)
        world.run()
        found = links(world)
        account = found[f"crm/companies/{new}"]
        assert found["ma/orgs/orgs-000001"] == account
        assert only(world.rows("person"))["account_id"] == account
        assert only(world.rows("activity"))["account_id"] == account


def test_a_shared_browser_splits_by_time() -> None:
    """Events belong to the last one who gave an e-mail; those before the first, to the first."""
    with rehearsal() as world:
        for name in "ab":
            world.ma.add("contacts", {"email": f"{name}@x.example", "last": name})
        moments = [(1, None), (2, "a@x.example"), (3, None), (4, "b@x.example"), (5, None)]
        for day, email in moments:
            event = {"kind": "page", "at": f"2026-01-0{day}T00:00:00Z", "cookie": "c"}
            world.ma.add("events", {**event, "email": email, "contact_id": "contacts-000002"})
        world.run()
        people = {row["email"]: id_ for id_, row in world.rows("person").items()}
        a, b = people["a@x.example"], people["b@x.example"]
        events = sorted(world.rows("engagement").values(), key=lambda e: e["occurred_at"])
        assert [e["person_id"] for e in events] == [a, a, a, b, b]
        assert world.run()["entities"] == 0


def test_a_reference_follows_a_link_that_moved() -> None:
    """A copied row points at the entity its record means now."""
    with rehearsal() as world:
        company, _ = pair(world)
        world.crm.add("tasks", {"subject": "call", "company_id": company})
        world.run()
        world.crm.edit("companies", company, {"domain": "other.example"})
        world.run()
        moved = links(world)[f"crm/companies/{company}"]
        assert only(world.rows("activity"))["account_id"] == moved


# ── merge and wishes ──


def test_our_own_write_is_no_side_that_moved() -> None:
    """A value we pushed is agreed: a later edit on the other side is no conflict."""
    with rehearsal() as world:
        company, org = pair(world, city="Tokyo")
        world.settle()
        assert world.ma.living("orgs")[org].fields["town"] == "Tokyo"
        world.crm.edit("companies", company, {"city": "Osaka"})
        assert world.run()["conflicts"] == 0
        world.settle()
        assert world.ma.living("orgs")[org].fields["town"] == "Osaka"


def test_nothing_is_pushed_while_people_disagree() -> None:
    """A field in conflict waits; the other fields go on."""
    with rehearsal() as world:
        company, org = pair(world, city="Tokyo")
        world.settle()
        world.crm.edit("companies", company, {"city": "Osaka", "phone": "1"})
        world.ma.edit("orgs", org, {"town": "Nara"})
        counts = world.sync()
        assert counts["conflicts"] == 1
        assert world.ma.living("orgs")[org].fields["town"] == "Nara"
        assert world.ma.living("orgs")[org].fields["phone"] == "1"
        assert world.crm.living("companies")[company].fields["city"] == "Osaka"


def test_only_the_first_record_of_a_side_is_written() -> None:
    """Duplicates on a platform are never written alike."""
    with rehearsal() as world:
        pair(world, phone="1")
        world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example"})
        world.settle()
        phones = [row.fields.get("phone") for row in world.ma.living("orgs").values()]
        assert phones == ["1", None]


def test_fill_blank_only_never_overwrites() -> None:
    """A field that may only fill leaves two different values as they are."""
    with rehearsal() as world:
        _, org = pair(world, code="C1")
        world.ma.edit("orgs", org, {"code": "C2"})
        world.settle()
        assert world.ma.living("orgs")[org].fields["code"] == "C2"


def test_create_only_fields_are_not_updated() -> None:
    """A field marked on_create_only is never written to an existing record."""
    text = FILES["mappings/account.yaml"].replace(
        "direction: both, conflict: latest_wins}",
        "direction: both, conflict: latest_wins, on_create_only: true}",
    )
    with rehearsal({"mappings/account.yaml": text}) as world:
        _, org = pair(world, phone="1")
        world.settle()
        assert world.ma.living("orgs")[org].fields.get("phone") is None


# ── plan, guards, apply ──


def task(key: str = "k1", **fields: Any) -> Intent:
    return Intent(
        id=f"handoff:{key}",
        origin="handoff:demo",
        lane="handoffs",
        verb=Verb.CREATE,
        connection="crm",
        object="tasks",
        fields={"subject": "call", "tasuki_key": key, **fields},
        cause={"rule": "demo"},
        natural_key=("tasuki_key", key),
    )


def test_the_second_run_is_silent_and_cheap() -> None:
    """A run with nothing to do makes a handful of calls and writes no row but its own."""
    with rehearsal(overlap=0) as world:
        pair(world, phone="1")
        world.crm.add("people", {"email": "a@aoba.example", "company_id": "companies-000001"})
        world.ma.add("events", {"kind": "page", "at": "2026-01-01T00:00:00Z", "cookie": "c"})
        world.wish(task())
        world.settle()
        before = {
            t: world.all(t) for t in ("record", "base", "intent", "link", "account", "person")
        }
        calls = {name: world.connector(name).calls for name in ("crm", "ma")}
        counts = world.run()
        assert (counts["read"], counts["plan"], counts["measured"]) == (0, None, 0)
        assert {t: world.all(t) for t in before} == before
        spent = {name: world.connector(name).calls - calls[name] for name in calls}
        assert spent == {"crm": 9, "ma": 9}  # page, deletes and count of three objects
        assert len(world.steps) <= 54


def test_a_guard_stops_the_plan_before_its_first_write() -> None:
    """Too many creates of rules meet the project's limit, and nothing is written."""
    project = FILES["tasuki.yaml"].replace("max_creates: 1000", "max_creates: 2")
    mapping = FILES["mappings/activity.yaml"] + "guards: {max_creates: 1000}\n"
    with rehearsal({"tasuki.yaml": project, "mappings/activity.yaml": mapping}) as world:
        world.wish(*(task(f"k{n}") for n in range(3)))
        plan = world.run()["plan"]
        with pytest.raises(GuardError) as caught:
            world.apply(plan)
        assert "max_creates" in caught.value.lines()[2]
        assert world.crm.living("tasks") == {}


def test_an_expired_plan_is_refused() -> None:
    """A plan is valid for a day."""
    with rehearsal() as world:
        world.wish(task())
        plan = world.run()["plan"]
        world.tick(minutes=25 * 60)
        with pytest.raises(GuardError):
            world.apply(plan)


def test_an_unapproved_or_unknown_plan_is_refused() -> None:
    """Nothing is applied without a yes, nor twice, nor out of nowhere."""
    with rehearsal() as world:
        world.wish(task())
        plan = world.run()["plan"]
        with pytest.raises(GuardError):
            world.walk("apply", plan=plan)
        with pytest.raises(UnknownRecordError):
            world.walk("apply", plan="p_nothing")
        world.apply(plan)
        with pytest.raises(GuardError):
            world.walk("apply", plan=plan)


def test_the_same_wishes_give_the_same_digest() -> None:
    """Two plans of the same cells have one digest; the older draft is discarded."""
    with rehearsal() as world:
        pair(world, phone="1")
        world.wish(task())
        for _ in range(2):
            world.run()
        first, second = sorted(world.all("plan"), key=lambda p: p["created_at"])
        assert first["digest"] == second["digest"]
        assert (first["state"], second["state"]) == ("discarded", "draft")


def test_a_refused_record_is_parked_and_its_neighbours_are_written() -> None:
    """A rejection waits with reason and fix; it is not sent again by itself."""
    with rehearsal() as world:

        def no(write: Write) -> RejectedError | None:
            bad = write.fields.get("subject") == "bad"
            return RejectedError("no such subject", remedy="Choose another.") if bad else None

        world.crm.rules.append(no)
        world.wish(task("k1"), task("k2", subject="bad"), task("k3"))
        counts = world.apply(world.run()["plan"])
        assert (counts["written"], counts["parked"]) == (4, 2)
        assert [(p["reason"], p["fix"]) for p in world.all("parked")] == [
            ("no such subject", "Choose another.")
        ]
        assert world.run()["plan"] is None


def test_a_record_that_may_pass_later_is_planned_again() -> None:
    """A transient refusal is not parked: the wish stays open and the next plan holds it."""
    with rehearsal() as world:
        busy: list[Any] = [TransientError("another writer holds this row"), None]
        world.crm.rules.append(lambda _write: busy.pop(0))
        world.wish(task())
        plan = world.run()["plan"]
        world.apply(plan)
        assert {c.state for c in world.changes(plan)} == {"refused"}
        assert world.all("parked") == []
        world.settle()
        assert len(world.crm.living("tasks")) == 1


def test_a_record_deleted_since_is_refused() -> None:
    """A planned cell of a record that is gone is refused, the rest is written."""
    with rehearsal() as world:
        _, org = pair(world, phone="1")
        world.wish(task())
        plan = world.run()["plan"]
        world.ma.delete("orgs", org)
        world.apply(plan)
        states = {c.object: c.state for c in world.changes(plan)}
        assert states == {"orgs": "refused", "tasks": "written"}


def test_what_came_true_by_itself_is_not_sent() -> None:
    """A cell that somebody already set as planned is settled without a write."""
    with rehearsal() as world:
        _, org = pair(world, phone="1")
        plan = world.run()["plan"]
        world.ma.edit("orgs", org, {"phone": "1"})
        world.apply(plan)
        assert [(c.state, c.reason) for c in world.changes(plan)] == [("written", "already so")]
        assert world.all("receipt") == []
        assert {i["state"] for i in world.all("intent")} == {"done"}


# ── undo ──


def test_an_undone_cell_stays_undone() -> None:
    """After an undo, a change of another field does not bring the undone one back."""
    with rehearsal() as world:
        company, org = pair(world, phone="1")
        plan = world.run()["plan"]
        world.apply(plan)
        run = world.all("receipt")[0]["run_id"]
        world.apply(world.walk("undo", of=run)["plan"])
        assert world.ma.living("orgs")[org].fields["phone"] is None
        world.crm.edit("companies", company, {"staff": 7})
        world.settle()
        assert world.ma.living("orgs")[org].fields["phone"] is None
        assert world.ma.living("orgs")[org].fields["staff"] == 7
        world.crm.edit("companies", company, {"phone": "2"})
        world.settle()
        assert world.ma.living("orgs")[org].fields["phone"] == "2"


def test_an_edited_task_is_listed_and_stays() -> None:
    """A task that somebody worked on is not deleted by an undo; it is listed as kept."""
    with rehearsal() as world:
        world.wish(task("k1"), task("k2"))
        world.apply(world.run()["plan"])
        world.crm.edit("tasks", "tasks-000001", {"subject": "called"})
        undo = world.walk("undo", of=world.all("receipt")[0]["run_id"])
        assert undo["kept"] > 0
        world.apply(undo["plan"])
        assert list(world.crm.living("tasks")) == ["tasks-000001"]


def test_an_unknown_run_cannot_be_undone() -> None:
    """Undo names the run it cannot find."""
    with rehearsal() as world, pytest.raises(UnknownRecordError):
        world.walk("undo", of="nothing")


# ── runtime ──


def test_two_at_once_one_works() -> None:
    """While one process holds the lease, another is told who does and writes nothing."""
    with rehearsal() as world:
        other = lease.Holder("elsewhere", 1, "0", "run 12345678")
        with world.store.writing() as db:
            lease.acquire(db, lease.WRITER, other, world.clock.at)
        runtime = InProcess(world.store, world.tools)
        register(runtime)
        with pytest.raises(LeaseError) as caught:
            runtime.wait(runtime.enqueue(Order("run")))
        runtime.close()
        assert "elsewhere" in caught.value.lines()[1]
        assert world.all("run") == []
        world.run()
        assert [r["state"] for r in world.all("run")] == ["done"]


def test_a_dead_process_of_this_machine_loses_the_lease_at_once() -> None:
    """A holder whose process is gone does not keep anybody waiting."""
    with rehearsal() as world:
        dead = replace(lease.this_process("run"), started="long ago")
        with world.store.writing() as db:
            lease.acquire(db, lease.WRITER, dead, world.clock.at)
        runtime = InProcess(world.store, world.tools)
        register(runtime)
        runtime.wait(runtime.enqueue(Order("run")))
        runtime.close()
        assert world.all("lease") == []


def test_the_same_run_id_twice_is_one_run() -> None:
    """Enqueuing a run id again does not run it again."""
    with rehearsal() as world:
        runtime = InProcess(world.store, world.tools)
        register(runtime)
        for _ in range(2):
            runtime.wait(runtime.enqueue(Order("run"), run_id="one"))
        runtime.close()
        again = InProcess(world.store, world.tools)
        register(again)
        assert again.wait(again.enqueue(Order("run"), run_id="one")) == {}
        again.close()
        assert len(world.all("run")) == 1


def test_a_failed_run_is_closed_and_gives_the_lease_back() -> None:
    """What ended a run is raised to who waits, and kept with the run."""
    with rehearsal() as world:
        world.connector("crm").faults.calls.append(ConfigError("the mapping asks for nonsense"))
        with pytest.raises(ConfigError):
            world.run()
        (run,) = world.all("run")
        assert (run["state"], run["error"]) == ("failed", "the mapping asks for nonsense")
        assert world.all("lease") == []


def test_a_plan_is_carried_out_on_postgresql(postgres_url: str) -> None:
    """The whole flow does the same on PostgreSQL: run, apply, silence, undo."""
    with rehearsal(url=postgres_url) as world:
        _, org = pair(world, phone="1", staff=3)
        world.crm.add("people", {"email": "a@aoba.example", "company_id": "companies-000001"})
        world.wish(task())
        assert world.settle() == 1
        assert world.ma.living("orgs")[org].fields["phone"] == "1"
        run = next(r["run_id"] for r in world.all("receipt"))
        world.apply(world.walk("undo", of=run)["plan"])
        assert world.ma.living("orgs")[org].fields["phone"] is None
        assert world.crm.living("tasks") == {}
        assert world.run()["plan"] is None
        with world.store.reading() as db:
            assert plans.latest(db)


def test_what_no_mapping_reads_any_more_stops_nobody() -> None:
    """Ids left for an object that is not read (a list, a removed side) are passed over."""
    with rehearsal() as world:
        pair(world)
        with world.store.writing() as db:
            queue.mark(db, queue.MAP, "ma/list_memberships", ["1/2"])
            queue.mark(db, queue.COPY, "ma/list_memberships", ["1/2"])
        assert world.run()["entities"] == 1
