"""In whatever order records, edits, deletes and rulings come: who is who ends the same."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import StaticPool, create_engine, select

from catalog.entities import ENTITIES
from config.project import Project
from mappings.spec import Confidence, KeyPart, KeyRule
from mappings.spec import Mapping as RecordMapping
from staging import identities, queue
from staging.identity import reviews, rulings
from staging.tables.columns import METADATA
from staging.tables.identity import LINK
from sync.context import Tools
from sync.identity import keys as reading
from sync.identity.afresh import resolve_whole
from sync.identity.cluster import HUB
from sync.identity.resolve import resolve_entity
from tasuki.clock import FixedClock
from tasuki.values import Ref
from tests.rehearsal import START

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from sync.context import Step

MAPPING = RecordMapping(
    "account",
    ENTITIES["account"],
    sides={},
    fields={},
    keys=(
        KeyRule("stored_id", stored_in={"a": "x"}, refers_to="b"),
        KeyRule("number", (KeyPart("corporate_number"),), veto=True),
        KeyRule("domain", (KeyPart("domain"),)),
        KeyRule("name", (KeyPart("name"),), confidence=Confidence.LIKELY),
        KeyRule("who", (KeyPart("industry"),), confidence=Confidence.LIKELY, apart_by=("domain",)),
        KeyRule("phone", (KeyPart("phone"),), confidence=Confidence.POSSIBLE),
    ),
)
KINDS = ("stored_id", "number", "domain", "name", "who", "phone")
TABLES = ("identity_key", "link", "review", "ruling", "reference", "alias", "dirty")


@dataclass
class Desk:
    """A store with nothing but identity in it, and a runner that does every step at once."""

    db: Connection
    tools: Tools
    at_once: bool = False

    run_id = "run"

    def step(self, step: Step, **arguments: Any) -> dict[str, Any]:
        """Do one step."""
        answer = step.ask(self.db, self.tools, arguments) if step.ask else None
        return step.keep(self.db, self.tools, arguments, answer)

    def tell(self, *_: object) -> None:
        """Nobody watches."""

    def put(self, keys: dict[str, dict[str, frozenset[str]]]) -> None:
        """These records have these keys from now on; with None they are deleted."""
        fresh = {Ref.parse(r): _living(r, said) for r, said in keys.items()}
        before = identities.keys_of(self.db, "account", fresh)
        reading._set_keys(self.db, self.tools, MAPPING, fresh, before)

    def name_parents(self, parents: dict[str, str | None]) -> None:
        """These records name these as their parents."""
        refs = {Ref.parse(ref) for ref in parents}
        rows = [
            (Ref.parse(ref), "account", "parent_id", f"ref:{to}")
            for ref, to in parents.items()
            if to
        ]
        identities.set_references(self.db, refs, rows, "account")
        queue.mark(self.db, queue.IDENTIFY, "account", parents)
        targets = {f"ref:{ref}" for ref in parents}
        reading._doubt_kin(self.db, "account", ["parent_id"], targets)

    def rule(self, left: str, right: str, verdict: str, at: int) -> None:
        """A person rules."""
        now = f"2026-01-05T09:00:{at:02d}.000Z"
        pair = [(left, right)]
        rulings.give(self.db, "account", pair, verdict, by="ada", reason="", now=now)
        queue.mark(self.db, queue.IDENTIFY, "account", (left, right))

    def resolve(self) -> None:
        """Everything dirty: by neighbourhoods, or the whole entity at once."""
        runner: Any = self
        if self.at_once:
            for _ in resolve_whole(runner, "account", list(MAPPING.keys)):
                pass
            assert queue.waiting(self.db, queue.IDENTIFY) == {}
        for _ in resolve_entity(runner, "account"):
            pass

    def end(self) -> tuple[Any, Any, Any]:
        """Who is who, why, and what is in doubt."""
        groups: dict[str, set[str]] = {}
        why: dict[str, tuple[str, str]] = {}
        for row in self.db.execute(select(LINK).where(LINK.c.valid_to.is_(None))):
            ref = f"{row.connection}/{row.object}/{row.id}"
            groups.setdefault(row.entity_id, set()).add(ref)
            why[ref] = (row.rule, row.evidence)
        found, _ = reviews.listed(self.db, state="open", limit=1000)
        asked = {(each.left, each.right, each.reason) for each in found}
        return sorted(map(sorted, groups.values())), why, asked


def _living(ref: str, said: dict[str, frozenset[str]] | None) -> dict[str, frozenset[str]]:
    return {} if said is None else {**said, "record": frozenset({ref})}


@cache
def _empty() -> Path:
    """A store of empty identity tables, made once."""
    path = Path(tempfile.mkdtemp()) / "empty.db"
    engine = create_engine(f"sqlite:///{path}")
    METADATA.create_all(engine, [METADATA.tables[name] for name in TABLES])
    engine.dispose()
    return path


@contextmanager
def desk(*, at_once: bool = False) -> Iterator[Desk]:
    """A fresh store."""
    project = Project(Path(), "arrival")
    tools = Tools(project, (MAPPING,), {}, FixedClock(START), run="run")
    copied = sqlite3.connect(":memory:", check_same_thread=False)
    with closing(sqlite3.connect(_empty())) as empty:
        empty.backup(copied)
    engine = create_engine("sqlite://", creator=lambda: copied, poolclass=StaticPool)
    with engine.connect() as db:
        yield Desk(db, tools, at_once)
    engine.dispose()
    copied.close()


REFS = [f"crm/Account/{name}" for name in "abcdefg"]
VALUES = st.sampled_from(["1", "2", "3"])
KEYS = st.fixed_dictionaries(
    {}, optional={kind: st.frozensets(VALUES, min_size=1, max_size=2) for kind in KINDS}
)
REF = st.sampled_from(REFS)
EVENT = st.one_of(
    st.tuples(st.just("put"), REF, KEYS),
    st.tuples(st.just("put"), REF, KEYS),
    st.tuples(st.just("delete"), REF, st.none()),
    st.tuples(st.just("parent"), REF, st.one_of(st.none(), REF)),
    st.tuples(st.just("same"), REF, REF),
    st.tuples(st.just("different"), REF, REF),
)
EVENTS = st.lists(st.tuples(EVENT, st.booleans()), max_size=14)


def happen(at: Desk, event: tuple[str, str, Any], number: int) -> None:
    """One thing that happens."""
    what, ref, more = event
    if what in ("put", "delete"):
        at.put({ref: more})
    elif what == "parent":
        at.name_parents({ref: more})
    elif ref != more:
        at.rule(ref, more, what, number)


def last_words(events: list[tuple[tuple[str, str, Any], bool]]) -> list[tuple[int, Any]]:
    """What still holds at the end, with its place: a later word replaces an earlier one."""
    last: dict[Any, tuple[int, Any]] = {}
    for number, (event, _) in enumerate(events):
        what, ref, more = event
        kind = "put" if what == "delete" else "rule" if what in ("same", "different") else what
        about = (kind, *sorted((ref, more))) if kind == "rule" else (kind, ref)
        last[about] = (number, event)
    return list(last.values())


@given(EVENTS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_day_by_day_ends_as_at_once(events: Any, dice: Any) -> None:
    """Linking after any event, or none, ends where linking all at once does, in any order."""
    ends_the_same(events, dice)


FEW = st.fixed_dictionaries(
    {},
    optional={
        kind: st.frozensets(VALUES, min_size=1, max_size=1) for kind in ("domain", "who", "name")
    },
)
QUIET = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(st.just("put"), REF, FEW),
            st.tuples(st.just("put"), REF, FEW),
            st.tuples(st.just("put"), REF, FEW),
            st.tuples(st.just("parent"), REF, st.sampled_from(REFS[:2])),
        ),
        st.booleans(),
    ),
    min_size=6,
    max_size=8,
)


@given(QUIET, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_where_nobody_ruled_and_no_number_differs_it_ends_the_same(events: Any, dice: Any) -> None:
    """Among few keys nothing else draws attention to a group: what must be apart is seen."""
    ends_the_same(events, dice)


def ends_the_same(events: Any, dice: Any) -> None:
    """Both ways of resolving, in two orders of arrival, come to one end."""
    with desk() as slow:
        for number, (event, resolves) in enumerate(events):
            happen(slow, event, number)
            if resolves:
                slow.resolve()
        slow.resolve()
        expected = slow.end()
    words = last_words(events)
    dice.shuffle(words)
    for at_once in (False, True):
        with desk(at_once=at_once) as quick:
            for number, event in words:
                happen(quick, event, number)
            quick.resolve()
            assert quick.end() == expected


@given(EVENTS)
@settings(max_examples=25, deadline=None)
def test_a_whole_entity_again_writes_nothing(events: Any) -> None:
    """Resolving a resolved entity as a whole closes no link and opens none."""
    with desk() as at:
        for number, (event, _) in enumerate(events):
            happen(at, event, number)
        at.resolve()
        before = at.db.execute(select(LINK).order_by(LINK.c.seq)).all()
        at.at_once = True
        at.resolve()
        assert at.db.execute(select(LINK).order_by(LINK.c.seq)).all() == before


@pytest.mark.parametrize("at_once", [False, True])
def test_what_a_key_holds_apart_is_apart_at_once_too(at_once: bool) -> None:
    """Two colleagues of one name with two addresses stay two, however many are resolved."""
    who = {"who": frozenset({"1"})}
    one, other = ({"domain": frozenset({value})} for value in "12")
    with desk(at_once=at_once) as at:
        at.put({REFS[0]: who | one, REFS[1]: who | other, REFS[2]: who})
        at.resolve()
        groups, _, asked = at.end()
        assert (len(groups), len(asked)) == (3, 2)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_value_becomes_too_common_and_ceases_to_be(at_once: bool) -> None:
    """The record that makes a value a hub parts those it joined; without it they are one again."""
    many = {f"crm/Account/{n:03d}": {"domain": frozenset({"x"})} for n in range(HUB)}
    with desk(at_once=at_once) as at:
        at.put(many)
        at.resolve()
        assert len(at.end()[0]) == 1
        at.put({"crm/Account/more": {"domain": frozenset({"x"})}})
        at.resolve()
        assert len(at.end()[0]) == HUB + 1
        at.put({"crm/Account/more": None})
        at.resolve()
        assert len(at.end()[0]) == 1


def test_what_is_ruled_while_a_whole_is_written_is_obeyed() -> None:
    """A ruling between the reading and the last step leaves its records dirty."""
    with desk() as at:
        at.put({ref: {"domain": frozenset({"x"})} for ref in REFS[:3]})
        runner: Any = at
        steps = resolve_whole(runner, "account", list(MAPPING.keys))
        next(steps)
        at.rule(REFS[0], REFS[1], "different", 1)
        for _ in steps:
            pass
        assert queue.waiting(at.db, queue.IDENTIFY) == {"account": 3}
        at.resolve()
        assert all({REFS[0], REFS[1]} - set(group) for group in at.end()[0])
