"""The generated world is the same every time, big enough, and arrives whole in every system."""

from __future__ import annotations

import csv
import hashlib
import sqlite3
import subprocess
import sys
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import pytest

from sandbox.salesforce.ids import is_id
from sandbox.state import State
from sandbox.world.cast.numbers import check_digit, corporate_number, mistyped
from sandbox.world.files import write_sales, write_truth
from sandbox.world.generate import generate
from sandbox.world.load import load
from sandbox.world.truth import read_truth

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.world.shape import World

TODAY = date(2026, 11, 21)
_HASH_A_WORLD = (
    "import sys, pathlib, datetime\n"
    "from sandbox.world.generate import generate\n"
    "from sandbox.world.files import write_truth\n"
    "world = generate(7, 0.2, datetime.date(2026, 11, 21))\n"
    "write_truth(world, pathlib.Path(sys.argv[1]))\n"
)


@cache
def default_world() -> World:
    return generate(1, 1.0, TODAY)


@cache
def small_world() -> World:
    return generate(3, 0.2, TODAY)


def fingerprints(world: World, folder: Path) -> list[str]:
    write_sales(world, folder)
    write_truth(world, folder / "truth.json")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]


def test_same_arguments_give_the_same_world(tmp_path: Path) -> None:
    """Two generations with one seed, scale and day are equal, and so is every byte they write."""
    again = generate(3, 0.2, TODAY)
    assert again == small_world()
    assert fingerprints(again, tmp_path / "a") == fingerprints(small_world(), tmp_path / "b")


def test_hash_seed_does_not_matter(tmp_path: Path) -> None:
    """Python's hash randomisation moves nothing in the world."""
    texts = []
    for seed in ("0", "1"):
        path = tmp_path / f"truth-{seed}.json"
        command = [sys.executable, "-c", _HASH_A_WORLD, str(path)]
        subprocess.run(command, check=True, env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."})
        texts.append(path.read_bytes())
    assert texts[0] == texts[1]


def test_another_seed_gives_another_world() -> None:
    """The seed decides the names."""
    assert generate(4, 0.2, TODAY).salesforce["Account"] != small_world().salesforce["Account"]


def test_everything_hangs_on_today() -> None:
    """A world made for another day is the same story moved by whole days."""
    moved = generate(3, 0.2, date(2027, 2, 3))
    assert len(moved.hubspot.events) == len(small_world().hubspot.events)
    days = (moved.today - TODAY).days
    first, second = small_world().hubspot.events[0], moved.hubspot.events[0]
    assert (second.occurred_at - first.occurred_at).days == days


@pytest.mark.parametrize(
    ("what", "low", "high"),
    [
        ("Account", 240, 330),
        ("Contact", 700, 1100),
        ("Lead", 180, 400),
        ("Opportunity", 580, 620),
        ("OpportunityHistory", 1800, 3000),
        ("companies", 240, 330),
        ("contacts", 1000, 1500),
        ("people", 1400, 1600),
        ("engagement", 24_000, 27_000),
        ("sales_lines", 3_700, 4_300),
        ("legacy", 600, 1_000),
    ],
)
def test_default_scale_has_the_promised_size(what: str, low: int, high: int) -> None:
    """Scale 1 is as big as the README says."""
    world = default_world()
    hubspot = world.hubspot
    sizes = {name: len(rows) for name, rows in (world.salesforce | hubspot.objects).items()}
    sizes["people"] = len(world.truth.people)
    sizes["engagement"] = len(hubspot.events) + len(hubspot.email_events)
    sizes["sales_lines"] = len(world.sales.lines)
    sizes["legacy"] = len(world.sales.legacy)
    assert low <= sizes[what] <= high


def test_ids_are_unique_and_well_formed() -> None:
    """No two records of an object share an id, and Salesforce's carry their check characters."""
    world = default_world()
    for rows in world.salesforce.values():
        ids = [str(row["Id"]) for row in rows]
        assert len(set(ids)) == len(ids)
        assert all(is_id(id) for id in ids)
    for rows in world.hubspot.objects.values():
        assert len({row["id"] for row in rows}) == len(rows)
    assert len({event.id for event in world.hubspot.events}) == len(world.hubspot.events)


def test_hubspot_addresses_are_unique() -> None:
    """HubSpot refuses an e-mail address twice, whatever its case."""
    emails = [str(row["email"]).lower() for row in default_world().hubspot.objects["contacts"]]
    assert len(set(emails)) == len(emails)


def test_corporate_numbers_are_valid_and_nobodys() -> None:
    """Every number has its check digit and a registry office that does not exist."""
    for row in default_world().truth.companies:
        number = str(row["corporate_number"])
        assert len(number) == 13
        assert number[0] == check_digit(number[1:])
        assert number[1:5] == "9999"


def test_check_digit_follows_the_published_formula() -> None:
    """9 - (sum of digits from the right, weighted 1, 2, 1, 2 ...) mod 9."""
    assert check_digit("000000000000") == "9"
    assert check_digit("000000000001") == "8"
    assert check_digit("000000000010") == "7"
    assert check_digit("999999999999") == "9"


@pytest.mark.parametrize("serial", [0, 9, 10, 99, 109, 12_345, 999_999])
def test_a_mistyped_number_is_never_valid(serial: int) -> None:
    """The typing error cannot fall on another valid number."""
    wrong = mistyped(corporate_number(serial))
    assert wrong[0] != check_digit(wrong[1:])


def test_domains_and_telephones_belong_to_nobody() -> None:
    """Addresses end in reserved domains and numbers lie in ranges nobody has."""
    world = default_world()
    for row in world.hubspot.objects["contacts"]:
        assert str(row["email"]).endswith((".example", ".test", "@example.com"))
    for row in world.salesforce["Account"]:
        digits = "".join(char for char in str(row["Phone"] or "030") if char.isdigit())
        assert digits.startswith(("030", "8130")) or "55501" in digits


def test_every_reference_points_at_a_record() -> None:
    """No row points at an id that is not in the world."""
    world = default_world()
    known = {row["Id"] for rows in world.salesforce.values() for row in rows}
    fields = ("AccountId", "OpportunityId", "ContactId", "LeadId", "CampaignId", "WhoId", "WhatId")
    for object, rows in world.salesforce.items():
        for row in rows:
            for field in (*fields, "OwnerId", "ConvertedContactId"):
                assert row.get(field) is None or row[field] in known, (object, field)
    records = {(name, row["id"]) for name, rows in world.hubspot.objects.items() for row in rows}
    for link in world.hubspot.associations:
        assert (link.from_object, link.from_id) in records
        assert (link.to_object, link.to_id) in records


def test_nothing_has_happened_after_today() -> None:
    """Only plans lie in the future: no record, event or invoice does."""
    world = default_world()
    end = max(event.occurred_at for event in world.hubspot.events)
    assert end.date() <= TODAY
    for rows in world.salesforce.values():
        assert all(str(row["SystemModstamp"])[:10] <= TODAY.isoformat() for row in rows)
    assert max(str(row["invoiced_on"]) for row in world.sales.lines) <= TODAY.isoformat()


def test_load_fills_the_sandbox_completely() -> None:
    """The sandbox holds as many records of each kind as the world, with their values."""
    world = small_world()
    with State(None) as state:
        load(world, state)
        for object, rows in world.salesforce.items():
            (count,) = state.db.execute(f"SELECT count(*) FROM sf_{object}").fetchone()
            assert count == len(rows), object
        tables = {
            "hs_record": sum(len(rows) for rows in world.hubspot.objects.values()),
            "hs_event": len(world.hubspot.events),
            "hs_email_event": len(world.hubspot.email_events),
            "hs_submission": len(world.hubspot.submissions),
            "hs_owner": len(world.hubspot.owners),
            "hs_list": len(world.hubspot.lists),
        }
        for table, expected in tables.items():
            (count,) = state.db.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert count == expected, table
        account = world.salesforce["Account"][0]
        sql = "SELECT Name FROM sf_Account WHERE Id = ?"
        assert state.db.execute(sql, (account["Id"],)).fetchone()[0] == account["Name"]


def test_sales_database_holds_every_line(tmp_path: Path) -> None:
    """sales.db has the two tables with their columns and all lines, credit notes negative."""
    world = small_world()
    write_sales(world, tmp_path)
    db = sqlite3.connect(tmp_path / "sales.db")
    rows = db.execute("SELECT kind, amount, quantity * unit_price FROM sales_lines").fetchall()
    customers = db.execute("SELECT count(*) FROM customers").fetchone()[0]
    db.close()
    assert len(rows) == len(world.sales.lines)
    assert customers == len(world.sales.customers)
    assert all((amount < 0) == (kind == "credit_note") for kind, amount, _ in rows)
    assert all(amount == product for _, amount, product in rows)
    assert {"invoice", "credit_note"} == {kind for kind, _, _ in rows}


def test_legacy_file_is_really_cp932(tmp_path: Path) -> None:
    """The old file carries signs that only CP932 has and is not readable as UTF-8."""
    write_sales(default_world(), tmp_path)
    path = tmp_path / "imports" / "legacy_sales_cp932.csv"
    text = path.read_bytes().decode("cp932")
    assert "㈱" in text
    with pytest.raises(UnicodeDecodeError):
        path.read_bytes().decode("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert list(rows[0]) == [
        "伝票番号", "売上日", "得意先コード", "得意先名", "法人番号", "商品コード",
        "数量", "金額", "通貨",
    ]  # fmt: skip


def test_names_hold_variant_kanji_somewhere() -> None:
    """髙 and 﨑 appear in one system and 高 and 崎 in another, for the same company."""
    names = "".join(str(row["Name"]) for row in default_world().salesforce["Account"])
    assert "髙" in names
    assert "﨑" in names


def test_contracts_file_has_a_byte_order_mark(tmp_path: Path) -> None:
    """The contracts are UTF-8 as spreadsheets write it."""
    write_sales(small_world(), tmp_path)
    raw = (tmp_path / "imports" / "contracts_utf8.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfcontract_id,")


def test_truth_survives_the_file(tmp_path: Path) -> None:
    """What is read back says the same about every record and every planted case."""
    world = small_world()
    path = tmp_path / "truth.json"
    write_truth(world, path)
    truth = read_truth(path)
    assert truth.document["version"] == 1
    for record in world.truth.records:
        key = (record.system, record.object, record.id)
        assert truth.company_of.get(key) == record.company
        assert truth.person_of.get(key) == record.person
    for kind, cases in world.truth.planted.items():
        assert len(truth.planted(kind)) == len(cases)


def test_every_record_has_an_owner_in_the_truth() -> None:
    """No account, company, contact, lead or sales customer is missing from the truth."""
    world = default_world()
    named = {(record.object, record.id) for record in world.truth.records}
    for object in ("Account", "Contact", "Lead"):
        assert {(object, row["Id"]) for row in world.salesforce[object]} <= named
    for object in ("companies", "contacts"):
        assert {(object, row["id"]) for row in world.hubspot.objects[object]} <= named
    assert {("customers", row["customer_code"]) for row in world.sales.customers} <= named


def test_a_tenfold_world_is_tenfold() -> None:
    """Scale multiplies the companies and keeps their domains apart."""
    world = generate(1, 3.0, TODAY)
    assert 830 <= len(world.truth.companies) <= 1000
    assert 70_000 <= len(world.hubspot.events) + len(world.hubspot.email_events) <= 80_000
