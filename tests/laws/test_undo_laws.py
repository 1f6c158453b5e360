"""Law 7 over random plans, edits and orders: what is ours goes back, what is theirs stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from connectors.protocol import Verb
from sync.write.intent import Intent
from tests.rehearsal import rehearsal

if TYPE_CHECKING:
    from tests.rehearsal import Rehearsal

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
FEW = settings(max_examples=4, phases=PHASES)
NAMES = ("phone", "city", "staff", "score")
COMPANIES = 4
Cells = dict[tuple[str, str], Any]
CELL = st.tuples(st.integers(0, COMPANIES - 1), st.sampled_from(NAMES))
VALUE = st.sampled_from(["one", "two", "three", None])
WISHES = st.dictionaries(CELL, VALUE, min_size=1, max_size=6)
LINKS = st.sets(st.tuples(st.integers(0, COMPANIES - 1), st.integers(0, 2)), max_size=3)


def offices(world: Rehearsal) -> tuple[list[str], list[str]]:
    """Companies with something in every cell, and people nobody is linked to."""
    given = {"phone": "0", "city": "0", "staff": 0}
    companies = [world.crm.add("companies", {"name": f"c{n}", **given}) for n in range(COMPANIES)]
    people = [world.crm.add("people", {"last": f"p{n}"}) for n in range(3)]
    world.settle()
    return companies, people


def wish(world: Rehearsal, name: str, cells: dict[tuple[str, str], Any]) -> str | None:
    """Want these cells, write them; the run that did."""
    records: dict[str, dict[str, Any]] = {}
    for (id_, field), value in cells.items():
        records.setdefault(id_, {})[field] = value
    world.wish(
        *(
            Intent(
                id=f"score:{name}:{id_}",
                origin=f"score:{name}",
                lane="mappings",
                verb=Verb.UPDATE,
                connection="crm",
                object="companies",
                record_id=id_,
                fields=fields,
                cause={"rule": name, "why": "a law"},
            )
            for id_, fields in records.items()
        )
    )
    counts = world.walk("replan")
    if counts["plan"] is None:
        return None
    world.apply(counts["plan"])
    return str([run["id"] for run in world.all("run") if run["kind"] == "apply"][-1])


def seen(world: Rehearsal) -> Cells:
    """Every cell and every link of the companies."""
    rows = world.crm.living("companies").items()
    found: Cells = {(id_, name): row.fields.get(name) for id_, row in rows for name in NAMES}
    ties = {(i, "people"): sorted(world.crm.linked("companies", i, "people")) for i, _ in rows}
    return found | ties


def wanted(ids: tuple[list[str], list[str]], cells: Any, links: Any) -> dict[Any, Any]:
    companies, people = ids
    fields = {(companies[n], name): value for (n, name), value in cells.items()}
    return fields | {(companies[n], "associations.people"): people[p] for n, p in links}


def undo(world: Rehearsal, what: str) -> dict[str, Any]:
    """Plan an undo and apply it; the counts of its plan."""
    counts = world.walk("undo", of=what)
    if counts["changes"]:
        world.apply(counts["plan"])
    return counts


@FEW
@given(WISHES, LINKS, st.dictionaries(CELL, VALUE, max_size=4), st.booleans())
def test_every_cell_is_as_before_or_as_edited(
    cells: Any, links: Any, hands: Any, late: bool
) -> None:
    """After an undo a cell holds what stood before the plan, or what a person wrote since.

    Whether the person wrote before the undo was planned, or between its plan and its apply.
    """
    with rehearsal() as world:
        ids = offices(world)
        before = seen(world)
        run = wish(world, "fit", wanted(ids, cells, links))
        applied = seen(world)
        world.tick()
        planned = world.walk("undo", of=run) if late and run else None
        for (n, name), value in hands.items():
            world.crm.edit("companies", ids[0][n], {name: value})
        if planned and planned["changes"]:
            world.apply(planned["plan"])
        elif run:
            undo(world, run)
        edited = {(ids[0][n], name): value for (n, name), value in hands.items()}
        for cell, value in seen(world).items():
            theirs = cell in edited and edited[cell] != applied[cell]
            assert value == (edited[cell] if theirs else before[cell]), cell
        assert not run or world.walk("undo", of=run)["changes"] == 0


@FEW
@given(WISHES, LINKS)
def test_an_undo_undone_is_the_apply(cells: Any, links: Any) -> None:
    """Apply, undo, undo of the undo: fields and links are as applied; and back once more."""
    with rehearsal() as world:
        ids = offices(world)
        before = seen(world)
        run = wish(world, "fit", wanted(ids, cells, links))
        if run is None:
            return
        applied = seen(world)
        first = undo(world, run)["plan"]
        assert seen(world) == before
        if first is None:
            return
        second = undo(world, first)["plan"]
        assert seen(world) == applied
        undo(world, second)
        assert seen(world) == before


@FEW
@given(WISHES, WISHES, st.booleans())
def test_two_runs_are_undone_in_either_order(one: Any, two: Any, newest_first: bool) -> None:
    """Newest first both are gone; the older one first leaves what the newer wrote, and says so."""
    with rehearsal() as world:
        ids = offices(world)
        before = seen(world)
        runs = [wish(world, n, wanted(ids, c, ())) for n, c in (("fit", one), ("heat", two))]
        for run in reversed(runs) if newest_first else runs:
            if run is not None:
                undo(world, run)
        after = seen(world)
        again = {(ids[0][n], name) for n, name in one} & {(ids[0][n], name) for n, name in two}
        for cell in before:
            if newest_first or cell not in again:
                assert after[cell] == before[cell], cell


@FEW
@given(WISHES, st.dictionaries(CELL, VALUE, max_size=3), WISHES)
def test_a_record_goes_back_to_what_was_not_ours(one: Any, hands: Any, two: Any) -> None:
    """Undoing everything written to each record leaves what a person wrote last, or the start."""
    with rehearsal() as world:
        ids = offices(world)
        theirs = seen(world)
        wish(world, "fit", wanted(ids, one, ()))
        ours = seen(world)
        for (n, name), value in hands.items():
            world.crm.edit("companies", ids[0][n], {name: value})
            if value != ours[ids[0][n], name]:
                theirs[ids[0][n], name] = value
        wish(world, "heat", wanted(ids, two, ()))
        written = {row["record_id"] for row in world.all("receipt")}
        for id_ in sorted(written):
            undo(world, f"crm/companies/{id_}")
            assert world.walk("undo", of=f"crm/companies/{id_}")["changes"] == 0
        assert seen(world) == theirs
