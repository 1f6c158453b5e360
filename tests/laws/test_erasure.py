"""Law 8: a person erased stays erased; nothing holds them, and nothing brings them back."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.protocol import Hint
from staging import rows
from staging.erasure import scrub, tombstones
from sync.complete import hints
from sync.erasure import keyring
from sync.erasure.erase import erase
from sync.erasure.subject import subject_of
from tasuki.errors import ConfigError, RejectedError
from tests.rehearsal import Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADA = {"email": "Ada.Byron@aoba.example", "last": "Byron", "title": "Analyst"}
VALUES = ["ada.byron@aoba.example"]


@contextmanager
def office(folder: Path, **settings: Any) -> Iterator[Rehearsal]:
    """A company with two people in two systems, whose erasures are noted in a folder."""
    with rehearsal(**settings) as world:
        project = replace(world.tools.project, erasure_folder=folder)
        world.tools = replace(world.tools, project=project)
        company = world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example"})
        world.crm.add("people", {**ADA, "company_id": company})
        world.ma.add("contacts", {"email": "ada.byron@aoba.example", "last": "Byron"})
        world.crm.add("people", {"email": "kay@aoba.example", "last": "Kay"})
        world.ma.add(
            "events",
            {"kind": "form_submitted", "at": "2026-01-04T09:00:00Z", "cookie": "v1",
             "url": "https://x.example/price", "email": "ada.byron@aoba.example"},
        )  # fmt: skip
        world.run()
        yield world


def person(world: Rehearsal, email: str) -> str:
    """The id of somebody."""
    return next(str(row["id"]) for row in world.all("person") if row["email"] == email)


def forget(world: Rehearsal, email: str = "ada.byron@aoba.example") -> dict[str, Any]:
    """Erase somebody."""
    id_ = person(world, email)
    with world.store.writing() as db:
        return erase(db, world.tools, id_)


def held(world: Rehearsal) -> list[str]:
    """Where Ada still stands."""
    with world.store.reading() as db:
        return scrub.holds(db, VALUES, ["Ada Byron", "Byron Ada"])


def emails(world: Rehearsal) -> set[str]:
    """Everybody who is known."""
    return {row["email"] for row in world.all("person")}


def test_nothing_of_an_erased_person_is_left(tmp_path: Path) -> None:
    """Records, events, journal, keys, plans and wishes hold nothing of theirs; others stay."""
    with office(tmp_path) as world:
        world.crm.edit("people", "people-000001", {"title": "Countess"})
        world.run()
        assert held(world)
        forget(world)
        assert held(world) == []
        assert emails(world) == {"kay@aoba.example"}
        assert all("Byron" not in str(row["payload"]) for row in world.all("record"))
        assert world.all("engagement") == []


def test_what_waits_for_them_goes_too(tmp_path: Path) -> None:
    """A refused write names its record: neither the wish nor what was parked of it stays."""
    with office(tmp_path) as world:
        world.ma.rules.append(lambda _write: RejectedError("no", why="not now", remedy="Wait."))
        world.sync()
        assert [row["label"] for row in world.all("parked")] == ["Byron"]
        forget(world)
        assert (world.all("parked"), held(world)) == ([], [])


def test_no_pull_brings_them_back(tmp_path: Path) -> None:
    """The systems still have them, change them, and count them: they stay away, counts agree."""
    with office(tmp_path) as world:
        forget(world)
        world.crm.edit("people", "people-000001", {"title": "Countess"})
        counts = world.run()
        assert emails(world) == {"kay@aoba.example"}
        assert held(world) == []
        assert counts["complete"]
        assert world.run()["changed"] == 0


def test_no_new_record_of_theirs_is_kept(tmp_path: Path) -> None:
    """A new record or event with their address, however it is spelled, is an empty place."""
    with office(tmp_path) as world:
        forget(world)
        world.ma.add("contacts", {"email": " ADA.BYRON@aoba.example", "last": "Byron"})
        world.ma.add(
            "events", {"kind": "page_view", "at": "2026-01-05T10:00:00Z", "cookie": "v2",
                       "email": "ada.byron@aoba.example"},
        )  # fmt: skip
        world.run()
        assert emails(world) == {"kay@aoba.example"}
        assert held(world) == []


def test_a_platform_merge_does_not_bring_them_back(tmp_path: Path) -> None:
    """Their record survives another's merge on the platform: it stays an empty place."""
    with office(tmp_path) as world:
        forget(world)
        world.crm.merge("people", "people-000001", "people-000002")
        world.run()
        assert "ada.byron@aoba.example" not in emails(world)
        assert held(world) == []


def test_a_restored_store_forgets_again(tmp_path: Path) -> None:
    """The log outlives the store: a person whom a backup has back is erased by the next run."""
    with office(tmp_path / "a") as world:
        forget(world)
    with office(tmp_path / "b") as restored:
        assert "ada.byron@aoba.example" in emails(restored)
        project = replace(restored.tools.project, erasure_folder=tmp_path / "a")
        restored.tools = replace(restored.tools, project=project)
        restored.run()
        assert emails(restored) == {"kay@aoba.example"}
        assert held(restored) == []


def test_a_rotated_key_still_knows_them(tmp_path: Path) -> None:
    """Who was erased under the old key is known under the new one."""
    with office(tmp_path) as world:
        forget(world)
        keyring.rotate(world.tools.project)
        world.ma.add("contacts", {"email": "ada.byron@aoba.example"})
        world.run()
        assert emails(world) == {"kay@aoba.example"}


def test_without_the_key_nothing_is_read(tmp_path: Path) -> None:
    """A lost key is said at once: reading on would bring people back unrecognised."""
    with office(tmp_path) as world:
        forget(world)
        (tmp_path / "erasure.key").unlink()
        world.ma.add("contacts", {"email": "new@aoba.example"})
        with pytest.raises(ConfigError, match="key"):
            world.run()


def test_marks_say_nothing(tmp_path: Path) -> None:
    """Neither the store nor the log holds an address, and other projects mark otherwise."""
    with office(tmp_path / "a") as world, office(tmp_path / "b") as other:
        forget(world)
        forget(other)
        log = (tmp_path / "a" / "erasures.log").read_text("ascii")
        assert "ada" not in log.lower()
        assert (tmp_path / "a" / "erasure.key").stat().st_mode & 0o077 == 0
        mine = {row["hash"] for row in world.all("tombstone")}
        assert mine
        assert mine.isdisjoint(row["hash"] for row in other.all("tombstone"))


def test_who_is_let_in_again_is_kept_again(tmp_path: Path) -> None:
    """Lifting an erasure lets a new record of that address become a person."""
    with office(tmp_path) as world:
        forget(world)
        ring = keyring.load(world.tools.project)
        marks = ring.marks("email", "ada.byron@aoba.example")
        with world.store.writing() as db:
            standing = tombstones.known(db, marks)
            tombstones.lift(db, standing)
        keyring.take_back(world.tools.project, standing)
        world.ma.add("contacts", {"email": "ada.byron@aoba.example", "last": "Byron"})
        world.run()
        assert "ada.byron@aoba.example" in emails(world)


def test_nobody_else_is_touched(tmp_path: Path) -> None:
    """Another person's row, records and events are as they were."""
    with office(tmp_path) as world:
        kay = person(world, "kay@aoba.example")
        with world.store.reading() as db:
            before = rows.read(db, "person", [kay])
        forget(world)
        with world.store.reading() as db:
            assert rows.read(db, "person", [kay]) == before
            assert subject_of(db, world.tools, kay).refs


STEPS = st.lists(
    st.sampled_from(["edit", "new", "event", "run", "erase", "delete"]),
    max_size=10,
)


@settings(max_examples=12)
@given(STEPS)
@pytest.mark.slow
def test_in_any_order_they_stay_away(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    """Edits, new records, events, deletes and runs, in any order around the erasure."""
    with office(tmp_path_factory.mktemp("erasure")) as world:
        erased = False
        for number, step in enumerate([*steps, "erase", "run", "new", "event", "run"]):
            known = any(e == VALUES[0] for e in emails(world))
            if step == "run":
                world.run()
            elif step == "erase" and known:
                forget(world)
                erased = True
            elif step == "edit" and "people-000001" in world.crm.living("people"):
                world.crm.edit("people", "people-000001", {"title": f"Title {number}"})
            elif step == "new":
                world.ma.add("contacts", {"email": "ada.byron@aoba.example", "last": "Byron"})
            elif step == "event":
                world.ma.add(
                    "events",
                    {"kind": "page_view", "at": f"2026-01-05T10:00:{number:02}Z",
                     "cookie": "v9", "email": "ada.byron@aoba.example"},
                )  # fmt: skip
            elif step == "delete" and "people-000001" in world.crm.living("people"):
                world.crm.delete("people", "people-000001")
        assert erased
        assert held(world) == []
        assert VALUES[0] not in emails(world)


def test_whom_a_system_erased_is_erased_here_too(tmp_path: Path) -> None:
    """A privacy deletion is believed once the record is gone; a mere claim of one is not."""
    with office(tmp_path) as world:
        claim = [Hint("contacts", "contacts-000001", is_erasure=True)]
        with world.store.writing() as db:
            hints.note(db, world.tools, "ma", claim)
        world.run()
        assert "ada.byron@aoba.example" in emails(world)
        world.ma.delete("contacts", "contacts-000001")
        with world.store.writing() as db:
            hints.note(db, world.tools, "ma", claim)
        world.run()
        assert emails(world) == {"kay@aoba.example"}
        assert held(world) == []


def test_a_lost_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    """Who was erased under it could no longer be told: the next erasure refuses."""
    with office(tmp_path) as world:
        forget(world)
        (tmp_path / "erasure.key").unlink()
        with pytest.raises(ConfigError, match="key"):
            forget(world, "kay@aoba.example")
