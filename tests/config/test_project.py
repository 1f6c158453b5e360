"""The project folder: found, read whole, with the origin of each value."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from config.project import find_project, load_project
from tasuki.errors import ConfigError

PROJECT = "kind: project\nname: demo\ntimezone: Asia/Tokyo\n"


class Account(BaseModel):
    """What a made-up connector wants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr
    environment: str = "production"
    page_size: int = 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tasuki.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "connections").mkdir()
    (tmp_path / "playbook" / "signals").mkdir(parents=True)
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def test_a_project_is_found_from_below(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any folder inside a project leads to it; elsewhere the error says what to do."""
    assert find_project(folder / "playbook" / "signals") == folder
    with pytest.raises(ConfigError) as caught:
        find_project(tmp_path_factory.mktemp("elsewhere"))
    assert "tasuki init" in caught.value.remedy


def test_a_named_project_wins(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--project-dir and TASUKI_PROJECT_DIR name the project; a wrong name is no search."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert find_project(elsewhere, project_dir=folder) == folder
    monkeypatch.setenv("TASUKI_PROJECT_DIR", str(folder))
    assert find_project(elsewhere) == folder
    with pytest.raises(ConfigError, match="no Tasuki project"):
        find_project(folder, project_dir=elsewhere)


def test_what_is_not_said_has_a_default(folder: Path) -> None:
    """The store lies in the project, guards are narrow, and nothing else is needed."""
    project = load_project(folder, {})
    assert project.store_url == f"sqlite:///{folder}/.tasuki/store.db"
    assert (project.name, project.language, project.fiscal_year_start) == ("demo", "en", 4)
    assert project.guards.max_deletes == 0
    assert project.connections == {}


def test_the_order_is_environment_then_local_then_project_then_default(folder: Path) -> None:
    """Each value comes from the strongest place that says it, and origin tells which."""
    write(folder, "tasuki.local.yaml", "timezone: UTC\nlanguage: ja\n")
    project = load_project(folder, {"TASUKI_STORE": "postgresql+psycopg://db/x"})
    assert (project.timezone, project.language) == ("UTC", "ja")
    assert project.store_url == "postgresql+psycopg://db/x"
    assert project.origin("store_url") == "environment variable TASUKI_STORE"
    assert project.origin("language") == "tasuki.local.yaml:2:1"
    assert project.origin("name") == "tasuki.yaml:2:1"
    assert project.origin("guards.max_creates") == "default"


def test_an_unknown_key_points_into_the_file_it_stands_in(folder: Path) -> None:
    """A misspelt key of the local file is an error in the local file."""
    write(folder, "tasuki.local.yaml", "\nlanguag: ja\n")
    with pytest.raises(ConfigError) as caught:
        load_project(folder, {})
    assert str(caught.value.where) == "tasuki.local.yaml:2:1 (languag)"
    assert caught.value.remedy == "Did you mean `language`?"


def test_a_time_zone_that_does_not_exist_is_refused(folder: Path) -> None:
    """A wrong zone is found at the start, not when a schedule fires."""
    write(folder, "tasuki.yaml", "kind: project\nname: x\ntimezone: Asia/Tokio\n")
    with pytest.raises(ConfigError) as caught:
        load_project(folder, {})
    assert str(caught.value.where) == "tasuki.yaml:3:11 (timezone)"


def test_resources_are_read_by_kind(folder: Path) -> None:
    """Every YAML file below playbook/ is one resource that knows its lines."""
    text = "kind: signal\nname: idle\nwhen: opportunity.idle_days > 30\n"
    write(folder, "playbook/signals/idle.yaml", text)
    project = load_project(folder, {})
    found = project.resource("signal", "idle")
    assert project.resources("signal") == [found]
    assert str(found.source.value_place(("when",))) == "playbook/signals/idle.yaml:3:7 (when)"
    with pytest.raises(ConfigError) as caught:
        project.resource("signal", "idel")
    assert caught.value.remedy == "Did you mean `idle`?"


def test_two_files_cannot_declare_the_same_thing(folder: Path) -> None:
    """A name is unique among its kind; the error names both files."""
    for file in ("a.yaml", "b.yaml"):
        write(folder, f"playbook/{file}", "kind: signal\nname: idle\n")
    with pytest.raises(ConfigError) as caught:
        load_project(folder, {})
    assert str(caught.value.where) == "playbook/b.yaml:2:1 (name)"
    assert "playbook/a.yaml" in caught.value.why


def test_a_resource_needs_kind_and_name(folder: Path) -> None:
    """A file that does not say what it is, is refused."""
    write(folder, "playbook/x.yaml", "when: 1\n")
    with pytest.raises(ConfigError, match="`kind` is missing"):
        load_project(folder, {})


CONNECTION = "kind: connection\nname: hub\nsystem: hubspot\nenvironment: sandbox\n"


def test_a_connection_is_read_without_its_secrets(folder: Path) -> None:
    """Reading a project needs no secret; opening a connection does, and hides it."""
    write(folder, "connections/hub.yaml", CONNECTION + "token: ${HUB_TOKEN}\npage_size: 50\n")
    assert load_project(folder, {}).connections["hub"].system == "hubspot"
    project = load_project(folder, {"HUB_TOKEN": "t0p"})
    settings = project.connection_settings("hub", Account)
    assert settings.token.get_secret_value() == "t0p"
    assert (settings.environment, settings.page_size) == ("sandbox", 50)
    assert "t0p" not in repr(project)
    with pytest.raises(ConfigError, match="HUB_TOKEN is not set"):
        load_project(folder, {}).connection_settings("hub", Account)


def test_an_env_file_lies_beneath_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`.env` gives what the environment does not."""
    write(folder, ".env", "HUB_TOKEN=from-file\nOTHER=from-file\n")
    write(folder, "connections/hub.yaml", CONNECTION + "token: ${HUB_TOKEN}-${OTHER}\n")
    monkeypatch.setenv("OTHER", "from-environment")
    monkeypatch.delenv("HUB_TOKEN", raising=False)
    settings = load_project(folder).connection_settings("hub", Account)
    assert settings.token.get_secret_value() == "from-file-from-environment"


def test_a_setting_the_connector_does_not_know_is_placed(folder: Path) -> None:
    """The connector's own settings are as strict as ours."""
    write(folder, "connections/hub.yaml", CONNECTION + "token: ${T}\npage_siez: 50\n")
    with pytest.raises(ConfigError) as caught:
        load_project(folder, {"T": "x"}).connection_settings("hub", Account)
    assert str(caught.value.where) == "connections/hub.yaml:6:1 (page_siez)"
    assert caught.value.remedy == "Did you mean `page_size`?"


def test_an_unknown_connection_names_the_nearest(folder: Path) -> None:
    """Asking for a connection nobody declared is a four-line error."""
    write(folder, "connections/hub.yaml", CONNECTION)
    with pytest.raises(ConfigError) as caught:
        load_project(folder, {}).connection_settings("hup", Account)
    assert caught.value.remedy == "Did you mean `hub`?"


def test_a_secret_in_a_connection_stops_the_project(folder: Path) -> None:
    """A token written into a file is refused before anything else happens."""
    write(folder, "connections/hub.yaml", CONNECTION + "token: abc\n")
    with pytest.raises(ConfigError, match="looks like a secret"):
        load_project(folder, {})
