"""A twin of a real account, from saved answers of its metadata endpoints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.hubspot.data.definitions import ready
from sandbox.hubspot.twin import import_account
from sandbox.state import State

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.hubspot.conftest import Account


def save(folder: Path, name: str, content: Any) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def export(account: Account, folder: Path) -> None:
    """Save what an account answers, as a person would of a real one."""
    for kind in ("contacts", "deals", "2-1001"):
        for sort in ("properties", "pipelines"):
            answer = account.call("GET", f"/crm/v3/{sort}/{kind}").json()
            save(folder, f"{sort}/{kind}.json", answer)
    save(folder, "schemas.json", account.call("GET", "/crm-object-schemas/v3/schemas").json())
    save(folder, "owners.json", account.call("GET", "/crm/v3/owners").json())


def furnished(account: Account) -> Account:
    schema = {
        "name": "car",
        "labels": {"singular": "Car", "plural": "Cars"},
        "requiredProperties": ["model"],
        "primaryDisplayProperty": "model",
        "associatedObjects": ["0-1"],
        "properties": [{"name": "model", "label": "M", "type": "string", "fieldType": "text"}],
    }
    assert account.call("POST", "/crm-object-schemas/v3/schemas", schema).status_code == 201
    score = {"name": "fit", "label": "Fit", "type": "number", "fieldType": "number"}
    score |= {"groupName": "contactinformation", "hasUniqueValue": True}
    assert account.call("POST", "/crm/v3/properties/contacts", score).status_code == 201
    stages = [{"label": "Only", "displayOrder": 0, "metadata": {"probability": "0.5"}}]
    body = {"label": "Renewals", "displayOrder": 1, "stages": stages}
    assert account.call("POST", "/crm/v3/pipelines/deals", body).status_code == 201
    return account


def documents(state: State, table: str) -> list[Any]:
    rows = state.db.execute(f"SELECT id, document FROM {table} ORDER BY id")
    return [(id, json.loads(document)) for id, document in rows]


def test_a_twin_has_the_model_of_its_account(account: Account, tmp_path: Path) -> None:
    """Types, properties, stages, associations and owners of the export are all there, no others."""
    export(furnished(account), tmp_path / "one")
    account.call("DELETE", "/crm/v3/properties/contacts/tasuki_score")
    with State(None) as state:
        report = import_account(state, tmp_path / "one")
        assert (report.objects, report.skipped) == (3, ())
        for table in ("hs_pipeline", "hs_owner"):
            assert documents(state, table) == documents(account.state, table)
        for table in ("hs_label", "hs_object_type"):
            count = f"SELECT count(*) FROM {table}"
            assert state.db.execute(count).fetchone() == account.state.db.execute(count).fetchone()
        names = state.db.execute("SELECT name FROM hs_property WHERE type = '0-1'")
        saved = json.loads((tmp_path / "one/properties/contacts.json").read_text("utf-8"))
        assert {row[0] for row in names} == {each["name"] for each in saved["results"]}
        assert report.fields >= len(saved["results"])


def test_what_cannot_be_read_is_reported(tmp_path: Path) -> None:
    """A broken file and an unknown type are left out and named; the rest is taken over."""
    (tmp_path / "schemas.json").write_text("{", encoding="utf-8")
    save(tmp_path, "properties-planes.json", {"results": [{"name": "x"}]})
    save(tmp_path, "properties-contacts.json", {"results": [{"name": "email"}]})
    save(tmp_path, "owners.json", {"results": [{"id": "5", "email": "a@firm.example"}]})
    with State(None) as state:
        report = import_account(state, tmp_path)
        assert [what for what, _ in report.skipped] == [
            "schemas.json",
            "contacts.email",
            "properties-planes.json",
        ]
        assert state.db.execute("SELECT email FROM hs_owner").fetchall() == [("a@firm.example",)]


def test_an_account_of_an_earlier_release_gains_what_it_lacks(tmp_path: Path) -> None:
    """A file kept from before pipelines and groups were data opens and has them."""
    with State(tmp_path / "sandbox.db") as state:
        state.db.execute(
            "CREATE TABLE hs_list (id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, "
            "processing TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, "
            "deleted INTEGER, branch TEXT, version INTEGER NOT NULL DEFAULT 1)"
        )
        ready(state)
        pipelines = state.db.execute("SELECT count(*) FROM hs_pipeline").fetchone()
        assert pipelines == (3,)
        assert state.db.execute("SELECT count(evaluated) FROM hs_list").fetchone() == (0,)
