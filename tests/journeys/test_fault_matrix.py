"""Every kind of write under every kind of fault, on the sandboxes: none lost, none doubled.

The matrix is printed when the suite ends (tests/conftest.py).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from connectors.protocol import Verb, Write
from sync.write import intent
from sync.write.intent import Intent
from tests.journeys.flow import FAIR, Flow, opened
from tests.journeys.killing import carry_out
from tests.matrix import MATRIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

MANY = 6
SF, HS = "salesforce", "hubspot"
LONG = "x" * 300
"""Longer than the fields it is sent to: a value that the platform refuses."""
GUARDS = "guards: {max_creates: 500, max_overwrite_percent: 20, max_deletes: 0}"
FAULTS: dict[str, dict[str, Any]] = {
    "before send": {"drop": "before", "times": 1},
    "after commit": {"drop": "after", "times": 1},
    "half of the batch": {},
    "process killed": {},
    "token lost": {"answer": "session_expired", "times": 1},
    "quota out": {"answer": "daily_limit"},
    "row locked": {"answer": "locked", "times": 1},
}
"""What befalls the calls that write; half a batch is made of values that are refused."""
CALLS = {
    SF: {"platform": SF, "path": r"/composite"},
    HS: {"platform": HS, "path": r"/batch/(create|update|upsert)|/memberships/add"},
}
NUMBERS = count(1)


@dataclass(frozen=True)
class Kind:
    """One kind of write: what is asked for, and how to find what stands there."""

    system: str
    object: str
    verb: Verb
    key: str = ""
    """The field that makes it unique, on creates."""
    value: str = ""
    """The field whose value is looked at."""

    def __str__(self) -> str:
        return f"{self.verb} {self.object}"


KINDS = (
    Kind(SF, "Lead", Verb.CREATE, "Email", "LastName"),
    Kind(HS, "contacts", Verb.CREATE, "email", "lastname"),
    Kind(SF, "Account", Verb.UPDATE, value="Fax"),
    Kind(HS, "companies", Verb.UPDATE, value="zip"),
    Kind(HS, "contacts", Verb.UPSERT, "email", "lastname"),
    Kind(SF, "Task", Verb.CREATE, "Tasuki_Key__c", "Subject"),
    Kind(HS, "list_memberships", Verb.CREATE),
)


@dataclass
class Ground:
    """A silent project on a sandbox, and a list to put people on."""

    flow: Flow
    list_id: str
    seen: dict[str, int]

    def fault(self, rule: dict[str, Any]) -> None:
        """Let this befall the calls; nothing when it is empty."""
        storm = {**FAIR, "rules": [rule] if rule else []}
        url = f"{self.flow.place.info.http_url}/_sandbox/weather"
        httpx.put(url, json=storm, trust_env=False).raise_for_status()

    def records(self, kind: Kind) -> list[str]:
        """Ids of living records that nobody in this test has written to yet."""
        object_ = "contacts" if kind.object == "list_memberships" else kind.object
        query = "SELECT id FROM record WHERE connection = ? AND object = ? AND deleted_at IS NULL"
        ids = [i for (i,) in self.flow.place.kept(f"{query} ORDER BY id", kind.system, object_)]
        start = self.seen.get(object_, 0)
        self.seen[object_] = start + MANY
        assert len(ids) >= start + MANY
        return ids[start : start + MANY]


@pytest.fixture(scope="module")
def ground(
    small_world: Path, tmp_path_factory: pytest.TempPathFactory, serving: Any
) -> Iterator[Ground]:
    """A world in which every system says what it should."""
    folder = tmp_path_factory.mktemp("matrix") / "copy"
    shutil.copytree(small_world, folder)
    with serving(folder) as place:
        path = place.project / "tasuki.yaml"
        wide = "guards: {max_creates: 9000, max_overwrite_percent: 100, max_tasks_per_owner: 9000}"
        path.write_text(path.read_text("utf-8").replace(GUARDS, wide))
        with opened(place) as flow:
            flow.settle()
            made = flow.app.tools.connectors[HS].write([_list()])
            assert made[0].id
            yield Ground(flow, made[0].id, {})


def _list() -> Write:
    fields = {"name": "Matrix", "objectTypeId": "0-1", "processingType": "MANUAL"}
    return Write("list", Verb.CREATE, "lists", fields, natural_key=("name", "Matrix"))


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_and_nothing_doubled(
    ground: Ground, kind: Kind, fault: str, record_property: Any
) -> None:
    """Whatever befell the first apply, in the end each write stands once or is parked."""
    tag = f"m{next(NUMBERS)}"
    wishes = list(_wishes(ground, kind, tag))
    bad = _spoil(kind, wishes) if fault == "half of the batch" else set()
    told = _apply(ground, kind, fault, wishes)
    ground.fault({})
    rounds = ground.flow.settle()
    standing, parked = _standing(ground, kind, wishes), _parked(ground, wishes)
    assert standing == {w.id: int(w.id not in bad) for w in wishes}
    assert parked == bad
    assert _unsettled(ground, wishes) == set()
    again = f", {rounds} more" if rounds else ""
    said = f"{sum(standing.values())} once, {len(parked)} parked{told}{again}"
    record_property(MATRIX, [f"{kind.system} {kind}", fault, said])


# ── what is asked for, and under which fault ──


def _apply(ground: Ground, kind: Kind, fault: str, wishes: list[Intent]) -> str:
    """Plan the wishes and apply them once, under the fault; what of it was told at once."""
    flow = ground.flow
    with flow.app.store.writing() as db:
        intent.wish(db, wishes, flow.app.tools.now())
    plan = flow.approve(flow.walk("replan")["plan"])
    rule = FAULTS[fault]
    ground.fault({**CALLS[kind.system], **rule} if rule else {})
    if fault == "process killed":
        assert not carry_out(flow.place, "apply", "send:1", plan=plan)
        open_ = flow.place.kept("SELECT count(*) FROM receipt WHERE state = 'open'")
        assert open_ == [(len(wishes),)]
        return f", {len(wishes)} open when killed"
    counts = flow.walk("apply", plan=plan)
    left = {state: counts[state] for state in ("refused", "unknown") if counts.get(state)}
    return "".join(f", {n} cells {state} first" for state, n in left.items())


def _wishes(ground: Ground, kind: Kind, tag: str) -> Iterator[Intent]:
    ids = ground.records(kind) if not kind.key else [""] * MANY
    for n, id_ in enumerate(ids):
        name = f"{tag}n{n}"
        yield Intent(
            id=f"matrix:{name}",
            origin="matrix:demo",
            lane="mappings",
            verb=kind.verb,
            connection=kind.system,
            object=kind.object,
            fields=_fields(ground, kind, name, id_),
            cause={"rule": "matrix", "why": "because"},
            record_id=id_ if kind.verb is Verb.UPDATE else None,
            natural_key=(kind.key, _key(kind, name)) if kind.key else None,
        )


def _key(kind: Kind, name: str) -> str:
    return f"{name}@matrix.example" if kind.key.lower() == "email" else f"matrix:{name}"


def _fields(ground: Ground, kind: Kind, name: str, id: str) -> dict[str, Any]:
    if kind.object == "list_memberships":
        return {"list_id": ground.list_id, "record_id": id}
    key = {kind.key: _key(kind, name)} if kind.key else {}
    company = {"Company": "Matrix"} if kind.object == "Lead" else {}
    return {**company, **key, kind.value: name}


def _spoil(kind: Kind, wishes: list[Intent]) -> set[str]:
    """Give every other wish a value that its platform refuses; which those are."""
    for wish in wishes[::2]:
        fields: Any = wish.fields
        if kind.object == "list_memberships":
            fields["record_id"] = f"99{fields['record_id']}99"
        elif kind.system == HS:
            fields["no_such_property"] = "1"
        else:
            fields[kind.value] = LONG
    return {wish.id for wish in wishes[::2]}


# ── what came of it ──


def _standing(ground: Ground, kind: Kind, wishes: list[Intent]) -> dict[str, int]:
    """Wish → how many living records are as it wants them."""
    rows = ground.flow.place.rows
    if kind.object == "list_memberships":
        query = "SELECT record FROM hs_member WHERE list = ?"
        on = [str(id_) for (id_,) in rows(query, int(ground.list_id))]
        return {w.id: on.count(str(w.fields["record_id"])) for w in wishes}
    if kind.system == SF:
        query = f'SELECT "{kind.value}" FROM sf_{kind.object} WHERE IsDeleted = 0'
    else:
        type_ = {"contacts": "0-1", "companies": "0-2"}[kind.object]
        query = (
            f"SELECT json_extract(properties, '$.{kind.value}') FROM hs_record "
            f"WHERE type = '{type_}' AND archived = 0"
        )
    values = [value for (value,) in rows(query)]
    return {w.id: values.count(w.fields[kind.value]) for w in wishes}


def _parked(ground: Ground, wishes: list[Intent]) -> set[str]:
    """The wishes of which a person is told that they were refused."""
    ids = {w.id for w in wishes}
    query = "SELECT intent_id FROM parked WHERE state = 'open' AND intent_id IS NOT NULL"
    return {id_ for (id_,) in ground.flow.place.kept(query)} & ids


def _unsettled(ground: Ground, wishes: list[Intent]) -> set[str]:
    """The wishes whose fate nobody knows: a receipt open, a change of a finished plan planned."""
    query = (
        "SELECT intent_id FROM change LEFT JOIN receipt ON receipt.id = change.write_id "
        "WHERE receipt.state IN ('open', 'unknown') OR change.state IN ('planned', 'unknown')"
    )
    return {id_ for (id_,) in ground.flow.place.kept(query)} & {w.id for w in wishes}
