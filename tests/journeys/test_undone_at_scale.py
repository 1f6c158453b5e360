"""Five thousand writes on both platforms, forty edits by people, and the way back."""

from __future__ import annotations

import sys
from contextlib import closing
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pytest

from connectors.protocol import Verb
from jobs import flows
from jobs.runtime import InProcess
from sandbox.state import State
from sandbox.world.files import write_sales
from sandbox.world.generate import generate
from sandbox.world.load import load
from staging.write import plans
from sync.complete.due import Ordered
from sync.complete.flow import pull
from sync.context import Order
from sync.write.intent import Intent, wish
from sync.write.plan.draft import plan as make_plan
from tasuki.service.writing import undoing
from tasuki.wiring import open_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasuki.service.app import App

pytestmark = pytest.mark.slow
SHARES = {"contacts": 2_000, "Contact": 1_500, "Task": 1_500}
EDITED = {"contacts": 15, "Contact": 15, "Task": 10}
FIELD = {"contacts": "jobtitle", "Contact": "Title", "Task": "Subject"}
SYSTEM = {"contacts": "hubspot", "Contact": "salesforce", "Task": "salesforce"}
LIMITS = (
    "max_creates: 9999, max_deletes: 0, max_overwrite_percent: 100, max_likely_duplicates: 9999, "
    "max_tasks_per_owner: 9999, max_tasks_per_account: 9999"
)


@pytest.fixture(scope="module")
def office(serving: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, App]]:
    """A project that has read a world with thousands of people, on a sandbox of its own."""
    folder: Path = tmp_path_factory.mktemp("undone-at-scale")
    (folder / "sandbox").mkdir()
    world = generate(5, 4.0)
    with State(folder / "sandbox" / "sandbox.db") as state:
        load(world, state)
    write_sales(world, folder / "sandbox")
    with serving(folder) as place:
        file = place.project / "tasuki.yaml"
        said = [x for x in file.read_text("utf-8").splitlines() if not x.startswith("guards")]
        file.write_text("\n".join([*said, f"guards: {{{LIMITS}}}", ""]), encoding="utf-8")
        with closing(open_app(place.project)) as app:
            yield place, app


class Walker:
    """The workflows of one process."""

    def __init__(self, place: Any, app: App) -> None:
        self.runtime, self.app, self.place = InProcess(app.store, app.tools), app, place
        flows.register(self.runtime)
        self.runtime.register("read", lambda run, _: pull(run, Ordered()))
        self.runtime.register("only", lambda run, _: make_plan(run, "proof"))

    def go(self, workflow: str, **arguments: Any) -> dict[str, Any]:
        """Walk one; its counts; what it took is printed."""
        began, calls = perf_counter(), self.calls()
        counts = self.runtime.wait(self.runtime.enqueue(Order(workflow, arguments)))
        took, made = perf_counter() - began, self.calls() - calls
        sys.stdout.write(f"{workflow}: {took:.1f} s, {made} calls\n")
        return counts

    def apply(self, plan: str) -> dict[str, Any]:
        """Approve a plan and carry it out."""
        with self.app.store.writing() as db:
            plans.approve(db, plan, "manager", self.app.tools.now())
        return self.go("apply", plan=plan)

    def calls(self) -> int:
        """How many requests the sandbox has answered."""
        with (self.place.sandbox / "net.jsonl").open(encoding="utf-8") as lines:
            return sum(1 for _ in lines)


def wishes(place: Any) -> list[Intent]:
    """A new title for two kinds of people, and a task about a third."""
    people = {
        "contacts": place.rows("SELECT id FROM hs_record WHERE type = '0-1' ORDER BY id"),
        "Contact": place.rows("SELECT Id FROM sf_Contact WHERE IsDeleted = 0 ORDER BY Id"),
    }
    ids = {name: [str(row[0]) for row in rows] for name, rows in people.items()}
    ids["Task"] = ids["Contact"][-SHARES["Task"] :]
    return [
        _wish(name, id_, n) for name in SHARES for n, id_ in enumerate(ids[name][: SHARES[name]])
    ]


def _wish(object: str, id: str, n: int) -> Intent:
    makes = object == "Task"
    fields = {FIELD[object]: f"Proof {n}"} | (
        {"WhoId": id, "Status": "Not Started"} if makes else {}
    )
    return Intent(
        id=f"proof:{object}:{id}",
        origin="proof",
        lane="handoffs" if makes else "mappings",
        verb=Verb.CREATE if makes else Verb.UPDATE,
        connection=SYSTEM[object],
        object=object,
        record_id=None if makes else id,
        natural_key=("Tasuki_Key__c", f"proof:{n}") if makes else None,
        fields=fields,
        cause={"rule": "proof", "why": "to be taken back"},
    )


def standing(place: Any) -> dict[str, dict[str, Any]]:
    """What stands in the fields we write, in both platforms; of tasks those that live."""
    titles = "SELECT id, json_extract(properties, '$.jobtitle') FROM hs_record WHERE type = '0-1'"
    return {
        "contacts": {str(i): v or None for i, v in place.rows(titles)},
        "Contact": dict(place.rows("SELECT Id, Title FROM sf_Contact")),
        "Task": dict(
            place.rows(
                "SELECT Id, Subject FROM sf_Task WHERE IsDeleted = 0 AND Tasuki_Key__c IS NOT NULL"
            )
        ),
    }


def differing(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> int:
    return sum(
        one[name].get(id_) != other[name].get(id_)
        for name in one
        for id_ in {**one[name], **other[name]}
    )


def test_what_people_edited_stays_and_the_rest_goes_back(office: tuple[Any, App]) -> None:
    """5,000 writes, 40 edits since: 4,960 are as before, 40 are listed with both values."""
    place, app = office
    walker = Walker(place, app)
    walker.go("read")
    before = standing(place)
    with app.store.writing() as db:
        wish(db, wishes(place), app.tools.now())
    plan = walker.go("only")["plan"]
    applied = walker.apply(plan)
    written = standing(place)
    assert differing(before, written) == sum(SHARES.values()), applied

    mine = {
        name: [i for i, v in written[name].items() if v != before[name].get(i)] for name in SHARES
    }
    hands = {(name, i) for name, many in EDITED.items() for i in sorted(mine[name])[:many]}
    for name, id_ in hands:
        place.edit(SYSTEM[name], name, id_, **{FIELD[name]: "I know better"})

    undo = walker.go("undo", of=plan)
    left = undoing.kept(app, undo["plan"])
    assert len({each.ref for each in left}) == undo["kept"] == sum(EDITED.values())
    assert {(each.theirs, each.reason) for each in left} == {
        ("I know better", "somebody edited it since; left as it is")
    }
    assert all(str(each.ours).startswith("Proof ") and each.at for each in left)
    walker.apply(undo["plan"])
    after = standing(place)
    theirs = {(name, i) for name in after for i, v in after[name].items() if v == "I know better"}
    assert theirs == hands
    assert differing(before, after) == len(hands)
    again = walker.go("undo", of=plan)
    assert (again["changes"], again["kept"]) == (0, len(hands))
    walker.runtime.close()
