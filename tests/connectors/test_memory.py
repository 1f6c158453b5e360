"""The in-process system: what it promises beyond the conformance suite."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.memory import SPEC
from connectors.memory.client import MemoryConnector
from connectors.memory.faults import Mishap
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem, shape
from connectors.protocol import LinkTo, OpenContext, Settled, Verb, Write
from tasuki.clock import FixedClock
from tasuki.errors import BudgetError, RejectedError

START = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def system() -> MemorySystem:
    """Two objects with a unique key, and memberships that are named by their fields."""
    shapes = {
        "contacts": shape("email lastname", unique="email"),
        "tasks": shape("subject key", unique="key"),
        "members": shape("list person", id_from="list person"),
    }
    return MemorySystem(FixedClock(START), shapes)


@pytest.fixture
def connector(system: MemorySystem) -> MemoryConnector:
    """A session with small pages."""
    return MemoryConnector(system, MemorySettings(page_size=2))


def make(fields: dict[str, object], key: str = "w", **more: object) -> Write:
    """A plain create of one contact."""
    return Write(key, Verb.CREATE, "contacts", fields, **more)  # type: ignore[arg-type]


def test_the_same_steps_give_the_same_ids_and_stamps(system: MemorySystem) -> None:
    """Nothing is random: ids count up and stamps come from the clock."""
    ids = [system.add("contacts", {"lastname": name}) for name in "ab"]
    assert ids == ["contacts-000001", "contacts-000002"]
    assert {row.modified_at for row in system.living("contacts").values()} == {START}


def test_an_edit_during_paging_is_seen_again_at_the_end(
    system: MemorySystem, connector: MemoryConnector
) -> None:
    """A record changed behind the cursor comes back with its new value."""
    ids = [system.add("contacts", {"lastname": name}) for name in "abc"]
    first = connector.page("contacts", ["lastname"], None)
    system.edit("contacts", ids[0], {"lastname": "z"})
    second = connector.page("contacts", ["lastname"], first.next_cursor)
    assert [r.fields["lastname"] for r in (*first.records, *second.records)] == ["a", "b", "c", "z"]


def test_overlap_repeats_records_on_resume(system: MemorySystem) -> None:
    """With an overlap the resumed page starts with records already seen."""
    connector = MemoryConnector(system, MemorySettings(overlap=1))
    system.add("contacts", {"lastname": "a"})
    cursor = connector.page("contacts", [], None).next_cursor
    assert [r.id for r in connector.page("contacts", [], cursor).records] == ["contacts-000001"]


def test_a_write_of_equal_values_moves_no_stamp(
    system: MemorySystem, connector: MemoryConnector
) -> None:
    """An update that changes nothing is no change."""
    id = system.add("contacts", {"lastname": "a"})
    cursor = connector.page("contacts", [], None).next_cursor
    connector.write([Write("w", Verb.UPDATE, "contacts", {"lastname": "a"}, id)])
    assert connector.page("contacts", [], cursor).records == ()


@pytest.mark.parametrize(
    ("mishap", "committed"),
    [(Mishap.LOSE_REQUEST, 0), (Mishap.LOSE_HALF, 1), (Mishap.LOSE_ANSWER, 2)],
)
def test_a_lost_answer_says_unknown_whatever_was_committed(
    system: MemorySystem, connector: MemoryConnector, mishap: Mishap, committed: int
) -> None:
    """The caller sees the same; the truth differs."""
    connector.faults.writes.append(mishap)
    receipts = connector.write([make({"lastname": "a"}, "1"), make({"lastname": "b"}, "2")])
    assert [(r.key, r.settled) for r in receipts] == [("1", "unknown"), ("2", "unknown")]
    assert len(system.living("contacts")) == committed


def test_a_planned_exception_is_raised_before_anything_happens(
    system: MemorySystem, connector: MemoryConnector
) -> None:
    """A planned call failure leaves the system untouched and lets the next call pass."""
    connector.faults.calls.append(BudgetError("used up"))
    with pytest.raises(BudgetError):
        connector.write([make({"lastname": "a"})])
    assert system.living("contacts") == {}
    assert connector.write([make({"lastname": "a"})])[0].settled is Settled.WRITTEN


def test_an_injected_rule_rejects_only_its_record(
    system: MemorySystem, connector: MemoryConnector
) -> None:
    """A rule refuses one record; its neighbours are written."""
    no = RejectedError("no")
    system.rules.append(lambda write: no if write.fields.get("lastname") == "x" else None)
    receipts = connector.write([make({"lastname": name}, name) for name in "axb"])
    assert [(r.settled, r.error) for r in receipts] == [
        (Settled.WRITTEN, None),
        (Settled.REJECTED, no),
        (Settled.WRITTEN, None),
    ]


def test_a_second_holder_of_a_unique_value_is_rejected(
    system: MemorySystem, connector: MemoryConnector
) -> None:
    """A unique field keeps its promise against plain creates and updates, and names no value."""
    system.add("contacts", {"email": "a@example.com"})
    other = system.add("contacts", {"email": "b@example.com"})
    update = Write("2", Verb.UPDATE, "contacts", {"email": "a@example.com"}, other)
    for write in (make({"email": "a@example.com"}), update):
        (receipt,) = connector.write([write])
        assert receipt.settled is Settled.REJECTED
        assert "a@example.com" not in " ".join(receipt.error.lines() if receipt.error else ())


def test_a_create_leaves_the_record_that_has_its_key_alone(
    system: MemorySystem, connector: MemoryConnector
) -> None:
    """A person's edit on a record we made survives a repeated create."""
    natural_key = ("email", "a@example.com")
    (first,) = connector.write([make({"lastname": "a"}, natural_key=natural_key)])
    assert first.id is not None
    system.edit("contacts", first.id, {"lastname": "theirs"})
    (second,) = connector.write([make({"lastname": "a"}, natural_key=natural_key)])
    assert (second.id, second.created) == (first.id, False)
    assert system.living("contacts")[first.id].fields["lastname"] == "theirs"


def test_links_are_seen_from_both_sides(system: MemorySystem, connector: MemoryConnector) -> None:
    """A task written with a link shows on the contact and on the task."""
    person = system.add("contacts", {"lastname": "a"})
    task = Write("t", Verb.CREATE, "tasks", {"subject": "s"}, links=(LinkTo("contacts", person),))
    (receipt,) = connector.write([task])
    (record,) = connector.read("contacts", [person], ["associations.tasks"])
    assert record.fields == {"associations.tasks": [receipt.id]}


def test_a_merge_names_the_survivor_and_moves_links(
    system: MemorySystem, connector: MemoryConnector
) -> None:
    """The absorbed id is reported with its survivor; blanks are filled, links follow."""
    keep = system.add("contacts", {"email": "a@example.com"})
    gone = system.add("contacts", {"lastname": "b"})
    task = system.add("tasks", {"subject": "s"})
    system.link(("tasks", task), ("contacts", gone))
    cursor = connector.deletes("contacts", None).next_cursor
    system.merge("contacts", keep, gone)
    assert connector.deletes("contacts", cursor).merged == {gone: keep}
    (record,) = connector.read("contacts", [keep], ["lastname", "associations.tasks"])
    assert record.fields == {"lastname": "b", "associations.tasks": [task]}


def test_a_membership_is_named_by_its_fields(
    system: MemorySystem, connector: MemoryConnector
) -> None:
    """Adding twice makes one membership; removing names the fields, not an id."""
    add = Write("1", Verb.CREATE, "members", {"list": "l", "person": "p"})
    assert [connector.write([add])[0].created for _ in range(2)] == [True, False]
    remove = Write("2", Verb.DELETE, "members", {"list": "l", "person": "p"})
    assert connector.write([remove])[0].settled is Settled.WRITTEN
    assert system.living("members") == {}


def test_a_membership_can_come_back(system: MemorySystem, connector: MemoryConnector) -> None:
    """A removed membership is made again under the same id, and seen as a change."""
    add = Write("1", Verb.CREATE, "members", {"list": "l", "person": "p"})
    connector.write([add])
    connector.write([Write("2", Verb.DELETE, "members", {"list": "l", "person": "p"})])
    assert connector.write([add])[0].created
    assert connector.count("members") == 1


def test_the_spec_opens_a_system_from_settings(tmp_path: Path) -> None:
    """What the project file says is what the system holds."""
    settings = SPEC.settings(objects={"contacts": ("email",)}, unique={"contacts": "email"})
    context = OpenContext("test", tmp_path, FixedClock(START + timedelta(days=1)))
    connector = SPEC.open(settings, context)
    assert [field.name for field in connector.discover()[0].fields] == ["email"]
    assert connector.can.unique_keys == {"contacts": "email"}
