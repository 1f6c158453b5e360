"""Bad input: a four-line error that names place and fix, and nothing written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SLOW = pytest.mark.slow
LABELS = {"error", "where", "why", "fix"}


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = path.read_text("utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def nothing_written(place: Any) -> bool:
    """Whether no task was made and no receipt opened."""
    return place.tasks() == [] and place.kept("SELECT 1 FROM receipt") == []


@SLOW
def test_an_unknown_field_of_a_mapping(ran: Any) -> None:
    """A misspelt entity field is named with its line and column and what was meant."""
    change(ran.project / "mappings" / "account.yaml", "  industry:", "  industri:")
    refused = ran.tasuki("run")
    lines = refused.four_lines()
    assert (refused.code, set(lines)) == (2, LABELS)
    assert lines["where"].startswith("mappings/account.yaml:")
    assert lines["where"].split(" ")[0].count(":") == 2
    assert "Did you mean `industry`" in lines["fix"]
    assert nothing_written(ran)


@SLOW
def test_an_unknown_field_of_a_platform(ran: Any) -> None:
    """`validate --live` names a platform field that does not exist, and the nearest that does."""
    change(ran.project / "mappings" / "account.yaml", "Industry", "Industri")
    found = ran.tasuki("validate", "--live", "--json")
    errors = [f for f in found.json["findings"] if f["severity"] == "error"]
    assert found.code == 2
    assert "Industri" in errors[0]["what"]
    assert "Did you mean `Industry`" in errors[0]["fix"]
    assert errors[0]["where"]["line"] > 1


@SLOW
def test_an_expression_of_the_wrong_type(ran: Any) -> None:
    """Days compared with a word: refused before anything runs, with line and column."""
    change(
        ran.project / "playbook" / "signals" / "opportunity_idle.yaml",
        "opportunity.idle_days > 30",
        "opportunity.idle_days > 'long'",
    )
    refused = ran.tasuki("run")
    lines = refused.four_lines()
    assert (refused.code, set(lines)) == (2, LABELS)
    assert lines["where"].startswith("playbook/signals/opportunity_idle.yaml:")
    assert "TSK-1200" in lines["error"]
    assert nothing_written(ran)


@SLOW
def test_wrong_credentials(ran: Any) -> None:
    """A refused sign-in ends with 6 and writes nothing."""
    refused = ran.tasuki("run", SALESFORCE_CLIENT_SECRET="not-the-secret")
    lines = refused.four_lines()
    assert (refused.code, set(lines)) == (6, LABELS)
    assert "not-the-secret" not in refused.err
    assert nothing_written(ran)


@SLOW
def test_a_system_that_does_not_answer(ran: Any) -> None:
    """A sandbox that is down ends with 1, named by its connection."""
    refused = ran.tasuki("run", SALESFORCE_URL="https://localhost:9")
    lines = refused.four_lines()
    assert (refused.code, set(lines)) == (1, LABELS)
    assert "TSK-4200" in lines["error"]
    assert nothing_written(ran)


@SLOW
def test_a_file_without_a_needed_column(fresh: Any) -> None:
    """A CSV whose column is missing is named, with the column; every other object is pulled."""
    path = fresh.sandbox / "imports" / "contracts_utf8.csv"
    change(path, "contract_id", "contract_no")
    refused = fresh.tasuki("run")
    lines = refused.four_lines()
    assert (refused.code, set(lines)) == (4, LABELS)
    assert "contracts_utf8.csv" in lines["where"]
    assert "contract_id" in refused.err
    assert nothing_written(fresh)


@SLOW
def test_a_broken_row_is_named_and_its_neighbours_load(ran: Any) -> None:
    """One row with no date for a date: named by its line, exit 4; every other row is there."""
    path = ran.sandbox / "imports" / "contracts_utf8.csv"
    rows = path.read_text("utf-8-sig").splitlines()
    cells = rows[2].split(",")
    cells[4] = "not a date"
    rows[2] = ",".join(cells)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    ended = ran.tasuki("run", "--json")
    assert ended.code == 4, ended.err
    assert ended.json["counts"]["broken"] == 1
    parked = ran.tasuki("report", "--json").json["parked"]
    assert [cause["place"].endswith(":3") for cause in parked] == [True], parked
    ((kept,),) = ran.kept("SELECT count(*) FROM record WHERE object = 'contracts'")
    assert kept == len(rows) - 1


@SLOW
def test_a_value_the_mapping_cannot_translate(ran: Any) -> None:
    """A person chose an industry HubSpot does not have: parked with its fix, others are planned."""
    strange, usual = _accounts(ran)
    ran.edit("salesforce", "Account", strange, Industry="Fintech")
    ran.edit("salesforce", "Account", usual, Industry="Banking")
    made = ran.tasuki("run", "--json").json
    cells = ran.tasuki("plan", "--show", made["plan"]["id"], "--all", "--json").json["cells"]
    (parked,) = ran.tasuki("report", "--json").json["parked"]
    assert (parked["object"], parked["count"]) == ("companies", 1)
    assert "value_map" in parked["fix"]
    assert [c["after"] for c in cells if c["field"] == "industry"] == ["BANKING"]


@SLOW
def test_a_value_the_platform_does_not_allow(ran: Any) -> None:
    """HubSpot refuses one option: parked with its fix, exit 4, its neighbours are written."""
    change(ran.project / "mappings" / "account.yaml", "        BANKING:", "        BANKINGG:")
    strange, usual = _accounts(ran)
    ran.edit("salesforce", "Account", strange, Industry="Banking")
    ran.edit("salesforce", "Account", usual, Industry="Retail")
    made = ran.tasuki("run", "--json").json
    applied = ran.tasuki("apply", made["plan"]["id"], "--auto-approve", "--json")
    assert (applied.code, applied.json["parked"] > 0) == (4, True)
    (parked,) = ran.tasuki("park", "list", "--json").json["causes"]
    assert (parked["object"], bool(parked["fix"])) == ("companies", True)
    assert parked["place"].startswith("mappings/account.yaml:")
    assert parked["next_at"] > made["plan"]["created_at"]
    assert "RETAIL" in _industry(ran, usual)
    change(ran.project / "mappings" / "account.yaml", "        BANKINGG:", "        BANKING:")
    again = ran.tasuki("retry", applied.json["run_id"], "--auto-approve", "--json")
    assert (again.code, again.json["plan"]["records"]) == (0, 1), again.err
    assert "BANKING" in _industry(ran, strange)


@SLOW
def test_a_parked_write_is_given_up_by_a_person(ran: Any) -> None:
    """Dropped, it is sent no more, and `doctor` has nothing to tell of it."""
    change(ran.project / "mappings" / "account.yaml", "        BANKING:", "        BANKINGG:")
    strange, _ = _accounts(ran)
    ran.edit("salesforce", "Account", strange, Industry="Banking")
    ran.tasuki("run")
    ran.tasuki("apply", "latest", "--auto-approve")
    assert "next try" in ran.tasuki("park").out
    dropped = ran.tasuki("park", "drop", "--cause", "TSK-3000", "--reason", "not ours")
    assert (dropped.code, "1 given up" in dropped.out) == (0, True), dropped.err
    assert ran.tasuki("retry").code == 0
    assert "Nothing is parked." in ran.tasuki("park", "list").out


def _accounts(place: Any) -> tuple[str, str]:
    """Two Salesforce accounts that are also one HubSpot company each, in different industries."""
    found = place.kept(
        "SELECT min(a.id) FROM link a JOIN link b USING (entity_id) WHERE a.object = 'Account' "
        "AND b.object = 'companies' GROUP BY entity_id HAVING count(*) = 1 ORDER BY 1 LIMIT 2"
    )
    return found[0][0], found[1][0]


def _industry(place: Any, account: str) -> str:
    """What HubSpot says of a company's industry."""
    found = place.rows(
        "SELECT json_extract(properties, '$.industry') FROM hs_record "
        "WHERE type = '0-2' AND id = ?",
        _company(place, account),
    )
    return str(found)


def _company(place: Any, account: str) -> int:
    ((company,),) = place.kept(
        "SELECT b.id FROM link a JOIN link b USING (entity_id) "
        "WHERE a.id = ? AND b.object = 'companies'",
        account,
    )
    return int(company)


@pytest.mark.parametrize("words", [("rnu",), ("apply",), ("plan", "--onyl", "create"), ("undo",)])
def test_a_command_line_that_is_not_understood(words: tuple[str, ...], tmp_path: Path) -> None:
    """Usage errors are four lines too, and end with 2."""
    done = subprocess.run(
        [Path(sys.executable).parent / "tasuki", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    labels = {line.partition(":")[0] for line in done.stderr.strip().splitlines()}
    assert (done.returncode, labels, done.stdout) == (2, LABELS, "")
