"""`tasuki preview`: a record on its way through its mapping, and a changed file on many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.yaml import parse
from mappings.load import load
from mappings.spec import Mapping
from tasuki.cli.speech.words import Words
from tasuki.cli.views.check import changed_view, preview_view
from tasuki.errors import ConfigError, UnknownRecordError
from tasuki.service.app import App
from tasuki.service.checking.preview import preview_mapping, preview_record, read_mapping
from tests.rehearsal import FILES, Rehearsal, rehearsal


@pytest.fixture
def company() -> Iterator[Rehearsal]:
    """Two records of one company, and one that stands alone; pulled and merged."""
    with rehearsal() as at:
        at.crm.add("companies", {"name": " Aoba  Inc ", "number": "1", "phone": "1", "staff": "5"})
        at.ma.add("orgs", {"name": "Aoba", "number": "1", "staff": "7", "industry": "Steel"})
        at.ma.add("orgs", {"name": "Other", "staff": "many"})
        at.run()
        yield at


def app_of(at: Rehearsal) -> App:
    return App(at.tools.project, at.store, at.tools)


def changed(old: str, new: str) -> Mapping:
    text = FILES["mappings/account.yaml"]
    assert old in text
    return load(parse(text.replace(old, new), "changed.yaml"))


def test_a_record_is_shown_on_its_way(company: Rehearsal) -> None:
    """Given, normalized, merged with the entity's other records, and what would be written."""
    found = preview_record(app_of(company), "crm/companies/companies-000001")
    assert found.with_records == ("ma/orgs/orgs-000001",)
    cells = {cell.field: cell for cell in found.cells}
    name, staff = cells["name"], cells["employees"]
    assert (name.given, name.normalized, name.merged) == (" Aoba  Inc ", "Aoba Inc", "Aoba Inc")
    assert (staff.given, staff.normalized, staff.merged, staff.policy) == ("5", 5, 7, "highest")
    writes = {(w.ref, w.name): (w.before, w.after) for w in found.writes}
    assert writes["crm/companies/companies-000001", "staff"] == ("5", 7)
    assert writes["ma/orgs/orgs-000001", "name"] == ("Aoba", "Aoba Inc")
    assert plain(preview_view(found, Words("ja"))).count("→") == len(found.writes)


def test_what_cannot_be_read_says_why(company: Rehearsal) -> None:
    """A cell that does not fit is shown with its reason and its remedy."""
    found = preview_record(app_of(company), "ma/orgs/orgs-000002")
    (reject,) = found.rejects
    assert (reject.field, reject.source) == ("employees", "staff")
    assert "does not fit int" in reject.reason
    assert reject.remedy


@pytest.mark.parametrize("target", ["nothing", "crm/companies/x", "crm/deals/1"])
def test_a_record_that_is_not_there_is_refused(company: Rehearsal, target: str) -> None:
    """No ref, no staged record, no mapping: each says what to do."""
    with pytest.raises(UnknownRecordError) as caught:
        preview_record(app_of(company), target)
    assert all(caught.value.lines())


def test_a_changed_file_is_tried_on_what_is_staged(company: Rehearsal) -> None:
    """How many records would say something else, in which fields; nothing is kept."""
    before = company.rows("account")
    other = changed("city: {crm: city", "city: {crm: phone")
    found = preview_mapping(app_of(company), other, 100)
    assert (found.staged, found.looked_at, found.changed) == (3, 3, 1)
    assert [(f.field, f.records) for f in found.fields if f.records] == [("city", 1)]
    assert found.examples == ("crm/companies/companies-000001",)
    assert found.would_write == found.writes_now + 1
    assert company.rows("account") == before
    assert "3" in plain(changed_view(found, Words()))


def test_a_preview_of_many_is_bounded(company: Rehearsal) -> None:
    """No more than the limit is read, of every side its share."""
    found = preview_mapping(app_of(company), changed("city: {crm: city", "city: {crm: phone"), 2)
    assert (found.staged, found.looked_at) == (3, 2)


def test_a_scope_is_previewed_too(company: Rehearsal) -> None:
    """Records the changed file would leave out are counted, and shown as out of scope."""
    other = changed("{object: orgs}", "{object: orgs, scope: \"name = 'aoba'\"}")
    assert preview_mapping(app_of(company), other, 100).out_of_scope == 1
    assert not preview_record(app_of(company), "ma/orgs/orgs-000002", other).in_scope


def test_a_changed_file_is_read_against_the_project(company: Rehearsal, tmp_path: Path) -> None:
    """A mistake in it is shown at its place; a mapping of nothing staged says so."""
    path = tmp_path / "account.yaml"
    path.write_text(FILES["mappings/account.yaml"].replace("squeeze", "squeze"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_mapping(app_of(company), path)
    assert "squeeze" in caught.value.remedy
    with rehearsal() as empty, pytest.raises(ConfigError, match="Nothing is staged"):
        preview_mapping(app_of(empty), changed("city: {crm: city", "city: {crm: phone"), 9)


def plain(shown: object) -> str:
    """What a view prints."""
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    Console(file=out, width=200).print(shown)
    return out.getvalue()
