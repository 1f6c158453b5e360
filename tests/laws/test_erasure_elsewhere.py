"""Law 8, where it is easily broken: what was under way, what others wrote, what looks alike."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from connectors.memory.faults import Mishap
from connectors.protocol import Hint, Verb
from staging.erasure import scrub, tombstones
from staging.write import plans
from sync.complete import hints
from sync.erasure import keyring
from sync.erasure.erase import erase
from sync.erasure.marks import values_in
from sync.erasure.subject import subject_of
from sync.pull import PULL_PAGE
from sync.write.apply.flow import BEGIN, RECHECK, SEND
from sync.write.intent import Intent
from tasuki.errors import GuardError, TransientError
from tests.rehearsal import FILES, Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADA = "ada.byron@aoba.example"
MOBILE, SWITCHBOARD = "090-1234-5678", "03-1234-5678"
FIELDS = "  email: {crm: email, ma: email, conflict: crm_wins, transform: [email]}\n"
PERSON = FILES["mappings/person.yaml"].replace(
    FIELDS,
    f"{FIELDS}"
    "  given_name: {crm: first}\n"
    "  phone: {crm: phone, conflict: crm_wins, transform: [phone]}\n",
)
ACTIVITY = (
    f"{FILES['mappings/activity.yaml']}"
    "  person_id:\n    crm: {lookup: person_id, object: people}\n"
)
OFFICE = {"mappings/person.yaml": PERSON, "mappings/activity.yaml": ACTIVITY}


@contextmanager
def office(folder: Path, files: dict[str, str] | None = None) -> Iterator[Rehearsal]:
    """Ada and two colleagues of hers in the crm, Ada in the ma as well."""
    with rehearsal(OFFICE | (files or {}), page_size=50, batch_size=10) as world:
        project = replace(world.tools.project, erasure_folder=folder)
        world.tools = replace(world.tools, project=project)
        aoba = world.crm.add(
            "companies", {"name": "Aoba", "domain": "aoba.example", "phone": SWITCHBOARD}
        )
        ada = {"email": ADA, "last": "Byron", "first": "Ada", "phone": MOBILE, "company_id": aoba}
        world.crm.add("people", {**ada, "title": "Analyst"})
        world.crm.add("people", {"email": "kay@aoba.example", "last": "Kay", "phone": SWITCHBOARD})
        world.crm.add(
            "people", {"email": "nada.byron@aoba.example", "last": "Ito", "first": "Nada"}
        )
        world.ma.add("contacts", {"email": ADA, "last": "Byron"})
        world.run()
        yield world


def forget(world: Rehearsal, email: str = ADA) -> dict[str, Any]:
    """Erase somebody."""
    (id_,) = (str(row["id"]) for row in world.all("person") if row["email"] == email)
    with world.store.writing() as db:
        return erase(db, world.tools, id_)


def held(world: Rehearsal) -> list[str]:
    """Where Ada still stands, in the store's words or in anybody's."""
    with world.store.reading() as db:
        return scrub.holds(db, [ADA, MOBILE, "+819012345678"], ["Ada Byron", "Byron Ada"])


def emails(world: Rehearsal) -> set[str]:
    """Everybody who is known."""
    return {row["email"] for row in world.all("person")}


def task(world: Rehearsal, **fields: Any) -> Intent:
    """A wish for a task, as a rule makes it."""
    company = next(row["id"] for row in world.all("account"))
    said = {"subject": "Call", "tasuki_key": "k1", **fields}
    return Intent(
        id="rule:task", origin="rule:calls", lane="handoffs", verb=Verb.UPSERT, connection="crm",
        object="tasks", fields=said, cause={"rule": "calls"}, natural_key=("tasuki_key", "k1"),
        entity="account", entity_id=company,
    )  # fmt: skip


# ── who looks alike ──


def test_whose_address_only_ends_alike_is_untouched(tmp_path: Path) -> None:
    """`ada@` stands within `nada@`: the colleague's address and keys stay whole."""
    with office(tmp_path) as world:
        forget(world)
        assert "nada.byron@aoba.example" in emails(world)
        kept = [str(row["payload"]) for row in world.all("record") if row["object"] == "people"]
        assert any("nada.byron@aoba.example" in each for each in kept)
        assert "[erased]" not in str(kept)


def test_a_number_of_the_company_stays_with_the_company(tmp_path: Path) -> None:
    """A switchboard is nobody's own: erasing one who gave it leaves the company's number."""
    with office(tmp_path) as world:
        forget(world, "kay@aoba.example")
        assert [row["phone"] for row in world.all("account")] == [SWITCHBOARD]
        world.crm.edit("companies", "companies-000001", {"name": "Aoba KK"})
        world.settle()
        assert [row["phone"] for row in world.all("account")] == [SWITCHBOARD]


# ── what systems say of others ──


def test_their_values_are_not_kept_in_others_records(tmp_path: Path) -> None:
    """A merge that filled a gap with their number, a note with their address: both go unread."""
    with office(tmp_path) as world:
        forget(world)
        world.crm.edit(
            "people", "people-000002", {"phone": "(090) 1234 5678", "title": f"was {ADA}"}
        )
        world.crm.merge("people", "people-000002", "people-000001")
        world.run()
        assert "kay@aoba.example" in emails(world)
        assert ADA not in emails(world)
        assert held(world) == []
        assert "1234" not in str(
            [row for row in world.all("record") if row["id"] == "people-000002"]
        )
        assert world.run()["changed"] == 0


def test_what_others_wrote_about_them_goes_and_does_not_return(tmp_path: Path) -> None:
    """A task with them stays a task; its words go and are not read again; nothing is written."""
    with office(tmp_path) as world:
        said = {"subject": "Ada Byron called", "body": f"Ada Byron <{ADA}>", "status": "open"}
        made = world.crm.add("tasks", {**said, "person_id": "people-000001"})
        other = world.crm.add("tasks", {"subject": "Kay called", "person_id": "people-000002"})
        world.run()
        forget(world)
        words = {row["subject"] for row in world.all("activity")}
        assert words == {None, "Kay called"}
        assert "Ada Byron" not in str(world.all("record"))
        world.crm.edit("tasks", made, {"status": "done", "person_id": None})
        world.crm.edit("tasks", other, {"status": "done"})
        world.crm.add("tasks", {**said, "person_id": "people-000001"})
        assert world.run()["plan"] is None
        assert {row["status"] for row in world.all("activity")} == {"done", "open"}
        assert "Ada Byron" not in str([world.all("record"), world.all("activity")])


# ── what was under way ──


def test_a_page_fetched_before_is_not_kept_after(tmp_path: Path) -> None:
    """The answer left the system before the erasure and is kept after it: an empty place."""
    with office(tmp_path) as world:
        world.crm.edit("people", "people-000001", {"title": "Countess"})
        asked = {"kind": "crm/people", "cursor": None, "whole": None}
        assert PULL_PAGE.ask is not None
        with world.store.reading() as db:
            page = PULL_PAGE.ask(db, world.tools, asked)
        forget(world)
        with world.store.writing() as db:
            PULL_PAGE.keep(db, world.tools, asked, page)
        world.run()
        assert held(world) == []
        assert ADA not in emails(world)


def test_an_approved_plan_writes_nothing_of_theirs(tmp_path: Path) -> None:
    """Cells of their record, a record to be made for them, a task: the plan is not applied."""
    with office(tmp_path) as world:
        world.crm.edit("people", "people-000001", {"title": "Countess"})
        world.wish(task(world, body=f"Write to {ADA}"))
        plan = world.run()["plan"]
        with world.store.writing() as db:
            plans.approve(db, plan, "manager", world.tools.now())
        forget(world)
        before = world.world()
        with pytest.raises(GuardError, match="not what was approved"):
            world.walk("apply", plan=plan)
        assert world.world() == before
        assert held(world) == []
        assert "[erased]" not in str(world.world())
        assert world.settle() == 0


def test_an_answer_after_the_erasure_is_taken(tmp_path: Path) -> None:
    """Erased while a write of theirs is out: its answer finds no receipt, nothing breaks."""
    with office(tmp_path) as world:
        world.crm.edit("people", "people-000001", {"title": "Countess"})
        plan = world.run()["plan"]
        with world.store.writing() as db:
            plans.approve(db, plan, "manager", world.tools.now())
            begun = BEGIN.keep(db, world.tools, {"plan": plan}, None)
        for batch in begun["batches"]:
            asked = {"writes": batch["writes"], "guarded": batch["guarded"], "stamps": {}}
            assert RECHECK.ask is not None
            assert SEND.ask is not None
            with world.store.writing() as db:
                RECHECK.keep(db, world.tools, asked, RECHECK.ask(db, world.tools, asked))
            with world.store.reading() as db:
                answers = SEND.ask(db, world.tools, asked)
            if ADA in emails(world):
                forget(world)
            with world.store.writing() as db:
                SEND.keep(db, world.tools, asked, answers)
        assert held(world) == []
        assert world.settle() == 0
        assert ADA not in emails(world)


def test_a_write_whose_answer_was_lost_is_let_go(tmp_path: Path) -> None:
    """Nobody asks after a write to somebody who was erased since."""
    with office(tmp_path) as world:
        world.crm.edit("people", "people-000001", {"title": "Countess"})
        world.connector("ma").faults.writes.append(Mishap.LOSE_ANSWER)
        world.apply(world.run()["plan"])
        forget(world)
        world.settle()
        assert held(world) == []
        assert {row["state"] for row in world.all("receipt")} <= {"written", "rejected", "lost"}


def test_an_undo_restores_nothing_of_theirs(tmp_path: Path) -> None:
    """A task that named them is taken back; what stood where they were named is not guessed."""
    with office(tmp_path) as world:
        world.wish(task(world, body=f"Write to {ADA}"))
        world.apply(world.run()["plan"])
        run = next(row["run_id"] for row in world.all("receipt"))
        world.run()
        forget(world)
        undo = world.walk("undo", of=run)["plan"]
        assert held(world) == []
        world.apply(undo)
        assert world.crm.living("tasks") == {}
        assert "[erased]" not in str(world.world())


def test_a_system_that_was_down_still_tells(tmp_path: Path) -> None:
    """What it said of an erasure is kept until its record can be looked for."""
    with office(tmp_path) as world:
        world.ma.delete("contacts", "contacts-000001")
        asked = world.connector("ma").faults.asked
        asked["read", "contacts"] = TransientError("the system is down")
        with world.store.writing() as db:
            hints.note(
                db, world.tools, "ma", [Hint("contacts", "contacts-000001", is_erasure=True)]
            )
        world.run()
        assert ADA in emails(world)
        asked.clear()
        world.run()
        assert ADA not in emails(world)
        assert held(world) == []


# ── what is left ──


def test_what_a_project_no_longer_declares_is_searched_too(tmp_path: Path) -> None:
    """A table of an entity that left the project still holds rows: theirs go."""
    with office(tmp_path) as world:
        with world.store.writing() as db:
            db.execute(text("CREATE TABLE custom_card (id TEXT PRIMARY KEY, words TEXT)"))
            db.execute(text(f"INSERT INTO custom_card VALUES ('1', 'from {ADA.upper()}, thanks')"))
        forget(world)
        with world.store.reading() as db:
            assert (
                db.execute(text("SELECT words FROM custom_card")).scalar()
                == "from [erased], thanks"
            )


def test_letting_somebody_in_again_takes_every_mark(tmp_path: Path) -> None:
    """Their own records and number are theirs again, not only the address."""
    with office(tmp_path) as world:
        forget(world)
        ring = keyring.load(world.tools.project)
        with world.store.writing() as db:
            standing = tombstones.together(db, ring.marks("email", ADA))
            tombstones.lift(db, standing)
        keyring.take_back(world.tools.project, standing)
        world.crm.edit("people", "people-000001", {"title": "Countess"})
        world.run()
        assert ADA in emails(world)
        assert not world.all("tombstone")


def test_every_reference_to_a_person_is_dealt_with(tmp_path: Path) -> None:
    """Whatever the catalog says points at a person is taken away, or left without them."""
    with office(tmp_path) as world:
        (id_,) = (row["id"] for row in world.all("person") if row["email"] == ADA)
        forget(world)
        for name, entity in world.tools.entities.items():
            pointing = [each.name for each in entity.refs() if each.to == "person"]
            rows = world.all(name) if pointing else []
            assert all(row[each] != id_ for row in rows for each in pointing), name
        with world.store.reading() as db:
            assert scrub.holds(db, [], [id_]) in ([], ["audit.target"])
            assert subject_of(db, world.tools, id_).refs == ()


@pytest.mark.parametrize("name", ["Éva Ünal", 'O\'Neil "Bo"'])
def test_names_of_any_letters_are_found(tmp_path: Path, name: str) -> None:
    """SQLite folds the case of ASCII only, and JSON spells quotes in its own way."""
    with office(tmp_path) as world:
        world.wish(task(world, body=f"Call {name} back"))
        with world.store.reading() as db:
            assert scrub.holds(db, [], [name])
            assert scrub.holds(db, [], [name.upper()])


def test_an_address_in_running_japanese_is_found(tmp_path: Path) -> None:
    """Kana and kanji stand right beside an address and a number; both go, and stay away."""
    said = f"連絡先は{ADA}です、電話{MOBILE}まで"
    with office(tmp_path) as world:
        world.crm.edit("people", "people-000002", {"title": said})
        world.run()
        forget(world)
        assert held(world) == []
        world.crm.edit("people", "people-000002", {"title": f"{said}。"})
        world.run()
        assert held(world) == []
        kay = next(row["payload"] for row in world.all("record") if row["id"] == "people-000002")
        assert kay["title"] == "連絡先は[erased]です、電話[erased]まで。"


def test_a_long_word_is_read_in_the_time_of_its_length(tmp_path: Path) -> None:
    """A field of a million letters is no attack."""
    with office(tmp_path) as world:
        tools = world.tools
        for text_ in ("y" * 1_000_000, "1" * 1_000_000, f"{'a.' * 500_000}@", "1-" * 500_000):
            assert len(list(values_in(tools, text_))) < 100_000
