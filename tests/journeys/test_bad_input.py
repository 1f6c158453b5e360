"""Bad days by the systems' own answers: one clear error each, nothing half-kept, all else pulled.

Each case breaks one thing, as its system or a person would, and runs the real command line.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import httpx
import pytest

SLOW = pytest.mark.slow
LABELS = {"error", "where", "why", "fix"}
SCOPES = """
    oauth crm.objects.contacts.read crm.objects.contacts.write crm.objects.companies.read
    crm.objects.companies.write crm.objects.owners.read crm.lists.read crm.schemas.contacts.read
    crm.schemas.companies.read crm.schemas.deals.read tickets crm.objects.custom.read
"""
"""All that the project needs but the scope of deals."""
DISABLED = json.dumps([{"message": "Not enabled.", "errorCode": "API_DISABLED_FOR_ORG"}])
FULL_BLOCKS = 2000
"""Of 1024 bytes: room for the tables and some pages."""
CONTRACTS = "contracts_utf8.csv"


def point(place: Any, name: str, value: str) -> None:
    """Change a line of `.env`."""
    file = place.project / ".env"
    file.write_text(re.sub(rf"(?m)^{name}=.*$", f"{name}={value}", file.read_text()))


def storm(place: Any, *rules: dict[str, Any]) -> None:
    """Let a storm begin."""
    url = f"{place.info.http_url}/_sandbox/weather"
    httpx.put(url, json={"rules": rules}, trust_env=False).raise_for_status()


def secret_revoked(place: Any) -> None:
    """The session ends, and the app's secret was rotated."""
    place.control("salesforce/expire", {})
    point(place, "SALESFORCE_CLIENT_SECRET", "0123456789ABCDEF")


def api_disabled(place: Any) -> None:
    """The org's edition has no API any more; sign-in still works."""
    answer = {"status": 403, "body": DISABLED, "headers": {"content-type": "application/json"}}
    storm(place, {"platform": "salesforce", "path": "^/services/data", "answer": answer})


def no_object(place: Any) -> None:
    """An administrator took Read on opportunities away."""
    asked = {"who": "*", "permission": {"objects": {"Opportunity": []}}}
    place.control("salesforce/permission", asked)


def no_field(place: Any) -> None:
    """An administrator took one field away."""
    asked = {"who": "*", "permission": {"fields": {"Account.Phone": []}}}
    place.control("salesforce/permission", asked)


def token_revoked(place: Any) -> None:
    """Somebody deleted the private app."""
    point(place, "HUBSPOT_TOKEN", "pat-na1-00000000-dead-dead-dead-000000000000")


def grant_revoked(place: Any) -> None:
    """The app was uninstalled: its refresh token buys nothing any more."""
    file = place.project / "connections" / "hubspot.yaml"
    grant = "client_id: ${APP}\nclient_secret: ${APP_SECRET}\nrefresh_token: ${APP_REFRESH}"
    file.write_text(file.read_text().replace("token: ${HUBSPOT_TOKEN}", grant))
    with (place.project / ".env").open("a") as env:
        env.write("APP=11111111-2222\nAPP_SECRET=nobodys-secret\nAPP_REFRESH=nobodys-refresh\n")


def no_scope(place: Any) -> None:
    """The key was made again without the scope of deals."""
    url = f"{place.info.http_url}/_sandbox/hubspot/service-key"
    made = httpx.post(url, json={"scopes": SCOPES.split()}, trust_env=False)
    point(place, "HUBSPOT_TOKEN", made.json()["token"])


def day_used_up(place: Any) -> None:
    """Another tool used the account's calls."""
    storm(place, {"platform": "hubspot", "answer": "daily_limit"})


def file(content: bytes) -> Callable[[Any], None]:
    """A department drops this instead of its contracts."""
    return lambda place: (place.sandbox / "imports" / CONTRACTS).write_bytes(content) and None


def books_gone(place: Any) -> None:
    """The sales system's server is down."""
    point(place, "SALES_URL", "postgresql+psycopg://reader:sesame@127.0.0.1:1/books")


def books_damaged(place: Any) -> None:
    """The sales system's file is no database any more."""
    (place.sandbox / "sales.db").write_bytes(b"half a backup" * 100)


@dataclass(frozen=True)
class Case:
    """What breaks, and how the run ends."""

    breaks: Callable[[Any], None]
    exit: int
    code: str
    stopped: str
    """Streams that stop, as a regular expression."""
    says: str
    """What the four lines name."""


CASES = {
    "secret revoked": Case(secret_revoked, 6, "TSK-4100", "salesforce/.*", "client_secret"),
    "api disabled": Case(api_disabled, 6, "TSK-4000", "salesforce/.*", "API_DISABLED_FOR_ORG"),
    "no object": Case(no_object, 6, "TSK-4000", "salesforce/Opportunity", "Read on Opportunity"),
    "token revoked": Case(token_revoked, 6, "TSK-4100", "hubspot/.*", "revoked"),
    "grant revoked": Case(grant_revoked, 6, "TSK-4100", "hubspot/.*", "refresh token"),
    "no scope": Case(no_scope, 6, "TSK-4000", "hubspot/deals", "crm.objects.deals.read"),
    "day used up": Case(day_used_up, 7, "TSK-4300", "hubspot/.*", "midnight"),
    "workbook": Case(file(b"PK\x03\x04half"), 4, "TSK-4500", "imports/contracts", CONTRACTS),
    "encoding": Case(file(os.urandom(4000)), 4, "TSK-4500", "imports/contracts", CONTRACTS),
    "books gone": Case(books_gone, 1, "TSK-4200", "sales/.*", "does not answer"),
    "books damaged": Case(books_damaged, 4, "TSK-4500", "sales/.*", "damaged"),
}


def cursors(place: Any) -> set[tuple[Any, ...]]:
    """Every cursor of every stream."""
    return set(place.kept("SELECT connection, object, stream, value FROM cursor"))


def staged(place: Any) -> set[tuple[Any, ...]]:
    """Every record that was pulled."""
    return set(place.kept("SELECT connection, object, id, payload FROM record"))


@SLOW
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", CASES)
def test_a_bad_day_is_one_clear_error(ran: Any, name: str, language: str) -> None:
    """Four lines, the family's exit code, cursors in place, the others pulled, doctor agrees."""
    case = CASES[name]
    if language == "ja" and name not in {"no scope", "workbook"}:
        pytest.skip("what is said does not depend on the case")
    project = ran.project / "tasuki.yaml"
    project.write_text(project.read_text().replace("language: en", f"language: {language}"))
    before, records = cursors(ran), staged(ran)
    case.breaks(ran)
    ended = ran.tasuki("run", "--json")
    lines, counts = ended.four_lines(), ended.json["counts"]
    assert (ended.code, set(lines)) == (case.exit, LABELS), ended.err
    assert case.code in lines["error"]
    assert case.says in " ".join(lines.values())
    assert all(re.fullmatch(case.stopped, kind) for kind in counts["stopped"]), counts["stopped"]
    stopped = {tuple(kind.split("/", 1)) for kind in counts["stopped"]}
    assert stopped
    kept = {row for row in before if row[:2] in stopped}
    assert kept <= cursors(ran)
    assert staged(ran) == records
    ((state, plan),) = ran.kept("SELECT state, counts FROM run ORDER BY started_at DESC LIMIT 1")
    assert (state, json.loads(plan)["incomplete"]) == ("partial", sorted(counts["stopped"]))
    doctor = ran.tasuki("doctor", "--json").json
    told = [each for each in doctor["checks"] if each["name"].startswith("pull ")]
    assert {each["code"] for each in told} == {case.code}
    assert all(each["fix"] for each in told)
    assert "Traceback" not in ended.err
    assert "sesame" not in ended.err + json.dumps(doctor)


@SLOW
def test_a_lost_field_permission_is_no_empty_value(ran: Any) -> None:
    """The field is named, its values stay, and the run ends as a question of permission."""
    records = staged(ran)
    no_field(ran)
    ended = ran.tasuki("run", "--json")
    assert (ended.code, set(ended.four_lines())) == (6, LABELS), ended.err
    assert ended.json["counts"]["unreadable"] == ["salesforce/Account.Phone"]
    assert staged(ran) == records
    checks = ran.tasuki("doctor", "--json").json["checks"]
    assert any("salesforce/Account.Phone" in each["found"] for each in checks)


@SLOW
@pytest.mark.parametrize(
    ("break_it", "code"),
    [("postgresql+psycopg://me:sesame@127.0.0.1:1/store", 1), ("damaged", 1)],
)
def test_a_store_that_cannot_be_opened(ran: Any, break_it: str, code: int) -> None:
    """Four lines for every command, and no password."""
    asked = {"TASUKI_STORE": break_it} if "://" in break_it else {}
    if not asked:
        (ran.project / ".tasuki" / "store.db").write_bytes(b"half a backup" * 1000)
    for words in (("run",), ("runs",), ("doctor", "--json")):
        ended = ran.tasuki(*words, **asked)
        assert (ended.code, set(ended.four_lines())) == (code, LABELS), ended.err
        assert "sesame" not in ended.err + ended.out
    assert ended.json["code"] == "TSK-4200"


@SLOW
def test_a_full_disk_keeps_whole_pages_only(fresh: Any) -> None:
    """One clear error; every cursor stands behind records that are there; later it goes on."""
    limited = f"ulimit -f {FULL_BLOCKS}; exec {Path(sys.executable).parent / 'tasuki'} run"
    ended = subprocess.run(
        ["bash", "-c", limited], cwd=fresh.project, capture_output=True, text=True, check=False
    )
    lines = ended.stderr.strip().splitlines()[-4:]
    assert (ended.returncode, {line.partition(":")[0] for line in lines}) == (1, LABELS), lines
    assert "TSK-4200" in lines[0]
    assert "Traceback" not in ended.stderr
    streams = {row[:2] for row in cursors(fresh) if row[2] == "page" and row[3]}
    assert streams
    there = {row[:2] for row in staged(fresh)}
    assert there <= streams
    again = fresh.tasuki("run", "--json")
    assert again.code == 0, again.err
    assert again.json["counts"]["complete"]


@SLOW
def test_a_program_that_writes_for_long_is_waited_for(ran: Any) -> None:
    """Another process holds the store for seconds: the run waits, and nobody hears of a lock."""
    path = ran.project / ".tasuki" / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = Timer(8, lambda: other.execute("COMMIT"))
        timer.start()
        ended = ran.tasuki("run", "--json")
        timer.join()
    assert ended.code == 0, ended.err
    assert "locked" not in ended.err


@SLOW
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("base_url:", "bse_url:", "base_url"),
        ("system: hubspot", "system: hubpsot", "Did you mean `hubspot`?"),
        ("token: $", "token: [$", "hubspot.yaml:8"),
        ("${HUBSPOT_TOKEN}", "${HUBSPT_TOKEN}", "HUBSPT_TOKEN"),
    ],
)
def test_a_connection_file_with_a_typo(ran: Any, old: str, new: str, says: str) -> None:
    """File, line and what was meant; exit 2; nothing was asked of that system."""
    file = ran.project / "connections" / "hubspot.yaml"
    file.write_text(file.read_text().replace(old, new))
    ended = ran.tasuki("run")
    assert (ended.code, set(ended.four_lines())) == (2, LABELS), ended.err
    assert says in ended.err
    assert "connections/hubspot.yaml" in ended.err
