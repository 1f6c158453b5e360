"""Business cards dropped as files: they find who is known, fill blanks, and overwrite nothing."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import REVIEW
from staging.write import parking
from tests.folder import opened, run, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasuki.service.app import App

TODAY = datetime(2026, 6, 1, tzinfo=UTC)
TOP = Path(__file__).parents[2]
COLUMNS = (
    *("会社名", "部署名", "役職", "氏名", "e-mail", "郵便番号", "住所", "TEL会社", "TEL部門"),
    *("TEL直通", "Fax", "携帯電話", "URL", "名刺交換日"),
)


def card(company: str, name: str, day: str, **cells: str) -> list[str]:
    """One row as a card service exports it."""
    known = {"会社名": company, "氏名": name, "名刺交換日": day, **cells}
    return [known.get(column, "") for column in COLUMNS]


def drop(*rows: list[str], encoding: str = "cp932") -> bytes:
    """A file of rows."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue().encode(encoding)


ROWS = (
    card(
        *("㈱青葉製作所", "青山　太郎", "2026/04/02"),
        **{"e-mail": "TARO@aoba.example", "部署名": "購買部", "役職": "次長"},
        住所="東京都, 千代田区",
    ),
    card("青葉製作所（株）", "白井 次郎", "2026/04/02", 携帯電話="090-2222-3333", 役職="係長"),
    card("株式会社青葉製作所", "黒田 三郎", "2026/04/03"),
    card("緑商事株式会社", "緑川 花子", "2026/04/03", **{"e-mail": "hanako@midori.example"}),
    ["緑商事株式会社", "営業部", "主任"],
    card("緑商事株式会社", "佐藤 一郎", "四月三日"),
    card("緑商事株式会社", "鈴木 一", "2026/04/04"),
)
CONNECTION = """
kind: connection
name: imports
system: sales_system
objects:
  business_cards:
    files: imports/cards_*.csv
    id: [会社名, 氏名, 名刺交換日]
    columns:
      会社名: company
      部署名: department
      役職: title
      氏名: full_name
      e-mail: email
      TEL会社: phone
      TEL直通: direct_phone
      携帯電話: mobile
      名刺交換日: exchanged_on
    types: {exchanged_on: date}
"""
FILES: dict[str, str | bytes] = {
    "tasuki.yaml": "{kind: project, name: cards, store: 'sqlite:///store.db'}",
    "connections/crm.yaml": """
kind: connection
name: crm
system: sales_system
objects:
  accounts: {files: accounts.csv, id: id}
  contacts: {files: contacts.csv, id: id}
""",
    "connections/imports.yaml": CONNECTION,
    "mappings/account.yaml": """
kind: mapping
name: account
entity: account
sides: {crm: {object: accounts}}
fields:
  name: {crm: name, transform: [company_name]}
  domain: {crm: domain, transform: [domain]}
identity:
  - {rule: domain, field: domain}
  - {rule: name, field: name, transform: [company_key], confidence: likely}
""",
    "mappings/person.yaml": """
kind: mapping
name: person
entity: person
sides: {crm: {object: contacts}}
fields:
  email: {crm: email, conflict: crm_wins, transform: [email]}
  family_name: {crm: last, conflict: crm_wins, transform: [person_name]}
  given_name: {crm: first, conflict: crm_wins, transform: [person_name]}
  phone: {crm: phone, conflict: crm_wins, transform: [phone]}
  title: {crm: title, conflict: crm_wins}
links:
  account_id: {crm: {lookup: account, object: accounts}}
identity:
  - {rule: email, field: email, transform: [personal_email]}
  - rule: name_and_mobile
    fields: [family_name: [person_key], given_name: [person_key], phone: [mobile]]
    confidence: likely
  - rule: name_and_account
    fields: [family_name: [person_key], given_name: [person_key], account_id]
    confidence: likely
    apart_by: [email, name_and_mobile]
""",
    "mappings/business_cards.yaml": (
        TOP / "mappings" / "optional" / "business_cards.yaml"
    ).read_text(encoding="utf-8"),
    "accounts.csv": """id,name,domain
a1,株式会社青葉製作所,aoba.example
a2,緑商事（株）,midori.example
""",
    "contacts.csv": """id,account,last,first,email,phone,title
c1,a1,青山,太郎,taro@aoba.example,,部長
c2,a1,白井,次郎,,090-2222-3333,
c3,a1,黒田,三郎,saburo@aoba.example,,課長
c4,a2,鈴木,一,hajime.a@midori.example,,
c5,a2,鈴木,一,hajime.b@midori.example,,
""",
    "imports/cards_expo.csv": drop(*ROWS),
}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Give the company after one run over its CRM and the dropped cards."""
    with closing(opened(tmp_path, FILES, TODAY)) as found:
        run(found)
        yield found


def _people(app: App) -> dict[str, list[Any]]:
    person = ENTITY_TABLES["person"]
    columns = [each for each in person.columns if each.name not in {"provenance", "updated_at"}]
    found: dict[str, list[Any]] = {}
    with app.store.reading() as db:
        for row in db.execute(select(*columns).order_by(person.c.id)):
            found.setdefault(f"{row.family_name}{row.given_name}", []).append(row)
    return found


def test_who_is_known_gets_no_twin(app: App) -> None:
    """By e-mail, by name and mobile, by name and company: three cards find their contacts."""
    people = _people(app)
    assert {name: len(rows) for name, rows in people.items()} == {
        "青山太郎": 1, "白井次郎": 1, "黒田三郎": 1, "緑川花子": 1, "鈴木一": 3,
    }  # fmt: skip
    (known,) = people["黒田三郎"]
    assert (known.email, known.acquired_from, known.acquired_on) == (
        "saburo@aoba.example", "cards_expo.csv", "2026-04-03",
    )  # fmt: skip
    accounts = {row.account_id for rows in people.values() for row in rows}
    assert len(accounts) == 2
    assert None not in accounts


def test_two_of_one_name_are_asked_about(app: App) -> None:
    """A card without e-mail that may be either of two colleagues joins none of them."""
    with app.store.reading() as db:
        asked = {
            ref for row in db.execute(select(REVIEW.c.left_ref, REVIEW.c.right_ref)) for ref in row
        }
    assert {"crm/contacts/c4", "crm/contacts/c5"} <= asked
    assert any(ref.startswith("imports/business_cards/緑商事") for ref in asked)


def test_a_card_fills_blanks_and_overwrites_nothing(app: App) -> None:
    """The CRM's title stands beside a newer card's; what it leaves blank, the card fills."""
    people = _people(app)
    assert (people["青山太郎"][0].title, people["青山太郎"][0].department) == ("部長", "購買部")
    assert people["白井次郎"][0].title == "係長"


def test_a_changed_card_still_overwrites_nothing(app: App, tmp_path: Path) -> None:
    """Exported again with another title, a card does not move what the CRM says."""
    renamed = {"次長": "社長", "係長": "課長"}
    rows = ([renamed.get(cell, cell) for cell in row] for row in ROWS)
    write(tmp_path, {"imports/cards_expo.csv": drop(*rows)})
    run(app)
    people = _people(app)
    assert (people["青山太郎"][0].title, people["青山太郎"][0].department) == ("部長", "購買部")
    write(tmp_path, {"contacts.csv": str(FILES["contacts.csv"]).replace("部長", "取締役")})
    run(app)
    assert _people(app)["青山太郎"][0].title == "取締役"


def test_the_same_file_again_changes_nothing(app: App, tmp_path: Path) -> None:
    """Dropped again, also under another name, the cards make nobody new and change nobody."""
    before = _people(app)
    write(tmp_path, {"imports/cards_expo.csv": drop(*ROWS)})
    assert run(app)["entities"] == 0
    write(tmp_path, {"imports/cards_second.csv": drop(*ROWS, encoding="utf-8")})
    assert run(app)["entities"] == 0
    assert _people(app) == before


def test_broken_rows_are_parked_by_file_and_line(app: App) -> None:
    """Two rows are no cards: both are parked with their line, all others came."""
    with app.store.reading() as db:
        causes = list(parking.open_causes(db))
    assert sum(cause["count"] for cause in causes) == 2
    assert "緑川花子" in _people(app)


def test_a_corrected_row_waits_no_more(app: App, tmp_path: Path) -> None:
    """What was no card is parked until its file is read again without it, or goes."""
    write(tmp_path, {"imports/cards_late.csv": drop(ROWS[0][:3])})
    run(app)
    with app.store.reading() as db:
        assert parking.open_count(db) == 3
    write(tmp_path, {"imports/cards_expo.csv": drop(ROWS[0])})
    run(app)
    (tmp_path / "imports" / "cards_late.csv").unlink()
    run(app)
    with app.store.reading() as db:
        assert parking.open_count(db) == 0
