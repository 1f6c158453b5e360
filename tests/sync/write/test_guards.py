"""Guards: groups beyond a limit are held and explained before their first write; others go on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.budget import Lane
from connectors.protocol import Verb
from staging import identities
from staging.identities import Link
from staging.identity import reviews
from staging.identity.reviews import Question
from staging.write import plans, trusted
from sync.write.guards.judge import judge
from sync.write.guards.moment import quiet_until
from sync.write.guards.sentence import ALL
from sync.write.intent import Intent
from tasuki.cli.speech.japanese import JAPANESE
from tasuki.errors import GuardError
from tests.rehearsal import FILES, START, Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = FILES["tasuki.yaml"]


def project(guards: str, more: str = "") -> dict[str, str]:
    """The rehearsal with these guards in line 4 of its file."""
    return {"tasuki.yaml": f"kind: project\nname: rehearsal\ntimezone: UTC\n{guards}\n{more}"}


def create(id: str, object: str = "tasks", **said: Any) -> Intent:
    """A wish for a new record; `signal:rule:1` is made by the signal `rule`."""
    return Intent(
        **{
            "id": id,
            "origin": ":".join(id.split(":")[:2]),
            "lane": Lane.HANDOFFS,
            "verb": Verb.CREATE,
            "connection": "crm",
            "object": object,
            "fields": {"tasuki_key": id} if object == "tasks" else {"name": id},
            "cause": {"rule": id.split(":")[1], "why": "because"},
            "natural_key": ("tasuki_key" if object == "tasks" else "name", id),
            **said,
        }
    )


def states(world: Rehearsal, plan: str) -> dict[str, str]:
    """What became of each wish in a plan."""
    return {c.intent_id or "": c.state for c in world.changes(plan)}


def sentences(world: Rehearsal, plan: str) -> list[str]:
    """What the guards say of a plan."""
    with world.store.reading() as db:
        row = plans.get(db, plan)
    assert row is not None
    return [note["text"] for note in row.notes["guards"]]


def limited(world: Rehearsal, **guards: Any) -> None:
    """The same project with other limits, its mappings too."""
    said = world.tools.project.guards.model_copy(update=guards)
    tools = replace(world.tools, project=replace(world.tools.project, guards=said))
    world.tools = replace(tools, mappings=tuple(replace(m, guards=said) for m in tools.mappings))


def test_a_group_beyond_its_limit_is_held_and_the_others_go_on() -> None:
    """Three tasks where two are allowed wait, with a reason; a company of another group is made."""
    with rehearsal(project("guards: {max_creates: 2}")) as world:
        many = [create(f"signal:idle:{n}") for n in range(3)]
        world.wish(*many, create("scenario:s:1", "companies", lane=Lane.SCENARIOS))
        plan = world.walk("replan")["plan"]
        held = {each.id: "held" for each in many}
        assert states(world, plan) == held | {"scenario:s:1": "planned"}
        why = "crm/tasks: 3 records would be created; max_creates allows 2 (tasuki.yaml:4)."
        assert {c.reason for c in world.changes(plan) if c.state == "held"} == {why}
        fix = "Look at them; if they are right, raise the limit and plan anew."
        assert sentences(world, plan) == [f"{why} {fix}"]
        world.apply(plan)
        assert len(world.crm.living("companies")) == 1
        assert world.crm.living("tasks") == {}
        again = world.walk("replan")["plan"]
        assert states(world, again) == held


def test_a_plan_of_held_groups_only_is_refused() -> None:
    """Nothing may go: GuardError before the first write, with the sentence; the plan stays."""
    with rehearsal(project("guards: {max_creates: 0}")) as world:
        world.wish(create("signal:idle:1"))
        plan = world.walk("replan")["plan"]
        with pytest.raises(GuardError, match="before its first write") as refused:
            world.apply(plan)
        assert "max_creates allows 0 (tasuki.yaml:4)" in str(refused.value.why)
        with world.store.reading() as db:
            row = plans.get(db, plan)
        assert row is not None
        assert row.state == "approved"
        assert world.count("receipt") == 0


def test_a_limit_lowered_since_holds_at_the_apply() -> None:
    """What was within limits when planned is held when it no longer is; the sentence is kept."""
    with rehearsal(project("guards: {max_creates: 5}")) as world:
        world.wish(*(create(f"signal:idle:{n}") for n in range(3)))
        world.wish(create("scenario:s:1", "companies", lane=Lane.SCENARIOS))
        plan = world.walk("replan")["plan"]
        assert sentences(world, plan) == []
        limited(world, max_creates=2)
        assert world.apply(plan)["held"] == 3
        assert world.crm.living("tasks") == {}
        assert len(world.crm.living("companies")) == 1
        assert ["3 records would be created" in said for said in sentences(world, plan)] == [True]


def test_a_mapping_has_limits_of_its_own() -> None:
    """The file's own line is named; what it leaves to the project, or to nobody, likewise."""
    account = FILES["mappings/account.yaml"].replace(
        "fields:", "guards: {max_creates: 1}\ncreate: {crm: {key: domain}}\nfields:"
    ).replace("direction: pull,", "direction: both, on_create_only: true,")  # fmt: skip
    with rehearsal({"mappings/account.yaml": account, **project("")}) as world:
        for n in range(2):
            world.ma.add("orgs", {"name": f"o{n}", "domain": f"o{n}.example"})
        [said] = sentences(world, world.run()["plan"])
        line = account.splitlines().index("guards: {max_creates: 1}") + 1
        assert (
            f"2 records would be created; max_creates allows 1 (mappings/account.yaml:{line})"
            in (said)
        )


def test_a_default_says_that_it_is_one() -> None:
    """Where no file sets a limit, the sentence says so."""
    with rehearsal(project("")) as world:
        world.wish(*(create(f"signal:idle:{n}") for n in range(101)))
        assert (
            "max_creates allows 100 (default)" in sentences(world, world.walk("replan")["plan"])[0]
        )


def linked(world: Rehearsal, object: str, entity: str, ids: Mapping[str, str]) -> None:
    """Say whose these records are."""
    home = "ma" if object == "orgs" else "crm"
    with world.store.writing() as db:
        rows = [
            Link(home, object, id_, entity, of, "r", "", 1.0, "t", "r") for id_, of in ids.items()
        ]
        identities.relink(db, entity, [link.ref for link in rows], rows, world.tools.now())


def test_the_overwritten_share_is_of_linked_records() -> None:
    """Two records of twenty linked ones are ten per cent, however many cells change."""
    with rehearsal(project("guards: {max_overwrite_percent: 9}")) as world:
        ids = [world.crm.add("companies", {"name": f"c{n}", "city": "a"}) for n in range(20)]
        world.run()
        said: dict[str, Any] = {"verb": Verb.UPDATE, "lane": Lane.MAPPINGS, "natural_key": None}
        said |= {"fields": {"city": "b", "name": "x"}}
        for id_ in ids[:2]:
            world.wish(create(f"score:fit:{id_}", "companies", record_id=id_, **said))
        [told] = sentences(world, world.walk("replan")["plan"])
        assert "values of 2 of 20 linked records would be overwritten (10.0 %)" in told
        limited(world, max_overwrite_percent=10)
        assert sentences(world, world.walk("replan")["plan"]) == []


_TOLD = {
    0: "may be there already, such as ma/orgs/o1 and crm/companies/c9; max_likely_duplicates "
    "allows 0 (tasuki.yaml:4).",
    1: "wait, since they may be there already, such as ma/orgs/o1 and crm/companies/c9.",
}


@pytest.mark.parametrize(("allowed", "held"), [(0, 2), (1, 1)])
def test_a_create_of_somebody_who_may_be_there(allowed: int, held: int) -> None:
    """Whom an open review takes for one that is there waits alone; too many hold the group."""
    guards = f"guards: {{max_likely_duplicates: {allowed}, max_creates: 1000}}"
    with rehearsal(project(guards)) as world:
        linked(world, "orgs", "account", {"o1": "a1", "o2": "a2"})
        linked(world, "companies", "account", {"c9": "a9"})
        linked(world, "people", "account", {"p8": "a8"})
        asked = [("ma/orgs/o1", "crm/companies/c9"), ("crm/people/p8", "ma/orgs/o2")]
        with world.store.writing() as db:
            doubts = [Question(left, right, "alike", {}) for left, right in asked]
            reviews.ask(db, "account", doubts, world.tools.now())
        for n in (1, 2):
            of = {"entity": "account", "entity_id": f"a{n}"}
            world.wish(create(f"create:account:{n}", "companies", **of, lane=Lane.MAPPINGS))
        plan = world.walk("replan")["plan"]
        lead = "crm/companies: 1 of 2 records to be created"
        assert sentences(world, plan) == [f"{lead} {_TOLD[allowed]} Answer them: tasuki reviews."]
        waits = {c.intent_id for c in world.changes(plan) if c.state == "held"}
        assert len(waits) == held
        assert "create:account:1" in waits


def test_a_person_is_given_so_many_tasks_a_day() -> None:
    """Urgent and older tasks keep their place; today's count; the rest comes tomorrow."""
    with rehearsal(project("guards: {max_tasks_per_owner: 2}")) as world:
        world.wish(create("signal:idle:0", owner="u1"))
        world.sync()
        world.wish(create("scenario:s:1", owner="u1", lane=Lane.SCENARIOS))
        world.tick()
        world.wish(create("signal:idle:1", owner="u1"), create("signal:idle:2", owner="u2"))
        plan = world.run()["plan"]
        assert states(world, plan) == {
            "signal:idle:1": "planned",
            "signal:idle:2": "planned",
            "scenario:s:1": "held",
        }
        [said] = sentences(world, plan)
        assert said.startswith(
            "crm/tasks: 1 tasks wait for another day, since 1 people have enough; "
            "max_tasks_per_owner allows 2 (tasuki.yaml:4)."
        )
        world.apply(plan)
        assert set(states(world, world.run()["plan"]).values()) == {"held"}
        world.tick(60 * 24)
        assert states(world, world.run()["plan"]) == {"scenario:s:1": "planned"}


def test_an_account_has_so_many_tasks_a_day() -> None:
    """A task about a person counts for the account the person belongs to."""
    with rehearsal(project("guards: {max_tasks_per_account: 1}")) as world:
        world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example"})
        world.ma.add("contacts", {"email": "a@aoba.example", "last": "A"})
        world.sync()
        [account], [person] = world.rows("account"), world.rows("person")
        about = [("account", account), ("person", person)]
        for n, (entity, id_) in enumerate(about):
            world.wish(create(f"signal:idle:{n}", owner=f"u{n}", entity=entity, entity_id=id_))
        plan = world.run()["plan"]
        assert states(world, plan) == {"signal:idle:0": "planned", "signal:idle:1": "held"}
        assert "since 1 accounts have enough" in sentences(world, plan)[0]


def test_nothing_is_written_within_quiet_hours() -> None:
    """Held until they end, said so; a later plan brings it. A plan may be made at any hour."""
    with rehearsal(project("guards: {quiet_hours: '08:00-09:30'}")) as world:
        world.wish(create("signal:idle:1"))
        plan = world.walk("replan")["plan"]
        assert (states(world, plan), sentences(world, plan)) == ({"signal:idle:1": "planned"}, [])
        with pytest.raises(GuardError) as refused:
            world.apply(plan)
        assert "held until 09:30" in str(refused.value.why)
        world.tick(40)
        world.apply(plan)
        assert len(world.crm.living("tasks")) == 1


@pytest.mark.parametrize(
    ("hours", "zone", "until"),
    [
        ("21:00-07:30", "UTC", None),
        ("21:00-07:30", "America/New_York", "07:30"),
        ("08:30-09:00", "UTC", None),
        ("09:00-09:00", "UTC", None),
        ("18:00-18:01", "Asia/Tokyo", "18:01"),
    ],
)
def test_quiet_hours_are_the_project_s(hours: str, zone: str, until: str | None) -> None:
    """Nine in the morning in London is quiet in New York; hours may cross midnight."""
    assert quiet_until(hours, zone, START) == until


def test_production_needs_its_switch() -> None:
    """A connection marked production is left alone without it; the other is written to."""
    crm = FILES["connections/crm.yaml"].replace("}", ", environment: production}")
    with rehearsal({"connections/crm.yaml": crm}) as world:
        for n, connection in enumerate(("crm", "ma")):
            object_ = "companies" if connection == "crm" else "orgs"
            world.wish(create(f"signal:idle:{n}", object_, connection=connection))
        plan = world.walk("replan")["plan"]
        world.apply(plan)
        assert states(world, plan) == {"signal:idle:0": "held", "signal:idle:1": "written"}
        [said] = sentences(world, plan)
        assert said.startswith(
            "crm/companies: crm is marked `environment: production` (connections/crm.yaml:1)."
        )
        plan = world.walk("replan")["plan"]
        with world.store.writing() as db:
            plans.approve(db, plan, "manager", world.tools.now())
        assert world.walk("apply", plan=plan, production=True)["written"] == 1


def by_daemon(world: Rehearsal, plan: str) -> dict[str, Any]:
    """A schedule says yes and applies."""
    with world.store.writing() as db:
        plans.approve(db, plan, trusted.DAEMON, world.tools.now())
    return world.walk("apply", plan=plan)


def test_a_rule_s_first_time_is_a_person_s() -> None:
    """A schedule writes what a person approved before, per rule and connection, and only that."""
    with rehearsal() as world:
        world.wish(create("signal:idle:1"))
        world.apply(world.walk("replan")["plan"])
        world.wish(create("signal:idle:2"), create("signal:lost:1"))
        world.wish(create("signal:idle:3", "orgs", connection="ma"))
        plan = world.walk("replan")["plan"]
        by_daemon(world, plan)
        assert states(world, plan) == {
            "signal:idle:2": "written",
            "signal:lost:1": "held",
            "signal:idle:3": "held",
        }
        assert sorted(said.partition(" Look")[0] for said in sentences(world, plan)) == [
            "crm/tasks: nobody has approved a plan of signal:lost for crm yet.",
            "ma/orgs: nobody has approved a plan of signal:idle for ma yet.",
        ]
        plan = world.walk("replan")["plan"]
        with pytest.raises(GuardError):
            by_daemon(world, plan)
        world.apply(plan)
        kept = {of: row.by for of, row in trusted_rules(world).items()}
        assert kept == dict.fromkeys(
            [("signal:idle", "crm"), ("signal:lost", "crm"), ("signal:idle", "ma")], "manager"
        )


def trusted_rules(world: Rehearsal) -> dict[tuple[str, str], trusted.Trusted]:
    """What may be written unattended."""
    with world.store.reading() as db:
        return trusted.all_of(db)


def test_an_undo_is_not_counted_but_keeps_the_hours() -> None:
    """Taking back what was allowed is no new decision; writing at night would be."""
    with rehearsal(project("guards: {max_creates: 9, max_deletes: 0}")) as world:
        world.wish(*(create(f"signal:idle:{n}") for n in range(3)))
        world.sync()
        [run] = {row["run_id"] for row in world.all("receipt")}
        plan = world.walk("undo", of=run)["plan"]
        limited(world, quiet_hours="09:00-10:00")
        with pytest.raises(GuardError, match="before its first write"):
            world.apply(plan)
        limited(world, quiet_hours=None)
        world.apply(plan)
        assert world.crm.living("tasks") == {}


def test_what_is_judged_twice_is_judged_alike() -> None:
    """Judging what is held already changes nothing."""
    with rehearsal(project("guards: {max_creates: 1}")) as world:
        world.wish(*(create(f"signal:idle:{n}") for n in range(3)))
        plan = world.walk("replan")["plan"]
        before = world.changes(plan)
        with world.store.reading() as db:
            again = judge(db, world.tools, before)
        assert (list(again.changes), again.sentences, again.going) == (before, (), [])


@pytest.mark.parametrize("words", ALL, ids=lambda words: words.matter[6:40])
def test_a_guard_speaks_japanese(words: Any) -> None:
    """Every sentence has its Japanese, with the same holes."""
    said = JAPANESE[words.say]
    holes = {part.partition("}")[0] for part in words.say.split("{")[1:]}
    assert holes == {part.partition("}")[0] for part in said.split("{")[1:]}
