"""What every test may ask for: a store on each engine, a browser, and a world without surprises."""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import closing
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
POSTGRES = os.environ.get("TASUKI_TEST_POSTGRES", "host=127.0.0.1 port=5432 dbname=test")
MYSQL = {"host": "127.0.0.1", "user": "root", "connect_timeout": 2}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)

# Builders and CI share two cores, so a slow example is no failure; CI draws the same examples
# every time, so that a red run can be repeated.
settings.register_profile(
    "house", deadline=None, derandomize=IN_CI, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own TASUKI_* variables and colours never decide a test."""
    for name in [name for name in os.environ if name.startswith("TASUKI_")]:
        monkeypatch.delenv(name)
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _logs_as_at_start() -> Iterator[None]:
    """A command that ran in this process leaves no log behind that writes to its closed output."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session", autouse=True)
def _no_log_tells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No secret and no personal value stands in any log line the suite wrote."""
    yield
    from tests.leaks import leaks

    assert leaks(tmp_path_factory.getbasetemp()) == []


def pytest_make_parametrize_id(val: object) -> str | None:
    """Call a case by its name: an id with a memory address in it differs between workers."""
    name = getattr(val, "name", None)
    return name if is_dataclass(val) and isinstance(name, str) else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The fault matrix is told, whichever worker filled it."""
    from tests import matrix

    reports = terminalreporter.stats.get("passed", ()), terminalreporter.stats.get("failed", ())
    if told := list(matrix.lines(each for group in reports for each in group)):
        terminalreporter.section("what came of every kind of write under every fault")
        for line in told:
            terminalreporter.write_line(line)


# ── stores ──


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give the URL of an empty SQLite file of this test's own."""
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def mysql_url() -> Iterator[str]:
    """Give the URL of an empty MySQL or MariaDB database of this test's own, where one answers."""
    pymysql = pytest.importorskip("pymysql")
    try:
        server = pymysql.connect(**MYSQL)
    except pymysql.err.OperationalError as error:
        pytest.skip(f"no MySQL answers at {MYSQL['host']}: {error.args[0]}")
    name = f"tasuki_test_{uuid.uuid4().hex[:12]}"
    with server, server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield f"mysql+pymysql://{MYSQL['user']}@{MYSQL['host']}/{name}"
        cursor.execute(f"DROP DATABASE {name}")


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """Give the URL of an empty PostgreSQL database of this test's own; it is dropped afterwards."""
    why_not, server = _postgres()
    if why_not:
        _skip_unless_ci(f"PostgreSQL does not answer at {POSTGRES!r}: {why_not}")
    name = f"tasuki_test_{uuid.uuid4().hex[:12]}"
    _administer("CREATE DATABASE {}", name)
    try:
        yield f"postgresql+psycopg://{server}/{name}"
    finally:
        _administer("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> str:
    """Run the test once per engine, each time with the URL of an empty store of its own."""
    engine: str = request.param
    return str(request.getfixturevalue({"sqlite": "sqlite_url"}.get(engine, "postgres_url")))


@cache
def _postgres() -> tuple[str, str]:
    """Return why PostgreSQL cannot be used (empty when it can), and user@host:port."""
    reason = ""
    for user in (None, "postgres"):
        try:
            with closing(psycopg.connect(POSTGRES, connect_timeout=3, user=user)) as server:
                info = server.info
                return "", f"{info.user}@{info.host}:{info.port}"
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[-1]
    return reason, ""


def _administer(statement: str, database: str) -> None:
    user = _postgres()[1].partition("@")[0]
    with closing(psycopg.connect(POSTGRES, user=user, autocommit=True)) as server:
        server.execute(sql.SQL(statement).format(sql.Identifier(database)))


def _skip_unless_ci(reason: str) -> None:
    """Skip on a newcomer's machine; fail in CI, where a skipped promise is a broken one."""
    if IN_CI:
        pytest.fail(f"CI must not skip this. {reason}", pytrace=False)
    pytest.skip(reason)


# ── browser (pytest-playwright's own fixtures, pointed at Debian's Chromium) ──


def browser_path() -> str | None:
    """Return where a Chromium of this machine is, or None."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Launch the machine's own Chromium: no browser is downloaded."""
    return {
        **browser_type_launch_args,
        "executable_path": browser_path(),
        "args": list(BROWSER_ARGUMENTS),
    }


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip browser tests where there is no browser, except in CI."""
    if item.get_closest_marker("browser") and browser_path() is None:
        _skip_unless_ci("no Chromium on this machine (tools/install-chromium puts it there)")
