"""The container image's policy, read from Dockerfile and compose.yaml, and its steps, walked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).resolve().parent.parent
SECRET = re.compile(r"(password|secret|token|api_?key)", re.IGNORECASE)
REQUIRED = re.compile(r"^\$\{[A-Z_]+:\?.+\}$")


class Step(NamedTuple):
    """One instruction of a Dockerfile, its continuation lines joined."""

    word: str
    text: str


def steps() -> list[Step]:
    """Read the Dockerfile: comments dropped, continued lines joined."""
    text = (TOP / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines()]


def last_stage() -> list[Step]:
    """What ends up in the image: everything after the last FROM."""
    every = steps()
    start = max(place for place, step in enumerate(every) if step.word == "FROM")
    return every[start:]


def said(word: str, stage: list[Step]) -> list[str]:
    return [step.text for step in stage if step.word == word]


def environment() -> dict[str, str]:
    pairs = " ".join(said("ENV", last_stage())).split()
    return dict(pair.split("=", 1) for pair in pairs)


def compose() -> dict[str, Any]:
    """Read compose.yaml, anchors and merges resolved."""
    loaded: dict[str, Any] = YAML(typ="safe").load(TOP / "compose.yaml")
    return loaded


def settings_of(service: dict[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in service.get("environment", {}).items()}


# ── Dockerfile ──


def test_the_image_runs_as_nobody_special() -> None:
    """The last USER is a number above the system's own, so that `runAsNonRoot` can check it."""
    assert int(said("USER", last_stage())[-1]) >= 10_000


def test_a_stray_file_cannot_shadow_a_room() -> None:
    """PYTHONSAFEPATH is on: the project folder is not an import path (ADR-0001)."""
    assert environment()["PYTHONSAFEPATH"] == "1"


def test_the_image_says_whether_it_is_healthy() -> None:
    """A health check asks /healthz."""
    assert said("HEALTHCHECK", last_stage())
    assert environment()["TASUKI_HEALTH_URL"].endswith("/healthz")


def test_the_image_holds_only_locked_packages() -> None:
    """Every install either checks hashes or takes the wheel just built, without any index."""
    installs = [text for text in said("RUN", steps()) if "pip install" in text]
    assert len(installs) == 3
    assert all("--require-hashes" in text or "--no-index --no-deps" in text for text in installs)


def test_the_image_knows_no_secret() -> None:
    """No ARG or ENV is named like a secret, and nothing is fetched by ADD."""
    named = said("ARG", steps()) + said("ENV", steps())
    assert [text for text in named if SECRET.search(text)] == []
    assert said("ADD", steps()) == []


def test_the_base_is_pinned_to_a_release() -> None:
    """Both stages start from one slim Python of a named release, never `latest`."""
    assert {text.split()[0] for text in said("FROM", steps())} == {"python:${PYTHON}-slim"}
    assert re.fullmatch(r"PYTHON=3\.1\d", said("ARG", steps())[0])


def test_the_build_sees_only_what_the_wheel_needs() -> None:
    """.dockerignore refuses everything and lets the rooms, the lock and the metadata in."""
    lines = (TOP / ".dockerignore").read_text("utf-8").splitlines()
    assert "**" in lines
    assert "**/.env" in lines
    assert not {"!.git", "!tests/", "!docs/"} & set(lines)


# ── compose.yaml ──


def test_compose_has_no_default_password() -> None:
    """Whatever is named like a secret must come from outside, or compose refuses to start."""
    loose = {
        (name, key): value
        for name, service in compose()["services"].items()
        for key, value in settings_of(service).items()
        if SECRET.search(key) and not REQUIRED.match(value)
    }
    assert loose == {}


def test_compose_opens_loopback_only() -> None:
    """Every published port is bound to 127.0.0.1; the database publishes none."""
    services = compose()["services"]
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(str(port).startswith("127.0.0.1:") for port in ports)
    assert "ports" not in services["database"]


def test_compose_keeps_what_matters() -> None:
    """The store lives on a named volume, and Tasuki waits until it is healthy."""
    loaded = compose()
    assert "store" in loaded["volumes"]
    assert "pg_isready" in str(loaded["services"]["database"]["healthcheck"]["test"])
    for name in ("daemon", "console"):
        waits = loaded["services"][name]["depends_on"]
        assert waits == {"database": {"condition": "service_healthy"}}


def test_compose_gives_up_privileges() -> None:
    """Tasuki's containers drop every capability and cannot write outside the project."""
    for name in ("daemon", "console"):
        service = compose()["services"][name]
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_compose_writes_to_postgresql_without_a_secret_in_the_url() -> None:
    """The store's URL holds no password (URLs end up in logs); libpq reads it beside it."""
    settings = settings_of(compose()["services"]["daemon"])
    assert settings["TASUKI_STORE"].startswith("postgresql+psycopg://tasuki@database")
    assert REQUIRED.match(settings["PGPASSWORD"])


# ── the steps, without an engine ──


class _Health(BaseHTTPRequestHandler):
    """Answers /healthz with the status it was told."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(params=[200, 503])
def health_server(request: pytest.FixtureRequest) -> Iterator[tuple[int, str]]:
    """Serve one status on a free loopback port."""
    handler = type("Health", (_Health,), {"status": request.param})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield request.param, f"http://127.0.0.1:{server.server_port}/healthz"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_health_check_tells_well_from_ill(health_server: tuple[int, str]) -> None:
    """The image's own check passes on 200 and fails on 503."""
    status, url = health_server
    command = json.loads(said("HEALTHCHECK", last_stage())[0].partition("CMD ")[2])
    done = subprocess.run(
        [sys.executable, *command[1:]],
        env={**os.environ, "TASUKI_HEALTH_URL": url},
        capture_output=True,
        check=False,
    )
    assert (done.returncode == 0) is (status == 200)


def build_context(target: Path) -> None:
    """Copy what .dockerignore lets through."""
    lines = (TOP / ".dockerignore").read_text("utf-8").splitlines()
    for entry in (line[1:] for line in lines if line.startswith("!")):
        source, copy = TOP / entry, target / entry
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", ".env"))
        else:
            shutil.copy(source, copy)


def walk_the_build(root: Path) -> Path:
    """Run the build stage's RUN steps with /opt moved under `root`; return the image's bin."""
    source = root / "src"
    source.mkdir()
    build_context(source)
    first, *_ = [place for place, step in enumerate(steps()) if step.word == "USER"]
    for text in said("RUN", steps()[:first]):
        if not text.startswith("useradd"):
            moved = text.replace("/opt/", f"{root}/opt/")
            command = re.sub(r"^python ", f"{sys.executable} ", moved)
            subprocess.run(["sh", "-ec", command], cwd=source, check=True, capture_output=True)
    return root / "opt" / "tasuki" / "bin"


@pytest.mark.slow
def test_the_images_steps_work_in_a_clean_environment(tmp_path: Path) -> None:
    """The build steps give a `tasuki` that starts beside a stray sync.py and imports its own."""
    bin_folder = walk_the_build(tmp_path)
    project = tmp_path / "project"
    project.mkdir()
    (project / "sync.py").write_text("raise SystemExit('the stray file was imported')\n")
    bare = {"PATH": f"{bin_folder}:/usr/bin:/bin", "PYTHONSAFEPATH": "1", "HOME": str(project)}
    version = subprocess.run(
        ["tasuki", "--version"], cwd=project, env=bare, capture_output=True, text=True, check=False
    )
    assert version.returncode == 0, version.stderr
    room = subprocess.run(
        [str(bin_folder / "python"), "-c", "import sync; print(sync.__file__)"],
        cwd=project,
        env=bare,
        capture_output=True,
        text=True,
        check=True,
    )
    assert room.stdout.startswith(str(tmp_path / "opt"))
