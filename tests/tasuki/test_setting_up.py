"""Fields that a project writes and its systems do not have: worked out, made, told by doctor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.memory.client import MemoryConnector
from connectors.memory.system import Shape
from connectors.protocol import Capabilities, FieldInfo, NewField, Receipt, Settled
from mappings.finding import Severity
from tasuki.errors import BlockedError, UnknownRecordError
from tasuki.service.app import App
from tasuki.service.checking import live
from tasuki.service.setting_up import making, needed
from tests.rehearsal import Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ACCOUNT = """
kind: mapping
name: account
entity: account
sides:
  crm: {object: companies}
  ma: {object: orgs}
create: {ma: {key: customer_code}}
fields:
  name: {crm: name, ma: name, direction: both, conflict: crm_wins}
  customer_code: {crm: code, ma: tasuki_code, direction: both, conflict: crm_wins}
  employees: {crm: staff, ma: head_count, direction: both, conflict: highest}
  industry: {crm: industry, ma: in_dustry, direction: both, conflict: crm_wins}
  city: {crm: city, ma: {field: place, direction: pull}, conflict: crm_wins}
identity:
  - {rule: customer_code, field: customer_code}
"""


class Defining(MemoryConnector):
    """A system whose fields can be made through its API."""

    @property
    def can(self) -> Capabilities:
        return replace(super().can, defines=True)

    def define(self, fields: Sequence[NewField]) -> Sequence[Receipt]:
        said = []
        for each in fields:
            self._call("define", each.object)
            known = self.system.shapes[each.object]
            is_new = all(one.name != each.name for one in known.fields)
            made = FieldInfo(each.name, each.type, unique=each.unique)
            if is_new:
                shapes: Any = self.system.shapes
                shapes[each.object] = Shape(
                    (*known.fields, made), each.name if each.unique else known.unique
                )
            key = f"{each.object}.{each.name}"
            said.append(Receipt(key, Settled.WRITTEN, created=is_new))
        return said


class Refusing(Defining):
    """A system whose app was not given the scope."""

    def define(self, fields: Sequence[NewField]) -> Sequence[Receipt]:
        raise BlockedError(
            "ma: fields may not be made", why="the scope crm.schemas.write is missing"
        )


@pytest.fixture
def world() -> Iterator[Rehearsal]:
    """A company whose mapping writes three fields that `ma` does not have."""
    with rehearsal({"mappings/account.yaml": ACCOUNT}) as made:
        made.ma.shapes = dict(made.ma.shapes)
        yield made


def app(world: Rehearsal, kind: type[MemoryConnector] = MemoryConnector) -> App:
    ma = kind(world.ma, world.connector("ma").settings)
    connectors = {"crm": world.connector("crm"), "ma": ma}
    return App(world.tools.project, world.store, replace(world.tools, connectors=connectors))


def nothing(_app: App, _name: str, _fields: Sequence[NewField]) -> Mapping[str, str] | None:
    """Systems that take no package."""
    return None


def packed(_app: App, name: str, fields: Sequence[NewField]) -> Mapping[str, str] | None:
    """Systems that take a package of two files."""
    said = "\n".join(f"{each.object}.{each.name}" for each in fields)
    return {"README.txt": name, "in/fields.txt": said} if fields else {}


def test_the_plan_names_type_key_labels_and_line(world: Rehearsal) -> None:
    """Fields that are only read are not missed; nothing is made by looking."""
    found = making.look(app(world), [], nothing)
    told = [(e.connection, e.object, e.name, e.type, e.unique, e.how) for e in found.fields]
    assert told == [
        ("ma", "orgs", "tasuki_code", "text", True, making.How.BY_HAND),
        ("ma", "orgs", "head_count", "int", False, making.How.BY_HAND),
        ("ma", "orgs", "in_dustry", "text", False, making.How.BY_HAND),
    ]
    code = found.fields[0]
    assert code.label["en"]
    assert list(code.label) == ["en", "ja"]  # the project's language first
    assert code.why[0].startswith("mappings/account.yaml:11")
    assert (found.is_pending, found.is_mistaken) == (True, False)
    (near,) = found.findings
    assert "`industry`, but no `in_dustry`" in near.what
    assert "tasuki_code" not in {each.name for each in world.ma.shapes["orgs"].fields}


def test_making_twice_is_making_once_and_then_nothing_is_missing(world: Rehearsal) -> None:
    """A system that can define gets its fields; the second time there is nothing to do."""
    first = making.make(app(world, Defining), [], nothing, "sato")
    assert {each.state for each in first.fields} == {making.Made.MADE}
    assert not first.is_pending
    names = {each.name: each.unique for each in world.ma.shapes["orgs"].fields}
    assert names["tasuki_code"] is True
    assert making.make(app(world, Defining), [], nothing, "sato").fields == ()
    assert [row["action"] for row in world.all("audit")] == ["field.made"] * 3


def test_a_made_key_keeps_creates_single(world: Rehearsal) -> None:
    """With its key made, an account is created once, however often it is wished for."""
    made = app(world, Defining)
    making.make(made, [], nothing, "sato")
    again = replace(world, tools=made.tools)
    world.crm.add("companies", {"name": "Aoba", "code": "C1"})
    again.settle()
    again.settle()
    (row,) = world.ma.living("orgs").values()
    assert row.fields["tasuki_code"] == "C1"


def test_a_package_is_written_where_a_system_takes_one(world: Rehearsal, tmp_path: Path) -> None:
    """Each connection has its folder; the fields stay pending until somebody deploys them."""
    before = tmp_path / "ma" / "in" / "before.txt"
    before.parent.mkdir(parents=True)
    before.write_text("of the package before")
    found = making.make(app(world), [], packed, "sato", tmp_path)
    assert not before.exists()
    assert found.packages == {"ma": tmp_path / "ma"}
    text = (tmp_path / "ma" / "in" / "fields.txt").read_text()
    assert text.splitlines() == ["orgs.tasuki_code", "orgs.head_count", "orgs.in_dustry"]
    assert {(e.how, e.state) for e in found.fields} == {(making.How.PACKAGE, making.Made.WRITTEN)}
    assert found.is_pending


def test_a_missing_scope_is_told_by_its_name(world: Rehearsal) -> None:
    """The system's own error stands beside the fields, which are still missing."""
    found = making.make(app(world, Refusing), [], nothing, "sato")
    assert "crm.schemas.write" in found.errors["ma"].why
    assert {each.state for each in found.fields} == {making.Made.MISSING}


def test_a_key_that_is_there_and_not_unique_is_told(world: Rehearsal) -> None:
    """It works, with a gap that the finding names; nothing is made anew."""
    shape = world.ma.shapes["orgs"]
    added = tuple(FieldInfo(name, "text") for name in ("tasuki_code", "head_count", "in_dustry"))
    world.ma.shapes = {**world.ma.shapes, "orgs": Shape((*shape.fields, *added))}
    found = making.look(app(world), ["ma"], nothing)
    assert found.fields == ()
    (finding,) = found.findings
    assert finding.severity is Severity.WARNING
    assert "`tasuki_code` of ma/orgs is not unique" in finding.what


def test_doctor_says_what_the_kept_descriptions_lack(world: Rehearsal) -> None:
    """One finding with the command that mends it; without a description nothing is said."""
    here = app(world)
    with world.store.reading() as db:
        assert list(needed.checks(here, db)) == []
    live.keep(here, live.discover(here)[0])
    with world.store.reading() as db:
        (check,) = needed.checks(here, db)
    assert "ma/orgs.tasuki_code" in check.found
    assert check.fix == "tasuki setup"


def test_a_connection_nobody_declares_is_refused(world: Rehearsal) -> None:
    """The nearest name is offered."""
    with pytest.raises(UnknownRecordError):
        making.look(app(world), ["crn"], nothing)
