"""`tasuki init`: the folder it writes is a project."""

import json
import stat
from pathlib import Path

import pytest

from config.project import load_project
from config.starter import SandboxAccess, init, project_schema, write_env
from connectors.hubspot.settings import HubSpotSettings
from connectors.sales_system.settings import SalesSystemSettings
from connectors.salesforce.settings import SalesforceSettings
from mappings.project import check_project
from mappings.reading.document import MappingDocument
from tasuki.errors import ConfigError

INFO = {
    "https_url": "https://127.0.0.1:8443",
    "http_url": "http://127.0.0.1:8080",
    "ca": "ca.pem",
    "client_id": "client",
    "client_secret": "s3cret",
    "hubspot_token": "t0ken",
    "pid": 1,
}


@pytest.fixture
def access(tmp_path: Path) -> SandboxAccess:
    world = tmp_path / "world"
    world.mkdir()
    (world / "sandbox.json").write_text(json.dumps(INFO), encoding="utf-8")
    return SandboxAccess.read(world / "sandbox.json")


def test_a_new_project_is_sound(tmp_path: Path) -> None:
    """What init writes loads without secrets, and its mappings and their tests hold."""
    init(tmp_path / "acme", language="ja")
    project = load_project(tmp_path / "acme", {})
    assert (project.name, project.language) == ("acme", "ja")
    assert sorted(project.connections) == ["hubspot", "imports", "sales", "salesforce"]
    mappings, findings = check_project(project)
    assert findings == []
    assert {mapping.entity.name for mapping in mappings} >= {"account", "person", "opportunity"}


def test_a_sandbox_project_is_signed_in(tmp_path: Path, access: SandboxAccess) -> None:
    """With a sandbox, every connection's settings are complete and point at it."""
    folder = tmp_path / "acme"
    init(folder, sandbox=access)
    project = load_project(folder, access.variables())
    salesforce = project.connection_settings("salesforce", SalesforceSettings)
    assert salesforce.login_url == "https://127.0.0.1:8443"
    assert salesforce.ca_file == tmp_path / "world" / "ca.pem"
    assert salesforce.client_secret.get_secret_value() == "s3cret"
    assert project.connection_settings("hubspot", HubSpotSettings).environment == "sandbox"
    sales = project.connection_settings("sales", SalesSystemSettings)
    assert sales.url is not None
    assert sales.url.get_secret_value() == f"sqlite:///{tmp_path / 'world' / 'sales.db'}"
    imports = project.connection_settings("imports", SalesSystemSettings)
    assert sorted(imports.objects) == ["contracts", "legacy_sales"]
    assert "freemail.example" in project.identity.free_mail_domains


def test_secrets_lie_in_env_only_and_for_the_owner_only(
    tmp_path: Path, access: SandboxAccess
) -> None:
    """No file but .env holds a secret; .env is private, ignored by Git, and can be renewed."""
    folder = tmp_path / "acme"
    written = init(folder, sandbox=access)
    holding = [path.name for path in written if "s3cret" in path.read_text(encoding="utf-8")]
    assert holding == [".env"]
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    assert ".env" in (folder / ".gitignore").read_text(encoding="utf-8").split()
    write_env(folder, access)
    assert "t0ken" in (folder / ".env").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["tasuki.yaml", "notes.txt"])
def test_an_occupied_folder_is_left_alone(tmp_path: Path, name: str) -> None:
    """Init never writes among other people's files."""
    (tmp_path / name).write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match="No project was made"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_fresh_repository_is_empty_enough(tmp_path: Path) -> None:
    """A folder with only Git's own files may become a project."""
    (tmp_path / ".git").mkdir()
    init(tmp_path)
    assert (tmp_path / "tasuki.yaml").is_file()


def test_no_sandbox_is_a_four_line_error(tmp_path: Path) -> None:
    """A missing or foreign sandbox.json says how to start one."""
    with pytest.raises(ConfigError) as caught:
        SandboxAccess.read(tmp_path / "sandbox.json")
    assert "tasuki sandbox" in caught.value.remedy


def test_editors_get_one_schema_for_all_kinds(tmp_path: Path) -> None:
    """The schema knows every kind, refuses unknown keys and explains each field."""
    schema = project_schema({"mapping": MappingDocument})
    assert schema["properties"]["kind"]["enum"] == ["connection", "mapping", "project"]
    assert schema["$defs"]["mapping"]["additionalProperties"] is False
    sides = schema["$defs"]["mapping.SideDocument"]["properties"]
    assert "API name" in sides["object"]["description"]
    init(tmp_path, schema=schema)
    assert json.loads((tmp_path / ".tasuki" / "schema.json").read_text("utf-8")) == schema
    assert (tmp_path / ".vscode" / "settings.json").is_file()
